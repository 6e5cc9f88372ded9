//! Threads: control, times, segments, interrupts of their own.

use crate::kit::*;
use crate::same;
use l4re::sys::op::thread as op;
use l4re::sys::unmap::UnmapFlags;
use l4re::sys::{CapIdx, Fpage, MapItem, ObjRights, err, ipc_error as ie, item, proto};
use test_services::check;

pub const CASES: &[Case] = &[
    case(
        "thread/control/nothing (l4/sys/thread.h: l4_thread_control_commit)",
        control_nothing,
    ),
    case(
        "thread/control/reply (l4/sys/thread.h: l4_thread_control_commit)",
        control_reply,
    ),
    case(
        "thread/control/bind (l4/sys/thread.h: l4_thread_control_bind)",
        control_bind,
    ),
    case(
        "thread/control/bind-twice (l4/sys/thread.h: -L4_EINVAL)",
        bind_twice,
    ),
    case(
        "thread/control/bind-no-task (l4/sys/thread.h: -L4_EINVAL)",
        bind_no_task,
    ),
    case(
        "thread/control/bind-weak-task (l4/sys/thread.h: -L4_EPERM)",
        bind_weak_task,
    ),
    case(
        "thread/control/bind-bad-utcb (l4/sys/thread.h: -L4_EINVAL)",
        bind_bad_utcb,
    ),
    case(
        "thread/control/weak (l4/sys/thread.h: -L4_EPERM)",
        control_weak,
    ),
    case(
        "thread/control/short (l4/sys/thread.h: -L4_EINVAL)",
        control_short,
    ),
    case(
        "thread/unknown-operation (l4/sys/thread.h: L4_thread_ops)",
        unknown,
    ),
    case(
        "thread/wrong-protocol (l4/sys/types.h: L4_PROTO_THREAD)",
        not_kernels,
    ),
    case(
        "thread/stats-time (l4/sys/thread.h: l4_thread_stats_time)",
        stats,
    ),
    case(
        "thread/stats-time-grows (l4/sys/thread.h: l4_thread_stats_time)",
        stats_grow,
    ),
    case(
        "thread/stats-time-idle (l4/sys/thread.h: l4_thread_stats_time)",
        stats_idle,
    ),
    case("thread/switch (l4/sys/thread.h: l4_thread_switch)", switch),
    case(
        "thread/switch-unready (l4/sys/thread.h: l4_thread_switch)",
        switch_unready,
    ),
    case(
        "thread/fs-base (l4/sys/segment.h: fiasco_amd64_set_fs)",
        fs_base,
    ),
    case(
        "thread/gs-base (l4/sys/segment.h: fiasco_amd64_set_segment_base)",
        gs_base,
    ),
    case(
        "thread/segment-unknown (l4/sys/segment.h: fiasco_amd64_set_segment_base)",
        segment_unknown,
    ),
    case(
        "thread/segment-of-another (l4/sys/segment.h: fiasco_amd64_set_fs)",
        segment_of_another,
    ),
    case(
        "thread/segment-info (l4/sys/segment.h: fiasco_amd64_segment_info)",
        segment_info,
    ),
    case(
        "thread/gdt-offset (l4/sys/segment.h: fiasco_gdt_get_entry_offset)",
        gdt,
    ),
    case(
        "thread/deletion-irq (l4/sys/thread.h: l4_thread_register_del_irq)",
        deletion_irq,
    ),
    case(
        "thread/deletion-irq-none (l4/sys/thread.h: l4_thread_register_del_irq)",
        deletion_irq_none,
    ),
    case(
        "thread/doorbell (l4/sys/thread.h: l4_thread_register_doorbell_irq)",
        doorbell,
    ),
    case(
        "thread/vcpu-control-off (l4/sys/thread.h: l4_thread_vcpu_resume_commit)",
        vcpu,
    ),
    case(
        "thread/ends-itself (l4/sys/task.h: l4_task_delete_obj)",
        ends_itself,
    ),
    case("thread/gone (l4/sys/task.h: l4_task_delete_obj)", gone),
];

