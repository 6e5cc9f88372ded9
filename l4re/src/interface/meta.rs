//! Questions about an object's interfaces (`L4::Meta`, `l4/sys/meta`).

use super::Interface;
use super::arg::In;
use super::incoming::Incoming;
use super::wire::Encoder;
use crate::error::{Error, Result};
use l4re_sys::op::meta as op;
use l4re_sys::{MsgTag, TagFlags};

/// Answers a question about the interfaces of an object.
pub(super) fn answer<I: Interface + ?Sized>(request: &Incoming<'_>) -> Result<MsgTag> {
    let label = |label: i64| Ok(MsgTag::new(label, 0, 0, TagFlags::empty()));
    match request.opcode::<u32>() {
        op::NUM_INTERFACES => {
            request.arguments(None, size_of::<u32>()).reached()?;
            let mut n = 0;
            I::interfaces(&mut |_, _| n += 1);
            label(n)
        }
        op::INTERFACE => {
            let index: u64 = argument(request)?;
            let mut n = 0;
            let mut found = None;
            I::interfaces(&mut |protocol, name| {
                if n == index {
                    found = Some((protocol, name));
                }
                n += 1;
            });
            let (protocol, name) = found.ok_or(Error::OUT_OF_RANGE)?;
            let mut to = Encoder::new();
            to.value(protocol);
            In::put(&name, &mut to);
            to.tag(0)
        }
        op::SUPPORTS => {
            let protocol: i64 = argument(request)?;
            label((protocol != 0 && I::speaks(protocol)).into())
        }
        _ => Err(request.error(Error::NO_OPERATION)),
    }
}

fn argument<T: crate::msg::Plain>(request: &Incoming<'_>) -> Result<T> {
    request.arguments(None, size_of::<u32>()).value()
}
