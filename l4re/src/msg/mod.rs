//! The content of messages: data packed into the message registers, items behind.
//!
//! Data stand as L4Re's C++ framework lays them out: each value at the next multiple of its
//! alignment; a string or array as its length, then its elements. The kernel's own protocols
//! are the special case that every value is a word.
//!
//! ```
//! use l4re::msg::{Reader, Writer};
//!
//! let mut w = Writer::new();
//! w.put(1u32).put(2u64).string("three");
//! let tag = w.tag(0x44)?;
//! // 4 bytes, 4 to the next multiple of 8, 8; the length of the text, its 6 bytes.
//! assert_eq!((tag.label(), tag.words()), (0x44, 4));
//!
//! let mut r = Reader::new(tag);
//! assert_eq!(r.get::<u32>()?, 1);
//! assert_eq!(r.get::<u64>()?, 2);
//! # Ok::<(), l4re::Error>(())
//! ```
#![allow(unsafe_code)]

mod reader;
mod writer;

pub use reader::Reader;
pub use writer::Writer;

use l4re_sys::utcb::MSG_REGS;
use zerocopy::{FromBytes, Immutable, IntoBytes};

/// The size of the message registers in bytes.
pub const BYTES: usize = MSG_REGS * WORD;
const WORD: usize = size_of::<u64>();

/// A type whose values can be copied from and to messages byte by byte: numbers, arrays of plain
/// values, structures of L4Re's interfaces (of which the crate `zerocopy` proves it). For a
/// structure of one's own there is the derive macro of this name.
///
/// ```
/// use l4re::msg::Plain;
///
/// #[derive(Clone, Copy, Plain)]
/// #[repr(C)]
/// struct Point {
///     x: u32,
///     y: u32,
/// }
/// ```
///
/// A structure with padding is none: what was in memory there before would go to another program.
///
/// ```compile_fail
/// #[derive(Clone, Copy, l4re::msg::Plain)]
/// #[repr(C)]
/// struct Leaky {
///     a: u8,
///     b: u64,
/// }
/// ```
///
/// # Safety
/// Every pattern of bits is a value of the type, and all its bytes are initialized: there is no
/// padding, and nothing that can change behind a shared reference.
pub unsafe trait Plain: Copy + 'static {}

pub use l4re_macros::Plain;

/// Makes types plain of which `zerocopy` has proved that they are.
macro_rules! plain {
    ($($ty:ty),* $(,)?) => { $(
        const _: () = {
            const fn is_proved<T: FromBytes + IntoBytes + Immutable>() {}
            is_proved::<$ty>();
        };
        // SAFETY: every pattern of bits is a value (`FromBytes`), which has no padding (`IntoBytes`)
        // and no cells (`Immutable`), as has just been checked.
        unsafe impl Plain for $ty {}
    )* };
}
plain!(u8, u16, u32, u64, usize, i8, i16, i32, i64, isize, f32, f64);
// SAFETY: plain values, one behind the other.
unsafe impl<T: Plain, const N: usize> Plain for [T; N] {}
plain!(
    l4re_sys::CapIdx,
    l4re_sys::CpuSet,
    l4re_sys::ExcRegs,
    l4re_sys::Fpage,
    l4re_sys::SchedParam,
    l4re_sys::op::icu::MsiInfo,
    l4re_sys::op::vcon::VconAttr,
    l4re_sys::re::dataspace::Stats,
    l4re_sys::re::event::AbsInfo,
    l4re_sys::re::event::Event,
    l4re_sys::re::event::StreamId,
    l4re_sys::re::event::StreamInfo,
    l4re_sys::re::event::StreamState,
    l4re_sys::re::goos::Info,
    l4re_sys::re::goos::PixelInfo,
    l4re_sys::re::goos::ViewInfo,
    l4re_sys::re::itas::ITimerVal,
    l4re_sys::re::itas::SigAction,
    l4re_sys::re::itas::SigStack,
    l4re_sys::re::mem_alloc::Stats,
    l4re_sys::re::rm::Region,
);

