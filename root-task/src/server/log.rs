//! Logs, as clients see them: lines go to the kernel's log with the client's name in front.

use core::cell::RefCell;

use l4re_sys::op::vcon as op;
use l4re_sys::proto;
use l4re_sys::utcb::MSG_REGS;

use super::Server;
use crate::error::{Error, Result};
use crate::fallible::Shared;
use crate::kernel;
use crate::log_line::LogLine;
use crate::message::{Outcome, Reply, Request};

/// Where the size stands in the first word of a request; the operation is below.
const OP_MASK: u64 = (1 << op::READ_SIZE_SHIFT) - 1;

impl Server {
    pub(super) fn log(
        &mut self,
        log: &Shared<RefCell<LogLine>>,
        request: &Request,
        reply: &mut Reply,
    ) -> Result<Outcome> {
        match request.proto {
            proto::LOG => {}
            proto::IRQ => return Err(Error::ENOSYS),
            _ => return Err(Error::EBADPROTO),
        }
        match request.word(0)? & OP_MASK {
            op::WRITE => {
                // Writers do not wait for an answer, not even for that they did wrong.
                let mut buffer = [0; MSG_REGS * 8];
                if let Ok(len) = request.word(1) {
                    let room = request.words().len().saturating_sub(2) * 8;
                    let len = len.min(room as u64);
                    if let Ok(text) = request.bytes(16, len, &mut buffer) {
                        log.borrow_mut().write(text, &mut kernel::log);
                    }
                }
                Ok(Outcome::NoReply)
            }
            op::READ => {
                log.borrow_mut().flush(&mut kernel::log);
                let size = (request.word(0)? >> op::READ_SIZE_SHIFT) as u32;
                let words = kernel::read_log(size)?;
                let read = (words.first().map_or(0, |&word| word) as u32 & op::READ_SIZE_MASK)
                    .min(size) as usize;
                for (i, word) in words.iter().enumerate().take(1 + read.div_ceil(8)) {
                    reply.set_u64(i * 8, *word);
                }
                Ok(Outcome::Reply(0))
            }
            // Lines are made by the root task; there is nothing to set.
            op::SET_ATTR => Ok(Outcome::Reply(0)),
            op::GET_ATTR => {
                for (i, value) in [0, 0, op::O_ONLCR, 0].into_iter().enumerate() {
                    reply.set_u64(i * 8, value);
                }
                Ok(Outcome::Reply(0))
            }
            _ => Err(Error::ENOSYS),
        }
    }
}
