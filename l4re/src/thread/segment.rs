//! Segments of threads.
#![allow(unsafe_code)]

use super::Thread;
use crate::cap::Cap;
use crate::error::Result;
use crate::ipc::{self, Buffers};
use crate::msg::{Reader, Writer};
use l4re_sys::op::thread as op;
use l4re_sys::proto;

/// The selectors of programs' segments ([`Cap::<Thread>::segment_info`]).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SegmentInfo {
    /// Data.
    pub user_ds: u64,
    /// Code.
    pub user_cs64: u64,
    /// Code of 32 bits.
    pub user_cs32: u64,
}

impl Cap<Thread> {
    fn segment(self, w: &Writer) -> Result<Reader> {
        let tag = ipc::transact(self.idx(), w.tag(proto::THREAD)?, Buffers::None)?;
        Ok(Reader::new(tag))
    }

    fn set_segment_base(self, segment: u64, base: u64) -> Result<()> {
        let mut w = Writer::new();
        w.put(op::AMD64_SET_SEGMENT_BASE | segment << op::SEGMENT_SHIFT)
            .put(base);
        self.segment(&w).map(drop)
    }

    /// Sets the base of the thread's segment fs, by which it finds its thread-local data.
    ///
    /// # Errors
    /// What the kernel answers, or an IPC error.
    ///
    /// # Safety
    /// If the thread runs in the program's own task, `base` must be the end of a block of
    /// thread-local data that is initialized and the thread's own.
    pub unsafe fn set_fs_base(self, base: u64) -> Result<()> {
        self.set_segment_base(op::SEGMENT_FS, base)
    }

    /// Sets the base of the thread's segment gs, which neither L4Re nor this crate uses.
    ///
    /// # Errors
    /// What the kernel answers, or an IPC error.
    ///
    /// # Safety
    /// If the thread runs in the program's own task, its code must not rely on the old base.
    pub unsafe fn set_gs_base(self, base: u64) -> Result<()> {
        self.set_segment_base(op::SEGMENT_GS, base)
    }

    /// The selectors of programs' segments.
    ///
    /// # Errors
    /// What the kernel answers, or an IPC error.
    pub fn segment_info(self) -> Result<SegmentInfo> {
        let mut w = Writer::new();
        w.put(op::AMD64_GET_SEGMENT_INFO);
        let mut r = self.segment(&w)?;
        Ok(SegmentInfo {
            user_ds: r.get()?,
            user_cs64: r.get()?,
            user_cs32: r.get()?,
        })
    }

    /// The number of the first entry of the global descriptor table that is the thread's own.
    ///
    /// # Errors
    /// [`Error::NO_OPERATION`](crate::Error::NO_OPERATION) where the kernel has none; an IPC error.
    pub fn gdt_entry_offset(self) -> Result<u64> {
        let mut w = Writer::new();
        w.put(op::X86_GDT);
        self.segment(&w)?.get()
    }

    /// Sets entries of the global descriptor table that are the thread's own, from the `first` of
    /// them on.
    ///
    /// # Errors
    /// [`Error::NO_OPERATION`](crate::Error::NO_OPERATION) where the kernel has none; what else
    /// the kernel answers; an IPC error.
    ///
    /// # Safety
    /// If the thread runs in the program's own task, its code must not rely on the old entries.
    pub unsafe fn set_gdt(self, first: u64, descriptors: &[u64]) -> Result<()> {
        let mut w = Writer::new();
        w.put(op::X86_GDT).put(first);
        for descriptor in descriptors {
            w.put(*descriptor);
        }
        self.segment(&w).map(drop)
    }
}
