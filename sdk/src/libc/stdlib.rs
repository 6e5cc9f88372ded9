//! `stdlib.h`: memory, and the end of the program.

use crate::ctypes::{c_int, c_void};
use alloc::alloc::{alloc, alloc_zeroed, dealloc};
use core::alloc::Layout;
use core::ptr::null_mut;

weak!(abort, calloc, exit, free, malloc, realloc);

/// The alignment of every block, and the room for its size before it.
const ALIGN: usize = 16;

fn layout(size: usize) -> Option<Layout> {
    Layout::from_size_align(size.checked_add(ALIGN)?, ALIGN).ok()
}

fn block(size: usize, from: unsafe fn(Layout) -> *mut u8) -> *mut c_void {
    let Some(layout) = layout(size) else {
        return null_mut();
    };
    // SAFETY: the layout is not empty.
    let start = unsafe { from(layout) };
    if start.is_null() {
        return null_mut();
    }
    // SAFETY: the block begins with room for its size, aligned for it.
    unsafe {
        start.cast::<usize>().write(size);
        start.add(ALIGN).cast()
    }
}

/// The size of a block.
fn size_of_block(at: *mut c_void) -> usize {
    // SAFETY: C's caller passes a block, which has its size before it (`block`).
    unsafe { at.byte_sub(ALIGN).cast::<usize>().read() }
}

extern "C" fn malloc(size: usize) -> *mut c_void {
    block(size, alloc)
}

extern "C" fn calloc(count: usize, size: usize) -> *mut c_void {
    match count.checked_mul(size) {
        Some(size) => block(size, alloc_zeroed),
        None => null_mut(),
    }
}

extern "C" fn free(at: *mut c_void) {
    if at.is_null() {
        return;
    }
    if let Some(layout) = layout(size_of_block(at)) {
        // SAFETY: `block` has allocated it with this layout.
        unsafe { dealloc(at.byte_sub(ALIGN).cast(), layout) };
    }
}

extern "C" fn realloc(at: *mut c_void, size: usize) -> *mut c_void {
    if at.is_null() {
        return malloc(size);
    }
    let new = malloc(size);
    if !new.is_null() {
        let size = size.min(size_of_block(at));
        // SAFETY: both blocks have as many bytes, and they are two.
        unsafe { new.cast::<u8>().copy_from_nonoverlapping(at.cast(), size) };
        free(at);
    }
    new
}

extern "C" fn exit(status: c_int) -> ! {
    l4re::exit(status)
}

extern "C" fn abort() -> ! {
    panic!("abort() was called")
}
