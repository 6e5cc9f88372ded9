//! Memory as an argument and as a result.
#![allow(unsafe_code)]

use super::arg::In;
use super::demand::Demand;
use super::out::{Buffers, Out};
use super::reception::Reception;
use super::wire::{Decoder, Encoder};
use crate::error::{Error, Result};
use crate::region::{Share, Window};
use core::marker::PhantomData;
use l4re_sys::{MapItem, ObjRights};

/// Memory that a client shares with a server by a request.
///
/// The client makes it of a [`Share`]; the server reads and writes it while it answers. It is up
/// to a page; `#[window(ORDER)]` in front of the parameter makes it up to `1 << ORDER` bytes.
///
/// The client can take the memory back at any time, and can share what is not there. A server
/// survives that: [`read`](Self::read) and [`write`](Self::write) tell that it is
/// [`LOST`](crate::region::LOST).
///
/// ```
/// use l4re::interface::Memory;
/// use l4re::region::Region;
/// use l4re::sys::MemRights;
/// use l4re::sys::consts::PAGE_SHIFT;
/// use l4re::{Cap, Result};
///
/// #[l4re::interface(protocol = 0x44)]
/// trait Sums {
///     /// The sum of the first `len` bytes.
///     fn sum(&self, bytes: Memory<'_>, len: u32) -> Result<u64>;
/// }
///
/// // The client shares a page of a region that it has attached.
/// fn ask(sums: Cap<dyn Sums>, region: &Region, len: u32) -> Result<u64> {
///     let page = region.share(0, PAGE_SHIFT, MemRights::R)?;
///     sums.sum(page.into(), len)
/// }
///
/// struct Adder;
///
/// impl Sums for Adder {
///     fn sum(&self, bytes: Memory<'_>, len: u32) -> Result<u64> {
///         let mut sum = 0;
///         let mut byte = [0];
///         for at in 0..len as usize {
///             bytes.read(at, &mut byte)?;
///             sum += u64::from(byte[0]);
///         }
///         Ok(sum)
///     }
/// }
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Memory<'m>(Side<'m>);

#[derive(Clone, Copy, Debug)]
enum Side<'m> {
    Client(Share<'m>),
    Server {
        window: &'m Window,
        start: usize,
        size: usize,
    },
}

impl<'m> From<Share<'m>> for Memory<'m> {
    fn from(share: Share<'m>) -> Self {
        Memory(Side::Client(share))
    }
}

impl Memory<'_> {
    fn received(&self, offset: usize, len: usize) -> Result<(&Window, usize)> {
        let Side::Server {
            window,
            start,
            size,
        } = self.0
        else {
            return Err(Error::INVALID);
        };
        match offset.checked_add(len) {
            Some(end) if end <= size => Ok((window, start + offset)),
            _ => Err(Error::OUT_OF_RANGE),
        }
    }

    /// How many bytes the server got; at a client's 0.
    pub fn size(&self) -> usize {
        match self.0 {
            Side::Client(_) => 0,
            Side::Server { size, .. } => size,
        }
    }

    /// Copies bytes from the memory, at a server.
    ///
    /// # Errors
    /// [`Error::OUT_OF_RANGE`] if the memory ends before; [`LOST`](crate::region::LOST) if it is
    /// not there any more; [`Error::INVALID`] at a client.
    pub fn read(&self, offset: usize, to: &mut [u8]) -> Result<()> {
        let (window, at) = self.received(offset, to.len())?;
        window.read(at, to)
    }

    /// Copies bytes into the memory, at a server.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    pub fn write(&self, offset: usize, bytes: &[u8]) -> Result<()> {
        let (window, at) = self.received(offset, bytes.len())?;
        window.write(at, bytes)
    }
}

impl<'m> In<'m> for Memory<'m> {
    const DEMAND: Demand = Demand::PAGE;

    #[inline(always)]
    fn put(&self, _to: &mut Encoder) {}

    fn put_item(&self, to: &mut Encoder, _rights: ObjRights) {
        match self.0 {
            Side::Client(share) => to.item(share.item()),
            Side::Server { .. } => to.missing_item(),
        }
    }

    fn get(from: &mut Decoder<'m>) -> Result<Self> {
        let (window, spot, order) = from.memory()?;
        let window = window.ok_or(super::wire::MISSING)?;
        let size = window.size().min(1usize.checked_shl(order).unwrap_or(0));
        // Memory smaller than the window stands where its hot spot says.
        let start = spot as usize & (window.size() - 1) & !(size.max(1) - 1);
        Ok(Memory(Side::Server {
            window,
            start,
            size,
        }))
    }
}

/// Where a client wants the memory to be that a method returns as [`Pages`]. A server sees
/// nothing of it.
#[derive(Clone, Copy, Debug)]
pub struct Receive<'m>(Option<&'m Window>);

impl<'m> From<&'m Window> for Receive<'m> {
    fn from(window: &'m Window) -> Self {
        Receive(Some(window))
    }
}

impl<'m> In<'m> for Receive<'m> {
    #[inline(always)]
    fn put(&self, _to: &mut Encoder) {}

    fn ready(&self, buffers: &mut Buffers) {
        if let Some(window) = self.0 {
            buffers.window(window);
        }
    }

    fn get(_: &mut Decoder<'m>) -> Result<Self> {
        Ok(Receive(None))
    }
}

/// Memory that a server shares with its client by an answer: it is mapped where the client
/// wants it ([`Receive`]). `'a` is for how long the server keeps it.
#[derive(Clone, Copy, Debug)]
pub struct Pages<'a> {
    item: MapItem,
    region: PhantomData<&'a ()>,
}

impl<'a> Pages<'a> {
    /// The memory of a region. If the client's window is larger, `spot` is where in it.
    pub fn new(share: Share<'a>, spot: u64) -> Self {
        let item = share.item();
        Pages {
            item: MapItem::map(spot, item.fpage),
            region: PhantomData,
        }
    }

    /// Any memory.
    ///
    /// # Safety
    /// Safe code must not rely on the memory, which the client may change.
    pub unsafe fn from_item(item: MapItem) -> Self {
        Pages {
            item,
            region: PhantomData,
        }
    }
}

impl Out for Pages<'_> {
    type Ready = ();

    #[inline(always)]
    fn ready(_: &mut Buffers) -> Result<()> {
        Ok(())
    }

    fn get(from: &mut Decoder<'_>, (): ()) -> Result<Self> {
        from.memory()?;
        Ok(Pages {
            item: MapItem::VOID,
            region: PhantomData,
        })
    }

    #[inline(always)]
    fn put(&self, _to: &mut Encoder) {}

    fn put_item(self, to: &mut Encoder, _reception: &Reception) {
        to.item(self.item);
    }
}
