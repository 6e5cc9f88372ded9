//! What gets through: words, labels, flags; and what stays as it was.

use crate::kit::*;
use crate::same;
use l4re::sys::{CapIdx, MsgTag, Sysf, TagFlags, Timeout, utcb};
use test_services::check;

pub const CASES: &[Case] = &[
    case(
        "ipc/words/0-to-63 (l4/sys/types.h: l4_msgtag_words)",
        all_counts,
    ),
    case(
        "ipc/words/no-more-than-sent (l4/sys/utcb.h: l4_msg_regs_t)",
        no_more,
    ),
    case(
        "ipc/words/the-senders-stay (l4/sys/utcb.h: l4_msg_regs_t)",
        senders_stay,
    ),
    case(
        "ipc/words/buffers-stay (l4/sys/utcb.h: l4_buf_regs_t)",
        buffers_stay,
    ),
    case(
        "ipc/words/user-registers-stay (l4/sys/utcb.h: l4_thread_regs_t)",
        user_words_stay,
    ),
    case(
        "ipc/words/across-tasks (l4/sys/utcb.h: l4_msg_regs_t)",
        across_tasks,
    ),
    case(
        "ipc/tag/label-range (l4/sys/types.h: l4_msgtag_label)",
        labels,
    ),
    case(
        "ipc/tag/label-of-16-bits (l4/sys/types.h: l4_msgtag)",
        wide_label,
    ),
    case(
        "ipc/tag/flag-schedule (l4/sys/types.h: L4_MSGTAG_SCHEDULE)",
        flag_schedule,
    ),
    case(
        "ipc/tag/flag-fpu (l4/sys/types.h: L4_MSGTAG_TRANSFER_FPU)",
        flag_fpu,
    ),
    case(
        "ipc/tag/flag-propagate (l4/sys/types.h: L4_MSGTAG_PROPAGATE)",
        flag_propagate,
    ),
    case(
        "ipc/tag/flag-error (l4/sys/types.h: L4_MSGTAG_ERROR)",
        flag_error,
    ),
    case(
        "ipc/tag/of-sending (l4/sys/ipc.h: l4_ipc_send)",
        tag_of_sending,
    ),
    case(
        "ipc/error-register (l4/sys/utcb.h: l4_thread_regs_t.error)",
        error_register,
    ),
    case(
        "ipc/registers-stay (l4/sys/arch/ipc.h: l4_ipc)",
        registers_stay,
    ),
];

fn server() -> Result<CapIdx, i64> {
    let server = spawn(HIGH, echo)?;
    settle();
    Ok(server.cap())
}

fn all_counts() -> Outcome {
    let server = server()?;
    for count in 0..64 {
        let mut words = [0; 63];
        for (i, word) in words.iter_mut().enumerate() {
            *word = (count as u64) << 32 | i as u64;
        }
        let words = &words[..count];
        let answer = Msg::new(1).words(words).call(server);
        same!(answer.shape(), (count, 0, 0));
        for (i, &word) in words.iter().enumerate() {
            same!(mr(i), word);
        }
    }
    Ok(())
}

fn fill(value: u64) {
    for i in 0..63 {
        utcb().set_mr(i, value + i as u64);
    }
}

fn no_more() -> Outcome {
    spawn(HIGH, || {
        fill(0x1000);
        let answer = wait(1000);
        put(0, answer.tag.words() as u64);
        let kept = (5..63).filter(|&i| mr(i) == 0x1000 + i as u64).count();
        put(1, kept as u64);
        put(2, mr(4));
    })
    .map(|w| put(9, w.cap().0))?;
    settle();
    fill(0x2000);
    let tag = MsgTag::new(1, 5, 0, TagFlags::empty());
    same!(
        raw(CapIdx(counter(9)), Sysf::SEND, 0, tag, Timeout::BOTH_ZERO).ipc(),
        0
    );
    settle();
    same!([counter(0), counter(1), counter(2)], [5, 58, 0x2004]);
    Ok(())
}

fn senders_stay() -> Outcome {
    let w = spawn(HIGH, || note(0, wait(1000)))?;
    settle();
    fill(0x2000);
    let tag = MsgTag::new(1, 40, 0, TagFlags::empty());
    same!(
        raw(w.cap(), Sysf::SEND, 0, tag, Timeout::BOTH_ZERO).ipc(),
        0
    );
    check!((0..63).all(|i| mr(i) == 0x2000 + i as u64));
    Ok(())
}

fn buffers_stay() -> Outcome {
    let server = server()?;
    let mut buffers = [0; 58];
    for (i, buffer) in buffers.iter_mut().enumerate() {
        *buffer = (0x700 * (i as u64 + 1)) & !0x0f;
    }
    let answer = Msg::new(1)
        .words(&[1; 63])
        .buffers(&buffers)
        .bdr(0x3c01)
        .call(server);
    same!(answer.code(), 1);
    same!(utcb().bdr().0, 0x3c01);
    for (i, &buffer) in buffers.iter().enumerate() {
        same!(utcb().br(i), buffer);
    }
    Ok(())
}

fn user_words_stay() -> Outcome {
    let server = server()?;
    for i in 0..3 {
        utcb().set_user(i, 0xa0 + i as u64);
    }
    Msg::new(1).words(&[1; 63]).call(server);
    wait(1);
    same!(
        [utcb().user(0), utcb().user(1), utcb().user(2)],
        [0xa0, 0xa1, 0xa2]
    );
    Ok(())
}

