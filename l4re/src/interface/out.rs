//! Types of results.

use super::arg::{Length, put_str};
use super::reception::Reception;
use super::wire::{Decoder, Encoder};
use crate::cap::{Cap, CapSlot, OwnedCap};
use crate::cap_alloc;
use crate::error::{Error, Malformed, Result};
use crate::msg::Plain;
use crate::region::Window;
use alloc::string::String;
use alloc::vec::Vec;
use core::marker::PhantomData;
use l4re_sys::{CapIdx, MapItem, ObjRights, RcvItem, UtcbRef};

/// A type that results of an interface's methods can have.
///
/// | type | in the reply |
/// |---|---|
/// | `()` | nothing |
/// | [`Plain`] | the value, at the next multiple of its alignment |
/// | `bool` | a byte |
/// | a tuple | each of its parts |
/// | `Option<T>` | as `T`, or nothing at all |
/// | `String` | the length (8 bytes; the 0 counts), the bytes, a 0 |
/// | `Vec<T>` | the number of elements (2 bytes), the elements |
/// | [`Array<T, N, L>`](Array) | the number of elements (as `L`), the elements |
/// | [`Elements<T>`](super::Elements) | the elements; their number is the label |
/// | [`OwnedCap<T>`] | an item |
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the result of an interface's method",
    label = "not a type that a reply can carry",
    note = "use integers, `bool`, types that derive `l4re::msg::Plain`, tuples, `Option`, `String`, `Vec<T>`, `OwnedCap<T>`"
)]
pub trait Out: Sized {
    /// What a client holds ready for it.
    type Ready;

    /// Holds ready what it takes to receive it.
    ///
    /// # Errors
    /// [`Error::NoCapSlot`] if there is no slot for a capability.
    fn ready(buffers: &mut Buffers) -> Result<Self::Ready>;
    /// Reads data and item of a reply.
    ///
    /// # Errors
    /// [`Error::Malformed`] if the reply does not hold them.
    fn get(from: &mut Decoder<'_>, ready: Self::Ready) -> Result<Self>;
    /// Writes the data.
    fn put(&self, to: &mut Encoder);
    /// Writes the item; what must outlive the reply goes to the `reception`.
    #[inline(always)]
    fn put_item(self, _to: &mut Encoder, _reception: &Reception) {}
}

/// The buffer registers of a call, as they are filled.
#[derive(Debug)]
pub struct Buffers {
    utcb: UtcbRef,
    next: usize,
}

impl Buffers {
    /// None yet.
    #[inline(always)]
    #[expect(clippy::new_without_default, reason = "it stands for the UTCB")]
    pub fn new() -> Self {
        Buffers {
            utcb: l4re_sys::utcb(),
            next: 0,
        }
    }

    fn cap(&mut self, slot: CapIdx) {
        self.utcb.set_br(self.next, RcvItem::single(slot).0);
        self.next += 1;
    }

    pub(super) fn window(&mut self, window: &Window) {
        self.utcb.set_br(self.next, RcvItem::WINDOW.0);
        self.utcb.set_br(self.next + 1, window.fpage().raw());
        self.next += 2;
    }

    /// Nothing behind those that have been filled: nothing of an earlier call stays valid.
    #[inline(always)]
    pub(super) fn end(self) {
        self.utcb.set_br(self.next, RcvItem::VOID.0);
        self.utcb.set_bdr(l4re_sys::BufferDesc::default());
    }
}

impl<T: Plain> Out for T {
    type Ready = ();

    #[inline(always)]
    fn ready(_: &mut Buffers) -> Result<()> {
        Ok(())
    }

    #[inline(always)]
    fn get(from: &mut Decoder<'_>, (): ()) -> Result<Self> {
        from.value()
    }

    #[inline(always)]
    fn put(&self, to: &mut Encoder) {
        to.value(*self);
    }
}

impl Out for bool {
    type Ready = ();

    #[inline(always)]
    fn ready(_: &mut Buffers) -> Result<()> {
        Ok(())
    }

    #[inline(always)]
    fn get(from: &mut Decoder<'_>, (): ()) -> Result<Self> {
        Ok(from.value::<u8>()? != 0)
    }

    #[inline(always)]
    fn put(&self, to: &mut Encoder) {
        to.value(u8::from(*self));
    }
}

impl<T: Out> Out for Option<T> {
    type Ready = T::Ready;

    #[inline(always)]
    fn ready(buffers: &mut Buffers) -> Result<T::Ready> {
        T::ready(buffers)
    }

