//! Name spaces.

use crate::cap::{Cap, CapSlot, Object, OwnedCap};
use crate::error::{Error, ErrorCode, Malformed, Result};
use crate::ipc::{self, Buffers};
use crate::msg::{Reader, Writer};
use crate::time;
use core::time::Duration;
use l4re_sys::re::namespace as op;
use l4re_sys::{ObjRights, err, proto};

/// A name space: a directory of capabilities (`L4Re::Namespace`, `l4/re/namespace`).
///
/// ```no_run
/// # fn f(env: &l4re::Env) -> l4re::Result<()> {
/// use l4re::OwnedCap;
/// use l4re::dataspace::Dataspace;
/// use l4re::namespace::Namespace;
///
/// let rom = env.named::<Namespace>("rom")?;
/// let file: OwnedCap<Dataspace> = rom.query("hello.cfg")?;
/// l4re::println!("{} bytes", file.size()?);
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub enum Namespace {}

impl Object for Namespace {
    const PROTOCOL: i64 = proto::NAMESPACE;
}

/// The longest path of a query: what fits into a message behind operation and length.
pub const MAX_PATH: usize = crate::msg::BYTES - 16;

impl Cap<Namespace> {
    /// The object of a path, whose parts are separated by `/`. If the name is announced but not
    /// there yet, waits until it is, at most an hour.
    ///
    /// # Errors
    /// [`Error::NOT_FOUND`] if there is no such name; whatever else the server answers; an IPC
    /// error.
    pub fn query<T: ?Sized>(self, path: &str) -> Result<OwnedCap<T>> {
        self.query_timeout(path, Duration::from_secs(3600))
    }

    /// The object of a path; if the name is announced but not there yet, waits until it is, at
    /// most `timeout`.
    ///
    /// # Errors
    /// As [`query`](Self::query), and the error "not ready yet" when the time is over.
    pub fn query_timeout<T: ?Sized>(self, path: &str, timeout: Duration) -> Result<OwnedCap<T>> {
        let mut pause = Duration::from_millis(10);
        let mut waited = Duration::ZERO;
        loop {
            match self.query_now(path) {
                Err(Error::Service(ErrorCode(err::EAGAIN))) if waited < timeout => {
                    time::sleep(pause);
                    waited += pause;
                    pause = (pause * 2).min(Duration::from_millis(160));
                }
                result => return result,
            }
        }
    }

    fn query_now<T: ?Sized>(self, path: &str) -> Result<OwnedCap<T>> {
        let mut rest = [0; MAX_PATH];
        let mut len = path.len();
        rest.get_mut(..len)
            .ok_or(Error::Service(ErrorCode(err::ENAMETOOLONG)))?
            .copy_from_slice(path.as_bytes());
        // What the last step led to: the name space to ask next, to be dropped behind that.
        let mut found: Option<OwnedCap<Namespace>> = None;
        loop {
            let slot = CapSlot::alloc()?;
            let from = found.as_ref().map_or(self, OwnedCap::cap);
            let mut w = Writer::new();
            w.put(op::QUERY)
                .bytes(rest.get(..len).ok_or(Error::INVALID)?);
            let tag = w.tag(proto::NAMESPACE)?;
            let tag = ipc::transact(from.idx(), tag, Buffers::Cap(slot.idx()))?;
            let mut r = Reader::new(tag);
            r.cap()?;
            let next = slot.filled::<Namespace>();
            if tag.label() & op::PARTLY_RESOLVED == 0 {
                return Ok(next.cast());
            }
            r.get::<u32>()?;
            let rest_len = r.bytes(&mut rest)?;
            // A server that resolves nothing would keep us asking for ever.
            if rest_len >= len {
                return Err(Error::Malformed(Malformed::BadValue));
            }
            len = rest_len;
            found = Some(next);
        }
    }

    /// Gives an object a name, with the rights to it that who asks gets; `flags` as
    /// [`REGISTER_OVERWRITE`](op::REGISTER_OVERWRITE). Without an object the name is announced.
    ///
    /// # Errors
    /// What the server answers, or an IPC error.
    pub fn register<T: ?Sized>(
        self,
        name: &str,
        object: Option<Cap<T>>,
        rights: ObjRights,
        flags: u32,
    ) -> Result<()> {
        let mut w = Writer::new();
        w.put(op::REGISTER_OBJ)
            .put(flags | u32::from(rights.bits()))
            .bytes(name.as_bytes());
        if let Some(object) = object {
            w.cap(object, rights);
        }
        ipc::transact(self.idx(), w.tag(proto::NAMESPACE)?, Buffers::None).map(drop)
    }

    /// Removes a name.
    ///
    /// # Errors
    /// What the server answers, or an IPC error.
    pub fn unlink(self, name: &str) -> Result<()> {
        let mut w = Writer::new();
        w.put(op::UNLINK).bytes(name.as_bytes());
        ipc::transact(self.idx(), w.tag(proto::NAMESPACE)?, Buffers::None).map(drop)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;
    use l4re_sys::{CapIdx, fake};

    #[test]
    fn a_path_is_followed_through_name_spaces() {
        crate::cap_alloc::init(0x100);
        let mut asked = vec![];
        let found = fake::with(
            |call| {
                if call.tag.label() != proto::NAMESPACE {
                    return fake::Reply::label(0);
                }
                let bytes = call.bytes();
                let len = u64::from_le_bytes(bytes[8..16].try_into().unwrap()) as usize;
                asked.push((call.dest, bytes[16..16 + len].to_vec()));
                let item = [0x38, 0];
                if len == 3 {
                    let mut reply = call.reply(0, &item);
                    reply.tag = l4re_sys::MsgTag::new(0, 0, 1, l4re_sys::TagFlags::empty());
                    return reply;
                }
                let mut reply =
                    call.reply(0, &[0, 3, u64::from_le_bytes(*b"c/d\0\0\0\0\0"), 0x38, 0]);
                reply.tag =
                    l4re_sys::MsgTag::new(op::PARTLY_RESOLVED, 3, 1, l4re_sys::TagFlags::empty());
                reply
            },
            || {
                let found =
                    Cap::<Namespace>::new(CapIdx::from_index(9)).query::<Namespace>("a/b/c/d");
                found.map(drop)
            },
        );
        found.unwrap();
        assert_eq!(asked.len(), 2);
        assert_eq!(asked[0].1, b"a/b/c/d");
        assert_eq!(asked[1].1, b"c/d");
        assert_ne!(asked[1].0, asked[0].0);
    }

    #[test]
    fn a_server_that_resolves_nothing_is_not_asked_for_ever() {
        crate::cap_alloc::init(0x100);
        let result = fake::with(
            |call| {
                let mut reply = call.reply(0, &[0, 3, 0x61_62_63, 0x38, 0]);
                let label = op::PARTLY_RESOLVED;
                reply.tag = l4re_sys::MsgTag::new(label, 3, 1, l4re_sys::TagFlags::empty());
                reply
            },
            || {
                Cap::<Namespace>::new(CapIdx::from_index(9))
                    .query::<Namespace>("abc")
                    .map(drop)
            },
        );
        assert_eq!(result.unwrap_err(), Error::Malformed(Malformed::BadValue));
    }
}
