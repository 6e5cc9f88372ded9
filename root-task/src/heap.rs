//! Memory for the root task's own bookkeeping, charged to those that it is kept for.
//!
//! Each account has a [`Heap`] of its own, which takes whole pages from the pool and charges each
//! to the account's quota: what is charged is what is taken, gaps included. A page that holds
//! nothing any more goes back to the pool at once. While a request is served, the heap of the
//! account that it is served for is the [current](pays) one, and everything that is allocated
//! comes from there; nothing else has to remember to charge.
//!
//! An allocation that an account cannot pay for fails. What may be allocated for a client is
//! therefore made of the types of [`crate::fallible`], which can fail; the standard ones are
//! forbidden by `clippy.toml`.

use core::alloc::{GlobalAlloc, Layout};
use core::cell::Cell;
use core::ptr::{self, NonNull};

use l4re_sys::consts::PAGE_SIZE;

use crate::error::Result;
use crate::fallible::{Kept, Shared};
use crate::pool::Pool;
use crate::quota::Quota;

/// Bytes at the start of a page that say whose it is.
const HEADER: usize = 64;
/// The sizes of blocks, multiples of [`UNIT`]; what is larger gets pages of its own.
const SIZES: [usize; 7] = [32, 64, 128, 256, 496, 1008, 2016];
/// The alignment of blocks.
const UNIT: usize = 16;

/// What stands at the start of each page, or run of pages, of a heap.
struct Header {
    heap: Owner,
    /// Neighbours among the pages that have free blocks of this size.
    next: Cell<Option<NonNull<Header>>>,
    previous: Cell<Option<NonNull<Header>>>,
    /// Which of [`SIZES`].
    class: usize,
    /// Blocks in use.
    used: Cell<u16>,
    /// The first free block that was in use before, in units from the page's start; 0: none.
    free: Cell<u16>,
    /// The first block that was never in use, in units from the page's start.
    fresh: Cell<u16>,
}

const _: () = assert!(size_of::<Header>() <= HEADER);

/// Whose a page is; `None`: the root task's own heap.
type Owner = Option<Kept<Heap>>;

/// An account's memory for bookkeeping.
pub struct Heap {
    quota: Option<Shared<Quota>>,
    pool: Cell<Option<&'static Pool>>,
    /// Pages with free blocks, by size.
    partial: [Cell<Option<NonNull<Header>>>; SIZES.len()],
    pages: Cell<usize>,
}

impl Heap {
    /// A heap whose pages are charged to `quota`. It stays as long as anything in it does.
    ///
    /// # Errors
    /// [`crate::error::Error::ENOMEM`].
    pub fn new(pool: &'static Pool, quota: Shared<Quota>) -> Result<Shared<Heap>> {
        Shared::new(Heap {
            quota: Some(quota),
            ..Self::root(Some(pool))
        })
    }

    /// The root task's own heap, which nobody is charged for.
    pub const fn root(pool: Option<&'static Pool>) -> Heap {
        Heap {
            quota: None,
            pool: Cell::new(pool),
            partial: [const { Cell::new(None) }; SIZES.len()],
            pages: Cell::new(0),
        }
    }

    /// From now on pages come from this pool.
    pub fn set_pool(&self, pool: &'static Pool) {
        self.pool.set(Some(pool));
    }

    /// Pages that it has taken.
    pub fn pages(&self) -> usize {
        self.pages.get()
    }

    /// A block of memory; null if there is none, or the account cannot pay for it. `owner` is
    /// this heap.
    fn alloc(&self, owner: Owner, layout: Layout) -> *mut u8 {
        let block = match class_of(layout) {
            Some(class) => self.block(owner, class),
            None => self.run(owner, layout),
        };
        block.unwrap_or(ptr::null_mut())
    }

