//! Tasks: an address space, a table of capabilities, and the threads that use them.

use super::io_bitmap::IoBitmap;
use super::thread::Thread;
use super::{Header, KObject, Kind, invoke};
use crate::arch::paging::{self, LARGE_PAGE, PAGE, Space};
use crate::cap::{self, CapTable, Rights};
use crate::ipc::replies::ReplyTable;
use crate::mem::account::Account;
use crate::mem::frames::{self, PAGE_SIZE};
use crate::mem::phys;
use crate::mem::slab::{Slab, Slot};
use crate::obj;
use crate::space::map::{self, How, Stop};
use crate::space::node::{Node, NodeTree, Page, key};
use crate::space::ports;
use crate::util::budget::{Budget, Unfinished, Work};
use crate::util::list::List;
use core::cell::Cell;
use core::ptr::NonNull;
use invoke::{Call, Outcome, Reply};
use l4re_sys::cap::CapIdx;
use l4re_sys::err;
use l4re_sys::fpage::{Fpage, FpageType, MemRights};
use l4re_sys::item::MapItem;
use l4re_sys::op::task as op;
use l4re_sys::unmap::UnmapFlags;
use l4re_sys::utcb::{self, Utcb};

/// Tag of the link that ties a thread to its task.
pub struct ThreadsTag;

/// Memory that kernel and user are to share: a block of pages, some of them mapped.
#[derive(Clone, Copy)]
struct Area {
    start: u64,
    block: NonNull<u8>,
    pages: usize,
    mapped: usize,
}

/// The order of the largest such memory.
const LARGEST_AREA: u32 = PAGE + frames::MAX_ORDER as u32;

struct Nobody(Account);
// SAFETY: one processor, interrupts off: no two accesses overlap (`util::global`).
unsafe impl Sync for Nobody {}

/// A task.
#[repr(C, align(16))]
pub struct Task {
    header: Header,
    /// The page tables.
    pub space: Space,
    /// The capabilities.
    pub caps: CapTable,
    /// The pages, and whom they came from.
    pub pages: NodeTree,
    /// The I/O ports, and whom they came from.
    pub ports: NodeTree,
    /// The same as the processor wants it.
    pub io: IoBitmap,
    /// The explicit reply capabilities.
    pub replies: ReplyTable,
    /// The threads bound to the task.
    pub threads: List<Thread, ThreadsTag>,
    /// Whether this is the task that has all memory to begin with.
    root: Cell<bool>,
    /// The first memory that kernel and task share, while it is not mapped yet.
    area: Cell<Option<Area>>,
    next_free: Cell<Option<&'static Task>>,
}

// SAFETY: `repr(C)`, the header first, allocated from TASKS only.
unsafe impl KObject for Task {}

impl Slot for Task {
    const VACANT: Self = Self {
        header: Header::vacant(Kind::Task),
        space: Space::vacant(),
        caps: CapTable::vacant(),
        pages: NodeTree::new(),
        ports: NodeTree::new(),
        io: IoBitmap::vacant(),
        replies: ReplyTable::vacant(),
        threads: List::new(),
        root: Cell::new(false),
        area: Cell::new(None),
        next_free: Cell::new(None),
    };
    const KIND: usize = 0;
    fn next_free(&self) -> &Cell<Option<&'static Self>> {
        &self.next_free
    }
}

/// Where tasks live.
pub static TASKS: Slab<Task> = Slab::new();

impl Task {
    /// Makes a new task of a slot that `obj::create` gave. It costs nothing beyond the slot:
    /// tables come when there is something to put into them.
    pub fn init(&self) {
        self.root.set(false);
        self.area.set(None);
    }

