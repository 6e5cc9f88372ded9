//! Page faults that a thread handles itself, in a handler of its own.

use crate::faults::{exception, handled};
use crate::kit::*;
use crate::same;
use crate::task_map::add_ku_mem;
use core::arch::naked_asm;
use core::mem::offset_of;
use l4re::sys::op::thread as op;
use l4re::sys::pf_trampoline::{EXCEPTION_AFTER, IN_PROGRESS, PfTrampoline};
use l4re::sys::{CapIdx, ExcRegs, Fpage, MemRights, err, proto, utcb};

pub const CASES: &[Case] = &[
    case(
        "trampoline/resume (l4/sys/thread.h: l4_thread_pf_trampoline_resume)",
        resume,
    ),
    case(
        "trampoline/reflect (l4/sys/thread.h: l4_thread_pf_trampoline_reflect)",
        reflect,
    ),
    case(
        "trampoline/exception-after (l4/sys/pf_trampoline.h: Trigger_exception_after_resume)",
        exception_after,
    ),
    case(
        "trampoline/fault-in-handler (l4/sys/thread.h: l4_thread_pf_trampoline_setup)",
        fault_in_handler,
    ),
    case(
        "trampoline/disable-enable (l4/sys/thread.h: l4_thread_pf_trampoline_disable)",
        disable,
    ),
    case(
        "trampoline/message-kept (l4/sys/arch/pf_trampoline.h: saved_mr0)",
        message_kept,
    ),
    case(
        "trampoline/bad (l4/sys/thread.h: l4_thread_pf_trampoline_setup)",
        bad,
    ),
];

/// What the handler is to do when it has noted the fault, in cell 0; else it resumes.
const DO: usize = 0;
const REFLECT: u64 = 1;
const EXCEPTION: u64 = 2;
const FAULT: u64 = 3;
/// What the handler was told: the fault, the state's address; the saved instruction pointer
/// and page-fault address; flags.
const TOLD: usize = 1;
/// What the thread saw after the fault, and that it went on.
const SEEN: usize = 6;
const WENT_ON: usize = 7;

/// The place of a register among the saved ones.
macro_rules! saved {
    ($reg:ident) => {
        offset_of!(ExcRegs, $reg) / 8
    };
}

/// Reads a word, in an instruction of three bytes, which a handler may skip.
#[unsafe(naked)]
extern "C" fn probe(at: u64) -> u64 {
    naked_asm!("mov rax, [rdi]", "ret")
}

/// Keeps off the red zone of the function below.
#[unsafe(naked)]
extern "C" fn handler_entry() {
    naked_asm!(
        "sub rsp, 128",
        "and rsp, -16",
        "call {handler}",
        "ud2",
        handler = sym handler,
    )
}

extern "C" fn handler(state: *mut PfTrampoline, fault: u64) {
    // SAFETY: the kernel hands over the state that the case set up.
    let mut told = unsafe { state.read_volatile() };
    put(TOLD, fault);
    put(TOLD + 1, state as u64);
    put(TOLD + 2, told.state[saved!(ip)]);
    put(TOLD + 3, told.flags);
    told.state[saved!(ip)] += 3;
    told.state[saved!(rax)] = 77;
    match counter(DO) {
        REFLECT => {
            control(CapIdx::INVALID, &[op::PF_TRAMP_REFLECT]);
            return;
        }
        EXCEPTION => told.flags |= EXCEPTION_AFTER,
        FAULT => {
            probe(fault & !7);
        }
        _ => {}
    }
    // SAFETY: `state` is what the kernel called the handler with: a place in kernel-user memory of
    // this task.
    unsafe { state.write_volatile(told) };
    control(CapIdx::INVALID, &[op::PF_TRAMP_RESUME]);
}

fn control(thread: CapIdx, words: &[u64]) -> Answer {
    Msg::new(proto::THREAD).words(words).call(thread)
}

/// The address of a state with the handler in it, in a page of its own.
fn state() -> Result<u64, i64> {
    let at = window(12)?;
    match add_ku_mem(Fpage::memory(at, 12, MemRights::RW)).code() {
        0 => {}
        error => return Err(error),
    }
    let state = core::ptr::with_exposed_provenance_mut::<PfTrampoline>(at as usize);
    // SAFETY: the page is new, writable, and larger.
    unsafe { (&raw mut (*state).handler_ip).write_volatile(handler_entry as *const () as u64) };
    Ok(at)
}

