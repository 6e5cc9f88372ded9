//! Timeouts of both phases.

use crate::kit::*;
use crate::same;
use l4re::sys::{CapIdx, Sysf, Timeout, TimeoutS, ipc_error as ie, utcb};
use test_services::check;

pub const CASES: &[Case] = &[
    case(
        "ipc/timeout/wait-zero-behind-a-send (l4/sys/ipc.h: L4_IPC_RETIMEOUT)",
        zero_behind_send,
    ),
    case(
        "ipc/timeout/wait-zero (l4/sys/ipc.h: L4_IPC_RETIMEOUT)",
        wait_zero,
    ),
    case(
        "ipc/timeout/receive-zero (l4/sys/ipc.h: l4_ipc_receive)",
        receive_zero,
    ),
    case(
        "ipc/timeout/wait-relative (l4/sys/__timeout.h: l4_timeout_rel)",
        wait_relative,
    ),
    case(
        "ipc/timeout/receive-relative (l4/sys/__timeout.h: l4_timeout_rel)",
        receive_relative,
    ),
    case(
        "ipc/timeout/mantissa-zero (l4/sys/__timeout.h: l4_timeout_rel)",
        mantissa_zero,
    ),
    case(
        "ipc/timeout/wait-never (l4/sys/__timeout.h: L4_IPC_NEVER)",
        wait_never,
    ),
    case(
        "ipc/timeout/wait-absolute (l4/sys/__timeout.h: l4_timeout_abs)",
        wait_absolute,
    ),
    case(
        "ipc/timeout/wait-absolute-past (l4/sys/__timeout.h: l4_timeout_abs)",
        absolute_past,
    ),
    case(
        "ipc/timeout/send-absolute (l4/sys/__timeout.h: l4_timeout_abs)",
        send_absolute,
    ),
    case(
        "ipc/timeout/absolute-last-register (l4/sys/__timeout.h: l4_timeout_abs)",
        last_register,
    ),
    case(
        "ipc/timeout/send-zero (l4/sys/ipc.h: L4_IPC_SETIMEOUT)",
        send_zero,
    ),
    case(
        "ipc/timeout/send-relative (l4/sys/ipc.h: L4_IPC_SETIMEOUT)",
        send_relative,
    ),
    case(
        "ipc/timeout/send-never (l4/sys/__timeout.h: L4_IPC_NEVER)",
        send_never,
    ),
    case(
        "ipc/timeout/call-send-phase (l4/sys/ipc.h: l4_ipc_call)",
        call_send_phase,
    ),
    case(
        "ipc/timeout/call-receive-phase (l4/sys/ipc.h: l4_ipc_call)",
        call_receive_phase,
    ),
    case(
        "ipc/timeout/call-receive-zero (l4/sys/ipc.h: l4_ipc_call)",
        call_receive_zero,
    ),
    case(
        "ipc/timeout/send-to-oneself (l4/sys/ipc.h: l4_ipc_send)",
        send_to_oneself,
    ),
    case(
        "ipc/timeout/receive-from-oneself (l4/sys/ipc.h: l4_ipc_sleep)",
        receive_from_oneself,
    ),
    case(
        "ipc/timeout/in-order (l4/sys/__timeout.h: l4_timeout_rel)",
        in_order,
    ),
    case(
        "ipc/timeout/message-in-time (l4/sys/ipc.h: l4_ipc_wait)",
        message_in_time,
    ),
];

const RE_TIMEOUT: i64 = ipc_error(ie::RE_TIMEOUT);
const SE_TIMEOUT: i64 = ipc_error(ie::SE_TIMEOUT);

fn clock() -> u64 {
    l4re::start::env().kip().clock_us()
}

/// Microseconds that `f` takes.
fn timed(f: impl FnOnce() -> Answer) -> (Answer, u64) {
    let start = clock();
    let answer = f();
    (answer, clock() - start)
}

/// Longer than the timeout, but not by much: the system is slow, not stopped.
fn about(took: u64, due: u64) -> bool {
    took + 1_500 >= due && took < due + 500_000
}

