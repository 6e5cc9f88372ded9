//! Consoles and logs.

use crate::cap::{Cap, Object};
use crate::error::Result;
use crate::icu::Icu;
use crate::ipc::{self, Buffers};
use crate::msg::{Reader, Writer};
use l4re_sys::op::vcon as op;
use l4re_sys::utcb::MSG_REGS;
use l4re_sys::{MsgTag, TagFlags, Timeout, proto};

pub use op::VconAttr;

/// A console or log (`L4::Vcon`, `l4/sys/vcon`).
///
/// ```no_run
/// # fn f(env: &l4re::Env) -> l4re::Result<()> {
/// env.log().write(b"a line without formatting\n")?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub enum Vcon {}

impl Object for Vcon {
    const PROTOCOL: i64 = proto::LOG;
}

/// What [`Cap::<Vcon>::read`] has read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Read {
    /// The number of bytes.
    pub len: usize,
    /// Whether there is more.
    pub more: bool,
    /// Whether the other end sent a break.
    pub is_break: bool,
}

impl Cap<Vcon> {
    /// Its interrupts: that of number 0 tells that there is something to read.
    pub fn icu(self) -> Cap<Icu> {
        self.cast()
    }

    /// Writes, in as many messages as needed.
    ///
    /// # Errors
    /// An IPC error. (Writes are sent, not called: there is no answer.)
    pub fn write(self, text: &[u8]) -> Result<()> {
        for chunk in text.chunks(op::WRITE_SIZE) {
            let mut w = Writer::new();
            w.put(op::WRITE).bytes(chunk);
            let tag = w.tag_with(proto::LOG, TagFlags::SCHEDULE)?;
            ipc::post(self.idx(), tag, Timeout::NEVER)?;
        }
        Ok(())
    }

    /// Asks, and reads the answer's registers, all of them: Fiasco's log tells none in its tag,
    /// and C does not look.
    fn ask(self, request: &Writer) -> Result<Reader> {
        let tag = request.tag(proto::LOG)?;
        let tag = ipc::transact(self.idx(), tag, Buffers::None)?;
        let all = MsgTag::new(tag.label(), MSG_REGS, 0, TagFlags::empty());
        Ok(Reader::new(all))
    }

    /// Reads what there is, at most [`READ_SIZE`](op::READ_SIZE) bytes, without waiting.
    ///
    /// # Errors
    /// What the console answers, or an IPC error.
    pub fn read(self, to: &mut [u8]) -> Result<Read> {
        let size = to.len().min(op::READ_SIZE);
        let mut w = Writer::new();
        w.put(op::READ | (size as u64) << op::READ_SIZE_SHIFT);
        let mut r = self.ask(&w)?;
        let status = r.get::<u64>()? as u32;
        let len = ((status & op::READ_SIZE_MASK) as usize).min(size);
        if let Some(to) = to.get_mut(..len) {
            r.raw_bytes(to)?;
        }
        Ok(Read {
            len,
            more: status & op::READ_STAT_DONE == 0,
            is_break: status & op::READ_STAT_BREAK != 0,
        })
    }

    /// The attributes.
    ///
    /// # Errors
    /// What the console answers, or an IPC error.
    pub fn attr(self) -> Result<VconAttr> {
        let mut w = Writer::new();
        w.put(op::GET_ATTR);
        let mut r = self.ask(&w)?;
        r.get::<u64>()?;
        r.get()
    }

    /// Sets the attributes.
    ///
    /// # Errors
    /// What the console answers, or an IPC error.
    pub fn set_attr(self, attr: VconAttr) -> Result<()> {
        let mut w = Writer::new();
        w.put(op::SET_ATTR).put(attr);
        ipc::transact(self.idx(), w.tag(proto::LOG)?, Buffers::None).map(drop)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;
    use alloc::vec::Vec;
    use l4re_sys::{CapIdx, Sysf, fake};

    #[test]
    fn writes_are_cut_into_messages() {
        let text: Vec<u8> = (0..1000).map(|i| i as u8).collect();
        let mut seen = vec![];
        fake::with(
            |call| {
                assert_eq!(call.flags, Sysf::SEND);
                assert_eq!(call.tag.flags(), TagFlags::SCHEDULE);
                let bytes = call.bytes();
                let len = u64::from_le_bytes(bytes[8..16].try_into().unwrap()) as usize;
                assert_eq!(call.tag.words(), 2 + len.div_ceil(8));
                seen.extend_from_slice(&bytes[16..16 + len]);
                fake::Reply::label(0)
            },
            || Cap::<Vcon>::new(CapIdx::LOG).write(&text).unwrap(),
        );
        assert_eq!(seen, text);
    }

    #[test]
    fn the_tag_of_an_answer_may_tell_of_no_words() {
        let read = fake::with(
            |call| {
                call.utcb.set_mr(0, 0x8000_0002);
                call.utcb.set_mr(1, u64::from_le_bytes(*b"ok......"));
                fake::Reply::label(0)
            },
            || {
                let mut to = [0; 4];
                let read = Cap::<Vcon>::new(CapIdx::LOG).read(&mut to).unwrap();
                assert_eq!(to, *b"ok\0\0");
                read
            },
        );
        assert_eq!((read.len, read.more), (2, false));
    }

    #[test]
    fn a_console_that_tells_more_than_asked_is_cut() {
        let read = fake::with(
            |call| call.reply(0, &[0x8000_0000 | 500, u64::MAX]),
            || Cap::<Vcon>::new(CapIdx::LOG).read(&mut [0; 4]),
        );
        let read = read.unwrap();
        assert_eq!((read.len, read.more, read.is_break), (4, false, false));
    }
}