fn control(thread: CapIdx, words: &[u64], items: &[MapItem]) -> i64 {
    Msg::new(proto::THREAD)
        .words(words)
        .items(items)
        .call(thread)
        .code()
}

/// A request to bind to a task.
pub fn bind_to(thread: CapIdx, task: CapIdx, utcb: u64) -> i64 {
    let words = [op::CONTROL | op::CONTROL_BIND_TASK, 0, 0, 0, 0, utcb];
    control(thread, &words, &[MapItem::cap(task, ObjRights::RWS)])
}

/// A UTCB that no thread of the cases uses.
pub fn free_utcb() -> u64 {
    utcb_addr(15)
}

fn control_nothing() -> Outcome {
    same!(control(me(), &[op::CONTROL, 0, 0, 0, 0, 0], &[]), 0);
    Ok(())
}

fn control_reply() -> Outcome {
    let rm = l4re::start::env().rm().idx().0 & item::CONTROL_MASK;
    let words = [op::CONTROL | op::CONTROL_SET_PAGER, rm, 0, 0, 0, 0];
    same!(control(me(), &words, &[]), 0);
    same!((mr(1), mr(2)), (rm, rm));
    let words = [op::CONTROL | op::CONTROL_SET_EXC_HANDLER, 0, rm, 0, 0, 0];
    same!(control(me(), &words, &[]), 0);
    same!((mr(1), mr(2)), (rm, rm));
    Ok(())
}

fn control_bind() -> Outcome {
    let thread = thread_cap()?;
    same!(bind_to(thread.idx(), CapIdx::TASK, free_utcb()), 0);
    Ok(())
}

fn bind_twice() -> Outcome {
    let thread = thread_cap()?;
    same!(bind_to(thread.idx(), CapIdx::TASK, free_utcb()), 0);
    same!(
        bind_to(thread.idx(), CapIdx::TASK, free_utcb()),
        -err::EINVAL
    );
    Ok(())
}

fn bind_no_task() -> Outcome {
    let (thread, sem) = (thread_cap()?, semaphore()?);
    same!(bind_to(thread.idx(), sem.idx(), free_utcb()), -err::EINVAL);
    same!(
        bind_to(thread.idx(), slot()?.idx(), free_utcb()),
        -err::EINVAL
    );
    let words = [op::CONTROL | op::CONTROL_BIND_TASK, 0, 0, 0, 0, free_utcb()];
    same!(control(thread.idx(), &words, &[]), -err::EINVAL);
    Ok(())
}

fn bind_weak_task() -> Outcome {
    let (thread, task) = (thread_cap()?, copy(CapIdx::TASK, ObjRights::RW)?);
    same!(bind_to(thread.idx(), task.idx(), free_utcb()), -err::EPERM);
    Ok(())
}

fn bind_bad_utcb() -> Outcome {
    let thread = thread_cap()?;
    for utcb in [
        page(0),
        0x5000_0000_0000,
        free_utcb() + 4,
        free_utcb() + 0x400,
        !0xfff,
    ] {
        same!(
            (utcb, bind_to(thread.idx(), CapIdx::TASK, utcb)),
            (utcb, -err::EINVAL)
        );
    }
    Ok(())
}

fn control_weak() -> Outcome {
    let weak = copy(me(), ObjRights::RW)?;
    same!(
        control(weak.idx(), &[op::CONTROL, 0, 0, 0, 0, 0], &[]),
        -err::EPERM
    );
    Ok(())
}

fn control_short() -> Outcome {
    same!(control(me(), &[op::CONTROL, 0, 0], &[]), -err::EINVAL);
    same!(
        Msg::new(proto::THREAD).call(me()).code(),
        -err::EMSGTOOSHORT
    );
    Ok(())
}

fn unknown() -> Outcome {
    for op in [0xb, 0xc, 0x11, 0x14, 0x7777] {
        same!((op, control(me(), &[op, 0, 0], &[])), (op, -err::ENOSYS));
    }
    Ok(())
}

