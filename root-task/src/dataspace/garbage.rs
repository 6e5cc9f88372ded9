//! Memory of dataspaces that are gone: freed a little at a time.

use alloc::boxed::Box;
use core::cell::{Cell, RefCell};

use intrusive_collections::{LinkedList, LinkedListLink, intrusive_adapter};

use super::pages::Pages;
use crate::budget::{Budget, cost};
use crate::pool::Pool;
use crate::quota::Charge;
use l4re_sys::consts::PAGE_SIZE;

/// The pages of a dataspace, and what is charged for them.
pub(super) struct Memory {
    link: LinkedListLink,
    pool: &'static Pool,
    pub(super) pages: Pages,
    pub(super) charge: Charge,
    /// How far the first chunk has been freed.
    next: usize,
}

intrusive_adapter!(Adapter = Box<Memory>: Memory { link => LinkedListLink });

impl Memory {
    /// Pages that are all absent.
    pub(super) fn new(pool: &'static Pool, pages: Pages, charge: Charge) -> Self {
        Memory {
            link: LinkedListLink::new(),
            pool,
            pages,
            charge,
            next: 0,
        }
    }

    /// Frees pages within the budget, neighbours together; whether all are free.
    fn free(&mut self, budget: &Budget) -> bool {
        while let Some(chunk) = self.pages.first() {
            let pages = chunk.pages();
            while let Some(page) = pages.get(self.next) {
                if !budget.is_left() {
                    return false;
                }
                let page = page.take();
                self.next += 1;
                if page.is_absent() || page.is_shared() {
                    budget.spend(cost::LOOK);
                    continue;
                }
                let (start, mut end) = (page.address(), page.address() + PAGE_SIZE);
                while let Some(next) = pages.get(self.next)
                    && next.get().is_own_at(end)
                {
                    next.take();
                    self.next += 1;
                    end += PAGE_SIZE;
                }
                self.pool.free(start, end - start);
                self.charge.shrink(end - start);
                budget.spend(cost::REVOKE + cost::LOOK * ((end - start) / PAGE_SIZE) as u32);
            }
            self.next = 0;
            if let Some(chunk) = self.pages.pop_first() {
                chunk.free(self.pool, &mut self.charge);
            }
            budget.spend(cost::ENTRY);
        }
        true
    }
}

/// As much is freed at once when a dataspace goes.
const AT_ONCE: u32 = 20_000;

/// What is still to be freed, the oldest first.
struct Garbage {
    list: RefCell<LinkedList<Adapter>>,
    /// What was done at once since somebody asked last.
    spent: Cell<u32>,
}

impl Garbage {
    const fn none() -> Garbage {
        Garbage {
            list: RefCell::new(LinkedList::new(Adapter::NEW)),
            spent: Cell::new(0),
        }
    }
}

// SAFETY: the root task has one thread.
#[cfg(target_os = "l4re")]
unsafe impl Sync for Garbage {}
#[cfg(target_os = "l4re")]
static GARBAGE: Garbage = Garbage::none();

#[cfg(not(target_os = "l4re"))]
std::thread_local! {
    static GARBAGE: Garbage = const { Garbage::none() };
}

fn with<R>(f: impl FnOnce(&Garbage) -> R) -> R {
    #[cfg(target_os = "l4re")]
    return f(&GARBAGE);
    #[cfg(not(target_os = "l4re"))]
    return GARBAGE.with(f);
}

fn with_garbage<R>(f: impl FnOnce(&RefCell<LinkedList<Adapter>>) -> R) -> R {
    with(|garbage| f(&garbage.list))
}

/// Frees the memory: at once if that is little work, else by [`collect`].
pub(super) fn throw_away(mut memory: Box<Memory>) {
    let budget = Budget::of(AT_ONCE);
    let freed = memory.free(&budget);
    with(|garbage| {
        let spent = AT_ONCE - budget.left();
        garbage.spent.set(garbage.spent.get().saturating_add(spent));
        if !freed {
            garbage.list.borrow_mut().push_back(memory);
        }
    });
}

/// What was done at once for dataspaces that went, since this was asked last.
pub fn spent() -> u32 {
    with(|garbage| garbage.spent.take())
}

/// Whether there is memory that is still to be freed.
pub fn is_left() -> bool {
    with_garbage(|garbage| !garbage.borrow().is_empty())
}

/// Frees memory within the budget.
pub fn collect(budget: &Budget) {
    while budget.is_left()
        && let Some(mut memory) = with_garbage(|garbage| garbage.borrow_mut().pop_front())
    {
        if !memory.free(budget) {
            with_garbage(|garbage| garbage.borrow_mut().push_front(memory));
        }
    }
}
