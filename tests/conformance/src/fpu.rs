//! The state of the floating-point unit: each thread has its own.

use crate::faults::{exception, handled};
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
    case(
        "fpu/x87-exception (l4/sys/arch/utcb.h: l4_exc_regs_t)",
        x87_exception,
    ),
    case("fpu/other-task (l4/sys/thread.h)", other_task),
    case("fpu/avx (l4/sys/thread.h)", avx),
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

/// An x87 exception that the control word lets through is one of the thread.
fn x87_exception() -> Outcome {
    /// Lets divisions by zero through.
    static CONTROL: u16 = 0x37b;
    const FLOATING_POINT_ERROR: u64 = 16;
    let _t = handled(|| {
        // SAFETY: the exception comes to the case with the instruction that waits for it.
        unsafe {
            asm!(
                "fninit", "fldcw [{word}]", "fld1", "fldz", "fdivp st(1), st", "fwait",
                word = in(reg) &raw const CONTROL,
            )
        };
    })?;
    same!(exception()?.trapno, FLOATING_POINT_ERROR);
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

/// Whether programs may use the AVX registers: the processor has them, and the kernel keeps them.
fn has_avx() -> bool {
    const OSXSAVE_AND_AVX: u32 = 1 << 27 | 1 << 28;
    const SSE_AND_AVX: u32 = 6;
    if core::arch::x86_64::__cpuid(1).ecx & OSXSAVE_AND_AVX != OSXSAVE_AND_AVX {
        return false;
    }
    let kept: u32;
    // SAFETY: the kernel lets programs read which registers it keeps.
    unsafe { asm!("xgetbv", in("ecx") 0, out("eax") kept, out("edx") _) };
    kept & SSE_AND_AVX == SSE_AND_AVX
}

/// The upper halves of some registers filled with values of `seed`.
fn fill_upper(seed: u64) {
    // SAFETY: only called if there are such registers; no code of this program uses them.
    unsafe {
        asm!(
            "vmovq xmm8, {0}", "vinsertf128 ymm8, ymm8, xmm8, 1",
            "vmovq xmm15, {1}", "vinsertf128 ymm15, ymm15, xmm15, 1",
            in(reg) seed, in(reg) !seed, out("xmm8") _, out("xmm15") _,
        );
    }
}

/// Whether what [`fill_upper`] left is still there.
fn kept_upper(seed: u64) -> bool {
    let (a, b): (u64, u64);
    // SAFETY: the processor has AVX (asked before); the compiler is told of the registers whose
    // lower halves change, and uses no upper ones.
    unsafe {
        asm!(
            "vextractf128 xmm9, ymm8, 1", "vmovq {0}, xmm9",
            "vextractf128 xmm9, ymm15, 1", "vmovq {1}, xmm9",
            out(reg) a, out(reg) b, out("xmm9") _,
        );
    }
    (a, b) == (seed, !seed)
}

fn spin_upper(i: usize, seed: u64) {
    loop {
        fill_upper(seed);
        for _ in 0..2000 {
            core::hint::spin_loop();
        }
        let cell = cell(if kept_upper(seed) { i } else { 9 });
        cell.fetch_add(1, core::sync::atomic::Ordering::Relaxed);
    }
}

/// Each thread has its own upper halves, across preemption and messages, in a task of its own
/// or not; a new one sees nothing of others.
fn avx() -> Outcome {
    if !has_avx() {
        return Ok(());
    }
    server()?;
    fill_upper(0xdead_beef);
    spawn(HIGH, || put(8, u64::from(kept_upper(0xdead_beef))))?;
    settle();
    same!(counter(8), 0);
    let space = Space::new()?;
    space.spawn(LOW, || spin_upper(2, 0x3333))?;
    for i in 0..2 {
        spawn(LOW, move || spin_upper(i, 0x1234_5678 * (i as u64 + 1)))?;
    }
    for _ in 0..30 {
        fill_upper(0x99);
        Msg::new(2).call(l4re::sys::CapIdx(counter(20)));
        sleep_ms(3);
        check!(kept_upper(0x99));
    }
    check!((0..3).all(|i| counter(i) > 0));
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