/// Other protocols are messages to the thread, which in a call to itself go nowhere.
fn not_kernels() -> Outcome {
    let server = spawn(HIGH, echo)?;
    for label in [
        0,
        1,
        proto::TASK,
        proto::IRQ,
        proto::META,
        proto::KOBJECT,
        proto::LOG,
    ] {
        let answer = Msg::new(label)
            .words(&[0x55])
            .timeout(timeout_ms(50, 50))
            .call(server.cap());
        same!((answer.code(), mr(0)), (label, 0x55));
    }
    Ok(())
}

fn stats_of(thread: CapIdx) -> (i64, u64) {
    let answer = Msg::new(proto::THREAD).words(&[op::STATS]).call(thread);
    (answer.code(), mr(0))
}

fn stats() -> Outcome {
    same!(stats_of(me()).0, 0);
    let thread = thread_cap()?;
    same!(stats_of(thread.idx()), (0, 0));
    Ok(())
}

fn stats_grow() -> Outcome {
    let clock = || l4re::start::env().kip().clock_us();
    let w = spawn(LOW, || {
        loop {
            core::hint::spin_loop();
        }
    })?;
    let start = clock();
    sleep_ms(50);
    let (wall, used) = (clock() - start, stats_of(w.cap()).1);
    check!(used > wall / 4);
    check!(used < wall + 20_000);
    Ok(())
}

fn stats_idle() -> Outcome {
    let w = spawn(HIGH, || sleep_ms(5000))?;
    settle();
    let before = stats_of(w.cap()).1;
    sleep_ms(50);
    check!(stats_of(w.cap()).1 - before < 20_000);
    Ok(())
}

/// Gives its time to a thread of lower priority.
fn switch() -> Outcome {
    let w = spawn(LOW, || {
        loop {
            cell(0).fetch_add(1, core::sync::atomic::Ordering::Relaxed);
        }
    })?;
    same!(counter(0), 0);
    same!(control(w.cap(), &[op::SWITCH], &[]), 0);
    Ok(())
}

fn switch_unready() -> Outcome {
    let w = spawn(HIGH, || sleep_ms(5000))?;
    settle();
    same!(control(w.cap(), &[op::SWITCH], &[]), 0);
    same!(control(thread_cap()?.idx(), &[op::SWITCH], &[]), 0);
    Ok(())
}

fn set_base(thread: CapIdx, segment: u64, base: u64) -> i64 {
    control(
        thread,
        &[
            op::AMD64_SET_SEGMENT_BASE | segment << op::SEGMENT_SHIFT,
            base,
        ],
        &[],
    )
}

fn fs_base() -> Outcome {
    let base = page(3);
    spawn(HIGH, move || {
        put(1, set_base(CapIdx::INVALID, op::SEGMENT_FS, base) as u64);
        let word: u64;
        // SAFETY: the base has just been set to a page of the cases'.
        unsafe { core::arch::asm!("mov {}, fs:[0]", out(reg) word) };
        wait(5);
        let again: u64;
        // SAFETY: the base of `fs` is a page of the cases', as set above.
        unsafe { core::arch::asm!("mov {}, fs:[0]", out(reg) again) };
        put(0, word);
        put(2, again);
    })?;
    sleep_ms(30);
    same!((counter(1), counter(0), counter(2)), (0, 0x103, 0x103));
    Ok(())
}

/// The base that points to the word with the UTCB's address can be changed like the other.
fn gs_base() -> Outcome {
    let base = page(3);
    spawn(HIGH, move || {
        let old: u64;
        // SAFETY: reads the UTCB's address, and writes it where gs will be.
        unsafe {
            core::arch::asm!("mov {}, gs:[0]", out(reg) old);
            (base as *mut u64).write_volatile(old);
            (base as *mut u64).add(1).write_volatile(0xabc);
        }
        put(1, set_base(CapIdx::INVALID, op::SEGMENT_GS, base) as u64);
        let word: u64;
        // SAFETY: the base has just been set to a page of the cases'.
        unsafe { core::arch::asm!("mov {}, gs:[8]", out(reg) word) };
        put(0, word);
    })?;
    settle();
    same!((counter(1), counter(0)), (0, 0xabc));
    Ok(())
}

fn segment_unknown() -> Outcome {
    same!(set_base(CapIdx::INVALID, 2, 0), -err::EINVAL);
    same!(
        set_base(CapIdx::INVALID, op::SEGMENT_FS, 0x8000_0000_0000_0000),
        -err::EINVAL
    );
    Ok(())
}