    fn block(&self, owner: Owner, class: usize) -> Option<*mut u8> {
        let size = *SIZES.get(class)?;
        let list = self.partial.get(class)?;
        let page = match list.get() {
            Some(page) => page,
            None => {
                let page = self.take(owner, PAGE_SIZE, class)?;
                list.set(Some(page));
                page
            }
        };
        // SAFETY: pages in the list are this heap's, with a header at the start.
        let header = unsafe { page.as_ref() };
        let at = match header.free.get() {
            0 => {
                let at = header.fresh.get();
                header.fresh.set(at + (size / UNIT) as u16);
                at
            }
            at => {
                // SAFETY: a free block's first two bytes tell the next one (`free`).
                header.free.set(unsafe {
                    page.cast::<u8>()
                        .add(usize::from(at) * UNIT)
                        .cast::<u16>()
                        .read()
                });
                at
            }
        };
        header.used.set(header.used.get() + 1);
        if header.is_full(size) {
            self.unlink(header, list);
        }
        // SAFETY: the block lies within the page.
        Some(unsafe { page.cast::<u8>().add(usize::from(at) * UNIT) }.as_ptr())
    }

    /// A block that is larger than what pages are divided into.
    fn run(&self, owner: Owner, layout: Layout) -> Option<*mut u8> {
        if layout.align() > HEADER {
            return None;
        }
        let bytes = run_bytes(layout)?;
        let page = self.take(owner, bytes, SIZES.len())?;
        // SAFETY: the run is longer than its header.
        Some(unsafe { page.cast::<u8>().add(HEADER) }.as_ptr())
    }

    /// Takes pages, charges them, and writes their header.
    fn take(&self, owner: Owner, bytes: usize, class: usize) -> Option<NonNull<Header>> {
        if let Some(quota) = &self.quota
            && !quota.take(bytes)
        {
            return None;
        }
        let Some(address) = self.pages_of_pool(bytes) else {
            if let Some(quota) = &self.quota {
                quota.give_back(bytes);
            }
            return None;
        };
        self.pages.set(self.pages.get() + bytes / PAGE_SIZE);
        let page = NonNull::new(ptr::with_exposed_provenance_mut::<Header>(address))?;
        // SAFETY: the heap has a keeper, who is allocating from it.
        let heap = owner.map(|kept| unsafe { kept.keep() });
        // SAFETY: the pages were just allocated and are nobody else's.
        unsafe {
            page.write(Header {
                heap,
                next: Cell::new(None),
                previous: Cell::new(None),
                class,
                used: Cell::new(0),
                free: Cell::new(0),
                fresh: Cell::new((HEADER / UNIT) as u16),
            });
        }
        Some(page)
    }

    fn pages_of_pool(&self, bytes: usize) -> Option<usize> {
        match self.pool.get() {
            Some(pool) => pool.alloc(bytes, PAGE_SIZE, 0..usize::MAX),
            None => first_pages(bytes),
        }
    }

    /// Gives pages back, which hold nothing any more.
    fn give_back(&self, page: NonNull<Header>, bytes: usize) {
        self.pages.set(self.pages.get() - bytes / PAGE_SIZE);
        let address = page.addr().get();
        if let Some(pool) = self.pool.get()
            && !is_first(address)
        {
            pool.free_private(address, bytes);
        }
        if let Some(quota) = &self.quota {
            quota.give_back(bytes);
        }
    }

    fn unlink(&self, header: &Header, list: &Cell<Option<NonNull<Header>>>) {
        let (next, previous) = (header.next.take(), header.previous.take());
        // SAFETY: neighbours are pages of this heap that are in the list, too.
        unsafe {
            if let Some(next) = next {
                next.as_ref().previous.set(previous);
            }
            match previous {
                Some(previous) => previous.as_ref().next.set(next),
                None => list.set(next),
            }
        }
    }

    fn link(&self, page: NonNull<Header>, list: &Cell<Option<NonNull<Header>>>) {
        let first = list.replace(Some(page));
        // SAFETY: both are pages of this heap.
        unsafe {
            page.as_ref().next.set(first);
            if let Some(first) = first {
                first.as_ref().previous.set(Some(page));
            }
        }
    }
}

