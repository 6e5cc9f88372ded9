//! Signals.
//!
//! There are no signals between programs, and nothing interrupts a thread that runs. What can be
//! had is kept: handlers and masks are remembered and told, and a thread that signals itself, or
//! its program, runs the handler at once; where there is none, the program ends as it would
//! elsewhere. A signal to another thread wakes it if it waits, and is handled at the end of its
//! system call. A blocked signal is pending until a thread that may have it does not block it, or
//! takes it by `rt_sigtimedwait`.

use crate::atomic::{AtomicBool, AtomicU64, Ordering};
use crate::errno::{EAGAIN, EINTR, EINVAL, ENOMEM, EPERM, ESRCH, Result, fail};
use crate::thread::Record;
use crate::time::{self, Since};
use crate::{system, thread, user};
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
/// Of an action's flags: the handler wants more arguments; its signal is not blocked while it runs;
/// the action is reset.
const SA_SIGINFO: u64 = 4;
const SA_NODEFER: u64 = 0x4000_0000;
const SA_RESETHAND: u64 = 0x8000_0000;

/// The signals that cannot be blocked.
const UNBLOCKABLE: u64 = bit(SIGKILL as usize - 1) | bit(SIGSTOP as usize - 1);

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

/// A signal in a set, by its index: its number less one.
const fn bit(index: usize) -> u64 {
    1 << index
}

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
        // SAFETY: `new` is 0 or the address of a value of this type (contract of this function).
        *action = unsafe { user::get(new)? };
    }
    // SAFETY: `old` is 0 or the place of a value of this type (contract of this function).
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
        // SAFETY: `new` is 0 or the address of a value of this type (contract of this function).
        let set: u64 = unsafe { user::get(new)? };
        let after = match how as u32 {
            SIG_BLOCK => before | set,
            SIG_UNBLOCK => before & !set,
            SIG_SETMASK => set,
            _ => return fail(EINVAL),
        };
        blocked.store(after & !UNBLOCKABLE, Ordering::Relaxed);
    }
    // SAFETY: `old` is 0 or the place of a value of this type (contract of this function).
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
        // SAFETY: `new` is 0 or the address of a value of this type (contract of this function).
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
    // SAFETY: `old` is 0 or the place of a value of this type (contract of this function).
    unsafe { user::put(old, none) };
    Ok(0)
}

/// `kill`: only the program itself can be meant. Of its threads one gets the signal that does not
/// block it: the calling one, if it can.
pub fn kill(process: u64, signal: u64) -> Result {
    let own = i64::from(thread::main_id());
    if ![0, -1, own, -own].contains(&i64::from(process as i32)) {
        return fail(EPERM);
    }
    if signal == 0 {
        return Ok(0);
    }
    let number = index(signal)?;
    let may = |record: &Record| record.blocked.load(Ordering::Relaxed) & bit(number) == 0;
    if may(thread::current()?) {
        return act(number);
    }
    if has_handler(number) {
        if thread::with_any(may, |record| post(record, number)) {
            return Ok(0);
        }
    } else if thread::with_any(may, |_| {}) {
        // It ends the program, or does nothing, whoever gets it.
        return act(number);
    }
    PENDING.fetch_or(bit(number), Ordering::SeqCst);
    ANY.store(true, Ordering::SeqCst);
    Ok(0)
}

/// Whether any signal has ever been pending.
static ANY: AtomicBool = AtomicBool::new(false);

/// The signals that the program has been sent and all threads blocked.
static PENDING: AtomicU64 = AtomicU64::new(0);

/// The signals that a thread can get: those sent to it, and those sent to the program.
fn pending(record: &Record) -> u64 {
    record.pending.load(Ordering::SeqCst) | PENDING.load(Ordering::SeqCst)
}

/// Those that it does not block.
fn due(record: &Record) -> u64 {
    pending(record) & !record.blocked.load(Ordering::Relaxed)
}

/// Takes the first signal of a set that a thread can get, by its index.
fn take(record: &Record, set: u64) -> Option<usize> {
    loop {
        let found = pending(record) & set;
        if found == 0 {
            return None;
        }
        let number = found.trailing_zeros() as usize;
        let one = bit(number);
        // Another thread may have been faster with one of the program's.
        if record.pending.fetch_and(!one, Ordering::SeqCst) & one != 0
            || PENDING.fetch_and(!one, Ordering::SeqCst) & one != 0
        {
            return Some(number);
        }
    }
}

/// Makes a signal pending for a thread, and wakes it.
fn post(record: &Record, number: usize) {
    record.pending.fetch_or(bit(number), Ordering::SeqCst);
    ANY.store(true, Ordering::SeqCst);
    // A semaphore of one's own can always be raised.
    let _ = record.wakeup.up();
}

/// Whether a thread, the calling one, should leave a wait for a signal's sake.
pub fn interrupts(record: &Record) -> bool {
    ANY.load(Ordering::Relaxed) && due(record) != 0
}

/// Runs the handlers of what is pending for the calling thread, and not blocked: at the end of each
/// of its system calls. A handler may never return (`pthread_cancel`).
pub fn deliver() {
    if !ANY.load(Ordering::Relaxed) {
        return;
    }
    let Ok(record) = thread::current() else {
        return;
    };
    while let Some(number) = take(record, !record.blocked.load(Ordering::Relaxed)) {
        // It was a signal when it was sent.
        let _ = act(number);
    }
}

