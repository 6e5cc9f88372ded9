//! Requests, as the generated code sees them.

use super::Interface;
use super::meta;
use super::out::Out;
use super::reception::{Lent, Reception, todo};
use super::wire::{Copied, Decoder, Encoder};
use crate::error::{Error, Result};
use crate::msg::Plain;
use l4re_sys::op::ipc_gate::LABEL_RIGHTS_MASK;
use l4re_sys::{MsgTag, ObjRights, TagFlags, err, proto};

/// A request that has been received; it stands in the message registers.
#[derive(Clone, Copy, Debug)]
pub struct Incoming<'r> {
    tag: MsgTag,
    label: u64,
    lent: &'r Lent,
    reception: &'r Reception,
}

impl<'r> Incoming<'r> {
    /// The request of which `tag` and `label` were received, which could bring capabilities
    /// and memory into what is `lent`.
    #[inline(always)]
    pub fn new(tag: MsgTag, label: u64, lent: &'r Lent, reception: &'r Reception) -> Self {
        Incoming {
            tag,
            label,
            lent,
            reception,
        }
    }

    /// The protocol: the tag's label.
    #[inline(always)]
    pub fn protocol(&self) -> i64 {
        self.tag.label()
    }

    /// The tag.
    #[inline(always)]
    pub fn tag(&self) -> MsgTag {
        self.tag
    }

    /// Where results go that outlive the reply.
    #[inline(always)]
    pub fn reception(&self) -> &'r Reception {
        self.reception
    }

    /// The operation: the first value, if there is one. The arguments behind it are looked for
    /// anyway, and so whether there was one need not be asked twice.
    #[inline(always)]
    pub fn opcode<T: Plain>(&self) -> T {
        // As long as any message of a word.
        let one = MsgTag::new(0, 1, 0, TagFlags::empty());
        (Decoder::direct(one, self.lent.places()).value()).unwrap_or_else(|_| crate::msg::zeroed())
    }

    /// The error of a request whose operation is unknown, or whose sender lacks a right: that
    /// it has no operation comes first.
    #[inline(always)]
    pub fn error(&self, error: Error) -> Error {
        if self.tag.words() == 0 {
            return Error::Malformed(crate::Malformed::TooShort);
        }
        error
    }

    /// Checks the sender's rights to the gate.
    ///
    /// # Errors
    /// [`Error::NO_PERMISSION`] if one is missing.
    #[inline(always)]
    pub fn require(&self, rights: ObjRights) -> Result<()> {
        let wanted = u64::from(rights.bits()) & LABEL_RIGHTS_MASK;
        if self.label & wanted != wanted {
            return Err(self.error(Error::NO_PERMISSION));
        }
        Ok(())
    }

    /// Copies the message, for arguments that borrow from it.
    #[inline]
    pub fn copy(&self) -> Copied {
        Copied::new(self.tag)
    }

    /// Reads the arguments, which start behind `opcode` bytes, from the copy if there is one.
    #[inline(always)]
    pub fn arguments<'m>(&self, copied: Option<&'m Copied>, opcode: usize) -> Decoder<'m>
    where
        'r: 'm,
    {
        let mut places = self.lent.places();
        places.rights = ObjRights::from_bits_retain((self.label & LABEL_RIGHTS_MASK) as u8);
        let mut decoder = match copied {
            Some(copied) => copied.decoder(places),
            None => Decoder::direct(self.tag, places),
        };
        decoder.skip_to(opcode);
        decoder
    }

    /// Finishes a reply: `to` holds the data of arguments that go back, `result` the rest.
    ///
    /// # Errors
    /// [`Error::TOO_LONG`] if it does not fit; the error "result out of range" if the label
    /// does not.
    #[inline(always)]
    pub fn reply<R: Out>(&self, mut to: Encoder, label: i64, result: R) -> Result<MsgTag> {
        result.put(&mut to);
        result.put_item(&mut to, self.reception);
        if !(0..=i64::from(i16::MAX)).contains(&label) {
            return Err(Error::Service(crate::ErrorCode(err::EMSGERRRANGE)));
        }
        to.tag(label)
    }

    /// Does not answer.
    #[inline]
    pub fn no_reply(&self) -> MsgTag {
        self.reception.ask(todo::NO_REPLY);
        MsgTag::new(-err::ENOREPLY, 0, 0, TagFlags::empty())
    }

    /// Does not answer what cannot be read, but for a message without an operation.
    #[cold]
    pub fn unread(&self) -> MsgTag {
        if self.tag.words() == 0 {
            return refuse(Error::Malformed(crate::Malformed::TooShort));
        }
        self.no_reply()
    }

    /// Answers a request of a protocol that `I` does not declare.
    #[cold]
    pub fn other<I: Interface + ?Sized>(&self) -> MsgTag {
        if self.protocol() == proto::META {
            return meta::answer::<I>(self).unwrap_or_else(failed);
        }
        refuse(Error::BAD_PROTOCOL)
    }
}

/// The answer that tells an error of a method.
#[cold]
#[inline(never)]
pub fn failed(error: Error) -> MsgTag {
    refuse(error)
}

/// The answer that tells an error, as a rule a constant one. A code that does not fit into a
/// result is told as such.
#[inline(always)]
pub fn refuse(error: Error) -> MsgTag {
    let label = match error.label() {
        label @ -0x8000..0 => label,
        _ => -err::EMSGERRRANGE,
    };
    MsgTag::new(label, 0, 0, TagFlags::empty())
}

/// A number as the label of a reply; one that is out of range is told as such.
#[inline(always)]
pub fn label_of<T: TryInto<i64>>(label: T) -> i64 {
    label.try_into().unwrap_or(-1)
}
