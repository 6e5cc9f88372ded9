//! Where threads start, and what the run-time system does for them.
#![allow(unsafe_code)]

use super::current::set_own;
use super::end::Running;
use crate::atomic::AtomicPtr;
use crate::atomic::Ordering::{Acquire, Relaxed, Release};
use crate::error::{Error, Result};
use crate::thread::Thread;
use crate::{Cap, time};
use alloc::boxed::Box;
use core::ptr::null_mut;

/// How the run-time system lays out thread-local data.
#[derive(Debug)]
pub struct TlsBlocks {
    /// Makes the data of a thread whose stack ends at the address; returns what the base of the
    /// thread's segment fs has to be. None if there is no memory.
    pub make: fn(usize) -> Option<u64>,
    /// Frees the data of this base.
    ///
    /// # Safety
    /// `make` has returned the base, and no thread uses the data any more.
    pub free: unsafe fn(u64),
}

static TLS_BLOCKS: AtomicPtr<TlsBlocks> = AtomicPtr::new(null_mut());
static FIRST_UTCB: AtomicPtr<l4re_sys::utcb::Utcb> = AtomicPtr::new(null_mut());

/// Tells how thread-local data are laid out: called by the run-time system in the program's
/// first thread, before it makes others.
///
/// # Safety
/// `make` returns bases that are right for any thread of the program (see
/// [`Cap::<Thread>::set_fs_base`]).
pub unsafe fn set_tls_blocks(blocks: &'static TlsBlocks) {
    FIRST_UTCB.store(l4re_sys::utcb().as_ptr(), Relaxed);
    TLS_BLOCKS.store(core::ptr::from_ref(blocks).cast_mut(), Release);
}

/// Whether the calling thread is the program's first.
pub(super) fn is_first() -> bool {
    FIRST_UTCB.load(Relaxed) == l4re_sys::utcb().as_ptr()
}

/// The thread-local data of a thread; freed when dropped.
pub(super) struct Tls {
    blocks: &'static TlsBlocks,
    base: u64,
}

impl Tls {
    /// # Errors
    /// [`Error::NO_OPERATION`] if the run-time system is another one; [`Error::NO_MEMORY`].
    pub(super) fn new(stack_end: usize) -> Result<Self> {
        // SAFETY: null, or from the shared, static reference of `set_tls_blocks`.
        let blocks = unsafe { TLS_BLOCKS.load(Acquire).as_ref() };
        let blocks = blocks.ok_or(Error::NO_OPERATION)?;
        let base = (blocks.make)(stack_end).ok_or(Error::NO_MEMORY)?;
        Ok(Tls { blocks, base })
    }

    pub(super) fn base(&self) -> u64 {
        self.base
    }
}

impl Drop for Tls {
    fn drop(&mut self) {
        // SAFETY: the base is of `make`; the thread is gone (the order of `Resources`).
        unsafe { (self.blocks.free)(self.base) };
    }
}

/// What a new thread does.
pub(super) struct Work {
    pub(super) run: Box<dyn FnOnce()>,
    pub(super) tls_base: u64,
    /// Not the thread's to give up: see `end`.
    pub(super) thread: *const Running,
}

/// The address of the code where threads start: the address of the thread's [`Work`] is on top of
/// the stack.
pub(super) fn entry_address() -> u64 {
    #[cfg(target_os = "l4re")]
    return entry as *const () as u64;
    // On the host only a model checker starts threads.
    #[cfg(not(target_os = "l4re"))]
    return run as *const () as u64;
}

#[cfg(target_os = "l4re")]
#[unsafe(naked)]
extern "C" fn entry() -> ! {
    core::arch::naked_asm!(
        "xor ebp, ebp",
        "mov rdi, [rsp]",
        "and rsp, -16",
        "call {run}",
        "ud2",
        run = sym run,
    )
}

// (A model checker ends threads by unwinding them.)
extern "C-unwind" fn run(work: *mut Work) -> ! {
    // SAFETY: `spawn` made it of a box, for this thread alone. The box is gone at the end of the
    // statement: this function never returns, so that it could go later.
    let Work {
        run,
        tls_base,
        thread,
    } = *unsafe { Box::from_raw(work) };
    // SAFETY: the block is this thread's, and lives until the thread is deleted.
    let set = unsafe { Cap::<Thread>::CURRENT.set_fs_base(tls_base) };
    // The error is not printed: that would cost every program the code to print all errors.
    assert!(set.is_ok(), "a thread cannot set its own fs base");
    // SAFETY: `thread` lives until the thread is deleted.
    let thread = unsafe { &*thread };
    // SAFETY: `thread` lives until the thread is deleted, and it is the one that runs here.
    unsafe { set_own(thread.info()) };
    run();
    thread.values().clear();
    // From here on somebody may delete the thread at any moment.
    thread.end();
    time::sleep_forever()
}
