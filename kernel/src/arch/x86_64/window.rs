//! The windows of kernel objects: for each kind, addresses for every frame of the kernel's
//! memory. A frame is shown in at most one of them. Where none is shown there is nothing, or,
//! once one was, a page of zeros that cannot be written.

use super::paging;
use crate::mem::frames::{self, PAGE_SIZE};
use crate::mem::slab::KINDS;
use crate::util::global::Global;
use core::ptr::NonNull;

/// Where the windows start.
const BASE: u64 = 0xffff_c000_0000_0000;
/// From the start of one to that of the next: as much as the kernel's memory may be.
pub const STRIDE: u64 = 1 << 30;

struct Memory {
    /// Where the kernel's memory starts, in the direct map.
    start: u64,
    /// A page of zeros, in the direct map.
    zeros: u64,
}

static MEMORY: Global<Memory> = Global::new(Memory { start: 0, zeros: 0 });

fn window(kind: usize) -> u64 {
    BASE + kind as u64 * STRIDE
}

/// Makes the tables for the windows of `count` frames from `start` on; called once, by
/// `paging::init`. `table` makes the table of small pages for an address. `None`: no memory.
pub(super) fn init(
    start: NonNull<u8>,
    count: usize,
    mut table: impl FnMut(u64) -> Option<()>,
) -> Option<()> {
    let size = (count * PAGE_SIZE) as u64;
    for kind in 0..KINDS {
        for offset in (0..size).step_by(1 << paging::LARGE_PAGE) {
            table(window(kind) + offset)?;
        }
    }
    *MEMORY.borrow() = Memory {
        start: start.as_ptr() as u64,
        zeros: frames::alloc(0)?.as_ptr() as u64,
    };
    Some(())
}

/// The address of a page in a window.
pub fn address(kind: usize, number: u32) -> Option<NonNull<u8>> {
    let offset = u64::from(number) * PAGE_SIZE as u64;
    NonNull::new((window(kind) + offset) as *mut u8).filter(|_| offset < STRIDE)
}

/// The number of the page at an address in a window.
pub fn number(kind: usize, page: NonNull<u8>) -> Option<u32> {
    let offset = (page.as_ptr() as u64).checked_sub(window(kind))?;
    (offset < STRIDE).then_some((offset / PAGE_SIZE as u64) as u32)
}

/// Shows a frame of the kernel's memory, which no window shows.
pub fn show(kind: usize, block: NonNull<u8>) -> NonNull<u8> {
    let offset = block.as_ptr() as u64 - MEMORY.borrow().start;
    let page = (window(kind) + offset) as *mut u8;
    paging::set_window_page(page as u64, block.as_ptr() as u64, true);
    NonNull::new(page).unwrap_or(block)
}

/// Shows zeros in the place of a frame, which is returned.
pub fn hide(kind: usize, page: NonNull<u8>) -> NonNull<u8> {
    let (start, zeros) = {
        let memory = MEMORY.borrow();
        (memory.start, memory.zeros)
    };
    paging::set_window_page(page.as_ptr() as u64, zeros, false);
    let offset = page.as_ptr() as u64 - window(kind);
    NonNull::new((start + offset) as *mut u8).unwrap_or(page)
}
