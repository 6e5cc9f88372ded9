//! Memory to play with, and how to find out what is mapped where.

use super::{HIGH, cell, counter, gate, me, mr, put, spawn_paged, wait};
use core::cell::UnsafeCell;
use core::sync::atomic::{AtomicU64, Ordering};
use l4re::region::RmFlags;
use l4re::sys::{CapIdx, proto};

const PAGES: usize = 16;

#[repr(align(65536))]
struct Pages(UnsafeCell<[[u8; 4096]; PAGES]>);

// SAFETY: only accessed by pointers, volatile.
unsafe impl Sync for Pages {}

static MEMORY: Pages = Pages(UnsafeCell::new([[0; 4096]; PAGES]));

/// The address of page `i` of 16, together aligned to their size. The first word of each holds
/// a number of its own: 0x100 and its number.
pub fn page(i: usize) -> u64 {
    assert!(i < PAGES);
    let page = MEMORY.0.get() as u64 + i as u64 * 4096;
    let word = core::ptr::with_exposed_provenance_mut::<u64>(page as usize);
    // SAFETY: `i` is a page's number.
    unsafe { word.write_volatile(0x100 + i as u64) };
    page
}

/// `1 << order` bytes of the address space, aligned to their size, where nothing is.
pub fn window(order: u32) -> Result<u64, i64> {
    let flags = RmFlags::RESERVED | RmFlags::SEARCH_ADDR;
    let rm = l4re::start::env().rm();
    rm.reserve_area(0, 1 << order, flags, order as u8)
        .map_err(|_| -5)
}

/// What reading (or writing) the word at an address gives: the word, or the bits of the page
/// fault.
pub fn access(at: u64, write: bool) -> Result<Result<u64, u64>, i64> {
    static GATE_LABEL: AtomicU64 = AtomicU64::new(0x7000);
    let label = GATE_LABEL.fetch_add(0x10, Ordering::Relaxed);
    let pager = gate(me(), label)?;
    const DONE: usize = 30;
    put(DONE, 0);
    let w = spawn_paged(HIGH, pager.idx(), CapIdx::INVALID, move || {
        let word = core::ptr::with_exposed_provenance_mut::<u64>(at as usize);
        // SAFETY: the case says what is there; a fault comes to the pager, that is to it.
        unsafe {
            put(DONE - 1, word.read_volatile());
            if write {
                word.write_volatile(counter(DONE - 1));
            }
        }
        cell(DONE).store(1, Ordering::SeqCst);
    })?;
    super::settle();
    if counter(DONE) == 1 {
        return Ok(Ok(counter(DONE - 1)));
    }
    let answer = wait(100);
    let fault = mr(0);
    w.delete();
    if answer.code() != proto::PAGE_FAULT || answer.label & !3 != label {
        return Err(-6);
    }
    if fault & !7 != at & !7 {
        l4re::println!("# the fault is at {fault:#x}, not {at:#x}");
        return Err(-7);
    }
    Ok(Err(fault & 7))
}