    #[inline(always)]
    fn get(from: &mut Decoder<'_>, ready: T::Ready) -> Result<Self> {
        let before = from.clone();
        match T::get(from, ready) {
            Ok(value) => Ok(Some(value)),
            Err(Error::Malformed(Malformed::TooShort)) => {
                *from = before;
                Ok(None)
            }
            Err(e) if e == super::wire::MISSING => Ok(None),
            Err(e) => Err(e),
        }
    }

    #[inline(always)]
    fn put(&self, to: &mut Encoder) {
        if let Some(value) = self {
            value.put(to);
        }
    }

    #[inline(always)]
    fn put_item(self, to: &mut Encoder, reception: &Reception) {
        if let Some(value) = self {
            value.put_item(to, reception);
        }
    }
}

macro_rules! tuple {
    ($($name:ident $ready:ident),*) => {
        impl<$($name: Out),*> Out for ($($name,)*) {
            type Ready = ($($name::Ready,)*);

            #[inline(always)]
            #[allow(unused_variables, clippy::unused_unit)]
            fn ready(buffers: &mut Buffers) -> Result<Self::Ready> {
                Ok(($($name::ready(buffers)?,)*))
            }

            #[inline(always)]
            #[allow(unused_variables, non_snake_case, clippy::unused_unit)]
            fn get(from: &mut Decoder<'_>, ready: Self::Ready) -> Result<Self> {
                let ($($ready,)*) = ready;
                Ok(($($name::get(from, $ready)?,)*))
            }

            #[inline(always)]
            #[allow(unused_variables, non_snake_case)]
            fn put(&self, to: &mut Encoder) {
                let ($($name,)*) = self;
                $($name.put(to);)*
            }

            #[inline(always)]
            #[allow(unused_variables, non_snake_case)]
            fn put_item(self, to: &mut Encoder, reception: &Reception) {
                let ($($name,)*) = self;
                $($name.put_item(to, reception);)*
            }
        }
    };
}
tuple!();
tuple!(A a);
tuple!(A a, B b);
tuple!(A a, B b, C c);
tuple!(A a, B b, C c, D d);
tuple!(A a, B b, C c, D d, E e);
tuple!(A a, B b, C c, D d, E e, F f);
tuple!(A a, B b, C c, D d, E e, F f, G g);
tuple!(A a, B b, C c, D d, E e, F f, G g, H h);

/// Up to `N` elements whose number is told as `L`: an array in a reply without a heap, or with
/// another length than a `Vec`'s. A client skips what is beyond `N`.
#[derive(Clone, Copy)]
pub struct Array<T, const N: usize, L = u16> {
    elements: [T; N],
    len: usize,
    length: PhantomData<L>,
}

impl<T: Plain + Default, const N: usize, L: Length> Array<T, N, L> {
    /// The first `N` elements of `slice`.
    pub fn new(slice: &[T]) -> Self {
        let mut elements = [T::default(); N];
        let len = slice.len().min(N);
        for (to, from) in elements.iter_mut().zip(slice) {
            *to = *from;
        }
        Array {
            elements,
            len,
            length: PhantomData,
        }
    }
}

impl<T, const N: usize, L> core::ops::Deref for Array<T, N, L> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        self.elements.get(..self.len).unwrap_or(&[])
    }
}

impl<T: core::fmt::Debug, const N: usize, L> core::fmt::Debug for Array<T, N, L> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        (**self).fmt(f)
    }
}

impl<T: Plain + Default, const N: usize, L: Length> Out for Array<T, N, L> {
    type Ready = ();

    #[inline(always)]
    fn ready(_: &mut Buffers) -> Result<()> {
        Ok(())
    }

    fn get(from: &mut Decoder<'_>, (): ()) -> Result<Self> {
        let len = from.value::<L>()?.get();
        let mut array = Array::new(&[]);
        array.len = from.copy_values(len, &mut array.elements)?;
        Ok(array)
    }

    fn put(&self, to: &mut Encoder) {
        put_slice::<T, L>(self, to);
    }
}

fn put_slice<T: Plain, L: Length>(slice: &[T], to: &mut Encoder) {
    match L::of(slice.len()) {
        Some(len) => {
            to.value(len);
            to.values(slice);
        }
        None => to.too_long(),
    }
}

/// A `Vec<T>` whose length is told as `L` (`#[len(L)]`).
#[derive(Debug)]
pub struct List<T, L> {
    /// The elements.
    pub vec: Vec<T>,
    length: PhantomData<L>,
}

impl<T, L> List<T, L> {
    /// The elements.
    pub fn new(vec: Vec<T>) -> Self {
        List {
            vec,
            length: PhantomData,
        }
    }
}

