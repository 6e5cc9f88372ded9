//! How threads are made.

use super::record::{Own, Record, clear_away};
use super::utcb::Slot;
use crate::atomic::Ordering;
use crate::entry::Frame;
use crate::errno::{EINVAL, ENOSYS, Result, fail};
use crate::user;
use core::arch::naked_asm;
use l4re::task::Task;
use l4re::thread::Control;
use l4re::{Cap, start};
use l4re_sys::consts::MAIN_THREAD_PRIO;
use l4re_sys::{SchedParam, Utcb, UtcbRef};
use linux_raw_sys::general::{
    CLONE_CHILD_CLEARTID, CLONE_CHILD_SETTID, CLONE_FILES, CLONE_FS, CLONE_PARENT_SETTID,
    CLONE_SETTLS, CLONE_SIGHAND, CLONE_THREAD, CLONE_VM,
};

/// What a thread shares with its program; a `clone` without is a `fork`.
const THREAD_FLAGS: u32 = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD;

/// Makes a thread, which goes on where the caller does, on its own stack and with the result 0.
///
/// # Safety
/// As of Linux's system call: the stack and the thread-local data are the new thread's own.
pub unsafe fn clone(args: [u64; 6], frame: &Frame) -> Result {
    let [flags, stack, parent_tid, child_tid, tls, _] = args;
    let flags = flags as u32;
    if flags & THREAD_FLAGS != THREAD_FLAGS {
        return fail(ENOSYS);
    }
    if stack == 0 || !stack.is_multiple_of(8) {
        return fail(EINVAL);
    }
    clear_away();
    let env = start::env();
    let utcb = Slot::take()?;
    let utcb_addr = utcb.addr;
    let thread = env.factory().create_thread()?;
    let rm = Some(env.rm().idx());
    let control = Control {
        pager: rm,
        exc_handler: rm,
        bind: Some((Cap::<Task>::THIS, utcb_addr)),
        alien: None,
    };
    // SAFETY: the program's own region map handles the faults, as those of the first thread; the
    // UTCB is this thread's alone (`Slot::take`).
    unsafe { thread.control_any(&control)? };
    if flags & CLONE_SETTLS != 0 {
        // SAFETY: `tls` is the thread-local data of the new thread alone (contract of this
        // function).
        unsafe { thread.set_fs_base(tls)? };
    }
    let blocked = super::current()?.blocked.load(Ordering::Relaxed);
    let record = Record::register(Some(Own {
        thread,
        tls,
        _utcb: utcb,
    }))?;
    // As POSIX has it, the new thread blocks what its maker blocks.
    record.blocked.store(blocked, Ordering::Relaxed);
    let utcb_place = core::ptr::with_exposed_provenance_mut::<Utcb>(utcb_addr as usize);
    // SAFETY: the kernel has mapped the UTCB (`Slot::take`); its thread does not run yet.
    unsafe { record.tell(UtcbRef::new(utcb_place)) };
    if flags & CLONE_CHILD_CLEARTID != 0 {
        record.clear_at_end.store(child_tid, Ordering::Relaxed);
    }
    // SAFETY: the places and the stack are valid and the new thread's own (contract of this
    // function). Where to go on stands on the stack, below what the caller has put there.
    unsafe {
        if flags & CLONE_PARENT_SETTID != 0 {
            user::put(parent_tid, record.id);
        }
        if flags & CLONE_CHILD_SETTID != 0 {
            user::put(child_tid, record.id);
        }
        user::put(stack - 8, frame.return_address);
    }
    let thread = record.thread();
    let id = record.id;
    // SAFETY: the thread has not run yet, and goes on as the caller of the system call asks.
    let started =
        unsafe { thread.ex_regs(begin as *const () as u64, stack - 8, 0) }.and_then(|_| {
            env.scheduler()
                .run_thread(thread, SchedParam::prio(MAIN_THREAD_PRIO))
        });
    if let Err(e) = started {
        record.unregister();
        return Err(e.into());
    }
    // From here on the thread may have ended, and its record be gone.
    Ok(id.into())
}

/// Where a thread starts: as if the system call returned 0. There are no frames below.
#[unsafe(naked)]
extern "C" fn begin() -> ! {
    naked_asm!("xor eax, eax", "xor ebp, ebp", "ret")
}
