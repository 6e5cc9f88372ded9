//! The memory of a ring.
#![allow(unsafe_code)]

use crate::atomic::Ordering::Relaxed;
use crate::atomic::{AtomicU8, AtomicU32, AtomicU64};
use crate::error::{Error, Result};
use crate::region::Region;
use alloc::boxed::Box;
use alloc::sync::Arc;
use core::cell::UnsafeCell;
use core::fmt;

/// Memory that both ends of a ring have.
///
/// # Safety
/// `base` is the start of `size` bytes that can be read and written as long as the value lives,
/// aligned to 8, that nothing in this program refers to, and that it accesses by atomic operations
/// only.
pub unsafe trait Memory {
    /// Its start.
    fn base(&self) -> *mut u8;
    /// Its size in bytes.
    fn size(&self) -> usize;
}

// SAFETY: a region is attached as long as it lives, and accessed by atomic operations.
unsafe impl Memory for Region {
    fn base(&self) -> *mut u8 {
        self.as_ptr()
    }

    fn size(&self) -> usize {
        Region::size(self)
    }
}

/// Memory of the program's own. There is one value of it for each end: see
/// [`channel`](super::channel).
pub struct Heap {
    words: Arc<Words>,
}

struct Words(Box<[UnsafeCell<u64>]>);

// SAFETY: the words are accessed by rings alone, by atomic operations.
unsafe impl Send for Words {}
// SAFETY: the words are accessed by rings alone, by atomic operations.
unsafe impl Sync for Words {}

impl Heap {
    /// `size` bytes of zeros, rounded up to words.
    pub fn new(size: usize) -> Self {
        let words = (0..size.div_ceil(8)).map(|_| UnsafeCell::new(0));
        Heap {
            words: Arc::new(Words(words.collect())),
        }
    }

    /// The same memory, for the other end.
    pub(super) fn other(&self) -> Self {
        Heap {
            words: self.words.clone(),
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
            // SAFETY: the pieces are inside of the data (`pieces`), which is accessed by atomic
            // operations (`Memory`); as much can be read at `from` (the caller's contract).
            unsafe {
                let to = self.memory.base().add(DATA + at);
                let (bytes, words) = parts_of(to.addr(), len);
                for i in bytes {
                    AtomicU8::from_ptr(to.add(i)).store(from.add(i).read(), Relaxed);
                }
                for i in words {
                    let word = from.add(i).cast::<u64>().read_unaligned();
                    AtomicU64::from_ptr(to.add(i).cast()).store(word, Relaxed);
                }
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
            // SAFETY: the pieces are inside of the data (`pieces`), which is accessed by atomic
            // operations (`Memory`); as much can be written at `to` (the caller's contract).
            unsafe {
                let from = self.memory.base().add(DATA + at);
                let (bytes, words) = parts_of(from.addr(), len);
                for i in bytes {
                    to.add(i)
                        .write(AtomicU8::from_ptr(from.add(i)).load(Relaxed));
                }
                for i in words {
                    let word = AtomicU64::from_ptr(from.add(i).cast()).load(Relaxed);
                    to.add(i).cast::<u64>().write_unaligned(word);
                }
                to = to.add(len);
            }
        }
    }
}

/// The places of `len` bytes at an address that are copied one by one, and of whole words that are
/// aligned.
#[inline(always)]
fn parts_of(
    address: usize,
    len: usize,
) -> (
    impl Iterator<Item = usize>,
    core::iter::StepBy<core::ops::Range<usize>>,
) {
    const WORD: usize = size_of::<u64>();
    let head = (address.wrapping_neg() % WORD).min(len);
    let tail = head + (len - head) / WORD * WORD;
    ((0..head).chain(tail..len), (head..tail).step_by(WORD))
}