fn across_tasks() -> Outcome {
    let space = Space::new()?;
    let server = space.spawn(HIGH, echo)?;
    settle();
    for count in [0, 1, 2, 31, 62, 63] {
        let words = [0x5a5a_0000 + count as u64; 63];
        let answer = Msg::new(-7).words(&words[..count]).call(server.cap());
        same!((answer.code(), answer.shape()), (-7, (count, 0, 0)));
        check!((0..count).all(|i| mr(i) == words[i]));
    }
    Ok(())
}

fn labels() -> Outcome {
    let server = server()?;
    for label in [0, 1, -1000, 0x7fff, -0x8000, 0x1234] {
        same!(Msg::new(label).call(server).code(), label);
    }
    Ok(())
}

fn wide_label() -> Outcome {
    let server = server()?;
    for label in [
        0x8000,
        0x12_3456_789a,
        -0x12_3456_789a,
        0x7fff_ffff_ffff,
        -0x8000_0000_0000,
    ] {
        same!(Msg::new(label).call(server).code(), label);
    }
    Ok(())
}

/// The flags that a receiver sees of those that were sent.
fn flags_seen(flags: TagFlags) -> Result<(i64, u64), i64> {
    put(0, 0xffff);
    let w = spawn(HIGH, || {
        let answer = wait(1000);
        put(1, answer.error);
        put(0, u64::from(answer.tag.flags().bits()));
    })?;
    settle();
    let tag = MsgTag(1 << 16 | u64::from(flags.bits()));
    utcb().set_error(0);
    let sent = raw(w.cap(), Sysf::SEND, 0, tag, Timeout::BOTH_ZERO);
    settle();
    Ok((sent.ipc(), counter(0)))
}

fn flag_schedule() -> Outcome {
    same!(flags_seen(TagFlags::SCHEDULE)?, (0, 0x2000));
    Ok(())
}

fn flag_fpu() -> Outcome {
    same!(flags_seen(TagFlags::TRANSFER_FPU)?, (0, 0x1000));
    Ok(())
}

fn flag_propagate() -> Outcome {
    same!(flags_seen(TagFlags::PROPAGATE)?, (0, 0x4000));
    Ok(())
}

/// The receiver does not see it; the sender has it back, and the register is as it was.
fn flag_error() -> Outcome {
    same!(flags_seen(TagFlags::ERROR)?, (ipc_error(0), 0));
    Ok(())
}

fn tag_of_sending() -> Outcome {
    let w = spawn(HIGH, || note(0, wait(1000)))?;
    settle();
    let answer = Msg::new(0x77)
        .words(&[1, 2])
        .timeout(timeout_ms(0, 0))
        .send(w.cap());
    same!(
        (
            answer.tag.has_error(),
            answer.tag.label(),
            answer.tag.words()
        ),
        (false, 0x77, 2)
    );
    let failed = Msg::new(0x77)
        .words(&[1, 2])
        .timeout(timeout_ms(0, 0))
        .send(w.cap());
    same!(failed.tag.has_error(), true);
    Ok(())
}

fn error_register() -> Outcome {
    let server = server()?;
    wait(0);
    same!(utcb().error(), 3);
    Msg::new(1).send(slot()?.idx());
    same!(utcb().error(), 4);
    same!(Msg::new(1).call(server).code(), 1);
    // Success leaves it alone.
    same!(utcb().error(), 4);
    Ok(())
}

/// What a system call must keep: all but rax, rcx, rdx, rsi, rdi, r8, r11 and r15.
fn registers_stay() -> Outcome {
    let server = server()?;
    for round in 0..20u64 {
        let (tag, ok): (u64, u64);
        set_words(round);
        // SAFETY: the call of `l4_ipc()`, with values in the registers that it keeps.
        unsafe {
            core::arch::asm!(
                "push rbx", "push rbp",
                "mov rbx, r9", "mov rbp, r9", "mov r10, r9", "mov r12, r9", "mov r13, r9",
                "mov r14, r9",
                "not rbp", "not r12",
                "syscall",
                "not rbp", "not r12",
                "xor rbx, r9", "xor rbp, r9", "xor r10, r9", "xor r12, r9", "xor r13, r9",
                "xor r14, r9",
                "or rbx, rbp", "or rbx, r10", "or rbx, r12", "or rbx, r13", "or rbx, r14",
                "mov r9, rbx",
                "pop rbp", "pop rbx",
                inlateout("rax") MsgTag::new(1, 4, 0, TagFlags::empty()).0 => tag,
                inlateout("rdx") server.0 | Sysf::CALL.bits() => _,
                inlateout("rsi") 0u64 => _,
                in("r8") 0u64,
                inlateout("r9") 0x1234_5678_9abc_def0 + round => ok,
                lateout("rdi") _, lateout("rcx") _, lateout("r10") _, lateout("r11") _,
                lateout("r12") _, lateout("r13") _, lateout("r14") _, lateout("r15") _,
            );
        }
        same!((ok, MsgTag(tag).label(), mr(0)), (0, 1, round));
    }
    Ok(())
}

fn set_words(first: u64) {
    let _ = Msg::new(1).words(&[first, 1, 2, 3]).prepare();
}
