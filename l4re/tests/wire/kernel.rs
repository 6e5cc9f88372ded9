//! Requests to the kernel's objects.

use crate::facts::hold_to_c;
use crate::{answered, sent_by};
use l4re::factory::{Arg, Factory};
use l4re::icu::Icu;
use l4re::ipc_gate::IpcGate;
use l4re::irq::Irq;
use l4re::platform_control::PlatformControl;
use l4re::scheduler::Scheduler;
use l4re::semaphore::Semaphore;
use l4re::sys::unmap::UnmapFlags;
use l4re::sys::{CapIdx, CpuSet, Fpage, MemRights, ObjRights, SchedParam, Timeout, proto};
use l4re::task::Task;
use l4re::thread::{Control, Thread};
use l4re::vcon::{Vcon, VconAttr};
use l4re::{Cap, OwnedCap};

/// Where requests go.
pub const D: CapIdx = CapIdx::from_index(0x123);
/// An object that requests speak of.
pub const A: CapIdx = CapIdx::from_index(0x456);

pub fn object(rights: ObjRights) -> (u64, u64) {
    (8, Fpage::obj(A, 0, rights).raw())
}

#[test]
pub fn task() {
    let task = Cap::<Task>::new(D);
    let page = Fpage::page(0x1234_5000, MemRights::RW);
    // SAFETY: nothing is mapped by the fake kernel.
    let sent = sent_by(|| unsafe { task.map(Cap::new(A), page, 0x12_3000) });
    hold_to_c(
        &sent,
        "L4::Task",
        "map",
        &[(0, 0), (1, 0x12_3008), (2, page.raw())],
    );
    assert_eq!((sent.dest, sent.items[0]), (D, object(ObjRights::RWS)));

    // SAFETY: the fake kernel unmaps nothing.
    let sent = sent_by(|| unsafe { task.unmap(page, UnmapFlags::ALL_SPACES) });
    let words = [(0, 1), (1, 0x8000_0000), (2, page.raw())];
    hold_to_c(&sent, "L4::Task", "unmap", &words);

    let sent = sent_by(|| task.cap_valid(A));
    hold_to_c(&sent, "L4::Task", "cap_valid", &[(0, 2), (1, A.0)]);
    let sent = sent_by(|| task.cap_equal(A, D));
    hold_to_c(
        &sent,
        "L4::Task",
        "cap_equal",
        &[(0, 2), (1, A.0), (2, D.0)],
    );

    // SAFETY: the fake kernel maps nothing.
    let sent = sent_by(|| unsafe { task.add_ku_mem(page) });
    hold_to_c(&sent, "L4::Task", "add_ku_mem", &[(0, 3), (1, page.raw())]);
    // SAFETY: the fake kernel maps nothing.
    let added = answered(&[0x7000 | 12 << 6 | 0x16], || unsafe {
        task.add_ku_mem(page)
    });
    assert_eq!(added.unwrap(), Fpage::page(0x7000, MemRights::RW));
}

#[test]
pub fn giving_up_capabilities() {
    let drop_of = |filled: fn(l4re::CapSlot) -> OwnedCap<Irq>| {
        l4re::cap_alloc::init(0x1000);
        let slot = l4re::CapSlot::alloc().unwrap();
        let fpage = Fpage::obj(slot.idx(), 0, ObjRights::RWSD).raw();
        (sent_by(move || filled(slot)), fpage)
    };
    let (sent, fpage) = drop_of(|slot| slot.filled());
    let words = [(0, 1), (1, 0x8000_0000), (2, fpage)];
    hold_to_c(&sent, "L4::Task", "release_cap", &words);
    assert_eq!(sent.dest, CapIdx::TASK);
    let (sent, fpage) = drop_of(|slot| slot.created());
    let words = [(0, 1), (1, 0xc000_0000), (2, fpage)];
    hold_to_c(&sent, "L4::Task", "delete_obj", &words);
}

