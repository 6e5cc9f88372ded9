//! Requests to L4Re's services, and to sigma0.

use crate::facts::hold_to_rpc;
use crate::{answered, sent_by};
use l4re::Cap;
use l4re::dataspace::{Dataspace, DsFlags};
use l4re::mem_alloc::MemAlloc;
use l4re::namespace::Namespace;
use l4re::parent::Parent;
use l4re::region::{Rm, RmFlags};
use l4re::sigma0::Sigma0;
use l4re::sys::{CapIdx, Fpage, MemRights, ObjRights};

const D: CapIdx = CapIdx::from_index(0x123);
const A: CapIdx = CapIdx::from_index(0x456);

#[test]
fn dataspace() {
    let ds = Cap::<Dataspace>::new(D);
    let offset_and_size = [("offset", 0x3000), ("size", 0x5000)];
    // SAFETY: there is no dataspace.
    let sent = sent_by(|| unsafe { ds.clear(0x3000, 0x5000) });
    hold_to_rpc(&sent, "L4Re::Dataspace", "clear", &offset_and_size);
    let sent = sent_by(|| ds.allocate(0x3000, 0x5000));
    hold_to_rpc(&sent, "L4Re::Dataspace", "allocate", &offset_and_size);
    // SAFETY: the fake kernel copies nothing.
    let sent = sent_by(|| unsafe { ds.copy_in(1, Cap::new(A), 2, 3) });
    let args = [("dst_offs", 1), ("src", A.0), ("src_offs", 2), ("size", 3)];
    hold_to_rpc(&sent, "L4Re::Dataspace", "copy_in", &args);
    let window = Fpage::memory(0x40_0000, 14, MemRights::RW);
    // SAFETY: the fake kernel maps nothing.
    let sent = sent_by(|| unsafe { ds.map(0x3000, 0x1000, DsFlags::RW, window) });
    let args = [
        ("offset", 0x3000),
        ("spot", 0x1000),
        ("flags", 6),
        ("r", window.raw()),
    ];
    hold_to_rpc(&sent, "L4Re::Dataspace", "map", &args);
    hold_to_rpc(&sent_by(|| ds.info()), "L4Re::Dataspace", "info", &[]);
    let info = answered(&[0x7000, 5], || ds.info()).unwrap();
    assert_eq!((info.size, info.flags), (0x7000, DsFlags::RX));
}

#[test]
fn region_map() {
    let rm = Cap::<Rm>::new(D);
    let (start, flags) = (0x1234_5000, RmFlags::RW | RmFlags::IN_AREA);
    // SAFETY: there is no region map.
    let sent = sent_by(|| unsafe { rm.attach_at(start, 0x2000, flags, Cap::new(A), 0x3000, 12) });
    let args = [
        ("start", start),
        ("size", 0x2000),
        ("flags", flags.bits().into()),
        ("mem", A.0),
        ("offs", 0x3000),
        ("align", 12),
        ("client_cap", A.0),
        ("name", 1),
        ("backing_offset", 0),
    ];
    hold_to_rpc(&sent, "L4Re::Rm", "attach", &args);
    // Read-only memory is passed on without the right to write.
    // SAFETY: the fake kernel maps nothing.
    let attach = || unsafe { rm.attach_at(start, 1, RmFlags::RX, Cap::new(A), 0, 12) };
    assert_eq!(
        sent_by(attach).items[0].1,
        Fpage::obj(A, 0, ObjRights::R).raw()
    );

    let sent = sent_by(|| rm.reserve(start, 0x1000, RmFlags::empty(), 12));
    let args = [
        ("start", start),
        ("size", 0x1000),
        ("flags", 0x800),
        ("offs", 0),
        ("align", 12),
        ("client_cap", CapIdx::INVALID.0),
        ("name", 1),
        ("backing_offset", 0),
    ];
    hold_to_rpc(&sent, "L4Re::Rm", "attach", &args);
    // SAFETY: the fake kernel unmaps nothing.
    let sent = sent_by(|| unsafe { rm.detach(start) });
    let args = [("addr", start), ("size", 1), ("flags", 2)];
    hold_to_rpc(&sent, "L4Re::Rm", "detach", &args);
    let sent = sent_by(|| rm.find(start, 0x10));
    hold_to_rpc(
        &sent,
        "L4Re::Rm",
        "find",
        &[("addr", start), ("size", 0x10)],
    );
    let found = answered(&[1, 2, 6, 4, 0x5000], || rm.find(start, 1)).unwrap();
    assert_eq!((found.start, found.size, found.flags), (1, 2, RmFlags::RW));
    assert_eq!((found.offset, found.dataspace.0), (4, 0x5000));
    let sent = sent_by(|| rm.reserve_area(start, 0x1000, RmFlags::SEARCH_ADDR, 21));
    let args = [
        ("start", start),
        ("size", 0x1000),
        ("flags", 0x2_0000),
        ("align", 21),
    ];
    hold_to_rpc(&sent, "L4Re::Rm", "reserve_area", &args);
    // SAFETY: there is no region map.
    let sent = sent_by(|| unsafe { rm.free_area(start) });
    hold_to_rpc(&sent, "L4Re::Rm", "free_area", &[("addr", start)]);
}