impl<T: Plain, L: Length> Out for List<T, L> {
    type Ready = ();

    #[inline(always)]
    fn ready(_: &mut Buffers) -> Result<()> {
        Ok(())
    }

    fn get(from: &mut Decoder<'_>, (): ()) -> Result<Self> {
        let len = from.value::<L>()?.get();
        from.collect(len).map(List::new)
    }

    fn put(&self, to: &mut Encoder) {
        put_slice::<T, L>(&self.vec, to);
    }
}

impl<T: Plain> Out for Vec<T> {
    type Ready = ();

    #[inline(always)]
    fn ready(_: &mut Buffers) -> Result<()> {
        Ok(())
    }

    fn get(from: &mut Decoder<'_>, (): ()) -> Result<Self> {
        List::<T, u16>::get(from, ()).map(|list| list.vec)
    }

    fn put(&self, to: &mut Encoder) {
        put_slice::<T, u16>(self, to);
    }
}

/// A `String` whose length is told as `L` (`#[len(L)]`).
#[derive(Debug)]
pub struct Text<L> {
    /// The string.
    pub string: String,
    length: PhantomData<L>,
}

impl<L> Text<L> {
    /// The string.
    pub fn new(string: String) -> Self {
        Text {
            string,
            length: PhantomData,
        }
    }
}

impl<L: Length> Out for Text<L> {
    type Ready = ();

    #[inline(always)]
    fn ready(_: &mut Buffers) -> Result<()> {
        Ok(())
    }

    fn get(from: &mut Decoder<'_>, (): ()) -> Result<Self> {
        let len = from.value::<L>()?.get();
        let mut bytes: Vec<u8> = from.collect(len)?;
        // The last byte is the 0.
        bytes.pop().ok_or(Error::Malformed(Malformed::TooShort))?;
        String::from_utf8(bytes)
            .map(Text::new)
            .map_err(|_| Error::Malformed(Malformed::BadValue))
    }

    fn put(&self, to: &mut Encoder) {
        put_str::<L>(&self.string, to);
    }
}

impl Out for String {
    type Ready = ();

    #[inline(always)]
    fn ready(_: &mut Buffers) -> Result<()> {
        Ok(())
    }

    fn get(from: &mut Decoder<'_>, (): ()) -> Result<Self> {
        Text::<u64>::get(from, ()).map(|text| text.string)
    }

    fn put(&self, to: &mut Encoder) {
        put_str::<u64>(self, to);
    }
}

/// What a client holds ready for a capability. Whatever came into the slot is given up unless
/// it was asked for.
#[derive(Debug)]
pub struct ReadyCap(Option<CapSlot>);

impl Drop for ReadyCap {
    fn drop(&mut self) {
        if let Some(slot) = self.0.take() {
            // An errand to the kernel, behind a message that may not have been read yet.
            crate::msg::preserve(|| drop(slot.filled::<()>()));
        }
    }
}

/// A server returns a capability that it gives away: one that it received, or that it made. One
/// that it keeps itself, as those of its own gates, it [lends](Cap::lend).
impl<T: ?Sized> Out for OwnedCap<T> {
    type Ready = ReadyCap;

    fn ready(buffers: &mut Buffers) -> Result<ReadyCap> {
        let slot = CapSlot::alloc()?;
        buffers.cap(slot.idx());
        Ok(ReadyCap(Some(slot)))
    }

    fn get(from: &mut Decoder<'_>, mut ready: ReadyCap) -> Result<Self> {
        if !from.item()?.is_cap() {
            return Err(Error::Malformed(Malformed::NoItem));
        }
        let slot = ready.0.take();
        slot.map(CapSlot::filled)
            .ok_or(Error::Malformed(Malformed::NoItem))
    }

    #[inline(always)]
    fn put(&self, _: &mut Encoder) {}

    fn put_item(self, to: &mut Encoder, reception: &Reception) {
        if self.is_given() {
            let fpage = l4re_sys::Fpage::obj(self.idx(), 0, ObjRights::RWSD);
            to.item(MapItem::grant(0, fpage));
        } else if cap_alloc::is_private(self.idx()) {
            to.missing_item();
        } else {
            to.item(MapItem::cap(self.idx(), ObjRights::RWS));
        }
        if self.must_be_kept() {
            reception.keep_until_sent(self.cast());
        }
    }
}

impl<T: ?Sized> Cap<T> {
    /// This capability as a result of a server's method: the client gets its own, and this one
    /// stays the server's.
    pub fn lend(self) -> OwnedCap<T> {
        OwnedCap::lent(self)
    }
}
