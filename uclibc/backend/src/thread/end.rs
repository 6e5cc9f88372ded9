//! How threads end.

use super::futex;
use super::record::{clear_away, current};
use crate::atomic::Ordering;
use core::arch::asm;
use l4re::sys::{CapIdx, MsgTag, RcvItem, Sysf, TagFlags};

/// Ends the calling thread.
///
/// The word that tells its end (`CLONE_CHILD_CLEARTID`) also tells that its stack may be used
/// for something else. So who waits for the word is woken first, with the table of waiters
/// locked, so that none waits anew; then the word is cleared, the table unlocked, the record
/// marked, and the thread sleeps, all without touching the stack. Whoever makes or ends a
/// thread next deletes it.
pub fn exit() -> ! {
    clear_away();
    let Ok(record) = current() else {
        l4re::time::sleep_forever()
    };
    // The first thread, and one that was not made here, sleeps on: others may know it.
    if record.own.is_none() {
        l4re::time::sleep_forever();
    }
    let word = record.clear_at_end.load(Ordering::Relaxed);
    let lock = futex::lock_and_wake_all(word);
    let utcb = l4re_sys::utcb();
    utcb.set_bdr(l4re_sys::BufferDesc::default());
    utcb.set_br(0, RcvItem::VOID.0);
    let tag = MsgTag::new(0, 0, 0, TagFlags::empty());
    // SAFETY: the word is null or valid until the thread has ended (contract of `clone`); the lock
    // is this thread's to release; the record stays until it is marked. Behind the first
    // instruction that somebody can see nothing but registers is used. The thread sleeps for ever:
    // it receives from itself, without a timeout.
    unsafe {
        asm!(
            "test rdi, rdi",
            "jz 2f",
            "mov dword ptr [rdi], 0",
            "2:",
            "mov byte ptr [r9], 0",
            "mov dword ptr [r10], 1",
            "3:",
            "mov rax, r12",
            "mov rdx, r13",
            "xor esi, esi",
            "xor r8d, r8d",
            "syscall",
            "jmp 3b",
            in("rdi") word,
            in("r9") lock,
            in("r10") record.ended.as_ptr(),
            in("r12") tag.0,
            in("r13") CapIdx::INVALID.0 | Sysf::RECV.bits(),
            options(noreturn),
        )
    }
}
