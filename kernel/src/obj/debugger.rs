//! The debugger object: names for objects, and words for the log.

use super::invoke::{Call, Reply};
use crate::arch::serial;
use l4re_sys::op::debugger as op;
use l4re_sys::{err, utcb};

/// Bytes of an object's name; a longer one is cut.
pub const NAME_BYTES: usize = 16;

/// An operation of the debugger protocol.
pub fn invoke(call: &Call) -> Result<Reply, i64> {
    let operation = call.arg(0)?;
    if operation & !0xff == op::GROUP_KOBJ {
        return of_object(call, operation & 0xff);
    }
    match operation {
        op::ENTER | op::OUTNSTRING => {
            let size = call.arg(1)? as usize;
            for n in 0..size.min(call.words() * 8) {
                if let Some(byte) = call.byte(2, n) {
                    serial::put(byte);
                }
            }
            // There is no debugger to enter: what was to be said is said.
            if operation == op::ENTER {
                serial::put(b'\n');
            }
        }
        op::OUTCHAR => serial::put(call.arg(1)? as u8),
        op::OUTDEC => crate::log!("{}", call.arg(1)?),
        op::OUTHEX32..op::OUTDEC => {
            // 32, 20, 16, 12 and 8 bits, in this order.
            let digits = match operation - op::OUTHEX32 {
                0 => 8,
                1 => 5,
                2 => 4,
                3 => 3,
                _ => 2,
            };
            let value = call.arg(1)? & ((1 << (4 * digits)) - 1);
            crate::log!("{value:0digits$x}", digits = digits as usize);
        }
        _ => return Err(err::ENOSYS),
    }
    Ok(Reply::ok())
}

fn of_object(call: &Call, operation: u64) -> Result<Reply, i64> {
    let header = call.item(0).ok_or(err::EINVAL)?.object().header();
    match operation {
        op::SET_NAME => {
            let mut name = [0; NAME_BYTES];
            for (n, place) in name.iter_mut().take(NAME_BYTES - 1).enumerate() {
                *place = call.byte(1, n).unwrap_or(0);
                if *place == 0 {
                    break;
                }
            }
            header.name.set(name);
            Ok(Reply::ok())
        }
        op::GET_NAME => {
            let name = header.name.get();
            for (n, bytes) in name.chunks(8).enumerate() {
                let mut word = [0; 8];
                word[..bytes.len()].copy_from_slice(bytes);
                call.set_word(n, u64::from_le_bytes(word));
            }
            Ok(Reply::words(NAME_BYTES / 8))
        }
        op::GET_GLOBAL_ID => {
            call.set_word(0, header.id());
            Ok(Reply::words(1))
        }
        // A name for the image of a task has nobody here who reads it.
        op::ADD_IMAGE_INFO => Ok(Reply::ok()),
        op::GLOBAL_ID_GET_NAME | op::PTR_GET_GLOBAL_ID => Err(err::ENOENT),
        op::LOG_QUERY_TYPEID | op::LOG_QUERY_NAME | op::LOG_SWITCH => Err(err::ENOENT),
        _ => Err(err::ENOSYS),
    }
}

const _: () = assert!(NAME_BYTES.is_multiple_of(8) && NAME_BYTES / 8 <= utcb::MSG_REGS);
