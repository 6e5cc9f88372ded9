//! Random messages to every service: all of them must live through it, answer what can be
//! answered, and have their memory back at the end.

#![no_std]
#![no_main]

use l4re::sys::re::mem_alloc;
use l4re::sys::{
    BufferDesc, CapIdx, MsgTag, RcvItem, Sysf, TagFlags, Timeout, TimeoutS, proto, utcb,
};
use l4re::{CapSlot, Env};
use test_services::{Tap, call, check, label, word};

const ROUNDS: u32 = 20_000;
const LABELS: [i64; 12] = [
    proto::DATASPACE,
    proto::NAMESPACE,
    proto::RM,
    proto::MEM_ALLOC,
    proto::FACTORY,
    proto::LOG,
    proto::SCHEDULER,
    proto::META,
    proto::IRQ,
    proto::DEBUG,
    proto::IO_PAGE_FAULT,
    proto::PAGE_FAULT,
];

/// xorshift64*: the same messages in every run.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    fn below(&mut self, n: u64) -> u64 {
        (self.next() >> 33) % n
    }

    /// A word that means something more often than chance would have it.
    fn word(&mut self) -> u64 {
        match self.below(8) {
            0 => self.next(),
            1 => self.below(16),
            2 => self.below(1 << 20) << 12,
            3 => u64::MAX - self.below(0x3000),
            4 => LABELS[self.below(12) as usize] as u64,
            5 => 1 << self.below(64),
            6 => 8 << 16 | 1,
            _ => self.below(256),
        }
    }
}

#[l4re::main]
fn main(env: &Env) -> i32 {
    let mut tap = Tap::default();
    let raw = env.raw();
    let rom = env
        .named::<()>("rom")
        .map_or(CapIdx::INVALID, |cap| cap.idx());
    // The services of a region map that is not our own, lest we pull away our own memory.
    tap.case("all services live through random messages", fuzz(raw, rom));
    tap.case("all services live through a lack of memory", exhaust(raw));
    tap.end()
}

fn fuzz(raw: &l4re::sys::Env, rom: CapIdx) -> Result<(), i64> {
    let part = CapSlot::alloc().map_err(|_| -1)?;
    let words = [proto::FACTORY as u64, 8 << 16 | 1, 4 << 20];
    check!(
        label(call(
            raw.mem_alloc,
            proto::FACTORY,
            &words,
            None,
            Some(part.idx())
        )) == 0
    );
    let made = |kind: i64| -> Result<CapSlot, i64> {
        let slot = CapSlot::alloc().map_err(|_| -1)?;
        let words = [kind as u64, 8 << 16 | 1, 64 << 10];
        check!(
            label(call(
                part.idx(),
                proto::FACTORY,
                &words,
                None,
                Some(slot.idx())
            )) == 0
        );
        Ok(slot)
    };
    let (ds, names, rm) = (
        made(proto::DATASPACE)?,
        made(proto::NAMESPACE)?,
        made(proto::RM)?,
    );
    let used = |cap: CapIdx| {
        call(cap, proto::MEM_ALLOC, &[mem_alloc::INFO.into()], None, None);
        word(1)
    };
    let before = used(part.idx());
    let targets = [
        ds.idx(),
        names.idx(),
        rm.idx(),
        part.idx(),
        raw.scheduler,
        rom,
        raw.log,
    ];
    let caps = [
        ds.idx(),
        names.idx(),
        rm.idx(),
        part.idx(),
        raw.factory,
        CapIdx::INVALID,
    ];
    let received = CapSlot::alloc().map_err(|_| -1)?;
    let mut random = Random(0x5eed);
    for _ in 0..ROUNDS {
        let target = targets[random.below(targets.len() as u64) as usize];
        let message = LABELS[random.below(LABELS.len() as u64) as usize];
        // A log's text would only be noise.
        let words = if target == raw.log {
            1
        } else {
            random.below(16) as usize
        };
        let items = random.below(3) as usize;
        let regs = utcb();
        for i in 0..words {
            regs.set_mr(i, random.word());
        }
        if target == raw.log {
            regs.set_mr(0, 2 + random.below(1000));
        }
        for i in 0..items {
            let cap = caps[random.below(caps.len() as u64) as usize];
            let item = l4re::sys::MapItem::cap(cap, l4re::sys::ObjRights::RW);
            regs.set_mr(
                words + 2 * i,
                if random.below(4) == 0 {
                    0
                } else {
                    item.control
                },
            );
            regs.set_mr(words + 2 * i + 1, item.fpage.raw());
        }
        regs.set_bdr(BufferDesc(0));
        regs.set_br(0, RcvItem::single(received.idx()).0);
        regs.set_br(1, RcvItem::VOID.0);
        let tag = MsgTag::new(message, words, items, TagFlags::empty());
        // What needs no answer gets none: wait a moment only.
        let timeout = Timeout::new(TimeoutS::NEVER, TimeoutS::from_us(20_000));
        // SAFETY: only a capability is received, into a slot of its own.
        unsafe { l4re::sys::ipc(target, Sysf::CALL, 0, tag, timeout) };
    }
    drop(received.filled::<()>());
    for slot in [names, rm] {
        drop(slot.filled::<()>());
    }
    let info = [l4re::sys::re::dataspace::INFO.into()];
    check!(label(call(ds.idx(), proto::DATASPACE, &info, None, None)) == 0);
    check!(word(0) == 64 << 10);
    let clear = [l4re::sys::re::dataspace::CLEAR.into(), 0, u64::MAX >> 1];
    check!(label(call(ds.idx(), proto::DATASPACE, &clear, None, None)) == 0);
    // All that was made in passing has gone; what is left is less than at the start.
    check!(used(part.idx()) <= before);
    Ok(())
}

