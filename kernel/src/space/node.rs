//! The mapping database: a node for each page that a task got from another.
//!
//! The nodes of a frame form trees: a node's children are the mappings made from it. They
//! are ordered by what rights they have, then by their physical address, so that those an
//! operation is about are found without a look at the others. A node is also in the tree
//! of its task's pages, by which it is found.

use crate::arch::paging::LARGE_PAGE;
use crate::mem::account::Account;
use crate::mem::slab::{Slab, Slot};
use crate::obj::task::Task;
use crate::util::list::{Link, Linked, List};
use crate::util::tree::{InTree, Tree, TreeLink};
use core::cell::Cell;
use l4re_sys::fpage::MemRights;

/// Tag of the link by which a node is in the tree of its task's pages or ports.
pub struct PageTag;
/// Tag of the link by which a node is in the tree of its parent's children.
pub struct ChildTag;
/// Tag of the link by which a node waits for its children to lose rights.
pub struct RevokedTag;

/// The pages or the ports of a task, ordered by address.
pub type NodeTree = Tree<Node, PageTag>;

/// A page in a task.
pub struct Node {
    task: Cell<Option<&'static Task>>,
    /// Its key: the address, with the order in the low bits.
    page: TreeLink<Node, PageTag>,
    /// Its key: see `child_key`.
    sibling: TreeLink<Node, ChildTag>,
    parent: Cell<Option<&'static Node>>,
    children: Tree<Node, ChildTag>,
    /// How many nodes are above it, or more; not less than the depth of any node above.
    depth: Cell<u32>,
    /// Of I/O ports, not of memory.
    ports: Cell<bool>,
    /// Rights that all children are to lose.
    revoked: Cell<MemRights>,
    revoked_link: Link<Node, RevokedTag>,
}

impl Slot for Node {
    const VACANT: Self = Self {
        task: Cell::new(None),
        page: TreeLink::new(),
        sibling: TreeLink::new(),
        parent: Cell::new(None),
        children: Tree::new(),
        depth: Cell::new(0),
        ports: Cell::new(false),
        revoked: Cell::new(MemRights::empty()),
        revoked_link: Link::new(),
    };
    const KIND: usize = 7;
    fn next_free(&self) -> &Cell<Option<&'static Self>> {
        self.page.spare()
    }
}

impl InTree<PageTag> for Node {
    #[inline]
    fn tree_link(&self) -> &TreeLink<Self, PageTag> {
        &self.page
    }
}
impl InTree<ChildTag> for Node {
    #[inline]
    fn tree_link(&self) -> &TreeLink<Self, ChildTag> {
        &self.sibling
    }
}
impl Linked<RevokedTag> for Node {
    fn link(&self) -> &Link<Self, RevokedTag> {
        &self.revoked_link
    }
}

static NODES: Slab<Node> = Slab::new();

const ORDER_MASK: u64 = 0x3f;

/// The key of a page among those of its task.
pub fn key(addr: u64, order: u32) -> u64 {
    addr | u64::from(order)
}

/// Where the rights of a page stand in its key among its parent's children.
const RIGHTS_SHIFT: u32 = 60;
/// How many different rights children can have: those to write and to execute.
const CLASSES: u8 = 4;

fn class(rights: MemRights) -> u64 {
    u64::from((rights & (MemRights::W | MemRights::X)).bits())
}

fn child_key(rights: MemRights, phys: u64, order: u32) -> u64 {
    class(rights) << RIGHTS_SHIFT | key(phys, order)
}

/// Which mappings of a page an operation is about: those that have a part of these physical
/// addresses.
#[derive(Clone, Copy)]
pub struct Extent {
    /// The first address.
    pub start: u64,
    /// The first one behind.
    pub end: u64,
}

impl Extent {
    /// All of them.
    pub const WHOLE: Self = Self {
        start: 0,
        end: 1 << RIGHTS_SHIFT,
    };
}

/// What is to be known of a page.
#[derive(Clone, Copy)]
pub struct Page {
    /// Its address in the task.
    pub addr: u64,
    /// Its physical address.
    pub phys: u64,
    /// Its order.
    pub order: u32,
    /// What it may be used for.
    pub rights: MemRights,
    /// Of I/O ports, not of memory.
    pub ports: bool,
}

