//! Doubly linked lists through the elements themselves.
//!
//! Elements live in type-stable memory (`mem::slab`), so a link is a plain `&'static`
//! and nothing here is unsafe. An element can be in one list per [`Link`] it has.

use core::cell::Cell;

/// The place in an element that ties it into a list.
pub struct Link<T: 'static> {
    next: Cell<Option<&'static T>>,
    prev: Cell<Option<&'static T>>,
    linked: Cell<bool>,
}

impl<T> Link<T> {
    /// A link that is in no list.
    pub const fn new() -> Self {
        Self {
            next: Cell::new(None),
            prev: Cell::new(None),
            linked: Cell::new(false),
        }
    }

    /// Whether the element is in a list.
    #[inline]
    pub fn is_linked(&self) -> bool {
        self.linked.get()
    }
}

/// Tells which link of an element a list uses.
pub trait Linked<Tag>: Sized + 'static {
    /// The link for lists of this tag.
    fn link(&self) -> &Link<Self>;
}

/// A list of elements, joined by their link for `Tag`.
pub struct List<T: 'static, Tag> {
    head: Cell<Option<&'static T>>,
    tail: Cell<Option<&'static T>>,
    tag: core::marker::PhantomData<Tag>,
}

impl<T: Linked<Tag>, Tag> List<T, Tag> {
    /// An empty list.
    pub const fn new() -> Self {
        Self {
            head: Cell::new(None),
            tail: Cell::new(None),
            tag: core::marker::PhantomData,
        }
    }

    /// The first element.
    #[inline]
    pub fn first(&self) -> Option<&'static T> {
        self.head.get()
    }

    /// The element behind `element`, which is in this list.
    pub fn next(&self, element: &T) -> Option<&'static T> {
        element.link().next.get()
    }

    /// Whether nothing is in the list.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.head.get().is_none()
    }

    /// Adds an element, which is in no list of this tag, at the end.
    pub fn push_back(&self, element: &'static T) {
        self.insert_after(self.tail.get(), element);
    }

    /// Adds an element, which is in no list of this tag, at the front.
    pub fn push_front(&self, element: &'static T) {
        self.insert_after(None, element);
    }

    /// Adds an element behind `place`, or at the front.
    pub fn insert_after(&self, place: Option<&'static T>, element: &'static T) {
        let link = element.link();
        debug_assert!(!link.is_linked());
        let next = match place {
            Some(place) => place.link().next.replace(Some(element)),
            None => self.head.replace(Some(element)),
        };
        link.prev.set(place);
        link.next.set(next);
        link.linked.set(true);
        match next {
            Some(next) => next.link().prev.set(Some(element)),
            None => self.tail.set(Some(element)),
        }
    }

    /// Adds an element so that the list stays ordered by `before`: behind all elements
    /// that are not to stand after it. The search starts at the end.
    pub fn insert_sorted(&self, element: &'static T, before: impl Fn(&T, &T) -> bool) {
        let mut place = self.tail.get();
        while let Some(candidate) = place {
            if !before(element, candidate) {
                break;
            }
            place = candidate.link().prev.get();
        }
        self.insert_after(place, element);
    }

    /// Takes an element out; one that is in no list is left as it is.
    ///
    /// An element that is linked must be in this list and no other.
    pub fn remove(&self, element: &T) {
        let link = element.link();
        if !link.linked.replace(false) {
            return;
        }
        let (prev, next) = (link.prev.take(), link.next.take());
        match prev {
            Some(prev) => prev.link().next.set(next),
            None => self.head.set(next),
        }
        match next {
            Some(next) => next.link().prev.set(prev),
            None => self.tail.set(prev),
        }
    }

    /// Takes the first element out.
    pub fn pop_front(&self) -> Option<&'static T> {
        let first = self.head.get()?;
        self.remove(first);
        Some(first)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::VecDeque;

    struct Tag;
    struct Item {
        key: u8,
        link: Link<Item>,
    }
    impl Linked<Tag> for Item {
        fn link(&self) -> &Link<Item> {
            &self.link
        }
    }

    fn items(n: usize) -> Vec<&'static Item> {
        (0..n)
            .map(|i| {
                &*Box::leak(Box::new(Item {
                    key: i as u8,
                    link: Link::new(),
                }))
            })
            .collect()
    }

    fn keys(list: &List<Item, Tag>) -> Vec<u8> {
        let mut out = Vec::new();
        let mut at = list.first();
        while let Some(item) = at {
            out.push(item.key);
            at = list.next(item);
        }
        out
    }

    proptest! {
        #[test]
        fn behaves_like_a_deque(ops in prop::collection::vec((0u8..4, 0usize..16), 0..200)) {
            let pool = items(16);
            let list = List::<Item, Tag>::new();
            let mut model: VecDeque<u8> = VecDeque::new();
            for (op, i) in ops {
                let item = pool[i];
                match op {
                    0 if !item.link.is_linked() => { list.push_back(item); model.push_back(item.key) }
                    1 if !item.link.is_linked() => { list.push_front(item); model.push_front(item.key) }
                    2 => { list.remove(item); model.retain(|k| *k != item.key) }
                    3 => prop_assert_eq!(list.pop_front().map(|i| i.key), model.pop_front()),
                    _ => {}
                }
                prop_assert_eq!(keys(&list), model.iter().copied().collect::<Vec<_>>());
                prop_assert_eq!(list.is_empty(), model.is_empty());
            }
        }
    }

    #[test]
    fn sorted_insertion_is_stable() {
        let pool = items(6);
        let list = List::<Item, Tag>::new();
        // Order by key / 2, descending: equals stay in the order of insertion.
        for i in [0, 5, 1, 4, 2, 3] {
            list.insert_sorted(pool[i], |a, b| a.key / 2 > b.key / 2);
        }
        assert_eq!(keys(&list), [5, 4, 2, 3, 0, 1]);
    }
}
