//! What the callers note of their calls, for the parent to tell.

use core::sync::atomic::{AtomicU64, Ordering::Relaxed};
use test_fuzz::layout::{self, THREADS};

/// Calls of a thread in a world.
pub const PER_THREAD: usize = 12;
/// Calls in a world.
pub const CALLS: usize = THREADS * PER_THREAD;
/// Words of an answer that are noted as they are.
pub const WORDS: usize = 3;

/// How a call went.
#[repr(C)]
pub struct Note {
    /// The place in the order of all that happened; 0 if the call did not come back.
    pub order: AtomicU64,
    /// The tag of the answer.
    pub tag: AtomicU64,
    /// The label of the sender, if it could be anybody.
    pub label: AtomicU64,
    /// The error register if the tag says so.
    pub error: AtomicU64,
    /// All words and items of the answer, mixed into one.
    pub digest: AtomicU64,
    /// The first of them.
    pub words: [AtomicU64; WORDS],
}

/// What both threads note. Parent and child see it at the same address.
#[repr(C)]
pub struct Notes {
    /// The place of the last thing that happened.
    pub order: AtomicU64,
    /// One for each call.
    pub of: [[Note; PER_THREAD]; THREADS],
}

/// Where the notes are in the page of the child's that begins with
/// [`layout::Control`].
const PLACE: u64 = 1024;
const _: () = assert!(size_of::<layout::Control>() <= PLACE as usize);
const _: () = assert!(PLACE as usize + size_of::<Notes>() <= 4096);

/// The notes.
pub fn notes() -> &'static Notes {
    let at = core::ptr::with_exposed_provenance::<Notes>((layout::start() + PLACE) as usize);
    // SAFETY: `layout` has the page for parent and child; it is large enough (asserted above) and
    // aligned, behind `Control`, and whatever is in it is a value of atomics.
    unsafe { &*at }
}

impl Notes {
    /// The next place in the order of what happens.
    pub fn next(&self) -> u64 {
        self.order.fetch_add(1, Relaxed) + 1
    }

    /// A number that changes with whatever happens.
    pub fn progress(&self) -> u64 {
        (layout::control().next.iter())
            .map(|next| layout::Control::get(next) << 32)
            .fold(self.order.load(Relaxed), u64::wrapping_add)
    }

    /// Forgets everything.
    pub fn clear(&self) {
        self.order.store(0, Relaxed);
        for note in self.of.iter().flatten() {
            for cell in [
                &note.order,
                &note.tag,
                &note.label,
                &note.error,
                &note.digest,
            ] {
                cell.store(0, Relaxed);
            }
            for word in &note.words {
                word.store(0, Relaxed);
            }
        }
    }
}

/// Mixes a number into a digest.
pub fn mix(digest: u64, number: u64) -> u64 {
    (digest ^ number)
        .wrapping_mul(0x9e37_79b9_7f4a_7c15)
        .rotate_left(29)
}