/// `rt_sigpending`.
///
/// # Safety
/// `to` is 0 or the place of a set of 64 signals.
pub unsafe fn pending_set(to: u64) -> Result {
    let record = thread::current()?;
    let set = pending(record) & record.blocked.load(Ordering::Relaxed);
    // SAFETY: `to` is 0 or the place of a set (caller's contract).
    unsafe { user::put(to, set) };
    Ok(0)
}

/// Does `wait` with another mask, and lets what that does not block be handled before the mask
/// comes back. An address of 0 leaves the mask as it is.
///
/// # Safety
/// `mask` is 0 or the address of a set of 64 signals.
pub unsafe fn with_mask(mask: u64, wait: impl FnOnce() -> Result) -> Result {
    if mask == 0 {
        return wait();
    }
    let blocked = &thread::current()?.blocked;
    // SAFETY: `mask` is the address of a set (caller's contract).
    let set: u64 = unsafe { user::get(mask)? };
    let before = blocked.swap(set & !UNBLOCKABLE, Ordering::Relaxed);
    let result = wait();
    deliver();
    blocked.store(before, Ordering::Relaxed);
    result
}

/// `rt_sigtimedwait`: the number of the first signal of a set that is pending.
///
/// # Safety
/// `set` is the address of a set of 64 signals; `info` is 0 or the place of a `siginfo_t`, and
/// `timeout` 0 or the address of a `timespec`.
pub unsafe fn wait_for(set: u64, info: u64, timeout: u64) -> Result {
    let record = thread::current()?;
    // SAFETY: the addresses are of a set, and of a `timespec` or 0 (caller's contract).
    let (set, end) = unsafe { (user::get::<u64>(set)?, time::deadline(timeout, Since::Now)?) };
    let set = set & !UNBLOCKABLE;
    loop {
        if let Some(number) = take(record, set) {
            let signal = number as u64 + 1;
            // SAFETY: `info` is 0 or the place of a `siginfo_t` (caller's contract).
            unsafe { user::put(info, information(signal)) };
            return Ok(signal as i64);
        }
        if interrupts(record) {
            return fail(EINTR);
        }
        if !time::nap(record, end) {
            return fail(EAGAIN);
        }
    }
}

/// `tkill`, `tgkill`. Another thread is woken if it waits for a lock, a condition or a time; else
/// the signal reaches it by its next system call.
pub fn kill_thread(id: u64, signal: u64) -> Result {
    let own = thread::current()?;
    let Ok(id) = u32::try_from(id) else {
        return fail(ESRCH);
    };
    if signal == 0 {
        return thread::with(id, |_| {}).map(|()| 0);
    }
    let number = index(signal)?;
    let blocks = |record: &Record| record.blocked.load(Ordering::Relaxed) & bit(number) != 0;
    if id == own.id && !blocks(own) {
        return act(number);
    }
    let handled = has_handler(number);
    let mut now = false;
    thread::with(id, |record| {
        if handled || blocks(record) {
            post(record, number);
        } else {
            // It ends the program, or does nothing, whoever gets it.
            now = true;
        }
    })?;
    if now { act(number) } else { Ok(0) }
}

/// Whether the program has a handler for a signal, by its index.
fn has_handler(number: usize) -> bool {
    let actions = ACTIONS.lock();
    (actions.get(number)).is_some_and(|action| ![DEFAULT, IGNORE].contains(&action.handler))
}

/// What a handler, or who waits for a signal, is told of it (`siginfo_t`): its number; the code,
/// from a thread; and whose thread it was.
fn information(signal: u64) -> [u64; 16] {
    let mut info = [0u64; 16];
    info[0] = signal;
    info[1] = u64::from(SI_TKILL as u32);
    info[2] = thread::main_id().into();
    info
}

/// Does in the calling thread what the program wants done about a signal, by its index.
fn act(number: usize) -> Result {
    let action = {
        let mut actions = ACTIONS.lock();
        let Some(action) = actions.get_mut(number) else {
            return fail(EINVAL);
        };
        let now = *action;
        if now.flags & SA_RESETHAND != 0 {
            *action = NO_ACTION;
        }
        now
    };
    let signal = number as u64 + 1;
    match action.handler {
        IGNORE => Ok(0),
        DEFAULT if [SIGCHLD, SIGCONT, SIGURG, SIGWINCH].contains(&(signal as u32)) => Ok(0),
        DEFAULT => system::exit_group(128 + signal),
        handler => {
            let blocked = &thread::current()?.blocked;
            let own = if action.flags & SA_NODEFER == 0 {
                bit(number)
            } else {
                0
            };
            let more = (action.mask | own) & !UNBLOCKABLE;
            let before = blocked.fetch_or(more, Ordering::Relaxed);
            // SAFETY: the program has registered a function of the type that the flag tells.
            unsafe {
                if action.flags & SA_SIGINFO != 0 {
                    let info = information(signal);
                    let handler: extern "C" fn(i32, *const u64, *const u64) =
                        core::mem::transmute(handler);
                    handler(signal as i32, info.as_ptr(), info.as_ptr());
                } else {
                    let handler: extern "C" fn(i32) = core::mem::transmute(handler);
                    handler(signal as i32);
                }
            }
            blocked.store(before, Ordering::Relaxed);
            Ok(0)
        }
    }
}