/// A value of nothing but zeros.
pub fn zeroed<T: Plain>() -> T {
    // SAFETY: every pattern of bits is a value (`Plain`).
    unsafe { core::mem::zeroed() }
}

/// The bytes of plain values.
#[inline(always)]
pub(crate) fn bytes_of<T: Plain>(values: &[T]) -> &[u8] {
    // SAFETY: all bytes of plain values are initialized and do not change (`Plain`); they are
    // borrowed as long as the values are.
    unsafe { core::slice::from_raw_parts(values.as_ptr().cast(), size_of_val(values)) }
}

/// Writes a value into a message at byte `at`: with zeros to the end of its last word, where that is
/// begun, so that no byte of an earlier message is sent.
///
/// # Safety
/// `message` are message registers of the calling thread, and the value's bytes are among them, at
/// a multiple of its alignment.
#[inline(always)]
pub(crate) unsafe fn put_value<T: Plain>(message: *mut u64, at: usize, value: T) {
    if size_of::<T>() == 0 {
        return;
    }
    let end = at + size_of::<T>();
    let begins_word = at.is_multiple_of(WORD);
    if begins_word && size_of::<T>() < WORD {
        let mut word = [0; WORD];
        word.iter_mut()
            .zip(bytes_of(core::slice::from_ref(&value)))
            .for_each(|(to, from)| *to = *from);
        // SAFETY: the whole word is in the registers, since its start is.
        unsafe {
            message
                .byte_add(at)
                .write_volatile(u64::from_ne_bytes(word))
        };
        return;
    }
    // SAFETY: the value's end lies within the message registers (contract of this function).
    unsafe { clear_last_word(message, at, end) };
    // SAFETY: the bytes are in the registers, and aligned (the caller's contract). Volatile, so
    // that the compiler does not join writes into those of vector registers (`UtcbRef`).
    unsafe { message.byte_add(at).cast::<T>().write_volatile(value) };
}

/// Writes bytes into a message at byte `at`, with zeros to the end of their last word.
///
/// # Safety
/// As of [`put_value`].
#[inline]
pub(crate) unsafe fn put_bytes(message: *mut u64, at: usize, bytes: &[u8]) {
    // SAFETY: the bytes are in the registers (the caller's contract), which `bytes`, a borrow of
    // other memory, cannot overlap.
    unsafe {
        clear_last_word(message, at, at + bytes.len());
        let to = message.byte_add(at).cast::<u8>();
        core::ptr::copy_nonoverlapping(bytes.as_ptr(), to, bytes.len());
    }
}

/// Writes zeros to the word that ends behind `end`, unless what stands before `at` has begun it.
///
/// # Safety
/// As of [`put_value`].
#[inline(always)]
unsafe fn clear_last_word(message: *mut u64, at: usize, end: usize) {
    let last = end / WORD * WORD;
    if end != last && last >= at {
        // SAFETY: the word is in the registers, since a part of it is.
        unsafe { message.byte_add(last).write_volatile(0) };
    }
}

/// Where the next value of alignment `align` (a power of two) stands, from `at` on.
const fn align_up(at: usize, align: usize) -> usize {
    (at + align - 1) & !(align - 1)
}

