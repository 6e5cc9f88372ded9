//! The ready queues: a list for each priority, and which of them hold something.

use crate::util::list::{Linked, List};
use core::cell::Cell;

/// Tag of the ready queues' link.
pub struct ReadyTag;

/// What can be queued.
pub trait Prioritised: Linked<ReadyTag> {
    /// 0 to 255, higher is more urgent. Constant while queued.
    fn priority(&self) -> u8;
}

const PRIORITIES: usize = 256;

/// Threads that wait for the processor.
pub struct ReadyQueue<T: 'static> {
    lists: [List<T, ReadyTag>; PRIORITIES],
    used: [Cell<u64>; 4],
    top: Cell<u8>,
}

impl<T: Prioritised> ReadyQueue<T> {
    /// Empty queues.
    pub const fn new() -> Self {
        Self {
            lists: [const { List::new() }; PRIORITIES],
            used: [const { Cell::new(0) }; 4],
            top: Cell::new(0),
        }
    }

    /// The highest priority with a thread; 0 if there is none.
    #[inline(always)]
    pub fn top_priority(&self) -> u8 {
        self.top.get()
    }

    fn find_top(&self) -> u8 {
        for word in (0..4).rev() {
            let bits = self.used[word].get();
            if bits != 0 {
                return (word as u32 * 64 + 63 - bits.leading_zeros()) as u8;
            }
        }
        0
    }

    /// Adds a thread behind its equals.
    pub fn push_back(&'static self, thread: &'static T) {
        let priority = thread.priority();
        self.lists[priority as usize].push_back(thread);
        self.mark(priority);
    }

    /// Adds a thread before its equals.
    pub fn push_front(&'static self, thread: &'static T) {
        let priority = thread.priority();
        self.lists[priority as usize].push_front(thread);
        self.mark(priority);
    }

    /// Whether a thread is in a queue.
    #[inline]
    pub fn is_queued(&self, thread: &T) -> bool {
        thread.link().is_linked()
    }

    /// Takes a thread out, if it is in.
    #[inline]
    pub fn remove(&self, thread: &T) {
        if thread.link().unlink() {
            self.unmark(thread.priority());
        }
    }

    /// Takes the first thread of the highest priority.
    pub fn pop(&self) -> Option<&'static T> {
        let priority = self.top_priority();
        let thread = self.lists[priority as usize].pop_front()?;
        self.unmark(priority);
        Some(thread)
    }

    fn mark(&self, priority: u8) {
        let word = &self.used[priority as usize / 64];
        word.set(word.get() | 1 << (priority % 64));
        self.top.set(self.top.get().max(priority));
    }

    fn unmark(&self, priority: u8) {
        if self.lists[priority as usize].is_empty() {
            let word = &self.used[priority as usize / 64];
            word.set(word.get() & !(1 << (priority % 64)));
            self.top.set(self.find_top());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::util::list::Link;
    use proptest::prelude::*;

    struct Item {
        priority: u8,
        id: usize,
        link: Link<Item, ReadyTag>,
    }
    impl Linked<ReadyTag> for Item {
        fn link(&self) -> &Link<Item, ReadyTag> {
            &self.link
        }
    }
    impl Prioritised for Item {
        fn priority(&self) -> u8 {
            self.priority
        }
    }

    proptest! {
        #[test]
        fn highest_first_and_fair(
            priorities in prop::collection::vec(any::<u8>(), 1..20),
            ops in prop::collection::vec((0u8..4, any::<usize>()), 0..200),
        ) {
            let pool: Vec<&'static Item> = priorities.iter().enumerate()
                .map(|(id, p)| &*Box::leak(Box::new(Item { priority: *p, id, link: Link::new() })))
                .collect();
            let queue: &'static ReadyQueue<Item> = Box::leak(Box::new(ReadyQueue::new()));
            let mut model: Vec<(u8, usize)> = Vec::new();
            for (op, pick) in ops {
                let item = pool[pick % pool.len()];
                match op {
                    0 if !queue.is_queued(item) => {
                        queue.push_back(item);
                        model.push((item.priority, item.id));
                    }
                    1 if !queue.is_queued(item) => {
                        queue.push_front(item);
                        model.insert(0, (item.priority, item.id));
                    }
                    2 => {
                        queue.remove(item);
                        model.retain(|m| m.1 != item.id);
                    }
                    _ => {
                        let best = model.iter().map(|m| m.0).max();
                        let expect = best.and_then(|b| model.iter().position(|m| m.0 == b))
                            .map(|i| model.remove(i).1);
                        prop_assert_eq!(queue.pop().map(|i| i.id), expect);
                    }
                }
                prop_assert_eq!(queue.top_priority(), model.iter().map(|m| m.0).max().unwrap_or(0));
            }
        }
    }
}
