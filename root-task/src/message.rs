//! Requests as they come in and replies as they go out.
//!
//! Both are copied: a handler may make system calls of its own, which use the UTCB, and what a
//! client sent must not change while it is looked at.

use l4re_sys::utcb::MSG_REGS;
use l4re_sys::{MapItem, MsgTag, ReturnItem, TagFlags, UtcbRef, item, proto};

use crate::error::{Error, Result};

const WORD: usize = size_of::<u64>();

/// A message from a client. Everything in it may be wrong.
pub struct Request {
    /// The protocol.
    pub proto: i64,
    words: usize,
    items: usize,
    mr: [u64; MSG_REGS],
}

impl Request {
    /// Takes the message that stands in the UTCB.
    pub fn take(tag: MsgTag, utcb: UtcbRef) -> Self {
        let mut mr = [0; MSG_REGS];
        let used = (tag.words() + tag.items() * item::WORDS).min(MSG_REGS);
        for (i, word) in mr.iter_mut().enumerate().take(used) {
            *word = utcb.mr(i);
        }
        Request {
            proto: tag.label(),
            words: tag.words(),
            items: tag.items(),
            mr,
        }
    }

    /// A message made of its parts.
    pub fn new(proto: i64, data: &[u64], items: usize) -> Self {
        let mut mr = [0; MSG_REGS];
        mr.iter_mut().zip(data).for_each(|(to, from)| *to = *from);
        Request {
            proto,
            words: data.len().saturating_sub(items * item::WORDS),
            items,
            mr,
        }
    }

    /// Fails if words and items are more than a message has.
    ///
    /// # Errors
    /// [`Error::EMSGTOOSHORT`], as L4Re's servers say.
    pub fn check(&self) -> Result<()> {
        if self.words + self.items * item::WORDS > MSG_REGS {
            Err(Error::EMSGTOOSHORT)
        } else {
            Ok(())
        }
    }

    /// Whether the kernel asks for a page on behalf of a thread that touched it.
    pub fn is_page_fault(&self) -> bool {
        self.proto == proto::PAGE_FAULT
    }

    /// The untyped words.
    pub fn words(&self) -> &[u64] {
        &self.mr[..self.words.min(MSG_REGS)]
    }

    /// The operation of L4Re's protocols: the first four bytes.
    ///
    /// # Errors
    /// [`Error::EMSGTOOSHORT`].
    pub fn op(&self) -> Result<u32> {
        self.u32(0)
    }

    /// Word `index`.
    ///
    /// # Errors
    /// [`Error::EMSGTOOSHORT`].
    pub fn word(&self, index: usize) -> Result<u64> {
        self.words().get(index).copied().ok_or(Error::EMSGTOOSHORT)
    }

    /// The word at byte `offset`, a multiple of 8.
    ///
    /// # Errors
    /// [`Error::EMSGTOOSHORT`].
    pub fn u64(&self, offset: usize) -> Result<u64> {
        self.word(offset / WORD)
    }

    /// The four bytes at byte `offset`, a multiple of 4.
    ///
    /// # Errors
    /// [`Error::EMSGTOOSHORT`].
    pub fn u32(&self, offset: usize) -> Result<u32> {
        Ok((self.u64(offset)? >> (offset % WORD * 8)) as u32)
    }

    /// The byte at `offset`.
    ///
    /// # Errors
    /// [`Error::EMSGTOOSHORT`].
    pub fn u8(&self, offset: usize) -> Result<u8> {
        Ok((self.u64(offset)? >> (offset % WORD * 8)) as u8)
    }

    /// `len` bytes from byte `offset` on; `buffer` must be large enough for a message.
    ///
    /// # Errors
    /// [`Error::EMSGTOOSHORT`] if the message ends before.
    pub fn bytes<'a>(
        &self,
        offset: usize,
        len: u64,
        buffer: &'a mut [u8; MSG_REGS * WORD],
    ) -> Result<&'a [u8]> {
        let len = usize::try_from(len).map_err(|_| Error::EMSGTOOSHORT)?;
        let end = offset.checked_add(len).ok_or(Error::EMSGTOOSHORT)?;
        if end > self.words().len() * WORD {
            return Err(Error::EMSGTOOSHORT);
        }
        for (word, bytes) in self.words().iter().zip(buffer.as_chunks_mut().0) {
            *bytes = word.to_le_bytes();
        }
        Ok(&buffer[offset..end])
    }

    /// Item `index`, if there are as many.
    pub fn item(&self, index: usize) -> Option<ReturnItem> {
        if index >= self.items {
            return None;
        }
        let at = self.words + index * item::WORDS;
        Some(ReturnItem::from_words(
            *self.mr.get(at)?,
            *self.mr.get(at + 1)?,
        ))
    }

    /// Whether the message brought capabilities, which are gone when it has been served.
    pub fn brings_caps(&self) -> bool {
        let mut items = (0..self.items).map_while(|index| self.item(index));
        items.any(|item| matches!(item, ReturnItem::Mapped { .. }))
    }

    /// Item 0, which must be there.
    ///
    /// # Errors
    /// [`Error::EMSGTOOSHORT`].
    pub fn needed_item(&self) -> Result<ReturnItem> {
        self.item(0).ok_or(Error::EMSGTOOSHORT)
    }
}

