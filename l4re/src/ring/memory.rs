//! The memory of a ring.
#![allow(unsafe_code)]

use crate::error::{Error, Result};
use crate::region::Region;
use alloc::boxed::Box;
use alloc::sync::Arc;
use core::cell::UnsafeCell;
use core::fmt;
use core::mem::MaybeUninit;
use core::sync::atomic::{AtomicU32, AtomicU64};

/// Memory that both ends of a ring have.
///
/// # Safety
/// `base` is the start of `size` bytes that can be read and written as long as the value lives,
/// aligned to 8, that nothing in this program refers to, and that only rings access.
pub unsafe trait Memory {
    /// Its start.
    fn base(&self) -> *mut u8;
    /// Its size in bytes.
    fn size(&self) -> usize;
}

// SAFETY: a region is attached as long as it lives; it is given to the ring.
unsafe impl Memory for Region {
    fn base(&self) -> *mut u8 {
        self.as_ptr()
    }

    fn size(&self) -> usize {
        Region::size(self)
    }
}

/// Memory of the program's own, for two ends in it: clones are the same memory.
#[derive(Clone)]
pub struct Heap {
    words: Arc<Words>,
}

struct Words(Box<[UnsafeCell<u64>]>);

// SAFETY: the words are accessed by rings alone: by atomic or volatile operations.
unsafe impl Send for Words {}
// SAFETY: as above.
unsafe impl Sync for Words {}

impl Heap {
    /// `size` bytes of zeros, rounded up to words.
    pub fn new(size: usize) -> Self {
        let words = (0..size.div_ceil(8)).map(|_| UnsafeCell::new(0));
        Heap {
            words: Arc::new(Words(words.collect())),
        }
    }
}

// SAFETY: the memory lives as long as the words do, and nothing refers to what is in the cells.
unsafe impl Memory for Heap {
    fn base(&self) -> *mut u8 {
        self.words.0.as_ptr().cast_mut().cast()
    }

    fn size(&self) -> usize {
        self.words.0.len() * 8
    }
}

impl fmt::Debug for Heap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Heap({} bytes)", self.size())
    }
}

/// Where the parts of a ring are. What one end writes is in a line of the cache of its own.
const HEAD: usize = 0;
const TAIL: usize = 64;
const READER_WAITS: usize = 128;
const WRITER_WAITS: usize = 192;
const WRITER_GONE: usize = 256;
const READER_GONE: usize = 320;
const DATA: usize = 384;

/// A ring's memory, by its parts.
#[derive(Debug)]
pub(super) struct Ring<M> {
    memory: M,
    capacity: usize,
}

macro_rules! parts {
    ($($name:ident: $ty:ident at $at:ident, $doc:literal;)*) => { $(
        #[doc = $doc]
        pub(super) fn $name(&self) -> &$ty {
            // SAFETY: the place is inside of the memory (`new`), aligned, and accessed by such
            // operations alone.
            unsafe { $ty::from_ptr(self.memory.base().add($at).cast()) }
        }
    )* };
}

impl<M: Memory> Ring<M> {
    /// # Errors
    /// [`Error::INVALID`] if the memory is too small.
    pub(super) fn new(memory: M) -> Result<Self> {
        let capacity = memory.size().checked_sub(DATA).filter(|n| *n >= 8);
        Ok(Ring {
            capacity: capacity.ok_or(Error::INVALID)? & !7,
            memory,
        })
    }

    /// How many bytes can be on their way.
    pub(super) fn capacity(&self) -> usize {
        self.capacity
    }

    parts! {
        head: AtomicU64 at HEAD, "How many bytes have been written.";
        tail: AtomicU64 at TAIL, "How many bytes have been read.";
        reader_waits: AtomicU32 at READER_WAITS, "Not 0: the reader is to be woken.";
        writer_waits: AtomicU32 at WRITER_WAITS, "Not 0: the writer is to be woken.";
        writer_gone: AtomicU32 at WRITER_GONE, "Not 0: nothing more comes.";
        reader_gone: AtomicU32 at READER_GONE, "Not 0: nobody reads any more.";
    }

    /// The pieces of the data that `len` bytes at a position are: offset, length.
    fn pieces(&self, position: u64, len: usize) -> [(usize, usize); 2] {
        let at = (position % self.capacity as u64) as usize;
        let first = len.min(self.capacity - at);
        [(at, first), (0, len - first)]
    }

    /// Copies bytes into the ring.
    ///
    /// # Safety
    /// `from` can be read; `len` is not more than the capacity.
    pub(super) unsafe fn put(&self, position: u64, mut from: *const u8, len: usize) {
        for (at, len) in self.pieces(position, len) {
            // SAFETY: the pieces are inside of the data (`pieces`).
            unsafe {
                let to = self.memory.base().add(DATA + at);
                copy(
                    from,
                    to,
                    len,
                    to.addr(),
                    |from, to| {
                        to.write_volatile(from.read_unaligned());
                    },
                    |from, to| to.write_volatile(from.read()),
                );
                from = from.add(len);
            }
        }
    }

    /// Copies bytes out of the ring.
    ///
    /// # Safety
    /// `to` can be written; `len` is not more than the capacity.
    pub(super) unsafe fn get(&self, position: u64, mut to: *mut u8, len: usize) {
        for (at, len) in self.pieces(position, len) {
            // SAFETY: as in `put`.
            unsafe {
                let from = self.memory.base().add(DATA + at).cast_const();
                copy(
                    from,
                    to,
                    len,
                    from.addr(),
                    |from, to| {
                        to.write_unaligned(from.read_volatile());
                    },
                    |from, to| to.write(from.read_volatile()),
                );
                to = to.add(len);
            }
        }
    }
}

type Word = MaybeUninit<u64>;
type Byte = MaybeUninit<u8>;

/// Copies by words, as far as they are aligned in the memory that is shared, whose address is
/// `shared`. What is not initialized (a value's padding) stays so.
///
/// # Safety
/// `len` bytes can be read at `from` and written at `to`, by these functions.
#[inline(always)]
unsafe fn copy(
    from: *const u8,
    to: *mut u8,
    len: usize,
    shared: usize,
    word: impl Fn(*const Word, *mut Word),
    byte: impl Fn(*const Byte, *mut Byte),
) {
    let head = (shared.wrapping_neg() % size_of::<Word>()).min(len);
    let words = (len - head) / size_of::<Word>();
    let tail = head + words * size_of::<Word>();
    // SAFETY: all offsets are below `len`.
    unsafe {
        for i in (0..head).chain(tail..len) {
            byte(from.add(i).cast(), to.add(i).cast());
        }
        for i in (head..tail).step_by(size_of::<Word>()) {
            word(from.add(i).cast(), to.add(i).cast());
        }
    }
}