#[test]
pub fn thread() {
    let thread = Cap::<Thread>::new(D);
    let all = Control {
        pager: Some(CapIdx::from_index(7)),
        exc_handler: Some(CapIdx::from_index(8)),
        bind: Some((Cap::new(A), 0xb300_0000)),
        alien: Some(true),
    };
    // SAFETY: there is no thread.
    let sent = sent_by(|| unsafe { thread.control_any(&all) });
    let words = [
        (0, 0x161_0000),
        (1, 0x7000),
        (2, 0x8000),
        (4, 0x40_0000),
        (5, 0xb300_0000),
    ];
    let all = "control (pager+exc_handler+bind+alien)";
    hold_to_c(&sent, "L4::Thread", all, &words);
    assert_eq!(sent.items[0], object(ObjRights::RWS));

    let pager = Control {
        pager: Some(CapIdx::from_index(7)),
        ..Control::default()
    };
    // SAFETY: there is no thread.
    let sent = sent_by(|| unsafe { thread.control_any(&pager) });
    let words = [(0, 0x1_0000), (1, 0x7000)];
    hold_to_c(&sent, "L4::Thread", "control (no bind)", &words);
    // SAFETY: there is no thread.
    let old = answered(&[0, 0x9000, 0xa000], || unsafe {
        thread.control_any(&pager)
    })
    .unwrap();
    assert_eq!((old.pager.0, old.exc_handler.0), (0x9000, 0xa000));

    // SAFETY: there is no thread.
    let sent = sent_by(|| unsafe { thread.ex_regs(0x1000, 0x2000, 0x2_0000) });
    let words = [(0, 0x2_0001), (1, 0x1000), (2, 0x2000)];
    hold_to_c(&sent, "L4::Thread", "ex_regs", &words);
    // SAFETY: the fake kernel changes no thread.
    let old = answered(&[1, 2, 3], || unsafe { thread.ex_regs(0, 0, 0) }).unwrap();
    assert_eq!((old.flags, old.ip, old.sp), (1, 2, 3));

    hold_to_c(
        &sent_by(|| thread.switch_to()),
        "L4::Thread",
        "switch",
        &[(0, 2)],
    );
    hold_to_c(
        &sent_by(|| thread.stats_time()),
        "L4::Thread",
        "stats_time",
        &[(0, 3)],
    );
    let sent = sent_by(|| thread.register_del_irq(Cap::new(A)));
    hold_to_c(&sent, "L4::Thread", "register_del_irq", &[(0, 5)]);
    let rules = [[1, 2, 3, 4], [5, 6, 7, 8]];
    let sent = sent_by(|| thread.modify_senders(&rules));
    let words: Vec<_> = (1..9).map(|i| (i, i as u64)).collect();
    hold_to_c(&sent, "L4::Thread", "modify_senders (2 entries)", &words);
    // SAFETY: the fake kernel changes no thread.
    let sent = sent_by(|| unsafe { thread.set_fs_base(0x5555) });
    let words = [(0, 0x12), (1, 0x5555)];
    hold_to_c(&sent, "L4::Thread", "set_fs (amd64)", &words);
}

#[test]
pub fn vcon() {
    let vcon = Cap::<Vcon>::new(D);
    let sent = sent_by(|| vcon.write(b"hello, world!"));
    let text = u64::from_le_bytes(*b"hello, w");
    let words = [(0, 0), (1, 13), (2, text)];
    hold_to_c(&sent, "L4::Vcon", "send/write (13 bytes)", &words);
    assert_eq!(sent.bytes()[24..29], *b"orld!");
    let sent = sent_by(|| vcon.read(&mut [0; 100]));
    hold_to_c(&sent, "L4::Vcon", "read", &[(0, 100 << 16 | 1)]);
    let attr = VconAttr {
        i_flags: 1,
        o_flags: 2,
        l_flags: 3,
    };
    let sent = sent_by(|| vcon.set_attr(attr));
    hold_to_c(
        &sent,
        "L4::Vcon",
        "set_attr",
        &[(0, 2), (1, 1), (2, 2), (3, 3)],
    );
    hold_to_c(&sent_by(|| vcon.attr()), "L4::Vcon", "get_attr", &[(0, 3)]);
    let attr = answered(&[0, 1, 2, 3], || vcon.attr()).unwrap();
    assert_eq!((attr.i_flags, attr.o_flags, attr.l_flags), (1, 2, 3));
}

#[test]
pub fn factory() {
    let factory = Cap::<Factory>::new(D);
    let utcbs = Fpage::memory(0xb300_0000, 12, MemRights::empty());
    let word = |label: i64| label as u64;
    let sent = sent_by(|| factory.create_task(utcbs));
    let words = [(0, word(proto::TASK)), (1, 3 | 8 << 16), (2, utcbs.raw())];
    hold_to_c(&sent, "L4::Factory", "create_task", &words);
    let sent = sent_by(|| factory.create_thread());
    hold_to_c(
        &sent,
        "L4::Factory",
        "create_thread",
        &[(0, word(proto::THREAD))],
    );
    let sent = sent_by(|| factory.create_factory(4711));
    let words = [(0, word(proto::FACTORY)), (1, 1 | 8 << 16), (2, 4711)];
    hold_to_c(&sent, "L4::Factory", "create_factory", &words);
    let sent = sent_by(|| factory.create_gate_bound(Cap::new(A), 0x50));
    let words = [(0, 0), (1, 1 | 8 << 16), (2, 0x50)];
    hold_to_c(&sent, "L4::Factory", "create_gate (bound)", &words);
    assert_eq!(sent.items[0], object(ObjRights::RWS));
    let sent = sent_by(|| factory.create_gate());
    let words = [(0, 0), (1, 1 | 8 << 16)];
    hold_to_c(&sent, "L4::Factory", "create_gate (unbound)", &words);
    let sent = sent_by(|| factory.create_irq());
    hold_to_c(
        &sent,
        "L4::Factory",
        "create_irq",
        &[(0, word(proto::IRQ_SENDER))],
    );
    // The facts' string of 3 without a 0 is Rust's of 2 with one.
    let args = [
        Arg::Int(-7),
        Arg::Str("abcdefghij"),
        Arg::Nil,
        Arg::Str("xy"),
    ];
    let sent = sent_by(|| factory.create::<Task>(99, &args));
    let generic = r#"create generic (int,"abcdefghij",nil,lstr len 3)"#;
    let words = [
        (0, 99),
        (1, 0x81 | 8 << 16),
        (2, -7i64 as u64),
        (3, 2 | 11 << 16),
        (6, 0),
        (7, 2 | 3 << 16),
    ];
    hold_to_c(&sent, "L4::Factory", generic, &words);
}