#[test]
fn name_space() {
    let names = Cap::<Namespace>::new(D);
    let sent = sent_by(|| names.query::<Dataspace>("some/thing").map(drop));
    hold_to_rpc(&sent, "L4Re::Namespace", "query", &[("name", 10)]);
    assert_eq!(sent.bytes()[16..26], *b"some/thing");
    let object = Some(Cap::<Dataspace>::new(A));
    let sent = sent_by(|| names.register("thing", object, ObjRights::RW, 0x200));
    let args = [("flags", 0x205), ("name", 5), ("obj", A.0)];
    hold_to_rpc(&sent, "L4Re::Namespace", "register_obj", &args);
    let nothing = None::<Cap<Dataspace>>;
    let sent = sent_by(|| names.register("thing", nothing, ObjRights::R, 0));
    let args = [("flags", 4), ("name", 5)];
    hold_to_rpc(&sent, "L4Re::Namespace", "register_obj", &args);
    let sent = sent_by(|| names.unlink("thing"));
    hold_to_rpc(&sent, "L4Re::Namespace", "unlink", &[("name", 5)]);
}

#[test]
fn memory_and_parent() {
    let alloc = Cap::<MemAlloc>::new(D);
    hold_to_rpc(&sent_by(|| alloc.info()), "L4Re::Mem_alloc", "info", &[]);
    let stats = answered(&[1, 2, 3, 4, 5], || alloc.info()).unwrap();
    assert_eq!((stats.quota, stats.mem_free), (1, 5));
    // L4Re::Mem_alloc::alloc(): a factory's request; size, flags, alignment.
    let sent = sent_by(|| alloc.dataspace_with(0x4000, 1, 21));
    let words = [
        0x4000,
        0x81 | 8 << 16,
        0x4000,
        1 | 8 << 16,
        1,
        1 | 8 << 16,
        21,
    ];
    assert_eq!((sent.label, &sent.words[..]), (-15, &words[..]));
    let sent = sent_by(|| Cap::<Parent>::new(D).signal(0, 101));
    hold_to_rpc(&sent, "L4Re::Parent", "signal", &[("sig", 0), ("val", 101)]);
}

#[test]
fn sigma0() {
    let sigma0 = Cap::<Sigma0>::ROOT;
    let request = |sent: crate::Sent| (sent.label, sent.words, sent.buffers);
    // SAFETY: there is no sigma0.
    let sent = sent_by(|| unsafe { sigma0.map_kip(0x3000_0000) });
    let window = Fpage::page(0x3000_0000, MemRights::RX).raw();
    assert_eq!(request(sent), (-6, vec![!0xff | 0xa0], vec![8, window]));
    // SAFETY: the fake kernel maps nothing.
    let sent = sent_by(|| unsafe { sigma0.map_ram(0x20_0000, 21, 0x40_0000) });
    let arg = Fpage::memory(0x20_0000, 21, MemRights::RWX).raw();
    let window = Fpage::memory(0x40_0000, 21, MemRights::RWX).raw();
    assert_eq!(
        request(sent),
        (-6, vec![!0xff | 0x60, arg], vec![8, window])
    );
    let all = Fpage::memory(0x4000_0000, 24, MemRights::RWX);
    // SAFETY: the fake kernel maps nothing.
    let sent = sent_by(|| unsafe { sigma0.map_any(16, all) });
    let arg = Fpage::memory(0, 16, MemRights::empty()).raw();
    assert_eq!(
        request(sent),
        (-6, vec![!0xff | 0x90, arg], vec![8, all.raw()])
    );
}
