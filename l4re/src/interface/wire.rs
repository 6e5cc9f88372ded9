//! Messages of interfaces, byte by byte.
//!
//! Everything here is inlined into the caller, where places in the message are constants: a
//! request of words becomes the stores of a hand-written one.
#![allow(unsafe_code)]

use crate::cap::{Cap, CapSlot};
use crate::error::{Error, ErrorCode, Malformed, Result};
use crate::msg::{self, BYTES, Plain};
use crate::region::Window;
use alloc::vec::Vec;
use core::marker::PhantomData;
use core::mem::MaybeUninit;
use l4re_sys::utcb::MSG_REGS;
use l4re_sys::{FpageType, MapItem, MsgTag, ObjRights, ReturnItem, TagFlags, UtcbRef, err, item};

const WORD: usize = size_of::<u64>();

const TOO_SHORT: Error = Error::Malformed(Malformed::TooShort);
/// A capability in the message is missing or invalid.
pub(crate) const MISSING: Error = Error::Service(ErrorCode(err::EMSGMISSARG));

const fn align_up(at: usize, align: usize) -> usize {
    (at + align - 1) & !(align - 1)
}

/// Writes a message into the calling thread's registers: data, then items.
#[derive(Debug)]
pub struct Encoder {
    utcb: UtcbRef,
    at: usize,
    items: usize,
    /// An error code of [`err`], or 0.
    fault: i64,
}

impl Encoder {
    /// An empty message.
    #[inline(always)]
    #[expect(clippy::new_without_default, reason = "it stands for the UTCB")]
    pub fn new() -> Self {
        Encoder {
            utcb: l4re_sys::utcb(),
            at: 0,
            items: 0,
            fault: 0,
        }
    }

    #[inline(always)]
    fn room(&mut self, size: usize, align: usize) -> Option<usize> {
        let at = align_up(self.at, align);
        if self.items > 0 || at > BYTES || size > BYTES - at {
            self.fault = err::EMSGTOOLONG;
            return None;
        }
        self.at = at + size;
        Some(at)
    }

    /// A value, at the next multiple of its alignment.
    #[inline(always)]
    pub fn value<T: Plain>(&mut self, value: T) {
        const { assert!(align_of::<T>() <= WORD, "a message is aligned to 8 bytes") };
        if let Some(at) = self.room(size_of::<T>(), align_of::<T>()) {
            // SAFETY: `room` found the bytes to be in the message registers, and aligned.
            unsafe { msg::put_value(self.utcb.msg_ptr(), at, value) };
        }
    }

    /// Values, one behind the other.
    #[inline]
    pub fn values<T: Plain>(&mut self, values: &[T]) {
        const { assert!(align_of::<T>() <= WORD, "a message is aligned to 8 bytes") };
        if let Some(at) = self.room(size_of_val(values), align_of::<T>()) {
            // SAFETY: `room` found the bytes to be in the message registers.
            unsafe { msg::put_bytes(self.utcb.msg_ptr(), at, msg::bytes_of(values)) };
        }
    }

    /// An item. Behind it there can only be items.
    #[inline]
    pub(crate) fn item(&mut self, item: MapItem) {
        let at = align_up(self.at, WORD) / WORD + self.items * item::WORDS;
        if self.fault != 0 || at + item::WORDS > MSG_REGS {
            // Also behind an invalid capability, as C++ clients do.
            self.fault = err::EMSGTOOLONG;
            return;
        }
        self.utcb.set_mr(at, item.control);
        self.utcb.set_mr(at + 1, item.fpage.raw());
        self.items += 1;
    }

    /// Something does not fit.
    #[cold]
    pub(crate) fn too_long(&mut self) {
        self.fault = err::EMSGTOOLONG;
    }

    /// The place of a capability that is invalid.
    pub(crate) fn missing_item(&mut self) {
        self.fault = if self.fault == 0 {
            err::EMSGMISSARG
        } else {
            err::EMSGTOOLONG
        };
    }

    /// The tag.
    #[inline(always)]
    pub(crate) fn tag(&self, label: i64) -> Result<MsgTag> {
        if self.fault != 0 {
            return Err(Error::Service(ErrorCode(self.fault)));
        }
        let words = align_up(self.at, WORD) / WORD;
        Ok(MsgTag::new(label, words, self.items, TagFlags::empty()))
    }
}

