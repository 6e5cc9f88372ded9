//! Page faults that the thread itself handles.
#![allow(unsafe_code)]

use super::Thread;
use crate::cap::Cap;
use crate::error::Result;
use crate::ipc::{self, Buffers};
use crate::msg::{Reader, Writer};
use l4re_sys::op::thread as op;
use l4re_sys::proto;

impl Cap<Thread> {
    fn trampoline(self, operation: u64, state: Option<u64>) -> Result<Reader> {
        let mut w = Writer::new();
        w.put(operation);
        if let Some(state) = state {
            w.put(state);
        }
        let tag = ipc::transact(self.idx(), w.tag(proto::THREAD)?, Buffers::None)?;
        Ok(Reader::new(tag))
    }

    /// Has the thread handle its own page faults: the kernel puts its registers into the
    /// [`PfTrampoline`](l4re_sys::pf_trampoline::PfTrampoline) at `state`, and the thread goes on
    /// at the handler that stands there.
    ///
    /// # Errors
    /// What the kernel answers, or an IPC error.
    ///
    /// # Safety
    /// `state` is in memory that the task shares with the kernel, and used for nothing else; its
    /// handler is sound to run at any place.
    pub unsafe fn pf_trampoline_setup(self, state: u64) -> Result<()> {
        self.trampoline(op::PF_TRAMP_SETUP, Some(state)).map(drop)
    }

    /// Goes on where the page fault was; returns only if there was none.
    ///
    /// # Errors
    /// What the kernel answers, or an IPC error.
    ///
    /// # Safety
    /// The registers in the state are sound to go on with.
    pub unsafe fn pf_trampoline_resume(self) -> Result<()> {
        self.trampoline(op::PF_TRAMP_RESUME, None).map(drop)
    }

    /// Makes an exception of the page fault that is being handled.
    ///
    /// # Errors
    /// What the kernel answers, or an IPC error.
    ///
    /// # Safety
    /// The registers in the state are sound to go on with.
    pub unsafe fn pf_trampoline_reflect(self) -> Result<()> {
        self.trampoline(op::PF_TRAMP_REFLECT, None).map(drop)
    }

    /// Has page faults go to the pager again. Whether they did not.
    ///
    /// # Errors
    /// What the kernel answers, or an IPC error.
    pub fn pf_trampoline_disable(self) -> Result<bool> {
        let was: i32 = self.trampoline(op::PF_TRAMP_DISABLE, None)?.get()?;
        Ok(was != 0)
    }

    /// Has page faults go to the handler again, after
    /// [`pf_trampoline_disable`](Self::pf_trampoline_disable).
    ///
    /// # Errors
    /// What the kernel answers, or an IPC error.
    pub fn pf_trampoline_enable(self) -> Result<()> {
        self.trampoline(op::PF_TRAMP_ENABLE, None).map(drop)
    }
}
