//! The content of messages: data packed into the message registers, items behind.
//!
//! Data stand as L4Re's C++ framework lays them out: each value at the next multiple of its
//! alignment; a string or array as its length, then its elements. The kernel's own protocols
//! are the special case that every value is a word.
#![allow(unsafe_code)]

use crate::cap::Cap;
use crate::error::{Error, Malformed, Result};
use crate::region::Share;
use l4re_sys::utcb::MSG_REGS;
use l4re_sys::{
    ExcRegs, Fpage, FpageType, MapItem, MsgTag, ObjRights, ReturnItem, SchedParam, TagFlags,
    UtcbRef, item,
};

/// The size of the message registers in bytes.
pub const BYTES: usize = MSG_REGS * WORD;
const WORD: usize = size_of::<u64>();

/// A type whose values can be copied from and to messages byte by byte.
///
/// # Safety
/// Every pattern of bits is a value of the type.
pub unsafe trait Plain: Copy + 'static {}

macro_rules! plain {
    ($($ty:ty),*) => { $(
        // SAFETY: integers, and structures of nothing but integers.
        unsafe impl Plain for $ty {}
    )* };
}
plain!(u8, u16, u32, u64, usize, i8, i16, i32, i64, isize);
plain!(
    l4re_sys::CapIdx,
    Fpage,
    SchedParam,
    l4re_sys::CpuSet,
    ExcRegs
);
plain!(l4re_sys::op::vcon::VconAttr, l4re_sys::re::rm::Region);
plain!(
    l4re_sys::re::dataspace::Stats,
    l4re_sys::re::mem_alloc::Stats
);

/// Where the next value of alignment `align` (a power of two) stands, from `at` on.
const fn align_up(at: usize, align: usize) -> usize {
    (at + align - 1) & !(align - 1)
}

/// Writes a message into the registers of the calling thread.
///
/// Data first, then items. What does not fit is noticed at the end, by [`Writer::tag`].
#[derive(Debug)]
pub struct Writer {
    utcb: UtcbRef,
    /// Bytes of data.
    len: usize,
    items: usize,
    overflow: bool,
}

impl Writer {
    /// An empty message.
    #[inline]
    #[expect(
        clippy::new_without_default,
        reason = "it stands for the UTCB, not for a value"
    )]
    pub fn new() -> Self {
        Writer {
            utcb: l4re_sys::utcb(),
            len: 0,
            items: 0,
            overflow: false,
        }
    }

    /// The place of `size` more bytes, if they fit.
    #[inline]
    fn room(&mut self, size: usize, align: usize) -> Option<usize> {
        let at = align_up(self.len, align);
        let fits = self.items == 0 && at <= BYTES && size <= BYTES - at;
        if !fits {
            self.overflow = true;
            return None;
        }
        self.len = at + size;
        Some(at)
    }

    /// A value.
    #[inline]
    pub fn put<T: Plain>(&mut self, value: T) -> &mut Self {
        if let Some(at) = self.room(size_of::<T>(), align_of::<T>()) {
            // SAFETY: `room` found the bytes to be in the message registers, and aligned.
            unsafe { self.utcb.msg_ptr().byte_add(at).cast::<T>().write(value) };
        }
        self
    }

    /// Bytes, as they are.
    pub fn raw_bytes(&mut self, bytes: &[u8]) -> &mut Self {
        if let Some(at) = self.room(bytes.len(), 1) {
            // SAFETY: `room` found the bytes to be in the message registers, which `bytes`, a
            // borrow of other memory, cannot overlap.
            unsafe {
                let to = self.utcb.msg_ptr().byte_add(at).cast::<u8>();
                core::ptr::copy_nonoverlapping(bytes.as_ptr(), to, bytes.len());
            }
        }
        self
    }

    /// Bytes behind their number, which takes a word (`L4::Ipc::Array<char, unsigned long>`).
    pub fn bytes(&mut self, bytes: &[u8]) -> &mut Self {
        self.put(bytes.len()).raw_bytes(bytes)
    }

    /// A string, ended by 0, behind its length (the 0 counts), which takes a word
    /// (`L4::Ipc::String<>`).
    pub fn string(&mut self, string: &str) -> &mut Self {
        self.put(string.len() + 1)
            .raw_bytes(string.as_bytes())
            .put(0u8)
    }

    /// A capability, with the rights to it that the receiver gets. Behind it there can only be
    /// items.
    pub fn cap<T: ?Sized>(&mut self, cap: Cap<T>, rights: ObjRights) -> &mut Self {
        self.item(MapItem::cap(cap.idx(), rights))
    }

    /// Memory. Behind it there can only be items.
    pub fn memory(&mut self, share: Share<'_>) -> &mut Self {
        self.item(share.item())
    }

    /// Any item. Behind it there can only be items.
    ///
    /// # Safety
    /// Memory that the item shares or gives away must not be memory that safe code relies on.
    pub unsafe fn raw_item(&mut self, item: MapItem) -> &mut Self {
        self.item(item)
    }

    /// An item of this crate's making: no memory but such as [`Writer::memory`] takes.
    pub(crate) fn item(&mut self, item: MapItem) -> &mut Self {
        let at = align_up(self.len, WORD) / WORD + self.items * item::WORDS;
        if at + item::WORDS > MSG_REGS {
            self.overflow = true;
            return self;
        }
        self.utcb.set_mr(at, item.control);
        self.utcb.set_mr(at + 1, item.fpage.raw());
        self.items += 1;
        self
    }

    /// The tag of the message.
    ///
    /// # Errors
    /// [`Error::TOO_LONG`] if something did not fit.
    #[inline]
    pub fn tag(&self, label: i64) -> Result<MsgTag> {
        self.tag_with(label, TagFlags::empty())
    }

    /// The tag of the message, with flags.
    ///
    /// # Errors
    /// [`Error::TOO_LONG`] if something did not fit.
    #[inline]
    pub fn tag_with(&self, label: i64, flags: TagFlags) -> Result<MsgTag> {
        if self.overflow {
            return Err(Error::TOO_LONG);
        }
        let words = align_up(self.len, WORD) / WORD;
        Ok(MsgTag::new(label, words, self.items, flags))
    }
}