/// Runs `f`, which may make system calls, and then puts the calling thread's message and buffer
/// registers back: for what must not disturb a message that is being written or read.
pub fn preserve<R>(f: impl FnOnce() -> R) -> R {
    let utcb = l4re_sys::utcb().as_ptr();
    // SAFETY: the calling thread's UTCB is valid, and nobody holds a reference into it.
    let (msg, buf, error) = unsafe {
        (
            (&raw const (*utcb).msg).read(),
            (&raw const (*utcb).buf).read(),
            (&raw const (*utcb).thread.error).read(),
        )
    };
    let result = f();
    // SAFETY: it is the thread's own UTCB, which lives as long as the thread; no reference into it
    // is held.
    unsafe {
        (&raw mut (*utcb).msg).write(msg);
        (&raw mut (*utcb).buf).write(buf);
        (&raw mut (*utcb).thread.error).write(error);
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::{Error, Malformed};
    use l4re_sys::{CapIdx, MapItem, MsgTag, ObjRights, ReturnItem, TagFlags, item};

    #[test]
    fn values_pack_as_in_cxx() {
        let mut w = Writer::new();
        w.put(3u32)
            .put(-5i32)
            .put(0x1122_3344_5566_7788u64)
            .put(7u8);
        w.string("abc");
        let tag = w.tag(5).unwrap();
        // 4 + 4 + 8 + 1, then the length at 24, then "abc\0".
        assert_eq!(tag.words(), 5);
        let mut r = Reader::new(tag);
        assert_eq!(r.get::<u32>().unwrap(), 3);
        assert_eq!(r.get::<i32>().unwrap(), -5);
        assert_eq!(r.get::<u64>().unwrap(), 0x1122_3344_5566_7788);
        assert_eq!(r.get::<u8>().unwrap(), 7);
        let mut text = [0; 3];
        assert_eq!(r.bytes(&mut text).unwrap(), 4);
        assert_eq!(&text, b"abc");
        // The last word has bytes left, but not eight more.
        assert_eq!(
            r.get::<u64>().unwrap_err(),
            Error::Malformed(Malformed::TooShort)
        );
    }

    #[test]
    fn preserving_puts_all_registers_back() {
        let utcb = l4re_sys::utcb();
        let fill = |value: u64| {
            (0..MSG_REGS).for_each(|i| utcb.set_mr(i, value + i as u64));
            (0..l4re_sys::utcb::BUF_REGS).for_each(|i| utcb.set_br(i, value + i as u64));
            utcb.set_bdr(l4re_sys::BufferDesc(value));
        };
        fill(100);
        preserve(|| fill(900));
        assert!((0..MSG_REGS).all(|i| utcb.mr(i) == 100 + i as u64));
        assert!((0..l4re_sys::utcb::BUF_REGS).all(|i| utcb.br(i) == 100 + i as u64));
        assert_eq!(utcb.bdr().0, 100);
    }

    #[test]
    fn what_does_not_fit_is_told() {
        let mut w = Writer::new();
        w.raw_bytes(&[0; BYTES]);
        assert_eq!(w.tag(0).unwrap().words(), MSG_REGS);
        assert_eq!(w.put(1u8).tag(0).unwrap_err(), Error::TOO_LONG);

        let mut w = Writer::new();
        w.raw_bytes(&[0; BYTES - WORD]);
        w.item(MapItem::VOID);
        assert_eq!(w.tag(0).unwrap_err(), Error::TOO_LONG);

        let mut w = Writer::new();
        w.item(MapItem::VOID).put(1u64);
        assert_eq!(w.tag(0).unwrap_err(), Error::TOO_LONG);
    }

    #[test]
    fn items_stand_behind_the_words() {
        let mut w = Writer::new();
        w.put(1u32);
        w.item(MapItem::cap(CapIdx::TASK, ObjRights::RWS));
        w.item(MapItem::VOID);
        let tag = w.tag(0).unwrap();
        assert_eq!((tag.words(), tag.items()), (1, 2));
        let utcb = l4re_sys::utcb();
        assert_eq!(utcb.mr(1), item::MAP);
        let mut r = Reader::new(tag);
        assert!(r.item().is_ok());
        assert_eq!(r.item().unwrap(), ReturnItem::Void);
        assert_eq!(r.item().unwrap_err(), Error::Malformed(Malformed::NoItem));
    }

    #[test]
    fn a_hostile_tag_cannot_reach_beyond_the_registers() {
        let tag = MsgTag::new(0, 63, 63, TagFlags::empty());
        assert_eq!(
            Reader::new(tag).item().unwrap_err(),
            Error::Malformed(Malformed::TooLong)
        );
        let mut w = Writer::new();
        w.put(u64::MAX);
        let mut r = Reader::new(w.tag(0).unwrap());
        assert_eq!(
            r.bytes(&mut [0; 8]).unwrap_err(),
            Error::Malformed(Malformed::TooShort)
        );
    }
}
