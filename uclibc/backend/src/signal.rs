//! Signals.
//!
//! There are no signals between programs, and nothing interrupts a thread. What can be had is
//! kept: handlers and masks are remembered and told, and a thread that signals itself, or
//! its program, runs the handler at once; where there is none, the program ends as it would
//! elsewhere.

use crate::errno::{EINVAL, ENOMEM, ENOSYS, EPERM, ESRCH, Result, fail};
use crate::{missing, system, thread, user};
use core::sync::atomic::{AtomicBool, Ordering};
use l4re::sync::SpinLock;
use linux_raw_sys::general::{
    SIG_BLOCK, SIG_SETMASK, SIG_UNBLOCK, SIGCHLD, SIGCONT, SIGKILL, SIGSTOP, SIGURG, SIGWINCH,
    SS_DISABLE,
};

/// The number of signals.
const SIGNALS: usize = 64;
/// Of a handler: the default action, and none.
const DEFAULT: u64 = 0;
const IGNORE: u64 = 1;
/// Of an action's flags: the handler wants more arguments; the action is reset.
const SA_SIGINFO: u64 = 4;
const SA_RESETHAND: u64 = 0x8000_0000;

/// The kernel's `struct sigaction`.
#[repr(C)]
#[derive(Clone, Copy)]
struct Action {
    handler: u64,
    flags: u64,
    restorer: u64,
    mask: u64,
}

const NO_ACTION: Action = Action {
    handler: DEFAULT,
    flags: 0,
    restorer: 0,
    mask: 0,
};

static ACTIONS: SpinLock<[Action; SIGNALS]> = SpinLock::new([NO_ACTION; SIGNALS]);

fn index(signal: u64) -> Result<usize> {
    match usize::try_from(signal) {
        Ok(signal) if (1..=SIGNALS).contains(&signal) => Ok(signal - 1),
        _ => fail(EINVAL),
    }
}

/// `rt_sigaction`.
///
/// # Safety
/// The addresses are 0 or those of the kernel's `struct sigaction`.
pub unsafe fn action(signal: u64, new: u64, old: u64) -> Result {
    let i = index(signal)?;
    let mut actions = ACTIONS.lock();
    let Some(action) = actions.get_mut(i) else {
        return fail(EINVAL);
    };
    let before = *action;
    if new != 0 {
        if [SIGKILL, SIGSTOP].contains(&(signal as u32)) {
            return fail(EINVAL);
        }
        // SAFETY: as the caller vouches.
        *action = unsafe { user::get(new)? };
    }
    // SAFETY: as the caller vouches.
    unsafe { user::put(old, before) };
    Ok(0)
}

/// `rt_sigprocmask`.
///
/// # Safety
/// The addresses are 0 or those of sets of 64 signals.
pub unsafe fn mask(how: u64, new: u64, old: u64) -> Result {
    // Nobody signals before there is a thread of one's own.
    let blocked = &thread::current()?.blocked;
    let before = blocked.load(Ordering::Relaxed);
    if new != 0 {
        // SAFETY: as the caller vouches.
        let set: u64 = unsafe { user::get(new)? };
        let after = match how as u32 {
            SIG_BLOCK => before | set,
            SIG_UNBLOCK => before & !set,
            SIG_SETMASK => set,
            _ => return fail(EINVAL),
        };
        blocked.store(after, Ordering::Relaxed);
    }
    // SAFETY: as the caller vouches.
    unsafe { user::put(old, before) };
    Ok(0)
}

/// The kernel's `stack_t`.
#[repr(C)]
struct AltStack {
    at: u64,
    flags: u32,
    size: u64,
}

/// `sigaltstack`: a stack that no signal ever needs.
///
/// # Safety
/// The addresses are 0 or those of a `stack_t`.
pub unsafe fn alt_stack(new: u64, old: u64) -> Result {
    const LEAST: u64 = 2048;
    if new != 0 {
        // SAFETY: as the caller vouches.
        let stack: AltStack = unsafe { user::get(new)? };
        if stack.flags & SS_DISABLE == 0 && stack.size < LEAST {
            return fail(ENOMEM);
        }
    }
    let none = AltStack {
        at: 0,
        flags: SS_DISABLE,
        size: 0,
    };
    // SAFETY: as the caller vouches.
    unsafe { user::put(old, none) };
    Ok(0)
}

/// `kill`: only the program itself can be meant.
pub fn kill(process: u64, signal: u64) -> Result {
    let own = i64::from(thread::main_id());
    if ![0, -1, own, -own].contains(&i64::from(process as i32)) {
        return fail(EPERM);
    }
    raise(signal)
}

/// `tkill`, `tgkill`.
pub fn kill_thread(id: u64, signal: u64) -> Result {
    let own = u64::from(thread::current()?.id);
    match u32::try_from(id) {
        Ok(_) if id == own => raise(signal),
        Ok(other) => {
            thread::exists(other)?;
            if signal == 0 {
                return Ok(0);
            }
            // It cannot be interrupted.
            static TOLD: AtomicBool = AtomicBool::new(false);
            missing::tell("tgkill", &TOLD);
            fail(ENOSYS)
        }
        Err(_) => fail(ESRCH),
    }
}

/// Signals the calling thread.
fn raise(signal: u64) -> Result {
    if signal == 0 {
        return Ok(0);
    }
    let i = index(signal)?;
    let action = {
        let mut actions = ACTIONS.lock();
        let Some(action) = actions.get_mut(i) else {
            return fail(EINVAL);
        };
        let now = *action;
        if now.flags & SA_RESETHAND != 0 {
            *action = NO_ACTION;
        }
        now
    };
    match action.handler {
        IGNORE => Ok(0),
        DEFAULT if [SIGCHLD, SIGCONT, SIGURG, SIGWINCH].contains(&(signal as u32)) => Ok(0),
        DEFAULT => system::exit_group(128 + signal),
        handler => {
            if action.flags & SA_SIGINFO != 0 {
                let info = [0u64; 16];
                // SAFETY: the program has registered a function of this type.
                unsafe {
                    let handler: extern "C" fn(i32, *const u64, *const u64) =
                        core::mem::transmute(handler);
                    handler(signal as i32, info.as_ptr(), info.as_ptr());
                }
            } else {
                // SAFETY: as above.
                unsafe {
                    let handler: extern "C" fn(i32) = core::mem::transmute(handler);
                    handler(signal as i32);
                }
            }
            Ok(0)
        }
    }
}