/// Where a received message can bring capabilities and memory to.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Places<'m> {
    pub slots: &'m [CapSlot],
    pub window: Option<&'m Window>,
    /// The sender's rights.
    pub rights: ObjRights,
}

/// Reads a message. `'m` is for how long what it borrows stays as it is.
#[derive(Clone, Debug)]
pub struct Decoder<'m> {
    words: *const u64,
    tag: MsgTag,
    at: usize,
    next_item: usize,
    next_slot: usize,
    /// Whether `words` is valid and unchanged for `'m`.
    lasting: bool,
    places: Places<'m>,
    message: PhantomData<&'m u64>,
}

impl<'m> Decoder<'m> {
    /// Reads the registers: until the thread's next system call.
    #[inline(always)]
    pub(crate) fn direct(tag: MsgTag, places: Places<'m>) -> Self {
        Decoder {
            words: l4re_sys::utcb().msg_ptr(),
            tag,
            at: 0,
            next_item: 0,
            next_slot: 0,
            lasting: false,
            places,
            message: PhantomData,
        }
    }

    /// The tag.
    #[inline(always)]
    pub fn tag(&self) -> MsgTag {
        self.tag
    }

    /// The sender's rights.
    #[inline(always)]
    pub(crate) fn rights(&self) -> ObjRights {
        self.places.rights
    }

    /// Moves on to byte `at`.
    #[inline(always)]
    pub(crate) fn skip_to(&mut self, at: usize) {
        self.at = at;
    }

    /// There is a message up to where it has been read.
    ///
    /// # Errors
    /// [`Malformed::TooShort`] if it ends before.
    #[inline(always)]
    pub fn reached(&mut self) -> Result<()> {
        self.room(0, 1).map(drop)
    }

    #[inline(always)]
    fn room(&mut self, size: usize, align: usize) -> Result<usize> {
        let at = align_up(self.at, align);
        // A tag can tell 63 words at most: as many as there are. Counted in words, as the place
        // behind a value of fixed size is known when the program is built.
        let end = at.saturating_add(size);
        if end.div_ceil(WORD) > self.tag.words() {
            return Err(TOO_SHORT);
        }
        self.at = end;
        Ok(at)
    }

    /// A value.
    ///
    /// # Errors
    /// [`Malformed::TooShort`] if the message ends before.
    #[inline(always)]
    pub fn value<T: Plain>(&mut self) -> Result<T> {
        const { assert!(align_of::<T>() <= WORD, "a message is aligned to 8 bytes") };
        let at = self.room(size_of::<T>(), align_of::<T>())?;
        // SAFETY: `room` found the bytes to be in the message, and aligned; any bytes are a `T`.
        Ok(unsafe { self.words.byte_add(at).cast::<T>().read() })
    }

