//! The state of the floating-point unit: each thread has its own.

use crate::kit::*;
use crate::same;
use core::arch::asm;
use l4re::sys::{TagFlags, bdr, proto};
use test_services::check;

pub const CASES: &[Case] = &[
    case(
        "fpu/across-ipc (l4/sys/types.h: L4_MSGTAG_TRANSFER_FPU)",
        across_ipc,
    ),
    case("fpu/across-preemption (l4/sys/thread.h)", across_preemption),
    case("fpu/fresh (l4/sys/thread.h)", fresh),
    case("fpu/control-words (l4/sys/thread.h)", control_words),
    case("fpu/x87 (l4/sys/thread.h)", x87),
    case("fpu/other-task (l4/sys/thread.h)", other_task),
    case(
        "fpu/transfer (l4/sys/types.h: L4_MSGTAG_TRANSFER_FPU)",
        transfer,
    ),
    case(
        "fpu/transfer-unwanted (l4/sys/utcb.h: L4_UTCB_INHERIT_FPU)",
        transfer_unwanted,
    ),
];

/// Some registers filled with values of `seed`: those that the compiler takes last.
fn fill(seed: u64) {
    // SAFETY: the processor has SSE2; the compiler is told that the registers change.
    unsafe {
        asm!(
            "movq xmm8, {0}", "movq xmm9, {0}", "paddq xmm9, xmm8", "movq xmm10, {0}",
            "paddq xmm10, xmm9", "movq xmm15, {0}", "paddq xmm15, xmm10",
            in(reg) seed,
            out("xmm8") _, out("xmm9") _, out("xmm10") _, out("xmm15") _,
        );
    }
}

/// Whether what [`fill`] left is still there.
fn kept(seed: u64) -> bool {
    let (a, b, c, d): (u64, u64, u64, u64);
    // SAFETY: only reads registers.
    unsafe {
        asm!("movq {0}, xmm8", "movq {1}, xmm9", "movq {2}, xmm10", "movq {3}, xmm15",
             out(reg) a, out(reg) b, out(reg) c, out(reg) d);
    }
    [a, b, c, d] == [seed, 2 * seed, 3 * seed, 4 * seed]
}

/// A system call that keeps the compiler from using the registers around it.
fn yield_with(seed: u64, f: fn()) -> bool {
    fill(seed);
    f();
    kept(seed)
}

fn server() -> Outcome {
    let server = spawn(HIGH, || {
        loop {
            let answer = wait(5000);
            fill(0x7777_0000 + answer.tag.label() as u64);
            Msg::new(1).reply();
        }
    })?;
    put(20, server.cap().0);
    settle();
    Ok(())
}

fn across_ipc() -> Outcome {
    server()?;
    for i in 0..20 {
        check!(yield_with(0x1111_0000 + i, || {
            Msg::new(2).call(l4re::sys::CapIdx(counter(20)));
        }));
    }
    Ok(())
}

fn spin(i: usize, seed: u64) {
    loop {
        fill(seed);
        for _ in 0..2000 {
            core::hint::spin_loop();
        }
        if kept(seed) {
            cell(i).fetch_add(1, core::sync::atomic::Ordering::Relaxed);
        } else {
            cell(9).fetch_add(1, core::sync::atomic::Ordering::Relaxed);
        }
    }
}

fn across_preemption() -> Outcome {
    for i in 0..3 {
        spawn(LOW, move || spin(i, 0x1234_5678 * (i as u64 + 1)))?;
    }
    for _ in 0..50 {
        sleep_ms(2);
        check!(yield_with(0x99, || ()));
    }
    sleep_ms(100);
    check!((0..3).all(|i| counter(i) > 0));
    same!(counter(9), 0);
    Ok(())
}

/// A new thread sees nothing of others.
fn fresh() -> Outcome {
    fill(0xdead_beef);
    spawn(HIGH, || {
        let (mxcsr, mut fcw) = (0u32, 0u16);
        let x: u64;
        // SAFETY: stores the control words to memory of the thread's own.
        unsafe {
            asm!("movq {0}, xmm15", "stmxcsr [{1}]", "fnstcw [{2}]",
                 out(reg) x, in(reg) &raw const mxcsr, in(reg) &raw mut fcw);
        }
        put(0, x);
        // SAFETY: written by the instruction.
        put(1, u64::from(unsafe { (&raw const mxcsr).read_volatile() }));
        put(2, u64::from(fcw));
    })?;
    settle();
    same!([counter(0), counter(1), counter(2)], [0, 0x1f80, 0x37f]);
    Ok(())
}

fn control_words() -> Outcome {
    server()?;
    let (set, mut seen) = (0x3f80u32, 0u32);
    // SAFETY: sets the rounding mode for a moment, in which nothing is computed.
    unsafe { asm!("ldmxcsr [{}]", in(reg) &raw const set) };
    Msg::new(2).call(l4re::sys::CapIdx(counter(20)));
    // SAFETY: stores the control word, and sets it as it was.
    unsafe {
        asm!("stmxcsr [{}]", in(reg) &raw mut seen);
        let usual = 0x1f80u32;
        asm!("ldmxcsr [{}]", in(reg) &raw const usual);
    }
    same!(seen & 0xffc0, 0x3f80);
    Ok(())
}

fn x87() -> Outcome {
    server()?;
    let (one, mut out) = (0.5f64, 0f64);
    // SAFETY: pushes a value onto the stack of the unit.
    unsafe { asm!("fld qword ptr [{}]", in(reg) &raw const one) };
    Msg::new(2).call(l4re::sys::CapIdx(counter(20)));
    sleep_ms(2);
    // SAFETY: pops it.
    unsafe { asm!("fstp qword ptr [{}]", in(reg) &raw mut out) };
    same!(out.to_bits(), one.to_bits());
    Ok(())
}

fn other_task() -> Outcome {
    let space = Space::new()?;
    space.spawn(LOW, || spin(0, 0xabc))?;
    space.spawn(LOW, || spin(1, 0xdef))?;
    for _ in 0..30 {
        fill(0x5150);
        sleep_ms(3);
        check!(kept(0x5150));
    }
    check!(counter(0) > 0 && counter(1) > 0);
    same!(counter(9), 0);
    Ok(())
}

/// The sender's state comes with the message, if both want it.
fn given(bdr: u64) -> Result<bool, i64> {
    let me = me();
    spawn(HIGH, move || {
        fill(0x4242);
        Msg::new(1).flags(TagFlags::TRANSFER_FPU).send(me);
    })?;
    settle();
    fill(0x1717);
    let message = Msg::new(0).bdr(bdr).timeout(timeout_ms(0, 200));
    let answer = message.ipc(l4re::sys::CapIdx::INVALID, l4re::sys::Sysf::WAIT);
    let (new, old) = (kept(0x4242), kept(0x1717));
    if answer.code() != 1 || new == old {
        return Err(-13);
    }
    Ok(new)
}

fn transfer() -> Outcome {
    same!(given(bdr::INHERIT_FPU)?, true);
    Ok(())
}

fn transfer_unwanted() -> Outcome {
    same!(given(0)?, false);
    check!(proto::NONE == 0);
    Ok(())
}