/// What becomes of a request.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Outcome {
    /// The reply goes out with this label.
    Reply(i64),
    /// There is nobody to answer.
    NoReply,
    /// There is more to do: the reply goes out later.
    Later,
}

/// A reply in the making.
pub struct Reply {
    data: [u64; MSG_REGS],
    len: usize,
    item: Option<MapItem>,
}

impl Default for Reply {
    fn default() -> Self {
        Reply {
            data: [0; MSG_REGS],
            len: 0,
            item: None,
        }
    }
}

impl Reply {
    /// Puts a word at byte `offset`, a multiple of 8. What does not fit is left out: the
    /// protocols' replies fit.
    pub fn set_u64(&mut self, offset: usize, value: u64) {
        if let Some(word) = self.data.get_mut(offset / WORD) {
            *word = value;
            self.len = self.len.max(offset + WORD);
        }
    }

    /// Puts bytes at `offset`, as many as fit.
    pub fn set_bytes(&mut self, offset: usize, bytes: &[u8]) {
        for (i, &byte) in bytes.iter().enumerate() {
            let at = offset + i;
            let Some(word) = self.data.get_mut(at / WORD) else {
                return;
            };
            let shift = at % WORD * 8;
            *word = *word & !(0xff << shift) | u64::from(byte) << shift;
            self.len = self.len.max(at + 1);
        }
    }

    /// Bytes that fit behind `offset`.
    pub fn room(offset: usize) -> usize {
        (MSG_REGS * WORD).saturating_sub(offset)
    }

    /// Passes something on.
    pub fn set_item(&mut self, item: MapItem) {
        self.item = Some(item);
    }

    /// The words, for tests.
    pub fn data(&self) -> &[u64] {
        &self.data[..self.len.div_ceil(WORD)]
    }

    /// The item, for tests.
    pub fn item(&self) -> Option<MapItem> {
        self.item
    }

    /// Puts the reply into the UTCB. A negative label goes alone.
    pub fn put(&self, label: i64, utcb: UtcbRef) -> MsgTag {
        if label < 0 {
            return MsgTag::new(label, 0, 0, TagFlags::empty());
        }
        let items = usize::from(self.item.is_some());
        let words = self.len.div_ceil(WORD).min(MSG_REGS - items * item::WORDS);
        for (i, &word) in self.data[..words].iter().enumerate() {
            utcb.set_mr(i, word);
        }
        if let Some(item) = self.item {
            utcb.set_mr(words, item.control);
            utcb.set_mr(words + 1, item.fpage.raw());
        }
        MsgTag::new(label, words, items, TagFlags::empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_messages_are_told() {
        let request = Request::new(1, &[0x2_0000_0001, 7], 0);
        assert_eq!(request.op(), Ok(1));
        assert_eq!(request.u32(4), Ok(2));
        assert_eq!(request.u64(8), Ok(7));
        assert_eq!(request.u64(16), Err(Error::EMSGTOOSHORT));
        assert_eq!(request.item(0), None);
        let mut buffer = [0; MSG_REGS * 8];
        assert_eq!(
            request.bytes(8, 8, &mut buffer),
            Ok(&[7, 0, 0, 0, 0, 0, 0, 0][..])
        );
        assert_eq!(request.bytes(8, 9, &mut buffer), Err(Error::EMSGTOOSHORT));
        assert_eq!(
            request.bytes(8, u64::MAX, &mut buffer),
            Err(Error::EMSGTOOSHORT)
        );
    }

    #[test]
    fn items_stand_behind_the_words() {
        let request = Request::new(1, &[5, 8 | 4, 0x70, 8, 0x1234], 2);
        assert_eq!(request.words(), [5]);
        assert_eq!(request.item(0), Some(ReturnItem::Label(0x70)));
        assert!(matches!(request.item(1), Some(ReturnItem::Mapped { .. })));
        assert_eq!(request.item(2), None);
    }

    #[test]
    fn replies_keep_their_bytes() {
        let mut reply = Reply::default();
        reply.set_u64(0, 1);
        reply.set_bytes(9, b"abc");
        assert_eq!(reply.data(), [1, 0x6362_6100]);
        reply.set_bytes(500, &[1; 100]);
        assert_eq!(reply.data().len(), MSG_REGS);
    }
}
