//! Tasks.

use crate::cap::{Cap, CapSlot, Object};
use crate::cap_alloc;
use crate::error::{Error, Result};
use crate::ipc::{self, Buffers};
use crate::msg::{Reader, Writer};
use l4re_sys::op::task as op;
use l4re_sys::unmap::UnmapFlags;
use l4re_sys::{CapIdx, Fpage, FpageType, MapItem, ObjRights, proto};

/// A task: an address space and a table of capabilities (`L4::Task`, `l4/sys/task`).
///
/// ```no_run
/// # fn f(env: &l4re::Env) -> l4re::Result<()> {
/// use l4re::Cap;
/// use l4re::task::Task;
///
/// // The program's own: whether there is something in a slot.
/// let own = Cap::<Task>::THIS;
/// assert!(own.cap_valid(env.factory().idx())?);
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub enum Task {}

impl Object for Task {
    const PROTOCOL: i64 = proto::TASK;
}

impl Cap<Task> {
    /// The program's own task.
    pub const THIS: Cap<Task> = Cap::new(CapIdx::TASK);

    /// Maps `fpage` of the task `source` into this task, at `to` (an address, or of
    /// capabilities a selector).
    ///
    /// # Errors
    /// What the kernel answers, or an IPC error.
    ///
    /// # Safety
    /// If this is the program's own task, safe code must not rely on what is at `to`.
    #[allow(unsafe_code)]
    pub unsafe fn map(self, source: Cap<Task>, fpage: Fpage, to: u64) -> Result<()> {
        self.map_item(source, MapItem::map(to, fpage))
    }

    /// Maps a capability of the program's own task into this one, into the slot `to`. In the
    /// program's own task that is the slot of a [`CapSlot`](crate::CapSlot) that nobody has
    /// [filled](crate::CapSlot::filled) yet: what is in others is relied on.
    ///
    /// # Errors
    /// [`Error::INVALID`] if the slot may not be filled; what the kernel answers, or an IPC error.
    pub fn map_cap(self, cap: CapIdx, rights: ObjRights, to: CapIdx) -> Result<()> {
        if cap_alloc::is_private(cap) || (!cap_alloc::is_bare(to) && self.is_own()?) {
            return Err(Error::INVALID);
        }
        let fpage = Fpage::obj(cap, 0, rights);
        self.map_item(Cap::<Task>::THIS, MapItem::map(to.0, fpage))
    }

    /// Whether this is the program's own task, by whichever capability. Kernels do not tell: but what
    /// appears here when it appears in the program's own task is that.
    pub(crate) fn is_own(self) -> Result<bool> {
        if self == Self::THIS {
            return Ok(true);
        }
        let slot = CapSlot::alloc()?;
        if self.cap_valid(slot.idx())? {
            return Ok(false);
        }
        let fpage = Fpage::obj(CapIdx::TASK, 0, ObjRights::R);
        Self::THIS.map_item(Self::THIS, MapItem::map(slot.idx().0, fpage))?;
        let filled = slot.filled::<()>();
        self.cap_valid(filled.idx())
    }

    pub(crate) fn map_item(self, source: Cap<Task>, item: MapItem) -> Result<()> {
        let mut w = Writer::new();
        w.put(op::MAP).put(item.control).put(item.fpage);
        w.item(MapItem::cap(source.idx(), ObjRights::RWS));
        ipc::transact(self.idx(), w.tag(proto::TASK)?, Buffers::None).map(drop)
    }

    /// Unmaps `fpage` from this task, or from those it was passed on to.
    ///
    /// # Errors
    /// What the kernel answers, or an IPC error.
    ///
    /// # Safety
    /// If this is the program's own task, safe code must not rely on what is there.
    #[allow(unsafe_code)]
    pub unsafe fn unmap(self, fpage: Fpage, flags: UnmapFlags) -> Result<()> {
        self.unmap_any(fpage, flags)
    }