impl Header {
    fn is_full(&self, size: usize) -> bool {
        self.free.get() == 0 && usize::from(self.fresh.get()) * UNIT + size > PAGE_SIZE
    }
}

/// Gives a block back to the heap that it is of.
///
/// # Safety
/// The block is from [`Heap::alloc`] with this layout, and nothing uses it.
unsafe fn free(block: *mut u8, layout: Layout) {
    let page = ptr::with_exposed_provenance_mut::<Header>(block.addr() & !(PAGE_SIZE - 1));
    // SAFETY: every block lies in the first page behind a header (caller's contract).
    let (page, header) = unsafe { (NonNull::new_unchecked(page), &*page) };
    let owner = header.heap;
    let emptied = |heap: &Heap| {
        let (Some(&size), Some(list)) = (SIZES.get(header.class), heap.partial.get(header.class))
        else {
            heap.give_back(page, run_bytes(layout).unwrap_or(PAGE_SIZE));
            return true;
        };
        let was_full = header.is_full(size);
        // SAFETY: the block is nobody's, and has room for two bytes.
        unsafe { block.cast::<u16>().write(header.free.get()) };
        header
            .free
            .set(((block.addr() & (PAGE_SIZE - 1)) / UNIT) as u16);
        header.used.set(header.used.get() - 1);
        if header.used.get() == 0 {
            if !was_full {
                heap.unlink(header, list);
            }
            heap.give_back(page, PAGE_SIZE);
            return true;
        }
        if was_full {
            heap.link(page, list);
        }
        false
    };
    match owner {
        // The page kept its heap; with the last one the heap may go, too.
        Some(kept) => {
            // SAFETY: the page kept the heap (`take`).
            if emptied(unsafe { kept.get() }) {
                // SAFETY: the page that kept it is gone, and with it this right.
                unsafe { kept.let_go() };
            }
        }
        None => {
            with_root(emptied);
        }
    }
}

fn class_of(layout: Layout) -> Option<usize> {
    if layout.align() > UNIT {
        return None;
    }
    SIZES.iter().position(|&size| layout.size() <= size)
}

/// Bytes of the pages of a block that has pages of its own.
fn run_bytes(layout: Layout) -> Option<usize> {
    layout
        .size()
        .checked_add(HEADER)?
        .checked_next_multiple_of(PAGE_SIZE)
}

/// Pages of the image: enough until memory is found.
#[cfg(target_os = "l4re")]
mod first {
    use super::*;

    const PAGES: usize = 32;

    #[repr(C, align(4096))]
    struct Pages([u8; PAGES * PAGE_SIZE]);
    static mut FIRST: Pages = Pages([0; PAGES * PAGE_SIZE]);

    struct Next(Cell<usize>);
    // SAFETY: the root task has one thread.
    unsafe impl Sync for Next {}
    static NEXT: Next = Next(Cell::new(0));

    /// Pages that were not given out yet; they are the heap's for ever.
    pub fn first_pages(bytes: usize) -> Option<usize> {
        let end = NEXT.0.get().checked_add(bytes)?;
        let at = NEXT.0.replace(end.min(PAGES * PAGE_SIZE));
        let start = (&raw mut FIRST).expose_provenance();
        (end <= PAGES * PAGE_SIZE).then_some(start + at)
    }

    pub fn is_first(address: usize) -> bool {
        let start = (&raw const FIRST).addr();
        (start..start + PAGES * PAGE_SIZE).contains(&address)
    }
}
#[cfg(not(target_os = "l4re"))]
mod first {
    /// On the host there are none.
    pub fn first_pages(_bytes: usize) -> Option<usize> {
        None
    }

    pub fn is_first(_address: usize) -> bool {
        false
    }
}
use first::{first_pages, is_first};

/// Which heap allocations come from.
struct Current(Cell<Owner>);

// SAFETY: the root task has one thread.
#[cfg(target_os = "l4re")]
unsafe impl Sync for Current {}
#[cfg(target_os = "l4re")]
static CURRENT: Current = Current(Cell::new(None));

