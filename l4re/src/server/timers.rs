//! Things to do at a time.

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use core::cell::{Cell, RefCell};
use core::fmt;

/// What identifies something to be done at a time, so that it can be called off.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Timer {
    /// Microseconds of the system's clock.
    at: u64,
    number: u64,
}

type Work = Box<dyn FnOnce()>;

/// What is to be done, by time.
#[derive(Default)]
pub struct Timers {
    work: RefCell<BTreeMap<Timer, Work>>,
    made: Cell<u64>,
}

impl Timers {
    /// Adds something to be done.
    pub fn add(&self, at: u64, work: Work) -> Timer {
        let number = self.made.get();
        self.made.set(number.wrapping_add(1));
        let timer = Timer { at, number };
        self.work.borrow_mut().insert(timer, work);
        timer
    }

    /// Calls it off. Whether it was still to be done.
    pub fn cancel(&self, timer: Timer) -> bool {
        // Dropped behind the borrow: what it holds may use the timers.
        let work = self.work.borrow_mut().remove(&timer);
        work.is_some()
    }

    /// When there is something to do.
    pub fn next(&self) -> Option<u64> {
        self.work.borrow().keys().next().map(|timer| timer.at)
    }

    /// Does what is due.
    pub fn run(&self, now: u64) {
        // What is added meanwhile waits for the next time: work cannot keep the server busy.
        let last = self.made.get();
        loop {
            let due = {
                let work = self.work.borrow();
                let mut due = work.keys().take_while(|timer| timer.at <= now);
                due.find(|timer| timer.number < last).copied()
            };
            let Some(due) = due else {
                return;
            };
            let work = self.work.borrow_mut().remove(&due);
            if let Some(work) = work {
                work();
            }
        }
    }

    /// Calls everything off.
    pub fn clear(&self) {
        let work = self.work.take();
        drop(work);
    }
}

impl fmt::Debug for Timers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Timers").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::rc::Rc;
    use alloc::vec;
    use alloc::vec::Vec;

    #[test]
    fn work_is_done_in_time_and_order() {
        let timers = Rc::new(Timers::default());
        let done: Rc<RefCell<Vec<u32>>> = Rc::default();
        let note = |n| {
            let done = done.clone();
            Box::new(move || done.borrow_mut().push(n))
        };
        timers.add(30, note(3));
        let second = timers.add(20, note(2));
        timers.add(10, note(1));
        timers.add(10, note(11));
        assert_eq!(timers.next(), Some(10));
        timers.run(9);
        assert!(done.borrow().is_empty());
        assert!(timers.cancel(second));
        assert!(!timers.cancel(second));
        // Work that makes work does not run for ever.
        let again = timers.clone();
        timers.add(
            10,
            Box::new(move || {
                again.add(10, Box::new(|| panic!("not in the same turn")));
            }),
        );
        timers.run(30);
        assert_eq!(*done.borrow(), vec![1, 11, 3]);
        assert_eq!(timers.next(), Some(10));
        timers.clear();
        assert_eq!(timers.next(), None);
    }
}
