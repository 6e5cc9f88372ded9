//! Types of arguments.

use super::demand::Demand;
use super::out::Buffers;
use super::wire::{Decoder, Encoder};
use crate::cap::Cap;
use crate::cap_alloc;
use crate::error::{Error, Malformed, Result};
use crate::msg::Plain;
use core::marker::PhantomData;
use l4re_sys::{MapItem, ObjRights};

/// A type that arguments of an interface's methods can have.
///
/// | type | in the message |
/// |---|---|
/// | [`Plain`] | the value, at the next multiple of its alignment |
/// | `bool` | a byte |
/// | `Option<T>` | as `T`, or nothing at all |
/// | `&str` | the length (8 bytes; the 0 counts), the bytes, a 0 |
/// | `&[T]` | the number of elements (2 bytes), the elements |
/// | [`Cap<T>`] | an item |
/// | [`Memory`](super::Memory) | an item |
/// | [`Varg`](super::Varg) | a list of values, each with its type |
///
/// A message is as long as its whole words. A server can tell that an optional value is absent
/// only if the message ends before, in words, and if nothing stands behind it.
///
/// Besides, a method can take `&T` and `&mut T` of [`Plain`] types: the value goes with the
/// request, the latter's comes back with the reply.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be an argument of an interface's method",
    label = "not a type that a message can carry",
    note = "use integers, `bool`, types that derive `l4re::msg::Plain`, `Option`, `&str`, `&[T]`, `Cap<T>`"
)]
pub trait In<'m>: Sized {
    /// What the server must have buffers for.
    const DEMAND: Demand = Demand::NONE;
    /// Whether the server's value borrows from the message.
    const BORROWS: bool = false;

    /// Writes the data.
    fn put(&self, to: &mut Encoder);
    /// Writes the item; `rights` are those to a capability.
    #[inline(always)]
    fn put_item(&self, _to: &mut Encoder, _rights: ObjRights) {}
    /// Holds ready what a client wants to receive into.
    #[inline(always)]
    fn ready(&self, _buffers: &mut Buffers) {}
    /// Reads data and item.
    ///
    /// # Errors
    /// Why the request is refused.
    fn get(from: &mut Decoder<'m>) -> Result<Self>;
}

impl<T: Plain> In<'_> for T {
    #[inline(always)]
    fn put(&self, to: &mut Encoder) {
        to.value(*self);
    }

    #[inline(always)]
    fn get(from: &mut Decoder<'_>) -> Result<Self> {
        from.value()
    }
}

impl In<'_> for bool {
    #[inline(always)]
    fn put(&self, to: &mut Encoder) {
        to.value(u8::from(*self));
    }

    #[inline(always)]
    fn get(from: &mut Decoder<'_>) -> Result<Self> {
        Ok(from.value::<u8>()? != 0)
    }
}

impl<'m, T: In<'m>> In<'m> for Option<T> {
    const DEMAND: Demand = T::DEMAND;
    const BORROWS: bool = T::BORROWS;

    #[inline(always)]
    fn put(&self, to: &mut Encoder) {
        if let Some(value) = self {
            value.put(to);
        }
    }

    #[inline(always)]
    fn put_item(&self, to: &mut Encoder, rights: ObjRights) {
        if let Some(value) = self {
            value.put_item(to, rights);
        }
    }

    #[inline(always)]
    fn get(from: &mut Decoder<'m>) -> Result<Self> {
        let before = from.clone();
        match T::get(from) {
            Ok(value) => Ok(Some(value)),
            Err(Error::Malformed(Malformed::TooShort)) => {
                *from = before;
                Ok(None)
            }
            Err(e) if e == super::wire::MISSING => Ok(None),
            Err(e) => Err(e),
        }
    }
}

/// A type that lengths of arrays are told in: `u8` to `u64`.
pub trait Length: Plain {
    /// The length; none if it does not fit.
    fn of(len: usize) -> Option<Self>;
    /// The number.
    fn get(self) -> usize;
}

