//! Ordered trees through the elements themselves: treaps.
//!
//! Insertion, removal and search take a number of steps that grows with the logarithm of
//! the number of elements. An element's weight, which gives the tree its shape, is a hash
//! of its address and of a number chosen at start: nobody outside can choose it.
//!
//! Elements and trees live in type-stable memory (`mem::slab`) or statics, so links are
//! plain `&'static`s and nothing here is unsafe. An element can be in one tree per
//! [`TreeLink`] it has. Removal searches for the element: one that is in another tree stays
//! there, and no tree is damaged.

use core::cell::Cell;

/// The place in an element that ties it into a tree.
pub struct TreeLink<T: 'static, Tag: 'static> {
    left: Cell<Option<&'static T>>,
    right: Cell<Option<&'static T>>,
    /// [`UNLINKED`] in no tree.
    key: Cell<u64>,
    tag: core::marker::PhantomData<Tag>,
}

/// The key of an element that is in no tree. Keys are smaller.
const UNLINKED: u64 = u64::MAX;

/// Tells which link of an element a tree uses.
pub trait InTree<Tag: 'static>: Sized + 'static {
    /// The link for trees of this tag.
    fn tree_link(&self) -> &TreeLink<Self, Tag>;
}

impl<T: InTree<Tag>, Tag> TreeLink<T, Tag> {
    /// A link that is in no tree.
    #[allow(
        clippy::new_without_default,
        reason = "used in constants, where a default cannot be"
    )]
    pub const fn new() -> Self {
        Self {
            left: Cell::new(None),
            right: Cell::new(None),
            key: Cell::new(UNLINKED),
            tag: core::marker::PhantomData,
        }
    }

    /// Whether the element is in a tree.
    #[inline]
    pub fn is_linked(&self) -> bool {
        self.key.get() != UNLINKED
    }

    /// The key that the element has in its tree.
    #[inline]
    pub fn key(&self) -> u64 {
        self.key.get()
    }

    /// A place for a pointer, while the element is in no tree.
    pub fn spare(&self) -> &Cell<Option<&'static T>> {
        &self.left
    }
}

/// A tree of elements, joined by their link for `Tag` and ordered by their keys. Elements
/// with the same key are ordered by their addresses.
pub struct Tree<T: 'static, Tag: 'static> {
    root: Cell<Option<&'static T>>,
    tag: core::marker::PhantomData<Tag>,
}

struct Seed(Cell<u64>);
// SAFETY: one processor, interrupts off: no two accesses overlap (`util::global`).
unsafe impl Sync for Seed {}
static SEED: Seed = Seed(Cell::new(0));

/// Chooses the number that weights depend on; called once, before there is a tree.
pub fn seed(number: u64) {
    SEED.0.set(number);
}

#[inline]
fn weight<T>(element: &T) -> u64 {
    let x = core::ptr::from_ref(element).addr() as u64 ^ SEED.0.get();
    let x = x.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (x ^ x >> 29).wrapping_mul(0xbf58_476d_1ce4_e5b9)
}

impl<T: InTree<Tag>, Tag> Tree<T, Tag> {
    /// An empty tree.
    #[allow(
        clippy::new_without_default,
        reason = "used in constants, where a default cannot be"
    )]
    pub const fn new() -> Self {
        Self {
            root: Cell::new(None),
            tag: core::marker::PhantomData,
        }
    }

    /// Whether nothing is in the tree.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.root.get().is_none()
    }

    /// An element at the top of the tree: the one that is found without a search.
    #[inline]
    pub fn any(&self) -> Option<&'static T> {
        self.root.get()
    }

    /// The first element with exactly this key.
    pub fn get(&self, key: u64) -> Option<&'static T> {
        self.ceil(key).filter(|e| e.tree_link().key.get() == key)
    }

    /// The first element whose key is not below `key`.
    pub fn ceil(&self, key: u64) -> Option<&'static T> {
        self.search((key, 0))
    }

    /// The first element.
    pub fn first(&self) -> Option<&'static T> {
        let mut at = self.root.get()?;
        while let Some(left) = at.tree_link().left.get() {
            at = left;
        }
        Some(at)
    }

    /// The element behind one that is in the tree.
    pub fn after(&self, element: &T) -> Option<&'static T> {
        let (key, place) = position(element);
        self.search((key, place + 1))
    }

    /// The first element whose position is not below this one.
    fn search(&self, wanted: (u64, usize)) -> Option<&'static T> {
        let (mut at, mut best) = (self.root.get(), None);
        while let Some(element) = at {
            if position(element) < wanted {
                at = element.tree_link().right.get();
            } else {
                best = Some(element);
                at = element.tree_link().left.get();
            }
        }
        best
    }

    /// Adds an element with a key below `u64::MAX`. One that is in a tree of this tag stays
    /// there: false.
    pub fn insert(&self, new: &'static T, key: u64) -> bool {
        let link = new.tree_link();
        if link.is_linked() || key == UNLINKED {
            debug_assert!(false, "an element is inserted twice, or has no key");
            return false;
        }
        link.key.set(key);
        let wanted = position(new);
        let weight_of_new = weight(new);
        let mut place = &self.root;
        while let Some(element) = place.get() {
            if weight(element) < weight_of_new {
                break;
            }
            let next = element.tree_link();
            place = if wanted < position(element) {
                &next.left
            } else {
                &next.right
            };
        }
        // The subtree here goes below the new element, split at its position.
        let mut rest = place.replace(Some(new));
        let (mut left, mut right) = (&link.left, &link.right);
        while let Some(element) = rest {
            let split = element.tree_link();
            if position(element) < wanted {
                left.set(Some(element));
                left = &split.right;
                rest = left.get();
            } else {
                right.set(Some(element));
                right = &split.left;
                rest = right.get();
            }
        }
        left.set(None);
        right.set(None);
        true
    }

    /// Takes an element out of this tree. False, and nothing happens, if it is not in it.
    pub fn remove(&self, element: &T) -> bool {
        let link = element.tree_link();
        let wanted = position(element);
        let mut place = &self.root;
        loop {
            let Some(at) = place.get() else {
                return false;
            };
            if core::ptr::eq(at, element) {
                break;
            }
            let next = at.tree_link();
            place = if wanted < position(at) {
                &next.left
            } else {
                &next.right
            };
        }
        link.key.set(UNLINKED);
        let (mut left, mut right) = (link.left.take(), link.right.take());
        loop {
            match (left, right) {
                (Some(l), Some(r)) if weight(l) >= weight(r) => {
                    place.set(Some(l));
                    place = &l.tree_link().right;
                    left = place.get();
                }
                (Some(_), Some(r)) => {
                    place.set(Some(r));
                    place = &r.tree_link().left;
                    right = place.get();
                }
                (rest, None) | (None, rest) => {
                    place.set(rest);
                    return true;
                }
            }
        }
    }

    /// Takes the first element out.
    pub fn pop_first(&self) -> Option<&'static T> {
        let first = self.first()?;
        self.remove(first);
        Some(first)
    }
}