    /// Who pays for the task and all that it has.
    pub fn account(&self) -> &'static Account {
        static NOBODY: Nobody = Nobody(Account::none());
        match self.header.factory() {
            Some(factory) => &factory.account,
            // No living task is without a factory.
            None => &NOBODY.0,
        }
    }

    /// Makes this the task that has all memory.
    pub fn make_root(&self) {
        self.root.set(true);
    }

    /// Whether this is the task that has all memory.
    #[inline]
    pub fn is_root(&self) -> bool {
        self.root.get()
    }

    /// Notes a page or ports in the mapping database; page table and bitmap are the caller's
    /// business.
    pub fn add_node(
        &'static self,
        page: Page,
        parent: Option<&'static Node>,
    ) -> Option<&'static Node> {
        let node = Node::create(self, page, parent, self.account())?;
        let tree = if page.ports { &self.ports } else { &self.pages };
        tree.insert(node, key(page.addr, page.order));
        Some(node)
    }

    /// Forgets a page or ports of this task, whose node has no children.
    pub fn drop_node(&self, node: &'static Node) {
        let tree = if node.is_ports() {
            &self.ports
        } else {
            &self.pages
        };
        tree.remove(node);
        node.free(self.account());
    }

    /// The first address at or above `addr` at which the task has something to map.
    pub fn next_page(&self, addr: u64) -> Option<u64> {
        if self.is_root() {
            return addr.checked_add(PAGE_SIZE as u64);
        }
        self.pages.ceil(addr).map(Node::addr)
    }

    /// Lets the root of all memory see what it touches. False if it may not.
    pub fn touch(&self, addr: u64) -> bool {
        if !self.is_root() || addr >= paging::USER_END {
            return false;
        }
        for order in [LARGE_PAGE, PAGE] {
            let start = addr & !((1 << order) - 1);
            let Some(attr) = phys::own_access(start, 1 << order) else {
                continue;
            };
            let mapped = self.space.map(start, start, order, attr, self.account());
            if mapped.is_some() {
                return true;
            }
        }
        false
    }

    /// Lets the root of all memory use ports: it has all of them. False if it is not the
    /// root, or no memory is left.
    pub fn touch_ports(&'static self) -> bool {
        self.is_root() && self.io.allow(self, 0, 1 << 16, true).is_some()
    }

    /// Adds memory that kernel and user share. It is mapped by [`map_area`](Self::map_area),
    /// which must come before the next one.
    pub fn add_ku_mem(&self, area: Fpage) -> Result<(), i64> {
        // A portable program asks for 16 KiB at most.
        if area.kind() != FpageType::Memory || area.order() < PAGE || area.order() > LARGEST_AREA {
            return Err(err::EINVAL);
        }
        let start = area.addr();
        let end = start.checked_add(1 << area.order()).ok_or(err::EINVAL)?;
        if end > paging::USER_END {
            return Err(err::EINVAL);
        }
        let taken = |addr| self.space.translate(addr).is_some();
        if self.area.get().is_some() || (start..end).step_by(PAGE_SIZE).any(taken) {
            return Err(err::EEXIST);
        }
        // In one piece, so that what is in the area may cross a page's end.
        let order = (area.order() - PAGE) as usize;
        let block = self.account().alloc_dirty(order).ok_or(err::ENOMEM)?;
        self.area.set(Some(Area {
            start,
            block,
            pages: 1 << order,
            mapped: 0,
        }));
        Ok(())
    }

    /// Maps the memory that was added last, as far as the budget goes.
    pub fn map_area(&self, budget: &Budget) -> Result<(), Stop> {
        while let Some(area) = self.area.get() {
            if area.mapped == area.pages {
                self.area.set(None);
                break;
            }
            budget.spend(Budget::PAGE + Budget::CHANGE)?;
            let offset = area.mapped * PAGE_SIZE;
            let page = area.block.as_ptr().wrapping_add(offset);
            // SAFETY: a page of the block, which is ours and was not shown to anybody.
            unsafe { page.cast::<u64>().write_bytes(0, PAGE_SIZE / 8) };
            let (addr, phys) = (area.start + offset as u64, paging::virt_to_phys(page));
            self.space
                .map_kernel_user(addr, phys, self.account())
                .ok_or(Stop::OutOfMemory)?;
            self.area.set(Some(Area {
                mapped: area.mapped + 1,
                ..area
            }));
        }
        Ok(())
    }

    /// Gives the pages of memory that was added and is not mapped back.
    fn drop_area(&self, budget: &Budget) -> Result<(), Unfinished> {
        while let Some(area) = self.area.get() {
            if area.mapped == area.pages {
                self.area.set(None);
                break;
            }
            budget.spend(Budget::LOOK * 4)?;
            let pages = area.pages - 1;
            let page = area.block.as_ptr().wrapping_add(pages * PAGE_SIZE);
            if let Some(page) = NonNull::new(page) {
                // SAFETY: a block of the account may go back page by page; this one is mapped
                // nowhere.
                unsafe { self.account().free(page, 0) };
            }
            self.area.set(Some(Area { pages, ..area }));
        }
        Ok(())
    }

    /// The kernel's address of a UTCB at this address: it must lie in kernel-user memory
    /// of one piece and be aligned to 16 bytes.
    pub fn find_utcb(&self, addr: u64) -> Option<NonNull<Utcb>> {
        self.find_ku_mem(addr, utcb::SIZE as u64).map(NonNull::cast)
    }

    /// The kernel's address of so many bytes (at most a page) of kernel-user memory, of
    /// one piece and aligned to 16 bytes.
    pub fn find_ku_mem(&self, addr: u64, size: u64) -> Option<NonNull<u8>> {
        let offset = addr % PAGE_SIZE as u64;
        let at = |addr| {
            let found = self.space.translate(addr)?;
            found.kernel_user.then_some(found.phys)
        };
        let first = at(addr)?;
        let crosses = offset + size > PAGE_SIZE as u64;
        let next = addr.checked_sub(offset)? + PAGE_SIZE as u64;
        if !addr.is_multiple_of(16) || crosses && at(next) != Some(first + PAGE_SIZE as u64) {
            return None;
        }
        NonNull::new(paging::phys_to_virt(first + offset))
    }

    /// The task's end (from `obj::reap`), in steps: what is gone is not there any more
    /// when the next one comes. Its threads stop first.
    pub fn destroy(&'static self, budget: &Budget) -> Result<(), Unfinished> {
        while let Some(thread) = self.threads.first() {
            thread.halt(budget)?;
            budget.spend(Budget::CHANGE)?;
        }
        let account = self.account();
        self.replies.clear(account);
        map::unmap_all(self, budget)?;
        ports::unmap_all(self, budget)?;
        self.io.clear(account);
        self.caps.clear(account, budget)?;
        self.drop_area(budget)?;
        self.space.clear(account, budget)?;
        super::release(&TASKS, self);
        Ok(())
    }

    /// An operation of the task protocol.
    pub fn invoke(&'static self, call: &Call) -> Outcome {
        let result = match call.word(0).unwrap_or(u64::MAX) {
            op::UNMAP => return self.op_unmap(call),
            op::MAP => return self.op_map(call),
            op::CAP_INFO if !(2..=3).contains(&call.words()) => Err(err::EINVAL),
            op::CAP_INFO => Ok(self.op_cap_info(call)),
            op::ADD_KU_MEM => return self.op_add_ku_mem(call),
            _ => Err(err::ENOSYS),
        };
        result.into()
    }

    fn op_map(&'static self, call: &Call) -> Outcome {
        let work = Work::from(call.progress());
        match self.map_for(call, &work) {
            Ok(()) => Ok(Reply::ok()).into(),
            Err(Ok(error)) => Err(error).into(),
            Err(Err(Unfinished)) => call.go_on_at(work.at()),
        }
    }

    fn map_for(&'static self, call: &Call, work: &Work) -> Result<(), Result<i64, Unfinished>> {
        if !call.rights.has(Rights::W) {
            return Err(Ok(err::EPERM));
        }
        let control = call.arg(1).map_err(Ok)?;
        let send = Fpage::from_raw(call.arg(2).map_err(Ok)?);
        let source = call.item(0).ok_or(Ok(err::EINVAL))?;
        let crate::obj::Object::Task(source_task) = source.object() else {
            return Err(Ok(err::EINVAL));
        };
        let special = call.rights.has(Rights::S) && source.rights.has(Rights::S);
        let item = MapItem {
            control,
            fpage: send,
        };
        let window = match send.kind() {
            FpageType::Obj => Fpage::obj(CapIdx(0), 51, l4re_sys::ObjRights::RWSD),
            FpageType::Io => Fpage::io(0, 16),
            _ => Fpage::memory(0, 63, MemRights::RWX),
        };
        let how = How::of(&item, special);
        match map::map(source_task, send, self, window, control, how, work) {
            Ok(_) => Ok(()),
            Err(Stop::OutOfMemory) => Err(Ok(err::ENOMEM)),
            Err(Stop::Unfinished) => Err(Err(Unfinished)),
        }
    }

    fn op_unmap(&'static self, call: &Call) -> Outcome {
        let work = Work::from(call.progress());
        let caller = obj::Handle::of(call.caller.thread());
        let target = obj::Handle::of(self);
        match self.unmap_all_of(call, &work) {
            Err(error) => Err(error).into(),
            // What else loses rights by it, and the dead, belong to the operation: when it is
            // over, their memory is back.
            Ok(done) => {
                let budget = &work.budget;
                let rest = || map::finish_restricting(budget).and_then(|()| obj::reap(budget));
                let done = done.and_then(|()| rest());
                if caller.get().is_none() {
                    // It ended itself: its memory may be gone.
                    return Outcome::Blocked;
                }
                match done {
                    // A task that was deleted by it has nothing left to unmap, and the call could not
                    // be made again.
                    Err(Unfinished) if target.get().is_some() => call.go_on_at(work.at()),
                    Ok(()) | Err(Unfinished) => {
                        self.unmap_called_capability(call);
                        // What is left over is for the next time that the kernel is left.
                        let _ = obj::reap(budget);
                        if caller.get().is_none() {
                            return Outcome::Blocked;
                        }
                        // The message comes back with flexpages that have no rights left.
                        for n in 2..call.words() {
                            let fpage = call.word(n).unwrap_or(0);
                            call.set_word(n, fpage & !l4re_sys::fpage::RIGHTS_MASK);
                        }
                        Ok(Reply::words(call.words())).into()
                    }
                }
            }
        }
    }

    /// The slot of this task that holds the capability which the call was made by, if it does.
    fn slot_of_call(&self, call: &Call) -> Option<usize> {
        let selector = CapIdx(call.caller.message.dest.get());
        core::ptr::eq(self, call.task).then(|| cap::position(selector))?
    }

    /// The last part of an unmap: the capability that the call was made by. An unmap that is made
    /// again to go on needs it until then.
    fn unmap_called_capability(&'static self, call: &Call) {
        let flags = unmap_flags(call);
        let Some(slot) = self.slot_of_call(call) else {
            return;
        };
        if !flags.contains(UnmapFlags::ALL_SPACES) {
            return;
        }
        let delete = flags.contains(UnmapFlags::DELETE_OBJ);
        for n in 2..call.words() {
            let fpage = Fpage::from_raw(call.word(n).unwrap_or(0));
            if matches!(fpage.kind(), FpageType::Obj | FpageType::Special) {
                map::unmap_cap(self, fpage, delete, slot);
            }
        }
    }

    fn unmap_all_of(
        &'static self,
        call: &Call,
        work: &Work,
    ) -> Result<Result<(), Unfinished>, i64> {
        let flags = unmap_flags(call);
        let all_spaces = flags.contains(UnmapFlags::ALL_SPACES);
        let delete = flags.contains(UnmapFlags::DELETE_OBJ);
        let budget = &work.budget;
        let kept = self.slot_of_call(call);
        let unmap = |fpage: Fpage, kind: FpageType, at: &Cell<u64>| {
            let own = fpage.kind();
            if own != kind && own != FpageType::Special {
                return Ok(());
            }
            match kind {
                FpageType::Memory => map::unmap_memory(self, fpage, all_spaces, at, budget),
                FpageType::Io => ports::unmap(self, fpage, all_spaces, at, budget),
                _ if all_spaces => map::unmap_caps(self, fpage, delete, kept, at, budget),
                _ => Ok(()),
            }
        };
        // Each flexpage is gone through for each kind: the parts of the work, by number, and
        // how far the present one is done.
        const PART_SHIFT: u32 = 56;
        const KINDS: [FpageType; 3] = [FpageType::Memory, FpageType::Io, FpageType::Obj];
        let (first, at) = (work.at() >> PART_SHIFT, work.at() & ((1 << PART_SHIFT) - 1));
        let at = Cell::new(at);
        let parts = call.words().saturating_sub(2) as u64 * KINDS.len() as u64;
        for part in first..parts {
            let (n, kind) = (part as usize / KINDS.len(), part as usize % KINDS.len());
            let result = unmap(Fpage::from_raw(call.arg(2 + n)?), KINDS[kind], &at);
            if result.is_err() {
                work.came_to(part << PART_SHIFT | at.get());
                return Ok(result);
            }
            at.set(0);
        }
        work.came_to(parts << PART_SHIFT);
        Ok(Ok(()))
    }

    fn op_cap_info(&self, call: &Call) -> Reply {
        // Selectors that are invalid or of reply capabilities name no slot.
        let slot = |n| {
            let selector = CapIdx(call.word(n)?);
            (selector.is_valid() && !selector.is_reply()).then_some(CapIdx(selector.0 & !0xfff))
        };
        let find = |n| self.caps.get(cap::position(slot(n)?)?);
        let present = match call.words() {
            0..=2 => find(1).is_some(),
            _ => match (find(1), find(2)) {
                (Some(a), Some(b)) => {
                    let considered = match a.object() {
                        crate::obj::Object::Gate(_) => Rights::W | Rights::S | Rights::GATE_SERVER,
                        _ => Rights::W | Rights::S,
                    };
                    a.same_object(&b) && (a.rights.0 ^ b.rights.0) & considered == 0
                }
                (None, None) => slot(1).is_some() && slot(2).is_some(),
                _ => false,
            },
        };
        Reply::label(i64::from(present))
    }

    fn op_add_ku_mem(&self, call: &Call) -> Outcome {
        let area = match call.arg(1) {
            Ok(area) => Fpage::from_raw(area),
            Err(error) => return Err(error).into(),
        };
        let budget = Budget::of_one_stay();
        // First what was added before, then this.
        const ADDED: u64 = 1;
        let mut added = call.progress() == ADDED;
        loop {
            match self.map_area(&budget) {
                Err(Stop::Unfinished) => return call.go_on_at(u64::from(added)),
                Err(Stop::OutOfMemory) => return Err(err::ENOMEM).into(),
                Ok(()) if added => break,
                Ok(()) => {}
            }
            if let Err(error) = self.add_ku_mem(area) {
                return Err(error).into();
            }
            added = true;
        }
        // As it was asked for.
        let asked = call.word(1).unwrap_or(0);
        call.set_word(0, asked & !l4re_sys::fpage::RIGHTS_MASK);
        Ok(Reply::words(1)).into()
    }
}

/// What an unmap is to do besides. A message without them has no flexpages either: there is
/// nothing to unmap.
fn unmap_flags(call: &Call) -> UnmapFlags {
    UnmapFlags::from_bits_retain(call.word(1).unwrap_or(0))
}
