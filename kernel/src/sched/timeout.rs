//! Threads that wait until a point in time.
//!
//! Each priority has a tree of its own, ordered by deadline, and a table over them knows
//! the first deadline of each range of priorities. So a wait costs the same however many
//! threads of other priorities sleep, and the logarithm of those of its own; and what is
//! due for the highest priority comes first, however much is due below it.

use crate::obj::thread::Thread;
use crate::util::budget::{Budget, Unfinished};
use crate::util::tree::{InTree, Tree, TreeLink};
use core::cell::Cell;

/// Tag of the link by which a thread waits for its timeout.
pub struct TimeoutTag;

const PRIORITIES: usize = 256;
const NEVER: u64 = u64::MAX;

struct Timeouts<T: 'static> {
    trees: [Tree<T, TimeoutTag>; PRIORITIES],
    /// A complete binary tree: at `PRIORITIES + p` the first deadline of priority p, and at
    /// n the smaller one of those at 2n and 2n + 1.
    first: [Cell<u64>; 2 * PRIORITIES],
}

// SAFETY: one processor, interrupts off: no two accesses overlap (`util::global`).
unsafe impl Sync for Timeouts<Thread> {}
static TIMEOUTS: Timeouts<Thread> = Timeouts::new();

impl<T: InTree<TimeoutTag>> Timeouts<T> {
    const fn new() -> Self {
        Self {
            trees: [const { Tree::new() }; PRIORITIES],
            first: [const { Cell::new(NEVER) }; 2 * PRIORITIES],
        }
    }

    fn insert(&'static self, element: &'static T, priority: u8, deadline: u64) {
        if self.trees[usize::from(priority)].insert(element, deadline) {
            let leaf = &self.first[PRIORITIES + usize::from(priority)];
            if deadline < leaf.get() {
                self.update(priority, deadline);
            }
        }
    }

    fn remove(&self, element: &T, priority: u8) {
        let tree = &self.trees[usize::from(priority)];
        if tree.remove(element) {
            let first = tree.first().map_or(NEVER, |e| e.tree_link().key());
            if first != self.first[PRIORITIES + usize::from(priority)].get() {
                self.update(priority, first);
            }
        }
    }

    fn update(&self, priority: u8, first: u64) {
        let mut n = PRIORITIES + usize::from(priority);
        self.first[n].set(first);
        while n > 1 {
            let least = self.first[n].get().min(self.first[n ^ 1].get());
            n /= 2;
            if self.first[n].get() == least {
                return;
            }
            self.first[n].set(least);
        }
    }

    /// The next deadline of all.
    fn next(&self) -> u64 {
        self.first[1].get()
    }

    /// Takes an element out whose deadline has passed: of those of the highest priority the
    /// one with the earliest.
    fn pop_due(&self, now: u64) -> Option<&'static T> {
        if self.next() > now {
            return None;
        }
        let mut n = 1;
        while n < PRIORITIES {
            n = 2 * n + usize::from(self.first[2 * n + 1].get() <= now);
        }
        let priority = n - PRIORITIES;
        let element = self.trees[priority].first()?;
        self.remove(element, priority as u8);
        Some(element)
    }
}

/// Lets `thread` be told at `deadline` (microseconds).
pub fn set(thread: &'static Thread, deadline: u64) {
    clear(thread);
    // Later than any clock goes is the same as never, but can be called off.
    TIMEOUTS.insert(thread, thread.priority.get(), deadline.min(NEVER - 1));
    super::arm(u64::MAX);
}

/// Calls it off.
#[inline]
pub fn clear(thread: &Thread) {
    if is_set(thread) {
        TIMEOUTS.remove(thread, thread.priority.get());
    }
}

/// Whether a timeout runs for the thread.
#[inline]
pub fn is_set(thread: &Thread) -> bool {
    link(thread).is_linked()
}

fn link(thread: &Thread) -> &TreeLink<Thread, TimeoutTag> {
    thread.tree_link()
}

/// Lets `change` give the thread another priority, and its timeout run on.
pub fn keep_while(thread: &'static Thread, change: impl FnOnce()) {
    let deadline = is_set(thread).then(|| link(thread).key());
    clear(thread);
    change();
    if let Some(deadline) = deadline {
        TIMEOUTS.insert(thread, thread.priority.get(), deadline);
    }
}

/// The next point in time at which somebody is to be told.
#[inline]
pub fn first() -> u64 {
    TIMEOUTS.next()
}

/// Tells those whose time has come, the highest priority first, as far as the budget goes.
pub fn expire(now: u64, budget: &Budget) -> Result<(), Unfinished> {
    while first() <= now {
        budget.spend(Budget::WAKE)?;
        if let Some(thread) = TIMEOUTS.pop_due(now) {
            thread.timed_out();
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    struct Item {
        link: TreeLink<Item, TimeoutTag>,
    }
    impl InTree<TimeoutTag> for Item {
        fn tree_link(&self) -> &TreeLink<Item, TimeoutTag> {
            &self.link
        }
    }

    proptest! {
        #[test]
        fn the_highest_priority_comes_first_and_the_next_deadline_is_known(
            ops in prop::collection::vec((0u8..3, 0usize..12, any::<u8>(), 0u64..40), 0..120),
        ) {
            let new = |_| &*Box::leak(Box::new(Item { link: TreeLink::new() }));
            let pool: Vec<&'static Item> = (0..12).map(new).collect();
            let timeouts: &'static Timeouts<Item> = Box::leak(Box::new(Timeouts::new()));
            // Priority, deadline, and which.
            let mut model: Vec<(u8, u64, usize)> = Vec::new();
            for (op, i, priority, time) in ops {
                let known = model.iter().position(|m| m.2 == i);
                match (op, known) {
                    (0, None) => {
                        timeouts.insert(pool[i], priority, time);
                        model.push((priority, time, i));
                    }
                    (1, Some(n)) => timeouts.remove(pool[i], model.swap_remove(n).0),
                    (2, _) => {
                        let due = model.iter().filter(|m| m.1 <= time);
                        let best = due.map(|m| (m.0, core::cmp::Reverse(m.1))).max();
                        let popped = timeouts.pop_due(time);
                        prop_assert_eq!(popped.is_some(), best.is_some());
                        if let (Some(item), Some((priority, deadline))) = (popped, best) {
                            let n = model.iter().position(|m| core::ptr::eq(pool[m.2], item)).unwrap();
                            prop_assert_eq!((model[n].0, model[n].1), (priority, deadline.0));
                            model.swap_remove(n);
                        }
                    }
                    _ => {}
                }
                prop_assert_eq!(timeouts.next(), model.iter().map(|m| m.1).min().unwrap_or(NEVER));
            }
        }
    }
}