macro_rules! length {
    ($($ty:ty),*) => { $(
        impl Length for $ty {
            #[inline(always)]
            fn of(len: usize) -> Option<Self> {
                len.try_into().ok()
            }

            #[inline(always)]
            fn get(self) -> usize {
                // One that does not fit is longer than any message.
                usize::try_from(self).unwrap_or(usize::MAX)
            }
        }
    )* };
}
length!(u8, u16, u32, u64, usize);

/// `&[T]` whose length is told as `L` (`#[len(L)]`).
#[derive(Clone, Copy, Debug)]
pub struct Slice<'m, T, L> {
    /// The slice.
    pub slice: &'m [T],
    length: PhantomData<L>,
}

impl<'m, T, L> Slice<'m, T, L> {
    /// The slice.
    #[inline(always)]
    pub fn new(slice: &'m [T]) -> Self {
        Slice {
            slice,
            length: PhantomData,
        }
    }
}

impl<'m, T: Plain, L: Length> In<'m> for Slice<'m, T, L> {
    const BORROWS: bool = true;

    #[inline]
    fn put(&self, to: &mut Encoder) {
        let Some(len) = L::of(self.slice.len()) else {
            to.too_long();
            return;
        };
        to.value(len);
        to.values(self.slice);
    }

    #[inline]
    fn get(from: &mut Decoder<'m>) -> Result<Self> {
        let len = from.value::<L>()?.get();
        from.values(len).map(Slice::new)
    }
}

impl<'m, T: Plain> In<'m> for &'m [T] {
    const BORROWS: bool = true;

    #[inline]
    fn put(&self, to: &mut Encoder) {
        Slice::<T, u16>::new(self).put(to);
    }

    #[inline]
    fn get(from: &mut Decoder<'m>) -> Result<Self> {
        Slice::<T, u16>::get(from).map(|s| s.slice)
    }
}

/// `&str` whose length is told as `L` (`#[len(L)]`).
#[derive(Clone, Copy, Debug)]
pub struct Str<'m, L> {
    /// The string.
    pub str: &'m str,
    length: PhantomData<L>,
}

impl<'m, L> Str<'m, L> {
    /// The string.
    #[inline(always)]
    pub fn new(str: &'m str) -> Self {
        Str {
            str,
            length: PhantomData,
        }
    }
}

impl<'m, L: Length> In<'m> for Str<'m, L> {
    const BORROWS: bool = true;

    #[inline]
    fn put(&self, to: &mut Encoder) {
        put_str::<L>(self.str, to);
    }

    #[inline]
    fn get(from: &mut Decoder<'m>) -> Result<Self> {
        let len = from.value::<L>()?.get();
        let bytes = from.values::<u8>(len)?;
        // The last byte counts as the 0, whatever it is.
        let (_, text) = bytes
            .split_last()
            .ok_or(Error::Malformed(Malformed::TooShort))?;
        let text = core::str::from_utf8(text).map_err(|_| Error::INVALID)?;
        Ok(Str::new(text))
    }
}

pub(super) fn put_str<L: Length>(text: &str, to: &mut Encoder) {
    let Some(len) = L::of(text.len() + 1) else {
        to.too_long();
        return;
    };
    to.value(len);
    to.values(text.as_bytes());
    to.value(0u8);
}

impl<'m> In<'m> for &'m str {
    const BORROWS: bool = true;

    #[inline]
    fn put(&self, to: &mut Encoder) {
        put_str::<u64>(self, to);
    }

    #[inline]
    fn get(from: &mut Decoder<'m>) -> Result<Self> {
        Str::<u64>::get(from).map(|s| s.str)
    }
}

/// The server's value is a capability in one of the server's slots, which is emptied when the
/// request has been answered: to keep it, [take](Cap::take) it.
impl<T: ?Sized> In<'_> for Cap<T> {
    const DEMAND: Demand = Demand::CAP;

    #[inline(always)]
    fn put(&self, _to: &mut Encoder) {}

    #[inline(always)]
    fn put_item(&self, to: &mut Encoder, rights: ObjRights) {
        if self.is_valid() && !cap_alloc::is_private(self.idx()) {
            to.item(MapItem::cap(self.idx(), rights));
        } else {
            to.missing_item();
        }
    }

    #[inline]
    fn get(from: &mut Decoder<'_>) -> Result<Self> {
        from.cap()
    }
}
