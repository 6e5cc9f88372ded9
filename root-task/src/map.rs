//! Values by their keys, in order, each in memory of its own: adding one can fail, and nothing
//! else needs memory.

use alloc::boxed::Box;

use intrusive_collections::{Bound, KeyAdapter, RBTree, RBTreeLink, intrusive_adapter};

use crate::error::Result;
use crate::fallible::boxed;

/// A value that has its key in it.
pub trait Keyed {
    /// The key.
    type Key: Ord + ?Sized;

    /// The value's key, always the same.
    fn key(&self) -> &Self::Key;
}

struct Node<V> {
    link: RBTreeLink,
    value: V,
}

intrusive_adapter!(Adapter<V> = Box<Node<V>>: Node<V> { link => RBTreeLink });

impl<'a, V: Keyed + 'a> KeyAdapter<'a> for Adapter<V> {
    type Key = &'a V::Key;

    fn get_key(&self, node: &'a Node<V>) -> &'a V::Key {
        node.value.key()
    }
}

/// Values by their keys.
pub struct Map<V: Keyed>(RBTree<Adapter<V>>);

impl<V: Keyed> Default for Map<V> {
    fn default() -> Self {
        Map(RBTree::new(Adapter::new()))
    }
}

impl<V: Keyed + 'static> Map<V> {
    /// Adds a value, whose key no other one must have.
    ///
    /// # Errors
    /// [`crate::error::Error::ENOMEM`].
    pub fn insert(&mut self, value: V) -> Result<()> {
        let link = RBTreeLink::new();
        self.0.insert(boxed(Node { link, value })?);
        Ok(())
    }

    /// The value of a key.
    pub fn get(&self, key: &V::Key) -> Option<&V> {
        self.0.find(key).get().map(|node| &node.value)
    }

    /// The value of the largest key that is not above `key`.
    pub fn at_or_below(&self, key: &V::Key) -> Option<&V> {
        let found = self.0.upper_bound(Bound::Included(key));
        found.get().map(|node| &node.value)
    }

    /// The value of the smallest key that is not below `key`.
    pub fn at_or_above(&self, key: &V::Key) -> Option<&V> {
        let found = self.0.lower_bound(Bound::Included(key));
        found.get().map(|node| &node.value)
    }

    /// The values of this key and those above, in order.
    pub fn from<'a>(&'a self, key: &V::Key) -> impl Iterator<Item = &'a V> + use<'a, V> {
        let mut cursor = self.0.lower_bound(Bound::Included(key));
        core::iter::from_fn(move || {
            let node = cursor.get()?;
            cursor.move_next();
            Some(&node.value)
        })
    }

    /// Takes the value of a key out.
    pub fn remove(&mut self, key: &V::Key) -> Option<V> {
        self.0.find_mut(key).remove().map(|node| node.value)
    }

    /// Changes the value of a key and perhaps its key, to one that no other value has. False if there
    /// is none.
    pub fn change(&mut self, key: &V::Key, change: impl FnOnce(&mut V)) -> bool {
        let mut cursor = self.0.find_mut(key);
        let Some(mut node) = cursor.remove() else {
            return false;
        };
        change(&mut node.value);
        self.0.insert(node);
        true
    }

    /// Takes the first value out.
    pub fn pop_first(&mut self) -> Option<V> {
        self.0.front_mut().remove().map(|node| node.value)
    }

    /// All values, in order.
    #[cfg(test)]
    pub fn iter(&self) -> impl Iterator<Item = &V> {
        self.0.iter().map(|node| &node.value)
    }
}
