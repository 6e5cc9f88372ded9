//! Writing messages.
#![allow(unsafe_code)]

use super::{BYTES, Plain, WORD, align_up, put_bytes, put_value};
use crate::cap::Cap;
use crate::error::{Error, Result};
use crate::region::Share;
use l4re_sys::utcb::MSG_REGS;
use l4re_sys::{MapItem, MsgTag, ObjRights, TagFlags, UtcbRef, item};

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
            unsafe { put_value(self.utcb.msg_ptr(), at, value) };
        }
        self
    }

    /// Bytes, as they are.
    pub fn raw_bytes(&mut self, bytes: &[u8]) -> &mut Self {
        if let Some(at) = self.room(bytes.len(), 1) {
            // SAFETY: `room` found the bytes to be in the message registers.
            unsafe { put_bytes(self.utcb.msg_ptr(), at, bytes) };
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

    /// A capability, with the rights to it that the receiver gets: nothing goes in place of one to
    /// the memory of the heap or of stacks. Behind it there can only be items.
    pub fn cap<T: ?Sized>(&mut self, cap: Cap<T>, rights: ObjRights) -> &mut Self {
        if crate::cap_alloc::is_private(cap.idx()) {
            return self.item(MapItem::VOID);
        }
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
