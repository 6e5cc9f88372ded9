//! L4Re's services: the crate's clients, which are held to C++'s elsewhere, and its servers.

use crate::{ALL, code, with_server};
use l4re::dataspace::DsFlags;
use l4re::factory::Arg;
use l4re::interface::{Pages, Rights, Varg};
use l4re::irq::Irq;
use l4re::services::{Dataspace, Factory, Icu, MemAlloc, Namespace, Parent};
use l4re::sys::re::{dataspace, mem_alloc, namespace};
use l4re::sys::{CapIdx, Fpage, MapItem, MemRights, ObjRights, err};
use l4re::{Cap, Error, OwnedCap, Result};
use std::cell::RefCell;

#[derive(Default)]
struct Service(RefCell<Vec<String>>);

impl Service {
    fn note(&self, text: String) -> Result<()> {
        self.0.borrow_mut().push(text);
        Ok(())
    }

    fn noted(&self) -> String {
        self.0.take().join("; ")
    }
}

const CAP: Cap<()> = Cap::new(CapIdx::from_index(0x99));

impl Dataspace for Service {
    fn map(&self, _: Rights, offset: u64, spot: u64, flags: u64) -> Result<Pages<'_>> {
        self.note(format!("map {offset:#x} {spot:#x} {flags}"))?;
        let page = Fpage::page(0x5000, MemRights::RW);
        // SAFETY: the fake kernel maps nothing.
        Ok(unsafe { Pages::from_item(MapItem::map(spot, page)) })
    }
    fn clear(&self, _: Rights, offset: u64, size: u64) -> Result<()> {
        self.note(format!("clear {offset} {size}"))
    }
    fn info(&self, _: Rights) -> Result<dataspace::Stats> {
        Ok(dataspace::Stats {
            size: 0x7000,
            flags: 5,
        })
    }
    fn copy_in(
        &self,
        _: Rights,
        to: u64,
        source: Cap<l4re::dataspace::Dataspace>,
        from: u64,
        size: u64,
    ) -> Result<()> {
        self.note(format!("copy {to} {from} {size} {}", source.is_valid()))
    }
    fn allocate(&self, _: Rights, _: u64, _: u64) -> Result<()> {
        Err(Error::NO_MEMORY)
    }
}

#[test]
fn dataspaces() {
    let service = Service::default();
    with_server::<dyn Dataspace, _, _>(&service, ALL, |ds| {
        let ds: Cap<l4re::dataspace::Dataspace> = ds.cast();
        let info = ds.info().unwrap();
        assert_eq!((info.size, info.flags), (0x7000, DsFlags::RX));
        let window = Fpage::memory(0x40_0000, 14, MemRights::RW);
        // SAFETY: the fake kernel maps nothing.
        unsafe {
            assert_eq!(ds.map(0x3000, 0x1000, DsFlags::RW, window).unwrap(), 12);
            ds.clear(1, 2).unwrap();
            ds.copy_in(4, Cap::new(CAP.idx()), 5, 6).unwrap();
        }
        assert_eq!(ds.allocate(0, 1).unwrap_err(), Error::NO_MEMORY);
    });
    assert_eq!(
        service.noted(),
        "map 0x3000 0x1000 6; clear 1 2; copy 4 5 6 true"
    );
}

impl Namespace for Service {
    fn query(
        &self,
        _: Rights,
        name: &[u8],
    ) -> Result<(i64, OwnedCap<()>, Option<u32>, Option<Vec<u8>>)> {
        match name {
            b"a/b" => {
                let rest = Some(b"b".to_vec());
                Ok((namespace::PARTLY_RESOLVED, CAP.lend(), Some(0), rest))
            }
            b"b" => Ok((0, CAP.lend(), None, None)),
            _ => Err(Error::NOT_FOUND),
        }
    }
    fn register_obj(&self, flags: u32, name: &[u8], object: Option<Cap<()>>) -> Result<()> {
        self.note(format!("{flags} {name:?} {}", object.is_some()))
    }
    fn unlink(&self, name: &[u8]) -> Result<()> {
        self.note(format!("{name:?}"))
    }
}

