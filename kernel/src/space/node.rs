//! The mapping database: a node for each page that a task got from another.
//!
//! The nodes of a frame form trees: a node's children are the mappings made from it. A
//! node is also in the tree of its task's pages, by which it is found.

use crate::mem::slab::{Slab, Slot};
use crate::obj::task::Task;
use core::cell::Cell;

/// A page in a task.
pub struct Node {
    task: Cell<Option<&'static Task>>,
    /// Address, with the order in the low bits.
    pub(super) key: Cell<u64>,
    pub(super) weight: Cell<u64>,
    pub(super) left: Cell<Option<&'static Node>>,
    pub(super) right: Cell<Option<&'static Node>>,
    /// Of I/O ports, not of memory.
    ports: Cell<bool>,
    parent: Cell<Option<&'static Node>>,
    first_child: Cell<Option<&'static Node>>,
    next: Cell<Option<&'static Node>>,
    prev: Cell<Option<&'static Node>>,
}

impl Slot for Node {
    const VACANT: Self = Self {
        task: Cell::new(None),
        key: Cell::new(0),
        weight: Cell::new(0),
        left: Cell::new(None),
        right: Cell::new(None),
        ports: Cell::new(false),
        parent: Cell::new(None),
        first_child: Cell::new(None),
        next: Cell::new(None),
        prev: Cell::new(None),
    };
    fn next_free(&self) -> &Cell<Option<&'static Self>> {
        &self.next
    }
}

static NODES: Slab<Node> = Slab::new();

/// What a node costs its task.
pub const NODE_BYTES: u64 = size_of::<Node>() as u64;

const ORDER_MASK: u64 = 0x3f;

/// The key of a page.
pub fn key(addr: u64, order: u32) -> u64 {
    addr | u64::from(order)
}

impl Node {
    /// A node for a page of `task`, below `parent`; not yet in the task's tree.
    pub fn create(
        task: &'static Task,
        addr: u64,
        order: u32,
        parent: Option<&'static Node>,
        ports: bool,
    ) -> Option<&'static Node> {
        let node = NODES.take()?;
        node.ports.set(ports);
        node.task.set(Some(task));
        node.key.set(key(addr, order));
        node.left.set(None);
        node.right.set(None);
        node.first_child.set(None);
        node.next.set(None);
        node.prev.set(None);
        node.parent.set(None);
        if let Some(parent) = parent {
            node.attach(parent);
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
        self.key.get() & !ORDER_MASK
    }

    /// The page's order.
    pub fn order(&self) -> u32 {
        (self.key.get() & ORDER_MASK) as u32
    }

    /// The node it was mapped from.
    pub fn parent(&self) -> Option<&'static Node> {
        self.parent.get()
    }

    /// One of the nodes mapped from it.
    pub fn first_child(&self) -> Option<&'static Node> {
        self.first_child.get()
    }

    /// The next one with the same parent.
    pub fn next_sibling(&self) -> Option<&'static Node> {
        self.next.get()
    }

    /// Whether `self` is `other` or was mapped, over however many steps, from it.
    pub fn descends_from(&'static self, other: &Node) -> bool {
        let mut at = Some(self);
        while let Some(node) = at {
            if core::ptr::eq(node, other) {
                return true;
            }
            at = node.parent.get();
        }
        false
    }

    fn attach(&'static self, parent: &'static Node) {
        let next = parent.first_child.replace(Some(self));
        self.parent.set(Some(parent));
        self.prev.set(None);
        self.next.set(next);
        if let Some(next) = next {
            next.prev.set(Some(self));
        }
    }

    /// Makes a node of the same tree a child of this one.
    pub fn adopt(&'static self, node: &'static Node) {
        node.detach();
        node.attach(self);
    }

    fn detach(&self) {
        let (prev, next) = (self.prev.take(), self.next.take());
        if let Some(next) = next {
            next.prev.set(prev);
        }
        match (prev, self.parent.take()) {
            (Some(prev), _) => prev.next.set(next),
            (None, Some(parent)) => parent.first_child.set(next),
            (None, None) => {}
        }
    }

    /// Puts `self`, which has no children, in the place of `other` in its tree: the same
    /// parent, and the children of `other`. Used to grant.
    pub fn replace(&'static self, other: &'static Node) {
        self.detach();
        if let Some(parent) = other.parent.get() {
            self.attach(parent);
        }
        while let Some(child) = other.first_child.get() {
            child.detach();
            child.attach(self);
        }
    }

    /// Takes a node without children, which is in no task's tree any more, out of the
    /// database.
    pub fn free(&'static self) {
        debug_assert!(self.first_child.get().is_none());
        self.detach();
        self.task.set(None);
        NODES.give(self);
    }
}
