//! The windows of kernel objects: pages that stay, and are filled with zeros while they show no
//! frame.

use crate::mem::frames::PAGE_SIZE;
use core::ptr::NonNull;
use std::alloc::Layout;
use std::sync::Mutex;

struct Page {
    kind: usize,
    place: usize,
    /// The frame that it shows; 0: none.
    frame: usize,
}

static PAGES: Mutex<Vec<Page>> = Mutex::new(Vec::new());

fn pages() -> std::sync::MutexGuard<'static, Vec<Page>> {
    // A test that failed leaves the table as it is: no entry is ever half made.
    PAGES
        .lock()
        .unwrap_or_else(|poisoned| poisoned.into_inner())
}

/// The address of a page in a window.
pub fn address(kind: usize, number: u32) -> Option<NonNull<u8>> {
    let pages = pages();
    let page = pages
        .get(number as usize)
        .filter(|page| page.kind == kind)?;
    NonNull::new(core::ptr::with_exposed_provenance_mut(page.place))
}

/// The number of the page at an address in a window.
pub fn number(kind: usize, page: NonNull<u8>) -> Option<u32> {
    let place = page.as_ptr().addr();
    let found = (pages().iter()).position(|page| page.kind == kind && page.place == place);
    found.map(|n| n as u32)
}

/// Shows a frame that no window shows.
pub fn show(kind: usize, block: NonNull<u8>) -> NonNull<u8> {
    let frame = block.as_ptr().expose_provenance();
    let mut pages = pages();
    let hidden = (pages.iter_mut()).find(|page| page.kind == kind && page.frame == 0);
    let place = match hidden {
        Some(page) => {
            page.frame = frame;
            page.place
        }
        None => {
            let layout = Layout::from_size_align(PAGE_SIZE, PAGE_SIZE).expect("a page");
            // SAFETY: the size is not zero.
            let place = unsafe { std::alloc::alloc_zeroed(layout) }.expose_provenance();
            pages.push(Page { kind, place, frame });
            place
        }
    };
    NonNull::new(core::ptr::with_exposed_provenance_mut(place)).expect("memory for a page")
}

/// Shows zeros in the place of a frame, which is returned.
pub fn hide(_kind: usize, page: NonNull<u8>) -> NonNull<u8> {
    let place = page.as_ptr().addr();
    // SAFETY: a page of this table, whose slots are all free: nobody holds a reference that
    // it uses for more than cells.
    unsafe { page.as_ptr().write_bytes(0, PAGE_SIZE) };
    let mut pages = pages();
    let shown = (pages.iter_mut()).find(|page| page.place == place && page.frame != 0);
    let frame = shown.map_or(0, |page| core::mem::take(&mut page.frame));
    NonNull::new(core::ptr::with_exposed_provenance_mut(frame)).expect("the page showed a frame")
}