/// The root task's own heap.
struct Root(Heap);
// SAFETY: the root task has one thread.
#[cfg(target_os = "l4re")]
unsafe impl Sync for Root {}
#[cfg(target_os = "l4re")]
static ROOT: Root = Root(Heap::root(None));

#[cfg(not(target_os = "l4re"))]
std::thread_local! {
    static CURRENT: Current = const { Current(Cell::new(None)) };
    static ROOT: Root = const { Root(Heap::root(None)) };
}

fn with_current<R>(f: impl FnOnce(&Cell<Owner>) -> R) -> R {
    #[cfg(target_os = "l4re")]
    return f(&CURRENT.0);
    #[cfg(not(target_os = "l4re"))]
    return CURRENT.with(|current| f(&current.0));
}

fn with_root<R>(f: impl FnOnce(&Heap) -> R) -> R {
    #[cfg(target_os = "l4re")]
    return f(&ROOT.0);
    #[cfg(not(target_os = "l4re"))]
    return ROOT.with(|root| f(&root.0));
}

/// Who pays now; `None`: the root task itself.
pub fn payer() -> Option<Shared<Heap>> {
    // SAFETY: who made it the current one (`pays`) has it borrowed until then.
    with_current(|current| current.get().map(|kept| unsafe { kept.share() }))
}

/// From now on the root task's own heap grows by this pool's memory.
pub fn grow_by(pool: &'static Pool) {
    with_root(|root| root.set_pool(pool));
}

/// Does something at an account's cost: all that is allocated meanwhile is charged there. With
/// `None` at the root task's own, for what is everybody's.
pub fn pays<R>(heap: Option<&Shared<Heap>>, work: impl FnOnce() -> R) -> R {
    /// Puts the payer of before back, also when a test panics.
    struct Before(Owner);
    impl Drop for Before {
        fn drop(&mut self) {
            with_current(|current| current.set(self.0));
        }
    }
    // `heap` is borrowed for longer than it is the current one.
    let _before = Before(with_current(|current| current.replace(heap.map(Kept::of))));
    work()
}

/// The allocator of the program: blocks come from the current heap.
pub struct Allocator;

// SAFETY: blocks lie in pages that a heap took from its pool, and no two blocks overlap; the
// heap of a block stays until the block is given back.
unsafe impl GlobalAlloc for Allocator {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        with_current(|current| {
            match current.get() {
                // SAFETY: who made it the current one (`pays`) has it borrowed until then.
                Some(kept) => unsafe { kept.get() }.alloc(Some(kept), layout),
                None => with_root(|root| root.alloc(None, layout)),
            }
        })
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: the block is from `alloc` with this layout (`GlobalAlloc`).
        unsafe { free(block, layout) };
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::error::Error;
    use crate::pool::tests::{is_of_pool, pool};
    use std::alloc::System;
    use std::boxed::Box;
    use std::collections::BTreeMap;
    use std::vec::Vec;

    /// The allocator of the tests: the host's, unless somebody pays.
    struct TestAllocator;

    // SAFETY: each of the two allocators gives out blocks of its own alone, and gets them back: a
    // block's place tells which one it is of.
    unsafe impl GlobalAlloc for TestAllocator {
        unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
            let paid = with_current(|current| current.get().is_some());
            // SAFETY: the caller's layout, as it is.
            unsafe {
                if paid {
                    Allocator.alloc(layout)
                } else {
                    System.alloc(layout)
                }
            }
        }

        unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
            // SAFETY: what lies in a pool's memory is from its heaps, all else the host's.
            unsafe {
                if is_of_pool(block.addr()) {
                    Allocator.dealloc(block, layout);
                } else {
                    System.dealloc(block, layout);
                }
            }
        }
    }

    #[global_allocator]
    static ALLOCATOR: TestAllocator = TestAllocator;

    /// Whatever is allocated and freed in any order: blocks keep apart and keep what is written
    /// to them, the quota is charged whole pages, and in the end all of it is back.
    #[test]
    fn blocks_keep_apart_and_all_pages_come_back() {
        let pool = pool(256);
        let before = pool.available();
        let quota = Quota::of(200 * PAGE_SIZE, None);
        let heap = Heap::new(pool, quota.clone()).unwrap();
        let owner = Some(Kept::of(&heap));
        let mut blocks: Vec<(*mut u8, Layout, u8)> = Vec::new();
        let mut seed = 3u64;
        let mut random = |n: usize| {
            seed = seed
                .wrapping_mul(6364136223846793005)
                .wrapping_add(1442695040888963407);
            (seed >> 33) as usize % n
        };
        let rounds = if cfg!(miri) { 800 } else { 50_000 };
        let mut refused = 0;
        for round in 0..rounds {
            if random(5) < 3 || blocks.is_empty() {
                let size = [1 + random(64), 1 + random(2100), 1 + random(20_000)][random(3)];
                let layout = Layout::from_size_align(size, 1 << random(5)).unwrap();
                let block = heap.alloc(owner, layout);
                if block.is_null() {
                    refused += 1;
                    for _ in 0..blocks.len() / 2 {
                        let (block, layout, _) = blocks.swap_remove(random(blocks.len()));
                        // SAFETY: from `alloc`, and forgotten.
                        unsafe { free(block, layout) };
                    }
                    continue;
                }
                assert_eq!(block.addr() % layout.align(), 0);
                // SAFETY: the block has that many bytes.
                unsafe { block.write_bytes(round as u8, size) };
                blocks.push((block, layout, round as u8));
            } else {
                let (block, layout, fill) = blocks.swap_remove(random(blocks.len()));
                // SAFETY: the block has that many bytes, all of them written.
                let bytes = unsafe { core::slice::from_raw_parts(block, layout.size()) };
                assert!(bytes.iter().all(|&byte| byte == fill));
                // SAFETY: from `alloc`, and forgotten.
                unsafe { free(block, layout) };
            }
            assert_eq!(heap.pages() * PAGE_SIZE, quota.used());
            assert_eq!(before - pool.available(), quota.used());
        }
        assert!(refused > 0 || cfg!(miri));
        for (block, layout, _) in blocks {
            // SAFETY: from `alloc`, and forgotten.
            unsafe { free(block, layout) };
        }
        assert_eq!((quota.used(), pool.available()), (0, before));
    }

    #[test]
    fn a_heap_stays_while_something_is_in_it() {
        let pool = pool(8);
        let before = pool.available();
        let quota = Quota::of(usize::MAX, None);
        let heap = Heap::new(pool, quota.clone()).unwrap();
        let boxed = pays(Some(&heap), || crate::fallible::boxed([7u8; 100]).unwrap());
        drop(heap);
        assert_eq!((quota.used(), boxed[99]), (PAGE_SIZE, 7));
        drop(boxed);
        assert_eq!((quota.used(), pool.available()), (0, before));
    }

    #[test]
    fn who_pays_is_charged_and_what_is_not_paid_for_fails() {
        let pool = pool(8);
        let quota = Quota::of(2 * PAGE_SIZE, None);
        let heap = Heap::new(pool, quota.clone()).unwrap();
        let mut all: BTreeMap<usize, Box<[u8; 2000]>> = BTreeMap::new();
        for i in 0.. {
            match pays(Some(&heap), || crate::fallible::boxed([0; 2000])) {
                Ok(boxed) => all.insert(i, boxed),
                Err(error) => {
                    assert_eq!(error, Error::ENOMEM);
                    break;
                }
            };
        }
        assert_eq!((all.len(), quota.used()), (4, 2 * PAGE_SIZE));
        all.remove(&1);
        assert!(pays(Some(&heap), || crate::fallible::boxed([0u8; 2000])).is_ok());
        drop(all);
        assert_eq!(quota.used(), 0);
    }
}