/// Takes memory until there is none, lets everybody else be refused, and gives it back.
fn exhaust(raw: &l4re::sys::Env) -> Result<(), i64> {
    let number = 8 << 16 | 1;
    let create = |factory: CapIdx, kind: i64, arg: u64, slot: &CapSlot| {
        let words = [kind as u64, number, arg];
        label(call(
            factory,
            proto::FACTORY,
            &words,
            None,
            Some(slot.idx()),
        ))
    };
    let slot = || CapSlot::alloc().map_err(|_| -1i64);
    let all = slot()?;
    // More than any test machine has.
    let size = 1 << 40;
    check!(create(raw.mem_alloc, proto::DATASPACE, size, &all) == 0);
    let allocate = [l4re::sys::re::dataspace::ALLOCATE.into(), 0, size];
    let answer = label(call(all.idx(), proto::DATASPACE, &allocate, None, None));
    check!(answer == -l4re::sys::err::ENOMEM);
    // Small things may still be had, or not; none of it may hurt.
    for kind in [
        proto::NAMESPACE,
        proto::RM,
        proto::DATASPACE,
        proto::FACTORY,
    ] {
        let slot = slot()?;
        let answer = create(raw.mem_alloc, kind, 4096, &slot);
        check!(answer == 0 || answer == -l4re::sys::err::ENOMEM);
        drop(slot.filled::<()>());
    }
    let clear = [l4re::sys::re::dataspace::CLEAR.into(), 0, size];
    check!(label(call(all.idx(), proto::DATASPACE, &clear, None, None)) == 0);
    drop(all.filled::<()>());
    let again = slot()?;
    check!(create(raw.mem_alloc, proto::DATASPACE, 1 << 20, &again) == 0);
    let allocate = [l4re::sys::re::dataspace::ALLOCATE.into(), 0, 1 << 20];
    check!(label(call(again.idx(), proto::DATASPACE, &allocate, None, None)) == 0);
    drop(again.filled::<()>());
    // Allocators one within the other, as deep as they may be.
    let mut inner = slot()?;
    check!(create(raw.mem_alloc, proto::FACTORY, 1 << 20, &inner) == 0);
    let outermost = inner.idx();
    let mut made = 1;
    loop {
        let next = slot()?;
        if create(inner.idx(), proto::FACTORY, 1 << 20, &next) != 0 || made > 40 {
            break;
        }
        // The outer ones stay: they are needed by those within.
        core::mem::forget(core::mem::replace(&mut inner, next).filled::<()>());
        made += 1;
    }
    check!(made >= 4);
    let info = [mem_alloc::INFO.into()];
    check!(label(call(inner.idx(), proto::MEM_ALLOC, &info, None, None)) == 0);
    // With the outermost go all the others.
    let words = [
        1,
        0x8000_0000,
        l4re::sys::Fpage::obj(outermost, 0, l4re::sys::ObjRights::RWSD).raw(),
    ];
    check!(label(call(CapIdx::TASK, proto::TASK, &words, None, None)) >= 0);
    Ok(())
}
