//! Questions about an object's interfaces.

use crate::cap::{Cap, Object};
use crate::error::Result;
use crate::ipc::{self, Buffers};
use crate::msg::{Reader, Writer};
use alloc::string::String;
use l4re_sys::op::meta as op;
use l4re_sys::{Timeout, proto};

/// Any object that tells its interfaces (`L4::Meta`, `l4/sys/meta`): most of the kernel's, and all
/// that C++ and this crate serve.
///
/// ```
/// use l4re::meta::Meta;
/// use l4re::sys::{CapIdx, fake, proto};
/// use l4re::Cap;
///
/// let log: Cap<l4re::vcon::Vcon> = Cap::new(CapIdx::LOG);
/// let answered = fake::with(
///     |call| fake::Reply::label((call.words()[1] as i64 == proto::LOG).into()),
///     || log.cast::<Meta>().supports(proto::LOG),
/// );
/// assert_eq!(answered, Ok(true));
/// ```
#[derive(Debug)]
pub enum Meta {}

impl Object for Meta {
    const PROTOCOL: i64 = proto::META;
}

impl Cap<Meta> {
    /// How many interfaces the object has.
    ///
    /// # Errors
    /// What the object answers, or an IPC error.
    pub fn num_interfaces(self) -> Result<usize> {
        let mut w = Writer::new();
        w.put(op::NUM_INTERFACES);
        let tag = ipc::transact(self.idx(), w.tag(proto::META)?, Buffers::None)?;
        Ok(tag.label() as usize)
    }

    /// Protocol and name of an interface.
    ///
    /// # Errors
    /// [`Error::OUT_OF_RANGE`](crate::Error::OUT_OF_RANGE) if there are fewer; what else the
    /// object answers; an IPC error.
    pub fn interface(self, index: usize) -> Result<(i64, String)> {
        let mut w = Writer::new();
        w.put(op::INTERFACE).put(index);
        let tag = ipc::transact(self.idx(), w.tag(proto::META)?, Buffers::None)?;
        let mut r = Reader::new(tag);
        let protocol = r.get()?;
        let mut name = [0; crate::msg::BYTES];
        let len = r.bytes(&mut name)?.saturating_sub(1);
        let name = name.get(..len).unwrap_or(&[]);
        Ok((protocol, String::from_utf8_lossy(name).into_owned()))
    }

    /// Whether the object speaks a protocol.
    ///
    /// # Errors
    /// What the object answers, or an IPC error.
    pub fn supports(self, protocol: i64) -> Result<bool> {
        self.supports_within(protocol, Timeout::NEVER)
    }

    /// As [`supports`](Self::supports), of an object that may never answer: its server is gone, or
    /// is the calling thread.
    ///
    /// # Errors
    /// What the object answers; an IPC error, that of a timeout among them.
    pub fn supports_within(self, protocol: i64, timeout: Timeout) -> Result<bool> {
        let mut w = Writer::new();
        w.put(op::SUPPORTS).put(protocol);
        let tag = w.tag(proto::META)?;
        let tag = ipc::transact_timeout(self.idx(), tag, Buffers::None, timeout)?;
        Ok(tag.label() > 0)
    }
}