/// What a thread does that faults at an address, with a handler of its own.
fn fault_at(at: u64, state: u64) -> impl FnOnce() + Send + 'static {
    move || {
        let answer = control(CapIdx::INVALID, &[op::PF_TRAMP_SETUP, state]);
        if answer.code() == 0 {
            put(SEEN, probe(at));
            put(WENT_ON, 1);
        }
    }
}

fn resume() -> Outcome {
    let (at, state) = (window(12)?, state()?);
    let _t = spawn(HIGH, fault_at(at, state))?;
    settle();
    let ip = probe as *const () as u64;
    same!(
        [0, 1, 2, 3].map(|i| counter(TOLD + i)),
        [at, state, ip, IN_PROGRESS]
    );
    same!((counter(SEEN), counter(WENT_ON)), (77, 1));
    Ok(())
}

fn reflect() -> Outcome {
    let (at, state) = (window(12)?, state()?);
    put(DO, REFLECT);
    let _t = handled(fault_at(at, state))?;
    let regs = exception()?;
    same!(
        (regs.trapno, regs.pfa, regs.ip),
        (14, at, probe as *const () as u64)
    );
    same!(counter(WENT_ON), 0);
    Ok(())
}

fn exception_after() -> Outcome {
    let (at, state) = (window(12)?, state()?);
    put(DO, EXCEPTION);
    let _t = handled(fault_at(at, state))?;
    let regs = exception()?;
    same!(
        (regs.trapno, regs.ip, regs.rax),
        (ExcRegs::EX_REGS_TRAP, probe as *const () as u64 + 3, 77)
    );
    Ok(())
}

fn fault_in_handler() -> Outcome {
    let (at, state) = (window(12)?, state()?);
    put(DO, FAULT);
    let _t = handled(fault_at(at, state))?;
    let answer = wait(500);
    same!(
        (answer.code(), mr(0), mr(1)),
        (proto::PAGE_FAULT, at, probe as *const () as u64)
    );
    same!(counter(TOLD), at);
    Ok(())
}

fn disable() -> Outcome {
    let (at, state) = (window(12)?, state()?);
    let t = handled(move || {
        control(CapIdx::INVALID, &[op::PF_TRAMP_SETUP, state]);
        for (i, expected) in [(10, 1), (12, 0)] {
            let answer = control(CapIdx::INVALID, &[op::PF_TRAMP_DISABLE]);
            put(i, (answer.code() == 0) as u64);
            put(i + 1, (mr(0) != 0) as u64 ^ expected ^ 1);
        }
        put(SEEN, probe(at));
    })?;
    let answer = wait(500);
    same!((answer.code(), mr(0)), (proto::PAGE_FAULT, at));
    same!([10, 11, 12, 13].map(counter), [1; 4]);
    same!(counter(TOLD), 0);
    // From outside, too; the next fault is the handler's.
    same!(control(t.worker.cap(), &[op::PF_TRAMP_ENABLE]).code(), 0);
    Msg::new(0).reply();
    settle();
    same!((counter(TOLD), counter(SEEN)), (at, 77));
    Ok(())
}

fn message_kept() -> Outcome {
    let (at, state) = (window(12)?, state()?);
    let _t = spawn(HIGH, move || {
        control(CapIdx::INVALID, &[op::PF_TRAMP_SETUP, state]);
        utcb().set_mr(0, 0x1234);
        probe(at);
        put(SEEN, mr(0));
    })?;
    settle();
    same!((counter(TOLD), counter(SEEN)), (at, 0x1234));
    Ok(())
}

fn bad() -> Outcome {
    let t = spawn(HIGH, || {})?;
    let set_up = |at| control(t.cap(), &[op::PF_TRAMP_SETUP, at]).code();
    same!(set_up(window(12)?), -err::EINVAL);
    same!(set_up(page(0)), -err::EINVAL);
    same!(
        control(t.cap(), &[op::PF_TRAMP_CONTROL | 0x5_0000]).code(),
        -err::ENOSYS
    );
    Ok(())
}