fn wait_zero() -> Outcome {
    let (answer, took) = timed(|| wait(0));
    same!(answer.code(), RE_TIMEOUT);
    check!(took < 500_000);
    Ok(())
}

fn receive_zero() -> Outcome {
    let idle = spawn(HIGH, || sleep_ms(5000))?;
    same!(receive(idle.cap(), 0).code(), RE_TIMEOUT);
    Ok(())
}

fn wait_relative() -> Outcome {
    let (answer, took) = timed(|| wait(30));
    same!(answer.code(), RE_TIMEOUT);
    check!(about(took, 30_000));
    Ok(())
}

fn receive_relative() -> Outcome {
    let idle = spawn(HIGH, || sleep_ms(5000))?;
    let (answer, took) = timed(|| receive(idle.cap(), 30));
    same!(answer.code(), RE_TIMEOUT);
    check!(about(took, 30_000));
    Ok(())
}

fn mantissa_zero() -> Outcome {
    let timeout = Timeout::new(TimeoutS::NEVER, TimeoutS::relative(0, 17));
    let (answer, took) = timed(|| {
        Msg::new(0)
            .timeout(timeout)
            .ipc(CapIdx::INVALID, Sysf::WAIT)
    });
    same!(answer.code(), RE_TIMEOUT);
    check!(took < 500_000);
    Ok(())
}

fn wait_never() -> Outcome {
    let me = me();
    spawn(LOW, move || {
        sleep_ms(40);
        Msg::new(3).send(me);
    })?;
    let (answer, took) = timed(|| Msg::new(0).ipc(CapIdx::INVALID, Sysf::WAIT));
    same!(answer.code(), 3);
    check!(took > 30_000);
    Ok(())
}

fn wait_absolute() -> Outcome {
    let message = |at: u64| {
        let regs = [0, 0, at];
        let timeout = Timeout::new(TimeoutS::NEVER, TimeoutS::absolute(2));
        Msg::new(0)
            .buffers(&regs)
            .timeout(timeout)
            .ipc(CapIdx::INVALID, Sysf::WAIT)
    };
    let (answer, took) = timed(|| message(clock() + 30_000));
    same!(answer.code(), RE_TIMEOUT);
    check!(about(took, 30_000));
    Ok(())
}

fn absolute_past() -> Outcome {
    for at in [0, 1, clock() - 1000, clock()] {
        let timeout = Timeout::new(TimeoutS::NEVER, TimeoutS::absolute(1));
        let message = Msg::new(0).timeout(timeout);
        let (answer, took) = timed(|| message.buffers(&[0, at]).ipc(CapIdx::INVALID, Sysf::WAIT));
        same!(answer.code(), RE_TIMEOUT);
        check!(took < 500_000);
    }
    Ok(())
}

fn send_absolute() -> Outcome {
    let idle = spawn(HIGH, || sleep_ms(5000))?;
    let (answer, took) = timed(|| {
        let timeout = Timeout::new(TimeoutS::absolute(1), TimeoutS::NEVER);
        Msg::new(0)
            .buffers(&[0, clock() + 30_000])
            .timeout(timeout)
            .send(idle.cap())
    });
    same!(answer.code(), SE_TIMEOUT);
    check!(about(took, 30_000));
    Ok(())
}

fn last_register() -> Outcome {
    let timeout = Timeout::new(TimeoutS::NEVER, TimeoutS::absolute(57));
    let (answer, took) = timed(|| {
        utcb().set_br(57, clock() + 30_000);
        Msg::new(0)
            .timeout(timeout)
            .ipc(CapIdx::INVALID, Sysf::WAIT)
    });
    same!(answer.code(), RE_TIMEOUT);
    check!(about(took, 30_000));
    Ok(())
}

fn send_zero() -> Outcome {
    let idle = spawn(HIGH, || sleep_ms(5000))?;
    let (answer, took) = timed(|| Msg::new(0).timeout(timeout_ms(0, 0)).send(idle.cap()));
    same!(answer.code(), SE_TIMEOUT);
    check!(took < 500_000);
    Ok(())
}

