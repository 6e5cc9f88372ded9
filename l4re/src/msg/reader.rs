//! Reading messages.
#![allow(unsafe_code)]

use super::{Plain, WORD, align_up};
use crate::error::{Error, Malformed, Result};
use l4re_sys::utcb::MSG_REGS;
use l4re_sys::{FpageType, MsgTag, ReturnItem, UtcbRef, item};

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
