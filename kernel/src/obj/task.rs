//! Tasks: an address space, a table of capabilities, and the threads that use them.

use super::io_bitmap::IoBitmap;
use super::thread::Thread;
use super::{Header, KObject, Kind, invoke};
use crate::arch::paging::{self, LARGE_PAGE, PAGE, Space};
use crate::cap::{self, CapTable, Rights};
use crate::ipc::replies::ReplyTable;
use crate::mem::frames::{self, PAGE_SIZE};
use crate::mem::phys;
use crate::mem::slab::{Slab, Slot};
use crate::obj;
use crate::space::map::{self, How};
use crate::space::node::{NODE_BYTES, Node};
use crate::space::ports;
use crate::space::tree::NodeTree;
use crate::util::budget::{Budget, Unfinished};
use crate::util::list::List;
use core::cell::Cell;
use core::ptr::NonNull;
use invoke::{Call, Outcome, Reply};
use l4re_sys::cap::CapIdx;
use l4re_sys::fpage::{Fpage, FpageType, MemRights};
use l4re_sys::item::MapItem;
use l4re_sys::op::task as op;
use l4re_sys::unmap::UnmapFlags;
use l4re_sys::{err, utcb};

/// Tag of the link that ties a thread to its task.
pub struct ThreadsTag;

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
    /// What the task cost its factory beyond itself.
    paid: Cell<u64>,
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
        paid: Cell::new(0),
        next_free: Cell::new(None),
    };
    fn next_free(&self) -> &Cell<Option<&'static Self>> {
        &self.next_free
    }
}

/// Where tasks live.
pub static TASKS: Slab<Task> = Slab::new();

impl Task {
    /// Makes a new task of a slot that `obj::create` gave.
    pub fn init(&self) -> Option<()> {
        self.root.set(false);
        self.paid.set(0);
        if !self.pay(2 * PAGE_SIZE as u64) {
            return None;
        }
        self.space.init()?;
        self.caps.init()
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

    /// Takes bytes from the quota of the task's factory.
    pub fn pay(&self, bytes: u64) -> bool {
        let paid = self
            .header
            .factory()
            .is_some_and(|factory| factory.quota.take(bytes));
        if paid {
            self.paid.set(self.paid.get() + bytes);
        }
        paid
    }

    /// Gives bytes back that `pay` took.
    pub fn give_back(&self, bytes: u64) {
        self.paid.set(self.paid.get().saturating_sub(bytes));
        if let Some(factory) = self.header.factory() {
            factory.give(bytes);
        }
    }

    /// Notes a page in the mapping database; the page table is the caller's business.
    pub fn add_page(
        &'static self,
        addr: u64,
        order: u32,
        parent: Option<&'static Node>,
    ) -> Option<&'static Node> {
        self.add_node(&self.pages, addr, order, parent, false)
    }

