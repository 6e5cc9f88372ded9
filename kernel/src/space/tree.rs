//! The pages of a task, ordered by address: a treap.

use super::node::Node;
use core::cell::Cell;

/// The nodes of a task.
pub struct NodeTree {
    root: Cell<Option<&'static Node>>,
}

/// A number that an attacker cannot choose: a generator seeded at start.
fn weight() -> u64 {
    struct State(Cell<u64>);
    // SAFETY: as for `util::global::Global`: one processor, interrupts off.
    unsafe impl Sync for State {}
    static STATE: State = State(Cell::new(0));
    let mut x = STATE.0.get();
    if x == 0 {
        x = crate::arch::cpu::tsc() | 1;
    }
    // Xorshift.
    x ^= x << 13;
    x ^= x >> 7;
    x ^= x << 17;
    STATE.0.set(x);
    x
}

impl NodeTree {
    /// A tree of nothing.
    pub const fn new() -> Self {
        Self {
            root: Cell::new(None),
        }
    }

    /// The node of exactly this key.
    pub fn get(&self, key: u64) -> Option<&'static Node> {
        self.ceil(key).filter(|node| node.key.get() == key)
    }

    /// The node with the smallest key that is not below `key`.
    pub fn ceil(&self, key: u64) -> Option<&'static Node> {
        let (mut at, mut best) = (self.root.get(), None);
        while let Some(node) = at {
            if node.key.get() < key {
                at = node.right.get();
            } else {
                best = Some(node);
                at = node.left.get();
            }
        }
        best
    }

    /// Adds a node whose key is not in the tree.
    pub fn insert(&self, new: &'static Node) {
        let key = new.key.get();
        new.weight.set(weight());
        let mut place = &self.root;
        while let Some(node) = place.get() {
            if node.weight.get() < new.weight.get() {
                break;
            }
            place = if key < node.key.get() {
                &node.left
            } else {
                &node.right
            };
        }
        // The subtree here goes below the new node, split at its key.
        let mut rest = place.replace(Some(new));
        let (mut left, mut right) = (&new.left, &new.right);
        while let Some(node) = rest {
            if node.key.get() < key {
                left.set(Some(node));
                left = &node.right;
                rest = left.get();
            } else {
                right.set(Some(node));
                right = &node.left;
                rest = right.get();
            }
        }
        left.set(None);
        right.set(None);
    }

    /// Takes a node out that is in the tree.
    pub fn remove(&self, node: &Node) {
        let key = node.key.get();
        let mut place = &self.root;
        loop {
            let Some(at) = place.get() else { return };
            if core::ptr::eq(at, node) {
                break;
            }
            place = if key < at.key.get() {
                &at.left
            } else {
                &at.right
            };
        }
        let (mut left, mut right) = (node.left.take(), node.right.take());
        loop {
            match (left, right) {
                (Some(l), Some(r)) if l.weight.get() >= r.weight.get() => {
                    place.set(Some(l));
                    place = &l.right;
                    left = place.get();
                }
                (Some(_), Some(r)) => {
                    place.set(Some(r));
                    place = &r.left;
                    right = place.get();
                }
                (rest, None) | (None, rest) => {
                    place.set(rest);
                    return;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::node::Node;
    use super::*;
    use crate::mem::slab::Slot;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    proptest! {
        #[test]
        fn behaves_like_a_map(ops in prop::collection::vec((0u8..3, 0u64..64), 0..300)) {
            let tree = NodeTree::new();
            let mut model: BTreeMap<u64, &'static Node> = BTreeMap::new();
            for (op, key) in ops {
                match op {
                    0 if !model.contains_key(&key) => {
                        let node: &'static Node = Box::leak(Box::new(Node::VACANT));
                        node.key.set(key);
                        tree.insert(node);
                        model.insert(key, node);
                    }
                    1 => if let Some(node) = model.remove(&key) { tree.remove(node) },
                    _ => {}
                }
                for probe in 0..64 {
                    let expect = model.range(probe..).next().map(|(k, _)| *k);
                    prop_assert_eq!(tree.ceil(probe).map(|n| n.key.get()), expect);
                    prop_assert_eq!(tree.get(probe).is_some(), model.contains_key(&probe));
                }
            }
        }
    }
}