fn send_relative() -> Outcome {
    let idle = spawn(HIGH, || sleep_ms(5000))?;
    let (answer, took) = timed(|| Msg::new(0).timeout(timeout_ms(30, 0)).send(idle.cap()));
    same!(answer.code(), SE_TIMEOUT);
    check!(about(took, 30_000));
    Ok(())
}

fn send_never() -> Outcome {
    let late = spawn(HIGH, || {
        sleep_ms(30);
        note(0, wait(1000));
    })?;
    let (answer, took) = timed(|| Msg::new(5).words(&[6]).send(late.cap()));
    same!(answer.ipc(), 0);
    check!(took > 20_000);
    settle();
    same!((counter(0), counter(2)), (5, 6));
    Ok(())
}

fn call_send_phase() -> Outcome {
    let idle = spawn(HIGH, || sleep_ms(5000))?;
    let answer = Msg::new(0).timeout(timeout_ms(20, 5000)).call(idle.cap());
    same!(answer.code(), SE_TIMEOUT);
    Ok(())
}

fn call_receive_phase() -> Outcome {
    let silent = spawn(HIGH, || {
        note(0, wait(1000));
        sleep_ms(5000);
    })?;
    settle();
    let (answer, took) = timed(|| Msg::new(5).timeout(timeout_ms(100, 30)).call(silent.cap()));
    same!(answer.code(), RE_TIMEOUT);
    check!(about(took, 30_000));
    same!(counter(0), 5);
    Ok(())
}

fn call_receive_zero() -> Outcome {
    let silent = spawn(HIGH, || {
        note(0, wait(1000));
        sleep_ms(5000);
    })?;
    settle();
    let answer = Msg::new(5).timeout(timeout_ms(100, 0)).call(silent.cap());
    same!(answer.code(), RE_TIMEOUT);
    same!(counter(0), 5);
    Ok(())
}

fn send_to_oneself() -> Outcome {
    let (answer, took) = timed(|| Msg::new(0).timeout(timeout_ms(30, 0)).send(CapIdx::INVALID));
    same!(answer.code(), SE_TIMEOUT);
    check!(about(took, 30_000));
    let (answer, took) = timed(|| Msg::new(0).timeout(timeout_ms(30, 0)).send(me()));
    same!(answer.code(), SE_TIMEOUT);
    check!(about(took, 30_000));
    Ok(())
}

fn receive_from_oneself() -> Outcome {
    let (answer, took) = timed(|| receive(CapIdx::INVALID, 30));
    same!(answer.code(), RE_TIMEOUT);
    check!(about(took, 30_000));
    let (answer, took) = timed(|| receive(me(), 30));
    same!(answer.code(), RE_TIMEOUT);
    check!(about(took, 30_000));
    Ok(())
}

fn in_order() -> Outcome {
    for (i, time) in [(0, 90), (1, 30), (2, 60), (3, 120)] {
        spawn(HIGH, move || {
            sleep_ms(time);
            let place = cell(9).fetch_add(1, core::sync::atomic::Ordering::SeqCst);
            put(i, place);
        })?;
    }
    sleep_ms(300);
    same!(
        [counter(0), counter(1), counter(2), counter(3)],
        [2, 0, 1, 3]
    );
    Ok(())
}

/// A timeout that has not run out leaves nothing behind.
fn message_in_time() -> Outcome {
    let me = me();
    spawn(LOW, move || {
        sleep_ms(10);
        Msg::new(1).send(me);
        sleep_ms(60);
        Msg::new(2).send(me);
    })?;
    same!(wait(50).code(), 1);
    same!(wait(500).code(), 2);
    Ok(())
}

/// The send phase took a while; the wait behind it has no time left.
fn zero_behind_send() -> Outcome {
    let me = me();
    put(0, 0x5555);
    let message = Msg::new(3).timeout(timeout_ms(500, 0));
    spawn(HIGH, move || {
        put(0, message.ipc(me, Sysf::SEND_AND_WAIT).ipc() as u64);
    })?;
    settle();
    same!(wait(200).code(), 3);
    settle();
    same!(counter(0) as i64, ipc_error(ie::RE_TIMEOUT));
    Ok(())
}
