//! The kernel's log: a console on the serial line.

use super::invoke::{Call, Reply};
use crate::arch::serial;
use crate::util::global::Global;
use l4re_sys::op::vcon as op;
use l4re_sys::{err, utcb};

/// Input, output and local flags, as they were set.
static ATTR: Global<[u64; 3]> = Global::new([op::I_ICRNL, op::O_ONLCR, op::L_ECHO]);

/// An operation of the log protocol.
pub fn invoke(call: &Call) -> Result<Reply, i64> {
    let word = call.arg(0)?;
    match word & 0xffff {
        op::WRITE => {
            let size = call.arg(1)? as usize;
            let sent = (call.words() * 8).saturating_sub(16);
            for n in 0..size.min(sent) {
                if let Some(byte) = call.byte(2, n) {
                    serial::put(byte);
                }
            }
            Ok(Reply::ok())
        }
        op::READ => {
            let room = ((word >> 16) as usize)
                .min((utcb::MSG_REGS - 1) * 8)
                .min(op::READ_SIZE);
            let (mut count, mut packed) = (0, 0u64);
            while count < room {
                let Some(byte) = serial::get() else { break };
                packed |= u64::from(byte) << (8 * (count % 8));
                call.set_word(1 + count / 8, packed);
                count += 1;
                if count % 8 == 0 {
                    packed = 0;
                }
            }
            let done = if count < room || room == 0 {
                op::READ_STAT_DONE
            } else {
                0
            };
            call.set_word(0, u64::from(count as u32 | done));
            Ok(Reply::words(1 + count.div_ceil(8)))
        }
        op::SET_ATTR => {
            *ATTR.borrow() = [call.arg(1)?, call.arg(2)?, call.arg(3)?];
            Ok(Reply::ok())
        }
        op::GET_ATTR => {
            for (n, flags) in ATTR.borrow().iter().enumerate() {
                call.set_word(1 + n, *flags);
            }
            Ok(Reply::words(4))
        }
        _ => Err(err::ENOSYS),
    }
}