#[inline]
fn position<T: InTree<Tag>, Tag: 'static>(element: &T) -> (u64, usize) {
    let place = core::ptr::from_ref(element).addr();
    (element.tree_link().key.get(), place)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    struct Tag;
    struct Item {
        link: TreeLink<Item, Tag>,
    }
    impl InTree<Tag> for Item {
        fn tree_link(&self) -> &TreeLink<Item, Tag> {
            &self.link
        }
    }

    fn items(n: usize) -> Vec<&'static Item> {
        let new = |_| {
            &*Box::leak(Box::new(Item {
                link: TreeLink::new(),
            }))
        };
        (0..n).map(new).collect()
    }

    fn depth(at: Option<&'static Item>) -> usize {
        at.map_or(0, |item| {
            1 + depth(item.link.left.get()).max(depth(item.link.right.get()))
        })
    }

    proptest! {
        #[test]
        fn behaves_like_an_ordered_set(ops in prop::collection::vec((0u8..4, 0usize..24, 0u64..12), 0..300)) {
            let pool = items(24);
            let tree: Tree<Item, Tag> = Tree::new();
            let stranger: Tree<Item, Tag> = Tree::new();
            let place = |item: &Item| core::ptr::from_ref(item).addr();
            let mut model: BTreeSet<(u64, usize)> = BTreeSet::new();
            for (op, i, key) in ops {
                let item = pool[i];
                match op {
                    0 | 1 if !item.link.is_linked() => {
                        prop_assert!(tree.insert(item, key));
                        model.insert((key, place(item)));
                    }
                    2 => {
                        let entry = (item.link.key(), place(item));
                        prop_assert!(!stranger.remove(item), "in another tree");
                        prop_assert_eq!(tree.remove(item), model.remove(&entry));
                        prop_assert!(!item.link.is_linked());
                    }
                    3 => {
                        let first = tree.first().map(|item| item.link.key());
                        let popped = tree.pop_first().map(place);
                        prop_assert_eq!(first.zip(popped), model.pop_first());
                    }
                    _ => {}
                }
                prop_assert_eq!(tree.is_empty(), model.is_empty());
                for probe in 0..13 {
                    let expect = model.range((probe, 0)..).next().copied();
                    let found = tree.ceil(probe).map(|item| (item.link.key(), place(item)));
                    prop_assert_eq!(found, expect);
                }
                let mut walk = Vec::new();
                let mut at = tree.first();
                while let Some(item) = at {
                    walk.push((item.link.key(), place(item)));
                    at = tree.after(item);
                }
                prop_assert_eq!(walk, model.iter().copied().collect::<Vec<_>>());
            }
        }
    }

    #[test]
    fn stays_flat_whatever_the_order_of_insertion() {
        let pool = items(if cfg!(miri) { 200 } else { 20_000 });
        let tree: Tree<Item, Tag> = Tree::new();
        for (key, item) in pool.iter().enumerate() {
            tree.insert(item, key as u64);
        }
        assert!(depth(tree.any()) < 60, "{} deep", depth(tree.any()));
    }
}
