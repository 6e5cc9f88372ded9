//! Threads of the C library that run Rust, and the heap that they share.

use crate::{Case, Outcome};
use alloc::alloc::{alloc, alloc_zeroed, dealloc, realloc};
use alloc::vec::Vec;
use core::alloc::Layout;
use core::ffi::{c_int, c_void};
use core::ptr;
use core::sync::atomic::{AtomicUsize, Ordering};
use l4re::sync::Mutex;
use l4re::{Error, start, thread};
use test_services::check;

pub const CASES: &[Case] = &[
    ("threads: the C library's run Rust", threads),
    ("threads: others are refused", refused),
    ("heap: blocks are aligned, and keep what is in them", blocks),
    ("heap: what is too much is told", too_much),
];

unsafe extern "C" {
    fn pthread_create(
        thread: *mut usize,
        attributes: *const c_void,
        run: extern "C" fn(*mut c_void) -> *mut c_void,
        argument: *mut c_void,
    ) -> c_int;
    fn pthread_join(thread: usize, result: *mut *mut c_void) -> c_int;
}

const THREADS: usize = 4;
const ROUNDS: usize = 200;

static ROUND: AtomicUsize = AtomicUsize::new(0);
static LIST: Mutex<Vec<usize>> = Mutex::new(Vec::new());

extern "C" fn work(argument: *mut c_void) -> *mut c_void {
    for i in 0..ROUNDS {
        ROUND.fetch_add(1, Ordering::Relaxed);
        LIST.lock().push(argument.addr() * ROUNDS + i);
        // Talks to a server in between.
        if i % 50 == 0 && start::env().mem_alloc().dataspace(4096).is_err() {
            return ptr::null_mut();
        }
    }
    ptr::without_provenance_mut(argument.addr() + 1)
}

fn threads() -> Outcome {
    let mut ids = [0; THREADS];
    for (i, id) in ids.iter_mut().enumerate() {
        let argument = ptr::without_provenance_mut(i);
        // SAFETY: the function takes any argument.
        check!(unsafe { pthread_create(id, ptr::null(), work, argument) } == 0);
    }
    for (i, id) in ids.into_iter().enumerate() {
        let mut result = ptr::null_mut();
        // SAFETY: each thread is waited for once.
        check!(unsafe { pthread_join(id, &mut result) } == 0);
        check!(result.addr() == i + 1);
    }
    check!(ROUND.load(Ordering::Relaxed) == THREADS * ROUNDS);
    let mut list = core::mem::take(&mut *LIST.lock());
    list.sort_unstable();
    check!(list.iter().copied().eq(0..THREADS * ROUNDS));
    Ok(())
}

fn refused() -> Outcome {
    check!(thread::spawn(|| ()).err() == Some(Error::NO_OPERATION));
    Ok(())
}

fn blocks() -> Outcome {
    for align in [1, 8, 16, 64, 4096] {
        for size in [1usize, 100, 5000, 300_000] {
            let Ok(layout) = Layout::from_size_align(size, align) else {
                return Err(1);
            };
            // SAFETY: layouts are not empty; blocks are read and written within their sizes, and
            // given back with the layout that they have.
            unsafe {
                let block = alloc_zeroed(layout);
                let other = alloc(layout);
                check!(!block.is_null() && !other.is_null());
                check!(block.addr().is_multiple_of(align) && other.addr().is_multiple_of(align));
                check!((0..size).all(|i| block.add(i).read() == 0));
                block.write_bytes(7, size);
                other.write_bytes(8, size);
                let larger = realloc(block, layout, 2 * size);
                check!(!larger.is_null() && larger.addr().is_multiple_of(align));
                check!((0..size).all(|i| larger.add(i).read() == 7));
                check!((0..size).all(|i| other.add(i).read() == 8));
                dealloc(other, layout);
                dealloc(larger, ok_layout(2 * size, align));
            }
        }
    }
    Ok(())
}

fn ok_layout(size: usize, align: usize) -> Layout {
    Layout::from_size_align(size, align).unwrap_or(Layout::new::<u8>())
}

fn too_much() -> Outcome {
    let mut bytes = Vec::<u8>::new();
    check!(bytes.try_reserve(1 << 60).is_err());
    check!(bytes.try_reserve(100).is_ok());
    Ok(())
}