    /// Unmaps capabilities from this task, or from those they were passed on to.
    ///
    /// # Errors
    /// [`Error::INVALID`] if these are no capabilities, or among them are those of the heap, of
    /// threads' stacks, or of threads that are not deleted by it; what the kernel answers, or an IPC
    /// error.
    pub fn unmap_caps(self, fpage: Fpage, flags: UnmapFlags) -> Result<()> {
        let all = fpage.obj_rights().contains(ObjRights::RWSD);
        let deletes = all && flags.contains(UnmapFlags::DELETE_OBJ);
        if fpage.kind() != FpageType::Obj
            || !cap_alloc::may_unmap(fpage.cap(), fpage.order(), deletes)
        {
            return Err(Error::INVALID);
        }
        self.unmap_any(fpage, flags)
    }

    pub(crate) fn unmap_any(self, fpage: Fpage, flags: UnmapFlags) -> Result<()> {
        let mut w = Writer::new();
        w.put(op::UNMAP).put(flags.bits()).put(fpage);
        ipc::transact(self.idx(), w.tag(proto::TASK)?, Buffers::None).map(drop)
    }

    /// As [`unmap`](Self::unmap), of many flexpages, as many as a message holds at a time.
    ///
    /// # Errors
    /// What the kernel answers, or an IPC error: then some may be unmapped already.
    ///
    /// # Safety
    /// As of [`unmap`](Self::unmap).
    #[allow(unsafe_code)]
    pub unsafe fn unmap_batch(self, fpages: &[Fpage], flags: UnmapFlags) -> Result<()> {
        const ROOM: usize = l4re_sys::utcb::MSG_REGS - 2;
        for fpages in fpages.chunks(ROOM) {
            let mut w = Writer::new();
            w.put(op::UNMAP).put(flags.bits());
            for fpage in fpages {
                w.put(*fpage);
            }
            ipc::transact(self.idx(), w.tag(proto::TASK)?, Buffers::None)?;
        }
        Ok(())
    }

    /// Sets entries of the task's local descriptor table, from the `first` on.
    ///
    /// # Errors
    /// [`Error::NO_OPERATION`](crate::Error::NO_OPERATION) where the kernel has none; what else
    /// the kernel answers; an IPC error.
    ///
    /// # Safety
    /// If this is the program's own task, its code must not rely on the old entries.
    #[allow(unsafe_code)]
    pub unsafe fn set_ldt(self, first: u64, descriptors: &[u64]) -> Result<()> {
        let mut w = Writer::new();
        w.put(op::LDT_SET_X86).put(first);
        for descriptor in descriptors {
            w.put(*descriptor);
        }
        ipc::transact(self.idx(), w.tag(proto::TASK)?, Buffers::None).map(drop)
    }

    /// Whether there is a capability in a slot of this task.
    ///
    /// # Errors
    /// What the kernel answers, or an IPC error.
    pub fn cap_valid(self, cap: CapIdx) -> Result<bool> {
        let mut w = Writer::new();
        w.put(op::CAP_INFO).put(cap);
        let tag = ipc::transact(self.idx(), w.tag(proto::TASK)?, Buffers::None)?;
        Ok(tag.label() > 0)
    }

    /// Whether two slots of this task hold capabilities to one object, with the same rights
    /// `W` and `S` (and, to a gate, the same right to bind it).
    ///
    /// # Errors
    /// What the kernel answers, or an IPC error.
    pub fn cap_equal(self, a: CapIdx, b: CapIdx) -> Result<bool> {
        let mut w = Writer::new();
        w.put(op::CAP_INFO).put(a).put(b);
        let tag = ipc::transact(self.idx(), w.tag(proto::TASK)?, Buffers::None)?;
        Ok(tag.label() > 0)
    }

    /// Adds memory that is shared with the kernel, for UTCBs, at the free place `fpage` (of
    /// whole pages). Returns what was added.
    ///
    /// # Errors
    /// What the kernel answers, or an IPC error.
    ///
    /// # Safety
    /// If this is the program's own task, nothing must be mapped there.
    #[allow(unsafe_code)]
    pub unsafe fn add_ku_mem(self, fpage: Fpage) -> Result<Fpage> {
        let mut w = Writer::new();
        w.put(op::ADD_KU_MEM).put(fpage);
        let tag = ipc::transact(self.idx(), w.tag(proto::TASK)?, Buffers::None)?;
        // A kernel that answers without telling has added what it was asked to.
        Ok(Reader::new(tag).get::<u64>().map_or(fpage, Fpage::from_raw))
    }
}
