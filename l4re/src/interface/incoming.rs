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

    /// Reads the operation.
    ///
    /// # Errors
    /// [`Malformed::TooShort`](crate::Malformed::TooShort) if the message ends before.
    #[inline(always)]
    pub fn opcode<T: Plain>(&self) -> Result<T> {
        Decoder::direct(self.tag, self.lent.places()).value()
    }

    /// Checks the sender's rights to the gate.
    ///
    /// # Errors
    /// [`Error::NO_PERMISSION`] if one is missing.
    #[inline(always)]
    pub fn require(&self, rights: ObjRights) -> Result<()> {
        let wanted = u64::from(rights.bits()) & LABEL_RIGHTS_MASK;
        if self.label & wanted != wanted {
            return Err(Error::NO_PERMISSION);
        }
        Ok(())
    }

    /// Copies the message, for arguments that borrow from it.
    #[inline]
    pub fn copy(&self) -> Copied {
        Copied::new(self.tag)
    }

    /// Reads the arguments, which start behind `opcode` bytes, from the copy if there is one.
    ///
    /// # Errors
    /// [`Malformed::TooShort`](crate::Malformed::TooShort) if the tag tells more than a message
    /// holds.
    #[inline(always)]
    pub fn arguments<'m>(&self, copied: Option<&'m Copied>, opcode: usize) -> Result<Decoder<'m>>
    where
        'r: 'm,
    {
        let places = self.lent.places();
        let mut decoder = match copied {
            Some(copied) => copied.decoder(places),
            None => Decoder::direct(self.tag, places),
        };
        decoder.check()?;
        decoder.skip_to(opcode);
        Ok(decoder)
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

    /// Answers a request of a protocol that `I` does not declare.
    #[cold]
    pub fn other<I: Interface + ?Sized>(&self) -> MsgTag {
        if self.protocol() == proto::META {
            return meta::answer::<I>(self).unwrap_or_else(refuse);
        }
        refuse(Error::BAD_PROTOCOL)
    }
}

/// The answer that tells an error. A code that does not fit into a result is told as such.
#[cold]
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
