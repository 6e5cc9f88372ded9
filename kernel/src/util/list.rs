//! Doubly linked lists through the elements themselves.
//!
//! Elements and lists live in type-stable memory (`mem::slab`) or statics, so a link is made
//! of plain `&'static`s and nothing here is unsafe. An element can be in one list per
//! [`Link`] it has. The link knows that list: no operation believes its caller about
//! where an element is, so that a wrong one cannot damage a list.

use core::cell::Cell;

/// The place in an element that ties it into a list.
pub struct Link<T: 'static, Tag: 'static> {
    next: Cell<Option<&'static T>>,
    prev: Cell<Option<&'static T>>,
    list: Cell<Option<&'static List<T, Tag>>>,
}

impl<T: Linked<Tag>, Tag> Link<T, Tag> {
    /// A link that is in no list.
    pub const fn new() -> Self {
        Self {
            next: Cell::new(None),
            prev: Cell::new(None),
            list: Cell::new(None),
        }
    }

    /// Whether the element is in a list.
    #[inline]
    pub fn is_linked(&self) -> bool {
        self.list.get().is_some()
    }

    /// Whether the element is in this very list.
    #[inline]
    pub fn is_in(&self, list: &List<T, Tag>) -> bool {
        self.list.get().is_some_and(|own| core::ptr::eq(own, list))
    }

    /// Takes the element out of whatever list it is in. False if it is in none.
    #[inline]
    pub fn unlink(&self) -> bool {
        let Some(list) = self.list.take() else {
            return false;
        };
        let (prev, next) = (self.prev.take(), self.next.take());
        match prev {
            Some(prev) => prev.link().next.set(next),
            None => list.head.set(next),
        }
        match next {
            Some(next) => next.link().prev.set(prev),
            None => list.tail.set(prev),
        }
        true
    }
}

/// Tells which link of an element a list uses.
pub trait Linked<Tag: 'static>: Sized + 'static {
    /// The link for lists of this tag.
    fn link(&self) -> &Link<Self, Tag>;
}

/// A list of elements, joined by their link for `Tag`.
pub struct List<T: 'static, Tag: 'static> {
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

    /// The element behind `element`. `None` for the last one, and for one that is not in
    /// this list.
    pub fn next(&self, element: &T) -> Option<&'static T> {
        let link = element.link();
        link.is_in(self).then(|| link.next.get()).flatten()
    }

    /// Whether nothing is in the list.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.head.get().is_none()
    }

    /// Adds an element at the end. An element that is in a list of this tag stays there:
    /// false.
    pub fn push_back(&'static self, element: &'static T) -> bool {
        self.insert_after(self.tail.get(), element)
    }

    /// Adds an element at the front; the same holds as for [`List::push_back`].
    pub fn push_front(&'static self, element: &'static T) -> bool {
        self.insert_after(None, element)
    }

    /// Adds an element behind `place`, or at the front. False, and nothing happens, if the
    /// element is in a list of this tag already or `place` is not in this one.
    pub fn insert_after(&'static self, place: Option<&'static T>, element: &'static T) -> bool {
        let link = element.link();
        let foreign = place.is_some_and(|place| !place.link().is_in(self));
        if link.is_linked() || foreign {
            debug_assert!(false, "an element is inserted twice, or behind a stranger");
            return false;
        }
        let next = match place {
            Some(place) => place.link().next.replace(Some(element)),
            None => self.head.replace(Some(element)),
        };
        link.prev.set(place);
        link.next.set(next);
        link.list.set(Some(self));
        match next {
            Some(next) => next.link().prev.set(Some(element)),
            None => self.tail.set(Some(element)),
        }
        true
    }

    /// Takes an element out of this list. False, and nothing happens, if it is not in it.
    pub fn remove(&self, element: &T) -> bool {
        let link = element.link();
        link.is_in(self) && link.unlink()
    }

    /// Takes the first element out.
    pub fn pop_front(&self) -> Option<&'static T> {
        let first = self.head.get()?;
        first.link().unlink();
        Some(first)
    }

    /// Whether the links of all elements agree with each other and with the list, which has
    /// at most `most` of them. Costs a look at each.
    #[cfg(any(test, feature = "checks"))]
    pub fn is_sound(&self, most: usize) -> bool {
        let mut before: Option<&'static T> = None;
        let mut at = self.head.get();
        for _ in 0..=most {
            let Some(element) = at else {
                return match (before, self.tail.get()) {
                    (None, None) => true,
                    (Some(last), Some(tail)) => core::ptr::eq(last, tail),
                    _ => false,
                };
            };
            let link = element.link();
            let agrees = match (before, link.prev.get()) {
                (None, None) => true,
                (Some(a), Some(b)) => core::ptr::eq(a, b),
                _ => false,
            };
            if !agrees || !link.is_in(self) {
                return false;
            }
            before = at;
            at = link.next.get();
        }
        false
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
        link: Link<Item, Tag>,
    }
    impl Linked<Tag> for Item {
        fn link(&self) -> &Link<Item, Tag> {
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

    fn list() -> &'static List<Item, Tag> {
        Box::leak(Box::new(List::new()))
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
            let list = list();
            let mut model: VecDeque<u8> = VecDeque::new();
            for (op, i) in ops {
                let item = pool[i];
                match op {
                    0 if !item.link.is_linked() => { list.push_back(item); model.push_back(item.key) }
                    1 if !item.link.is_linked() => { list.push_front(item); model.push_front(item.key) }
                    2 => { prop_assert_eq!(list.remove(item), model.contains(&item.key)); model.retain(|k| *k != item.key) }
                    3 => prop_assert_eq!(list.pop_front().map(|i| i.key), model.pop_front()),
                    _ => {}
                }
                prop_assert_eq!(keys(list), model.iter().copied().collect::<Vec<_>>());
                prop_assert_eq!(list.is_empty(), model.is_empty());
                prop_assert!(list.is_sound(pool.len()));
            }
        }
    }

    /// An element is moved, removed and asked for by lists that it is not in.
    #[test]
    fn an_element_of_another_list_is_left_where_it_is() {
        let pool = items(3);
        let (a, b) = (list(), list());
        assert!(a.push_back(pool[0]) && a.push_back(pool[1]));
        assert!(b.push_back(pool[2]));
        assert!(!b.remove(pool[0]) && !b.remove(pool[1]));
        assert!(b.next(pool[0]).is_none());
        assert_eq!((keys(a), keys(b)), (vec![0, 1], vec![2]));
        assert!(pool[0].link.is_in(a) && !pool[0].link.is_in(b));
        // Unlinking needs to know no list.
        assert!(pool[0].link.unlink() && !pool[0].link.unlink());
        assert_eq!((keys(a), keys(b)), (vec![1], vec![2]));
        assert!(a.is_sound(2) && b.is_sound(1) && !a.is_sound(0));
    }

    /// In release builds, too: where the debug assertion stops the test, the list is whole.
    #[test]
    fn a_linked_element_is_not_inserted_again() {
        let pool = items(2);
        let (a, b) = (list(), list());
        assert!(a.push_back(pool[0]) && a.push_back(pool[1]));
        let refused = |f: &dyn Fn() -> bool| {
            // The list is made of cells: a panic leaves nothing half done in it.
            let f = std::panic::AssertUnwindSafe(f);
            std::panic::catch_unwind(f).map_or(true, |inserted| !inserted)
        };
        assert!(refused(&|| b.push_back(pool[0])));
        assert!(refused(&|| a.push_front(pool[1])));
        assert_eq!((keys(a), keys(b)), (vec![0, 1], vec![]));
        assert!(a.is_sound(2) && b.is_sound(0));
    }
}