#[test]
fn name_spaces() {
    let service = Service::default();
    with_server::<dyn Namespace, _, _>(&service, ALL, |ns| {
        let ns: Cap<l4re::namespace::Namespace> = ns.cast();
        assert!(ns.query::<()>("b").is_ok());
        assert_eq!(ns.query::<()>("c").unwrap_err(), Error::NOT_FOUND);
        // The next name space is where the fake kernel's other capabilities lead.
        assert!(ns.query::<()>("a/b").is_err());
        ns.register("x", Some(CAP), ObjRights::RWS, 0).unwrap();
        ns.register::<()>("y", None, ObjRights::R, 0).unwrap();
        ns.unlink("x").unwrap();
    });
    assert_eq!(service.noted(), "7 [120] true; 4 [121] false; [120]");
    let read_only = |ns: Cap<dyn Namespace>| {
        let ns: Cap<l4re::namespace::Namespace> = ns.cast();
        ns.unlink("x")
    };
    let refused = with_server::<dyn Namespace, _, _>(&service, 0, read_only);
    assert_eq!(refused.unwrap_err(), Error::NO_PERMISSION);
}

impl Factory for Service {
    fn create(&self, protocol: i64, args: Varg<'_>) -> Result<OwnedCap<()>> {
        let args: Vec<_> = args.iter().collect::<Result<_>>()?;
        self.note(format!("{protocol} {args:?}"))?;
        Ok(CAP.lend())
    }
}
impl MemAlloc for Service {
    fn info(&self) -> Result<mem_alloc::Stats> {
        Err(code(err::EAGAIN))
    }
}

#[test]
fn factories() {
    let service = Service::default();
    let factory = |cap: Cap<dyn MemAlloc>| cap.cast::<l4re::factory::Factory>();
    with_server::<dyn MemAlloc, _, _>(&service, ALL, |cap| {
        let args = [Arg::Str("abc"), Arg::Int(-1), Arg::Nil, Arg::Word(3)];
        factory(cap).create::<()>(0x4000, &args).unwrap();
        let memory = cap.cast::<l4re::mem_alloc::MemAlloc>();
        assert_eq!(memory.info().map(drop).unwrap_err(), code(err::EAGAIN));
    });
    assert_eq!(
        service.noted(),
        "16384 [Str(\"abc\"), Int(-1), Nil, Word(3)]"
    );
    let refused = with_server::<dyn MemAlloc, _, _>(&service, 1, |cap| {
        factory(cap).create::<()>(1, &[]).map(drop)
    });
    assert_eq!(refused.unwrap_err(), Error::NO_PERMISSION);
}

impl Parent for Service {
    fn signal(&self, signal: u64, value: u64) -> Result<()> {
        self.note(format!("signal {signal} {value}"))
    }
}
impl Icu for Service {
    fn bind(&self, number: u64, irq: Cap<Irq>) -> Result<()> {
        self.note(format!("bind {number} {}", irq.is_valid()))
    }
    fn unbind(&self, number: u64, _: Cap<Irq>) -> Result<()> {
        self.note(format!("unbind {number}"))
    }
    fn info(&self) -> Result<(u64, u64, u64)> {
        Ok((0x8000_0000, 4, 2))
    }
    fn mask(&self, number: u64) -> Result<()> {
        self.note(format!("mask {number}"))
    }
}

#[test]
fn parents_and_interrupts() {
    let service = Service::default();
    with_server::<dyn Parent, _, _>(&service, ALL, |parent| {
        parent.cast::<l4re::parent::Parent>().signal(0, 5).unwrap();
    });
    with_server::<dyn Icu, _, _>(&service, ALL, |icu| {
        let icu: Cap<l4re::icu::Icu> = icu.cast();
        icu.bind(7, Cap::new(CAP.idx())).unwrap();
        icu.unbind(7, Cap::new(CAP.idx())).unwrap();
        icu.mask(7).unwrap();
        let info = icu.info().unwrap();
        assert_eq!((info.has_msi, info.irqs, info.msis), (true, 4, 2));
        icu.set_mode(7, 1).unwrap();
    });
    assert_eq!(service.noted(), "signal 0 5; bind 7 true; unbind 7; mask 7");
}
