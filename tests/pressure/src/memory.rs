//! The program's own memory.

use core::sync::atomic::{AtomicU8, Ordering};
use l4re::region::RmFlags;
use l4re::sys::consts::PAGE_SIZE;
use l4re::sys::elf::{Ehdr, PF_W, PT_LOAD, Phdr};

unsafe extern "C" {
    /// The start of the program's image, with its ELF header (defined by the linker).
    static __ehdr_start: Ehdr;
}

fn segments() -> impl Iterator<Item = &'static Phdr> {
    // SAFETY: the linker puts the headers into the first segment, and nobody writes to them.
    let headers = unsafe {
        let image = &raw const __ehdr_start;
        let first = image.byte_add((*image).phoff as usize).cast::<Phdr>();
        core::slice::from_raw_parts(first, usize::from((*image).phnum))
    };
    headers.iter().filter(|header| header.kind == PT_LOAD)
}

/// Whether an address lies in the program's image, and if so whether in writable data.
pub fn image(at: u64) -> Option<bool> {
    segments()
        .find(|s| (s.vaddr & !0xfff..s.vaddr + s.memsz).contains(&at))
        .map(|s| s.flags & PF_W != 0)
}

/// Whether an address lies in the writable data of the program's image.
pub fn is_writable(at: u64) -> bool {
    image(at) == Some(true)
}

/// Has a page of the program's mapped, writable if it is data.
pub fn touch(at: u64) {
    let byte = core::ptr::with_exposed_provenance_mut::<u8>(at as usize);
    // SAFETY: the callers name the program's own memory; an atomic addition of nothing loses
    // no other thread's write.
    unsafe {
        if is_writable(at) {
            AtomicU8::from_ptr(byte).fetch_or(0, Ordering::Relaxed);
        } else {
            byte.read_volatile();
        }
    }
}

/// A range of the program's address space, aligned to its size, where nothing is. `None` if
/// there is no room.
pub fn reserve(order: u32) -> Option<u64> {
    let flags = RmFlags::RESERVED | RmFlags::SEARCH_ADDR;
    let size = (1usize << order).max(PAGE_SIZE);
    l4re::start::env()
        .rm()
        .reserve_area(0, size, flags, order as u8)
        .ok()
}