#[test]
pub fn scheduler() {
    let scheduler = Cap::<Scheduler>::new(D);
    let sent = sent_by(|| scheduler.info(3, 2));
    hold_to_c(&sent, "L4::Scheduler", "info", &[(0, 0), (1, 2 << 24 | 3)]);
    let info = answered(&[5, 6, 7], || scheduler.info(0, 0)).unwrap();
    assert_eq!((info.map, info.max, info.classes), (5, 6, 7));
    let param = SchedParam {
        affinity: CpuSet::new(1, 2, 3),
        prio: 4,
        quantum: 5,
    };
    let sent = sent_by(|| scheduler.run_thread(Cap::new(A), param));
    let words = [(0, 1), (1, 2 << 24 | 1), (2, 3), (3, 4), (4, 5)];
    hold_to_c(&sent, "L4::Scheduler", "run_thread", &words);
    assert_eq!(sent.items[0], object(ObjRights::RWS));
    let sent = sent_by(|| scheduler.idle_time(CpuSet::new(1, 2, 3)));
    let words = [(0, 2), (1, 2 << 24 | 1), (2, 3)];
    hold_to_c(&sent, "L4::Scheduler", "idle_time", &words);
}

#[test]
pub fn interrupts() {
    let icu = Cap::<Icu>::new(D);
    let sent = sent_by(|| icu.bind(9, Cap::new(A)));
    hold_to_c(&sent, "L4::Icu", "bind (C)", &[(0, 0), (1, 9)]);
    let sent = sent_by(|| icu.unbind(9, Cap::new(A)));
    hold_to_c(&sent, "L4::Icu", "unbind (C)", &[(0, 1), (1, 9)]);
    hold_to_c(&sent_by(|| icu.info()), "L4::Icu", "info (C)", &[(0, 2)]);
    let info = answered(&[0x8000_0000, 16, 4], || icu.info()).unwrap();
    assert_eq!((info.has_msi, info.irqs, info.msis), (true, 16, 4));
    let sent = sent_by(|| icu.unmask(9));
    hold_to_c(&sent, "L4::Icu", "unmask (C, no label)", &[(0, 4), (1, 9)]);
    let sent = sent_by(|| icu.mask(9));
    hold_to_c(&sent, "L4::Icu", "mask (C, no label)", &[(0, 5), (1, 9)]);
    let sent = sent_by(|| icu.set_mode(9, 3));
    hold_to_c(&sent, "L4::Icu", "set_mode (C)", &[(0, 6), (1, 9), (2, 3)]);

    let irq = Cap::<Irq>::new(D);
    hold_to_c(
        &sent_by(|| irq.trigger()),
        "L4::Triggerable",
        "trigger",
        &[],
    );
    hold_to_c(&sent_by(|| irq.detach()), "L4::Irq", "detach", &[(0, 1)]);
    hold_to_c(
        &sent_by(|| irq.unmask()),
        "L4::Irq",
        "unmask (C)",
        &[(0, 4)],
    );
    let sent = sent_by(|| irq.receive(Timeout::NEVER));
    hold_to_c(&sent, "L4::Irq", "receive", &[(0, 4)]);
    let semaphore = Cap::<Semaphore>::new(D);
    hold_to_c(&sent_by(|| semaphore.up()), "L4::Semaphore", "up", &[]);
    let sent = sent_by(|| semaphore.down(Timeout::NEVER));
    hold_to_c(&sent, "L4::Semaphore", "down", &[(0, 0)]);
}

#[test]
pub fn gates_and_the_machine() {
    let gate = Cap::<IpcGate>::new(D);
    let sent = sent_by(|| gate.bind_thread(Cap::new(A), 0x40));
    let words = [(0, 0x10), (1, 0x40)];
    hold_to_c(&sent, "L4::Rcv_endpoint", "bind_thread (C)", &words);
    assert_eq!(sent.items[0], object(ObjRights::RWS));
    let sent = sent_by(|| gate.label());
    hold_to_c(&sent, "L4::Ipc_gate", "get_infos (C)", &[(0, 0x11)]);
    let sent = sent_by(|| Cap::<PlatformControl>::ROOT.system_shutdown(true));
    let words = [(0, 1), (1, 1)];
    hold_to_c(&sent, "L4::Platform_control", "system_shutdown (C)", &words);
}