    /// `len` values, borrowed.
    ///
    /// # Errors
    /// [`Malformed::TooShort`] if the message ends before.
    #[inline]
    pub(crate) fn values<T: Plain>(&mut self, len: usize) -> Result<&'m [T]> {
        let (at, len) = self.array::<T>(len)?;
        if !self.lasting {
            return Err(Error::Malformed(Malformed::BadValue));
        }
        // SAFETY: `array` found the elements to be in the message, and aligned; the message is
        // a copy that lasts (`lasting`); any bytes are a `T`.
        Ok(unsafe { core::slice::from_raw_parts(self.words.byte_add(at).cast::<T>(), len) })
    }

    /// `len` values, copied to the heap.
    ///
    /// # Errors
    /// [`Malformed::TooShort`] if the message ends before; [`Error::NO_MEMORY`].
    pub(crate) fn collect<T: Plain>(&mut self, len: usize) -> Result<Vec<T>> {
        let (at, len) = self.array::<T>(len)?;
        let mut vec = Vec::new();
        vec.try_reserve_exact(len).map_err(|_| Error::NO_MEMORY)?;
        // SAFETY: `array` found the elements to be in the message, and aligned; the vector has
        // room for them, and any bytes are a `T`.
        unsafe {
            let from = self.words.byte_add(at).cast::<T>();
            core::ptr::copy_nonoverlapping(from, vec.as_mut_ptr(), len);
            vec.set_len(len);
        }
        Ok(vec)
    }

    /// Up to `to.len()` of `len` values, copied; those that `to` has no room for are skipped.
    ///
    /// # Errors
    /// [`Malformed::TooShort`] if the message ends before.
    pub(crate) fn copy_values<T: Plain>(&mut self, len: usize, to: &mut [T]) -> Result<usize> {
        let (at, len) = self.array::<T>(len)?;
        let len = len.min(to.len());
        // SAFETY: `array` found the elements to be in the message, and aligned; `to` is other
        // memory, and as long.
        unsafe {
            let from = self.words.byte_add(at).cast::<T>();
            core::ptr::copy_nonoverlapping(from, to.as_mut_ptr(), len);
        }
        Ok(len)
    }

    /// How many values of `T` the rest of the message can hold.
    pub(crate) fn rest<T>(&self) -> usize {
        let at = align_up(self.at, align_of::<T>());
        (self.tag.words() * WORD).saturating_sub(at) / size_of::<T>().max(1)
    }

    #[inline(always)]
    fn array<T>(&mut self, len: usize) -> Result<(usize, usize)> {
        const { assert!(align_of::<T>() <= WORD, "a message is aligned to 8 bytes") };
        let size = len.checked_mul(size_of::<T>()).ok_or(TOO_SHORT)?;
        Ok((self.room(size, align_of::<T>())?, len))
    }

    /// The next item.
    ///
    /// # Errors
    /// [`Malformed::TooShort`] if there is no more.
    pub(crate) fn item(&mut self) -> Result<ReturnItem> {
        let at = self.tag.words() + self.next_item * item::WORDS;
        let all = self.tag.items() * item::WORDS;
        if self.next_item >= self.tag.items() || at + item::WORDS > MSG_REGS || all > MSG_REGS {
            return Err(TOO_SHORT);
        }
        self.next_item += 1;
        // SAFETY: both words are in the message.
        let (control, data) = unsafe { (self.words.add(at).read(), self.words.add(at + 1).read()) };
        Ok(ReturnItem::from_words(control, data))
    }

    /// The next item, which must be a capability; it has come into the next slot.
    pub(crate) fn cap<T: ?Sized>(&mut self) -> Result<Cap<T>> {
        if !self.item()?.is_cap() {
            return Err(self.lacks_item());
        }
        let slot = self.places.slots.get(self.next_slot).ok_or(MISSING)?;
        self.next_slot += 1;
        Ok(Cap::new(slot.idx()))
    }

    /// The next item, which must be memory; it has come into the window. Returns its hot spot
    /// and the logarithm of its size.
    pub(crate) fn memory(&mut self) -> Result<(Option<&'m Window>, u64, u32)> {
        match self.item()? {
            ReturnItem::Mapped {
                kind: FpageType::Memory,
                spot,
                order,
            } => Ok((self.places.window, spot, order)),
            _ => Err(self.lacks_item()),
        }
    }

    /// The error of an item that is something else: of a message that lacks even what stands
    /// before, that comes first.
    #[cold]
    fn lacks_item(&self) -> Error {
        if self.at > self.tag.words() * WORD {
            return TOO_SHORT;
        }
        MISSING
    }
}

/// A message copied out of the registers, so that it can be borrowed from while system calls
/// are made.
#[derive(Debug)]
pub struct Copied {
    words: [MaybeUninit<u64>; MSG_REGS],
    tag: MsgTag,
}

impl Copied {
    /// Copies the message of which `tag` was received.
    #[inline]
    pub(crate) fn new(tag: MsgTag) -> Self {
        let len = (tag.words() + item::WORDS * tag.items()).min(MSG_REGS);
        let mut words = [const { MaybeUninit::uninit() }; MSG_REGS];
        // SAFETY: `len` is at most the number of registers, and `words` has as many; it is memory
        // apart from the UTCB.
        unsafe {
            let from = l4re_sys::utcb().msg_ptr().cast::<MaybeUninit<u64>>();
            core::ptr::copy_nonoverlapping(from, words.as_mut_ptr(), len);
        }
        Copied { words, tag }
    }

    /// Reads the copy. All that the tag tells of has been copied.
    #[inline(always)]
    pub(crate) fn decoder<'m>(&'m self, places: Places<'m>) -> Decoder<'m> {
        Decoder {
            words: self.words.as_ptr().cast(),
            lasting: true,
            ..Decoder::direct(self.tag, places)
        }
    }
}
