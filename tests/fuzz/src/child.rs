//! What the child does. It uses no data of the program's but constants, which it can read only:
//! its own memory is that of [`layout`].

use crate::layout::{self, Control, cap, control};
use crate::message::{Generator, Waits};
use crate::random::Random;
use crate::stray;
use core::arch::{asm, naked_asm};
use l4re::sys::{MsgTag, TagFlags, Timeout, UtcbRef};

/// Where a thread starts, and starts again when it went astray: its number is on its stack.
#[unsafe(naked)]
pub extern "C" fn entry() -> ! {
    naked_asm!(
        "cld",
        "xor ebp, ebp",
        "mov rdi, [rsp]",
        "and rsp, -16",
        "call {work}",
        "ud2",
        work = sym work,
    )
}

extern "C" fn work(thread: u64) -> ! {
    let thread = (thread & 1) as usize;
    let control = control();
    let utcb = core::ptr::with_exposed_provenance_mut(Control::get(&control.utcb[thread]) as usize);
    // SAFETY: the parent says where the UTCB is. Should the child have spoiled that, it hurts
    // only itself.
    let utcb = unsafe { UtcbRef::new(utcb) };
    loop {
        let call = Control::get(&control.next[thread]);
        if call >= Control::get(&control.end[thread]) {
            sleep();
            continue;
        }
        // Before it is made: it may not come back.
        Control::set(&control.next[thread], call + 1);
        let mut random = Random::of(Control::get(&control.seed), thread as u64, call);
        act(&mut random, utcb);
    }
}

fn act(random: &mut Random, utcb: UtcbRef) {
    match random.below(32) {
        0 => stray::touch(random),
        1 => stray::instruction(random),
        2 => stray::flags(random),
        _ => {
            let registers = Generator {
                random,
                utcb,
                waits: Waits::Timed,
            }
            .call();
            system_call(&registers);
        }
    }
}

/// The registers of a system call.
pub struct Registers {
    /// rax: the tag.
    pub tag: u64,
    /// rdx: destination and phases.
    pub dest: u64,
    /// rsi: the label.
    pub label: u64,
    /// r8: the timeouts.
    pub timeout: u64,
    /// Those that mean nothing.
    pub other: u64,
    /// rsp, unless it is to stay.
    pub sp: Option<u64>,
}

/// What a system call returns besides the message.
pub struct Answer {
    /// rax: the tag.
    pub tag: MsgTag,
    /// rsi: the label of the sender.
    pub label: u64,
}

/// The system call, with nothing kept that the kernel need not keep.
pub fn system_call(r: &Registers) -> Answer {
    let (mut tag, mut label) = (r.tag, r.label);
    // SAFETY: that the kernel survives is what is tested; the child hurts only itself.
    unsafe {
        asm!(
            "mov r12, rsp",
            "test r14, r14",
            "cmovnz rsp, r13",
            "syscall",
            "mov rsp, r12",
            inlateout("rax") tag,
            inlateout("rdx") r.dest => _,
            inlateout("rsi") label,
            inlateout("r8") r.timeout => _,
            inlateout("rdi") r.other => _,
            inlateout("r9") r.other => _,
            inlateout("r10") r.other => _,
            inlateout("r15") r.other => _,
            inlateout("r13") r.sp.unwrap_or(0) => _,
            inlateout("r14") u64::from(r.sp.is_some()) => _,
            out("r12") _,
            out("rcx") _,
            out("r11") _,
        );
    }
    Answer {
        tag: MsgTag(tag),
        label,
    }
}

/// Waits for the end.
pub fn sleep() {
    const RECEIVE: u64 = 2;
    system_call(&Registers {
        tag: 0,
        dest: l4re::sys::CapIdx::INVALID.0 | RECEIVE,
        label: 0,
        timeout: u64::from(Timeout::NEVER.0),
        other: 0,
        sp: None,
    });
}

/// Where the last child starts, who greets the echo service as any program would.
#[unsafe(naked)]
pub extern "C" fn greeting_entry() -> ! {
    naked_asm!("xor ebp, ebp", "and rsp, -16", "call {greet}", "ud2", greet = sym greet)
}

/// The greeting.
pub const GREETING: u64 = 0x6f_6c6c_6568;

extern "C" fn greet() -> ! {
    let control = control();
    let at = core::ptr::with_exposed_provenance_mut(Control::get(&control.utcb[0]) as usize);
    // SAFETY: the parent has mapped the UTCB there, and this thread alone uses it.
    let utcb = unsafe { UtcbRef::new(at) };
    utcb.set_mr(0, GREETING);
    utcb.set_bdr(l4re::sys::BufferDesc(0));
    utcb.set_br(0, 0);
    const CALL: u64 = 3;
    system_call(&Registers {
        tag: MsgTag::new(0, 1, 0, TagFlags::empty()).0,
        dest: cap::ECHO.0 | CALL,
        label: 0,
        timeout: u64::from(Timeout::NEVER.0),
        other: 0,
        sp: None,
    });
    Control::set(&layout::control().answer, utcb.mr(0));
    loop {
        sleep();
    }
}