    /// Notes I/O ports in the mapping database; the bitmap is the caller's business.
    pub fn add_ports(
        &'static self,
        addr: u64,
        order: u32,
        parent: Option<&'static Node>,
    ) -> Option<&'static Node> {
        self.add_node(&self.ports, addr, order, parent, true)
    }

    fn add_node(
        &'static self,
        tree: &NodeTree,
        addr: u64,
        order: u32,
        parent: Option<&'static Node>,
        ports: bool,
    ) -> Option<&'static Node> {
        if !self.pay(NODE_BYTES) {
            return None;
        }
        match Node::create(self, addr, order, parent, ports) {
            Some(node) => {
                tree.insert(node);
                Some(node)
            }
            None => {
                self.give_back(NODE_BYTES);
                None
            }
        }
    }

    /// Forgets a page of this task, which has no children.
    pub fn drop_page(&self, node: &'static Node) {
        self.pages.remove(node);
        node.free();
        self.give_back(NODE_BYTES);
    }

    /// Forgets ports of this task, whose node has no children.
    pub fn drop_ports(&self, node: &'static Node) {
        self.ports.remove(node);
        node.free();
        self.give_back(NODE_BYTES);
    }

    /// Does something with every thread of the task.
    pub fn each_thread(&self, action: impl Fn(&'static Thread)) {
        let mut next = self.threads.first();
        while let Some(thread) = next {
            next = self.threads.next(thread);
            action(thread);
        }
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
            let Some(attr) = phys::access(start, 1 << order) else {
                continue;
            };
            let mut pay = || self.pay(PAGE_SIZE as u64);
            if self
                .space
                .map(start, start, order, attr, &mut pay)
                .is_some()
            {
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

    /// Adds memory that kernel and user share.
    pub fn add_ku_mem(&self, area: Fpage) -> Result<(), i64> {
        // A portable program asks for 16 KiB at most.
        if area.kind() != FpageType::Memory || area.order() < PAGE || area.order() > PAGE + 8 {
            return Err(err::EINVAL);
        }
        let end = area.addr() + (1 << area.order());
        if end > paging::USER_END {
            return Err(err::EINVAL);
        }
        if (area.addr()..end)
            .step_by(PAGE_SIZE)
            .any(|addr| self.space.translate(addr).is_some())
        {
            return Err(err::EEXIST);
        }
        // In blocks, so that what is in the area may cross a page's end.
        let order = (area.order() - PAGE).min(frames::MAX_ORDER as u32);
        (area.addr()..end)
            .step_by(PAGE_SIZE << order)
            .try_for_each(|addr| self.add_ku_block(addr, order as usize))
            .ok_or(err::ENOMEM)
    }

    fn add_ku_block(&self, addr: u64, order: usize) -> Option<()> {
        let size = PAGE_SIZE << order;
        if !self.pay(size as u64) {
            return None;
        }
        let Some(block) = frames::alloc(order) else {
            self.give_back(size as u64);
            return None;
        };
        for offset in (0..size).step_by(PAGE_SIZE) {
            let page = block.as_ptr().wrapping_add(offset);
            let mapped = self.space.map_kernel_user(
                addr + offset as u64,
                paging::virt_to_phys(page),
                &mut || self.pay(PAGE_SIZE as u64),
            );
            if mapped.is_none() {
                for rest in (offset..size).step_by(PAGE_SIZE) {
                    let page = block.as_ptr().wrapping_add(rest);
                    if let Some(page) = NonNull::new(page) {
                        // SAFETY: the page was just made, and nothing refers to it; a block
                        // may go back page by page.
                        unsafe { frames::free(page, 0) };
                    }
                }
                self.give_back((size - offset) as u64);
                return None;
            }
        }
        Some(())
    }

    /// The kernel's address of a UTCB at this address: it must lie in kernel-user memory
    /// of one piece and be aligned to 16 bytes.
    pub fn find_utcb(&self, addr: u64) -> Option<*mut u8> {
        self.find_ku_mem(addr, utcb::SIZE as u64)
    }

    /// The kernel's address of so many bytes (at most a page) of kernel-user memory, of
    /// one piece and aligned to 16 bytes.
    pub fn find_ku_mem(&self, addr: u64, size: u64) -> Option<*mut u8> {
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
        Some(paging::phys_to_virt(first + offset))
    }

    /// The task's end (from `obj::reap`), in steps: what is gone is not there any more
    /// when the next one comes. Its threads stop with the first.
    pub fn destroy(&'static self, budget: &Budget) -> Result<(), Unfinished> {
        while let Some(thread) = self.threads.first() {
            thread.halt();
        }
        self.replies.clear();
        map::unmap_all(self, budget)?;
        ports::unmap_all(self, budget)?;
        self.io.clear();
        self.caps.remove_all(budget)?;
        self.caps.clear_all();
        self.space.clear();
        if let Some(factory) = self.header.factory() {
            factory.give(self.paid.take());
        }
        super::release(&TASKS, self);
        Ok(())
    }

    /// An operation of the task protocol.
    pub fn invoke(&'static self, call: &Call) -> Outcome {
        let result = match call.word(0).unwrap_or(u64::MAX) {
            op::UNMAP => return self.op_unmap(call),
            op::MAP => self.op_map(call),
            op::CAP_INFO if call.words() < 2 => Err(err::EINVAL),
            op::CAP_INFO => Ok(self.op_cap_info(call)),
            op::ADD_KU_MEM => self.op_add_ku_mem(call),
            _ => Err(err::ENOSYS),
        };
        result.into()
    }

    fn op_map(&'static self, call: &Call) -> Result<Reply, i64> {
        if !call.rights.has(Rights::W) {
            return Err(err::EPERM);
        }
        let (control, send) = (call.arg(1)?, Fpage::from_raw(call.arg(2)?));
        let source = call.item(0).ok_or(err::EINVAL)?;
        let crate::obj::Object::Task(source_task) = source.object() else {
            return Err(err::EINVAL);
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
        map::map(
            source_task,
            send,
            self,
            window,
            control,
            How::of(&item, special),
        )
        .map_err(|_| err::ENOMEM)?;
        Ok(Reply::ok())
    }

    fn op_unmap(&'static self, call: &Call) -> Outcome {
        let budget = Budget::of_one_stay();
        match self.unmap_all_of(call, &budget) {
            Err(error) => Err(error).into(),
            // The dead belong to the operation: when it is over, their memory is back.
            Ok(done) => match done.and_then(|()| obj::reap(&budget)) {
                Ok(()) => Ok(Reply::ok()).into(),
                Err(Unfinished) => Outcome::Again,
            },
        }
    }

    fn unmap_all_of(
        &'static self,
        call: &Call,
        budget: &Budget,
    ) -> Result<Result<(), Unfinished>, i64> {
        // Without flexpages there is nothing to unmap.
        let flags = UnmapFlags::from_bits_retain(call.word(1).unwrap_or(0));
        let all_spaces = flags.contains(UnmapFlags::ALL_SPACES);
        let delete = flags.contains(UnmapFlags::DELETE_OBJ);
        let unmap = |fpage: Fpage| {
            let kind = fpage.kind();
            let is = |k| kind == k || kind == FpageType::Special;
            if is(FpageType::Memory) {
                map::unmap_memory(self, fpage, all_spaces, budget)?;
            }
            if is(FpageType::Io) {
                ports::unmap(self, fpage, all_spaces, budget)?;
            }
            if is(FpageType::Obj) && all_spaces {
                map::unmap_caps(self, fpage, delete, budget)?;
            }
            Ok(())
        };
        for n in 2..call.words() {
            if let Err(unfinished) = unmap(Fpage::from_raw(call.arg(n)?)) {
                return Ok(Err(unfinished));
            }
        }
        Ok(Ok(()))
    }

    fn op_cap_info(&self, call: &Call) -> Reply {
        let find = |n| {
            let index = CapIdx(call.word(n)? & !0xfff);
            self.caps.get(cap::position(index)?)
        };
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
                (a, b) => a.is_none() && b.is_none(),
            },
        };
        Reply::label(i64::from(present))
    }

    fn op_add_ku_mem(&self, call: &Call) -> Result<Reply, i64> {
        let area = Fpage::from_raw(call.arg(1)?);
        self.add_ku_mem(area)?;
        call.set_word(0, area.with_rights(0).raw());
        Ok(Reply::words(1))
    }
}