/// Reads a message from the registers of the calling thread. It must be read before the thread's
/// next system call.
#[derive(Clone, Debug)]
pub struct Reader {
    utcb: UtcbRef,
    tag: MsgTag,
    at: usize,
    next_item: usize,
}

impl Reader {
    /// The message of which `tag` was received.
    #[inline]
    pub fn new(tag: MsgTag) -> Self {
        Reader {
            utcb: l4re_sys::utcb(),
            tag,
            at: 0,
            next_item: 0,
        }
    }

    /// The label of the message: of a reply, its result.
    pub fn label(&self) -> i64 {
        self.tag.label()
    }

    /// The bytes of data: as many as the tag says, and at most all.
    #[inline]
    fn end(&self) -> usize {
        self.tag.words().min(MSG_REGS) * WORD
    }

    #[inline]
    fn room(&mut self, size: usize, align: usize) -> Result<usize> {
        let at = align_up(self.at, align);
        let end = self.end();
        if at > end || size > end - at {
            return Err(Error::Malformed(Malformed::TooShort));
        }
        self.at = at + size;
        Ok(at)
    }

    /// The next value.
    ///
    /// # Errors
    /// [`Malformed::TooShort`] if the message ends before.
    #[inline]
    pub fn get<T: Plain>(&mut self) -> Result<T> {
        let at = self.room(size_of::<T>(), align_of::<T>())?;
        // SAFETY: `room` found the bytes to be in the message registers, and aligned; any
        // bytes are a `T` (`Plain`).
        Ok(unsafe { self.utcb.msg_ptr().byte_add(at).cast::<T>().read() })
    }

    /// Copies the next `to.len()` bytes.
    ///
    /// # Errors
    /// [`Malformed::TooShort`] if the message ends before.
    pub fn raw_bytes(&mut self, to: &mut [u8]) -> Result<()> {
        let at = self.room(to.len(), 1)?;
        // SAFETY: `room` found the bytes to be in the message registers, which `to`, an
        // exclusive borrow of other memory, cannot overlap.
        unsafe {
            let from = self.utcb.msg_ptr().byte_add(at).cast::<u8>();
            core::ptr::copy_nonoverlapping(from, to.as_mut_ptr(), to.len());
        }
        Ok(())
    }

    /// Copies bytes that stand behind their number (a word), into the start of `to`; returns
    /// how many there are. Those that `to` has no room for are skipped.
    ///
    /// # Errors
    /// [`Malformed::TooShort`] if the message ends before they do.
    pub fn bytes(&mut self, to: &mut [u8]) -> Result<usize> {
        let len: usize = self.get()?;
        let mut rest = self.clone();
        rest.room(len, 1)?;
        let n = len.min(to.len());
        if let Some(to) = to.get_mut(..n) {
            self.raw_bytes(to)?;
        }
        self.at = rest.at;
        Ok(len)
    }

    /// The next item, which must be memory.
    ///
    /// # Errors
    /// [`Malformed::NoItem`] if it is something else, or there is no more.
    pub fn memory(&mut self) -> Result<()> {
        self.mapped(FpageType::Memory)
    }

    /// The next item, which must be a capability.
    ///
    /// # Errors
    /// [`Malformed::NoItem`] if it is something else, or there is no more.
    pub fn cap(&mut self) -> Result<()> {
        self.mapped(FpageType::Obj)
    }

    fn mapped(&mut self, wanted: FpageType) -> Result<()> {
        match self.item()? {
            ReturnItem::Mapped { kind, .. } if kind == wanted => Ok(()),
            _ => Err(Error::Malformed(Malformed::NoItem)),
        }
    }

    /// The next item.
    ///
    /// # Errors
    /// [`Malformed::NoItem`] if there is no more; [`Malformed::TooLong`] if it would stand
    /// behind the last register.
    pub fn item(&mut self) -> Result<ReturnItem> {
        if self.next_item >= self.tag.items() {
            return Err(Error::Malformed(Malformed::NoItem));
        }
        let at = self.tag.words() + self.next_item * item::WORDS;
        if at + item::WORDS > MSG_REGS {
            return Err(Error::Malformed(Malformed::TooLong));
        }
        self.next_item += 1;
        Ok(ReturnItem::from_words(
            self.utcb.mr(at),
            self.utcb.mr(at + 1),
        ))
    }
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
    // SAFETY: as above.
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
    use l4re_sys::CapIdx;

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
