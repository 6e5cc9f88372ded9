//! Signals.
//!
//! There are no signals between programs, and nothing interrupts a thread that runs. What can be
//! had is kept: handlers and masks are remembered and told, and a thread that signals itself, or
//! its program, runs the handler at once; where there is none, the program ends as it would
//! elsewhere. A signal to another thread wakes it if it waits, and is handled at the end of its
//! system call.

use crate::errno::{EINVAL, ENOMEM, EPERM, ESRCH, Result, fail};
use crate::thread::Record;
use crate::{system, thread, user};
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

/// Of a signal's information: that a thread has sent it.
const SI_TKILL: i32 = -6;

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

/// Whether any signal has ever been sent to another thread.
static ANY: AtomicBool = AtomicBool::new(false);

/// The signals that a thread has been sent and does not block.
fn due(record: &Record) -> u64 {
    record.pending.load(Ordering::SeqCst) & !record.blocked.load(Ordering::Relaxed)
}

/// Whether a thread, the calling one, should leave a wait for a signal's sake.
pub fn interrupts(record: &Record) -> bool {
    ANY.load(Ordering::Relaxed) && due(record) != 0
}

/// Runs the handlers of what others have sent to the calling thread: at the end of each of its
/// system calls. A handler may never return (`pthread_cancel`).
pub fn deliver() {
    if !ANY.load(Ordering::Relaxed) {
        return;
    }
    let Ok(record) = thread::current() else {
        return;
    };
    loop {
        let due = due(record);
        if due == 0 {
            return;
        }
        let number = due.trailing_zeros();
        record.pending.fetch_and(!(1 << number), Ordering::SeqCst);
        // It was a signal when it was sent.
        let _ = raise(u64::from(number) + 1);
    }
}

/// `tkill`, `tgkill`. Another thread is woken if it waits for a lock, a condition or a time; else
/// the signal reaches it by its next system call.
pub fn kill_thread(id: u64, signal: u64) -> Result {
    let own = thread::current()?.id;
    let Ok(id) = u32::try_from(id) else {
        return fail(ESRCH);
    };
    if id == own {
        return raise(signal);
    }
    if signal == 0 {
        return thread::with(id, |_| {}).map(|()| 0);
    }
    let number = index(signal)?;
    let action = ACTIONS
        .lock()
        .get(number)
        .map_or(IGNORE, |action| action.handler);
    if action == DEFAULT || action == IGNORE {
        // It ends the program, or does nothing, whoever gets it.
        thread::with(id, |_| {})?;
        return raise(signal);
    }
    thread::with(id, |record| {
        record.pending.fetch_or(1 << number, Ordering::SeqCst);
        ANY.store(true, Ordering::SeqCst);
        // A semaphore of one's own can always be raised.
        let _ = record.wakeup.up();
    })?;
    Ok(0)
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
                // The number; the code, from a thread; and whose thread it was.
                let mut info = [0u64; 16];
                info[0] = signal;
                info[1] = u64::from(SI_TKILL as u32);
                info[2] = thread::main_id().into();
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