impl Node {
    /// A node for a page of `task`, below `parent`; not yet in the task's tree.
    pub fn create(
        task: &'static Task,
        page: Page,
        parent: Option<&'static Node>,
        account: &Account,
    ) -> Option<&'static Node> {
        let node = NODES.take(account)?;
        node.ports.set(page.ports);
        node.task.set(Some(task));
        node.depth.set(0);
        node.revoked.set(MemRights::empty());
        if let Some(parent) = parent {
            node.attach(parent, child_key(page.rights, page.phys, page.order));
        }
        Some(node)
    }

    /// Whose page it is.
    pub fn task(&self) -> Option<&'static Task> {
        self.task.get()
    }

    /// Whether it is of I/O ports.
    pub fn is_ports(&self) -> bool {
        self.ports.get()
    }

    /// The page's address in the task.
    pub fn addr(&self) -> u64 {
        self.page.key() & !ORDER_MASK
    }

    /// The page's order.
    pub fn order(&self) -> u32 {
        (self.page.key() & ORDER_MASK) as u32
    }

    /// The page's physical address. Who has memory from nobody has it at that address.
    pub fn phys(&self) -> u64 {
        if self.parent.get().is_none() {
            return self.addr();
        }
        self.sibling.key() & ((1 << RIGHTS_SHIFT) - 1) & !ORDER_MASK
    }

    /// The node it was mapped from.
    pub fn parent(&self) -> Option<&'static Node> {
        self.parent.get()
    }

    /// One of the nodes mapped from it.
    pub fn any_child(&self) -> Option<&'static Node> {
        self.children.any()
    }

    /// One of the nodes mapped from it, but not this one.
    pub fn child_other_than(&self, node: &Node) -> Option<&'static Node> {
        let first = self.children.first()?;
        if core::ptr::eq(first, node) {
            return self.children.after(first);
        }
        Some(first)
    }

    /// A node mapped from the part of this one that an operation is about, and that has one
    /// of these rights.
    pub fn child_in(&self, extent: Extent, rights: MemRights) -> Option<&'static Node> {
        if self.children.is_empty() {
            return None;
        }
        (0..CLASSES)
            .filter(|class| {
                let has = MemRights::R | MemRights::from_bits_truncate(*class);
                has.intersects(rights)
            })
            .find_map(|class| {
                let class = u64::from(class) << RIGHTS_SHIFT;
                let large = extent.start & !((1 << LARGE_PAGE) - 1);
                let found = (self.children.ceil(class | extent.start))
                    .filter(|node| node.sibling.key() < class + extent.end);
                found.or_else(|| self.children.get(class | key(large, LARGE_PAGE)))
            })
    }

    /// The first node mapped from this one with a key as [`key`] makes it of its physical address
    /// and order, and with the rights to read and write.
    pub fn child_at(&self, key: u64) -> Option<&'static Node> {
        let class = class(MemRights::RW) << RIGHTS_SHIFT;
        self.children.get(class | key)
    }

    /// Notes other rights of the page, which has them in its task.
    pub fn set_rights(&'static self, rights: MemRights) {
        if let Some(parent) = self.parent.get() {
            let place = self.sibling.key() & ((1 << RIGHTS_SHIFT) - 1);
            parent.children.remove(self);
            (parent.children).insert(self, class(rights) << RIGHTS_SHIFT | place);
        }
    }

    /// What the page may be used for, as its parent knows it.
    pub fn rights(&self) -> MemRights {
        if self.parent.get().is_none() {
            return MemRights::RWX;
        }
        let class = (self.sibling.key() >> RIGHTS_SHIFT) as u8;
        MemRights::R | MemRights::from_bits_truncate(class)
    }

    /// Whether `self` is `other` or was mapped, over however many steps, from it. If more
    /// steps would have to be looked at than one stay in the kernel may take, yes.
    pub fn descends_from(&'static self, other: &Node) -> bool {
        const MOST: u32 = 1_000;
        let mut at = Some(self);
        for _ in 0..MOST {
            match at {
                Some(node) if core::ptr::eq(node, other) => return true,
                Some(node) if node.depth.get() >= other.depth.get() => at = node.parent.get(),
                _ => return false,
            }
        }
        true
    }

    fn attach(&'static self, parent: &'static Node, key: u64) {
        self.parent.set(Some(parent));
        self.depth.set(parent.depth.get().saturating_add(1));
        parent.children.insert(self, key);
    }

    /// Makes a node of the same tree a child of this one.
    pub fn adopt(&'static self, node: &'static Node) {
        let (key, depth) = (node.sibling.key(), node.depth.get());
        node.detach();
        node.attach(self, key);
        // Not less than that of any node above: it comes from below.
        node.depth.set(depth);
    }

    fn detach(&'static self) {
        if let Some(parent) = self.parent.take() {
            parent.children.remove(self);
        }
    }

    /// Prepares `self`, a new child of `other`, for [`take_place_of`](Self::take_place_of): the
    /// children of `other` may come below it.
    pub fn stand_in_for(&self, other: &Node) {
        self.depth.set(other.depth.get());
    }

    /// Puts `self`, a child of `other`, in the place of `other`, which has no other children:
    /// below the same parent. Used to grant.
    pub fn take_place_of(&'static self, other: &'static Node) {
        match other.parent.get() {
            Some(parent) => parent.adopt(self),
            None => self.detach(),
        }
    }

    /// Takes a node without children, which is in no task's tree any more, out of the
    /// database.
    pub fn free(&'static self, account: &Account) {
        debug_assert!(self.children.is_empty());
        self.detach();
        self.end_revoking();
        self.task.set(None);
        NODES.give(self, account);
    }

    /// Has all children lose rights, by [`revoking`].
    pub fn revoke_from_children(&'static self, rights: MemRights) {
        self.revoked.set(self.revoked.get() | rights);
        if !self.revoked_link.is_linked() {
            REVOKING.0.push_back(self);
        }
    }

    /// Which rights the children are still to lose.
    pub fn to_revoke(&self) -> MemRights {
        self.revoked.get()
    }

    /// No child has anything to lose any more.
    pub fn end_revoking(&self) {
        self.revoked.set(MemRights::empty());
        REVOKING.0.remove(self);
    }
}

struct Revoking(List<Node, RevokedTag>);
// SAFETY: one processor, interrupts off: no two accesses overlap (`util::global`).
unsafe impl Sync for Revoking {}
static REVOKING: Revoking = Revoking(List::new());

/// The first node whose children are to lose rights.
pub fn revoking() -> Option<&'static Node> {
    REVOKING.0.first()
}