fn segment_of_another() -> Outcome {
    let w = spawn(HIGH, || sleep_ms(5000))?;
    same!(set_base(w.cap(), op::SEGMENT_FS, page(3)), 0);
    Ok(())
}

fn segment_info() -> Outcome {
    let answer = Msg::new(proto::THREAD)
        .words(&[op::AMD64_GET_SEGMENT_INFO])
        .call(me());
    let (ds, cs, cs32) = (mr(0), mr(1), mr(2));
    same!((answer.code(), answer.tag.words()), (0, 3));
    let (ss_now, cs_now): (u64, u64);
    // SAFETY: reads selectors.
    unsafe { core::arch::asm!("mov {0:x}, ss", "mov {1:x}, cs", out(reg) ss_now, out(reg) cs_now) };
    same!((ds, cs), (ss_now & 0xffff, cs_now & 0xffff));
    same!((cs32 & 3, cs32 != cs), (3, true));
    Ok(())
}

fn gdt() -> Outcome {
    let answer = Msg::new(proto::THREAD).words(&[op::X86_GDT]).call(me());
    same!((answer.code() >= 0, answer.tag.words()), (true, 1));
    Ok(())
}

fn register(op: u64, irq: CapIdx, rights: ObjRights) -> i64 {
    control(CapIdx::INVALID, &[op], &[MapItem::cap(irq, rights)])
}

/// A gate of a thread that goes triggers the thread's interrupt.
fn deletion_irq() -> Outcome {
    let irq = irq()?;
    same!(bind(irq.idx(), me(), 0x5550), 0);
    same!(
        register(op::REGISTER_DELETE_IRQ, irq.idx(), ObjRights::RWS),
        0
    );
    let gate = gate(me(), 0x100)?;
    same!(wait(5).code(), ipc_error(ie::RE_TIMEOUT));
    delete(gate.idx());
    same!(wait(100).label, 0x5550);
    Ok(())
}

fn deletion_irq_none() -> Outcome {
    let sem = semaphore()?;
    same!(
        control(CapIdx::INVALID, &[op::REGISTER_DELETE_IRQ], &[]),
        -err::EINVAL
    );
    same!(
        register(op::REGISTER_DELETE_IRQ, CapIdx::TASK, ObjRights::RWS),
        -err::EINVAL
    );
    check!(cap_valid(CapIdx::TASK, sem.idx()) > 0);
    Ok(())
}

fn doorbell() -> Outcome {
    let irq = irq()?;
    let due = register(op::REGISTER_DOORBELL_IRQ, irq.idx(), ObjRights::RWS);
    same!(due, -err::ENOSYS);
    Ok(())
}

fn vcpu() -> Outcome {
    same!(
        control(CapIdx::INVALID, &[op::VCPU_RESUME], &[]),
        -err::EINVAL
    );
    Ok(())
}

fn ends_itself() -> Outcome {
    let w = spawn(HIGH, || {
        while counter(0) == 0 {
            sleep_ms(1);
        }
        put(1, 1);
        delete(CapIdx(counter(0)));
        put(1, 2);
    })?;
    put(0, w.cap().0);
    sleep_ms(30);
    same!((counter(1), cap_valid(CapIdx::TASK, w.cap())), (1, 0));
    Ok(())
}

fn gone() -> Outcome {
    let w = spawn(LOW, || {
        loop {
            cell(0).fetch_add(1, core::sync::atomic::Ordering::Relaxed);
        }
    })?;
    let other = copy(w.cap(), ObjRights::RWS)?;
    sleep_ms(5);
    check!(counter(0) > 0);
    w.delete();
    let then = counter(0);
    sleep_ms(10);
    same!(counter(0), then);
    same!(stats_of(other.idx()).0, ipc_error(ie::NOT_EXISTENT));
    let fpage = Fpage::obj(other.idx(), 0, ObjRights::RWSD);
    same!(unmap(CapIdx::TASK, fpage, UnmapFlags::ALL_SPACES), 0);
    Ok(())
}
