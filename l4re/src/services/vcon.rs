//! Consoles, as servers have them.
//!
//! The messages are older than the framework: how much is to be read stands in the upper half of
//! the operation, text is as long as it says or as long as the message, and writers do not wait.
//! So this interface is spelled out, where others are made by the macro.

use super::Icu;
use crate::cap::Object;
use crate::error::{Error, Malformed, Result};
use crate::interface::{Demand, Encoder, Incoming, Interface, ServedBy, refuse};
use crate::vcon::{Read, VconAttr};
use l4re_sys::op::vcon as op;
use l4re_sys::{MsgTag, TagFlags, proto};

/// Where the operation ends and the size begins.
const OP_MASK: u64 = (1 << op::READ_SIZE_SHIFT) - 1;

/// A console (`L4::Vcon`, `l4/sys/vcon`): text goes both ways. Interrupt 0 of the [`Icu`] that
/// it is tells that there is something to read.
///
/// ```
/// use l4re::irq::Irq;
/// use l4re::services::{Icu, Vcon};
/// use l4re::vcon::Read;
/// use l4re::{Cap, Error, Result};
/// # use core::cell::RefCell;
///
/// /// Gives back what is written to it.
/// struct Echo(RefCell<Vec<u8>>);
///
/// impl Vcon for Echo {
///     fn write(&self, text: &[u8]) {
///         self.0.borrow_mut().extend_from_slice(text);
///     }
///     fn read(&self, to: &mut [u8]) -> Result<Read> {
///         let mut text = self.0.borrow_mut();
///         let len = to.len().min(text.len());
///         to[..len].copy_from_slice(&text[..len]);
///         text.drain(..len);
///         Ok(Read { len, more: !text.is_empty(), is_break: false })
///     }
/// }
///
/// // Nobody is told: readers come of themselves.
/// impl Icu for Echo {
///     fn bind(&self, _: u64, _: Cap<Irq>) -> Result<()> {
///         Err(Error::INVALID)
///     }
///     fn unbind(&self, _: u64, _: Cap<Irq>) -> Result<()> {
///         Err(Error::INVALID)
///     }
///     fn info(&self) -> Result<(u64, u64, u64)> {
///         Ok((0, 0, 0))
///     }
/// }
///
/// # fn f(registry: &l4re::server::Registry) -> Result<()> {
/// registry.make::<dyn Vcon, _>(Echo(RefCell::default()))?;
/// # Ok(())
/// # }
/// ```
pub trait Vcon: Icu {
    /// Takes text, at most [`WRITE_SIZE`](op::WRITE_SIZE) bytes at a time of a client of
    /// L4Re's. Nobody hears of an error.
    fn write(&self, text: &[u8]);

    /// Gives text: up to `to.len()` bytes, which is at most [`READ_SIZE`](op::READ_SIZE).
    ///
    /// There may only be [`more`](Read::more) where all of `to` is filled: C's `l4_vcon_read()`
    /// takes it so.
    ///
    /// # Errors
    /// The server's.
    fn read(&self, to: &mut [u8]) -> Result<Read>;

    /// The attributes: what is done to text on its way.
    ///
    /// # Errors
    /// The server's.
    fn attr(&self) -> Result<VconAttr> {
        Ok(VconAttr {
            i_flags: 0,
            o_flags: 0,
            l_flags: 0,
        })
    }

    /// Sets the attributes.
    ///
    /// # Errors
    /// The server's.
    fn set_attr(&self, _attr: VconAttr) -> Result<()> {
        Ok(())
    }
}

/// A log (`L4Re::Log`, `l4/re/log`): a console that has no protocol of its own.
#[l4re::interface(server, name = "L4Re::Log")]
pub trait Log: Vcon {}

impl Object for dyn Vcon {
    const PROTOCOL: i64 = proto::LOG;
}

impl Interface for dyn Vcon {
    const NAME: &'static str = "L4::Vcon";
    const DEMAND: Demand = <dyn Icu as Interface>::DEMAND;

    fn interfaces(each: &mut dyn FnMut(i64, &'static str)) {
        each(Self::PROTOCOL, "N2L44VconE");
        <dyn Icu as Interface>::interfaces(each);
    }

    #[inline]
    fn speaks(protocol: i64) -> bool {
        protocol == Self::PROTOCOL || <dyn Icu as Interface>::speaks(protocol)
    }
}

impl<T: Vcon + ?Sized> ServedBy<T> for dyn Vcon {
    fn dispatch(object: &T, request: &Incoming<'_>) -> MsgTag {
        match request.protocol() {
            Self::PROTOCOL => answer(object, request).unwrap_or_else(refuse),
            protocol if <dyn Icu as Interface>::speaks(protocol) => {
                <dyn Icu as ServedBy<T>>::dispatch(object, request)
            }
            _ => request.other::<dyn Vcon>(),
        }
    }
}

fn answer<T: Vcon + ?Sized>(object: &T, request: &Incoming<'_>) -> Result<MsgTag> {
    if request.tag().words() == 0 {
        return Err(Error::Malformed(Malformed::TooShort));
    }
    let operation: u64 = request.opcode();
    match operation & OP_MASK {
        op::WRITE => {
            let copy = request.copy();
            let mut arguments = request.arguments(Some(&copy), size_of::<u64>());
            // A text that is longer than the message ends with it.
            if let Ok(len) = arguments.value::<u64>() {
                let room = arguments.rest::<u8>();
                let len = usize::try_from(len).map_or(room, |len| len.min(room));
                object.write(arguments.values(len)?);
            }
            Ok(request.no_reply())
        }
        op::READ => {
            // The size takes all of the upper half; bits beyond a C `unsigned` are not it.
            let size = (operation as u32 >> op::READ_SIZE_SHIFT) as usize;
            let mut buffer = [0; op::READ_SIZE];
            let to = buffer.get_mut(..size.min(op::READ_SIZE)).unwrap_or(&mut []);
            let read = object.read(to)?;
            let text = to.get(..read.len).unwrap_or(to);
            let mut status = text.len() as u32;
            if !read.more {
                status |= op::READ_STAT_DONE;
            }
            if read.is_break {
                status |= op::READ_STAT_BREAK;
            }
            let mut to = Encoder::new();
            to.value(u64::from(status));
            to.values(text);
            request.reply(to, 0, ())
        }
        op::SET_ATTR => {
            let mut arguments = request.arguments(None, size_of::<u64>());
            // As servers in C++ answer.
            let attr = arguments.value().map_err(|_| Error::INVALID)?;
            object.set_attr(attr)?;
            Ok(MsgTag::new(0, 0, 0, TagFlags::empty()))
        }
        op::GET_ATTR => {
            let attr = object.attr()?;
            let mut to = Encoder::new();
            to.value(operation);
            to.value(attr);
            request.reply(to, 0, ())
        }
        _ => Err(Error::NO_OPERATION),
    }
}
