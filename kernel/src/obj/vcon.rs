//! The kernel's log: a console on the serial line.

use super::Handle;
use super::invoke::{Call, Reply};
use super::irq::Irq;
use crate::arch::serial;
use crate::util::global::Global;
use core::cell::Cell;
use l4re_sys::op::vcon as op;
use l4re_sys::{err, utcb};

/// Characters that came and nobody has read yet. What has no place stays in the serial port,
/// which has its other end wait, if it can.
struct Input {
    ring: [u8; 256],
    first: usize,
    count: usize,
}

static INPUT: Global<Input> = Global::new(Input {
    ring: [0; 256],
    first: 0,
    count: 0,
});

impl Input {
    /// Takes what the serial line has, as far as there is room.
    fn fill(&mut self) {
        while self.count < self.ring.len()
            && let Some(byte) = serial::get()
        {
            let at = (self.first + self.count) % self.ring.len();
            if let Some(place) = self.ring.get_mut(at) {
                *place = byte;
            }
            self.count += 1;
        }
    }

    fn get(&mut self) -> Option<u8> {
        if self.count == 0 {
            // The port tells of input once. What it kept meanwhile is asked for here: only a
            // reader that has found nothing waits to be told.
            self.fill();
        }
        if self.count == 0 {
            return None;
        }
        let byte = self.ring.get(self.first).copied();
        self.first = (self.first + 1) % self.ring.len();
        self.count -= 1;
        byte
    }
}

struct Listener(Cell<Handle<Irq>>);
// SAFETY: one processor, interrupts off: no two accesses overlap (`util::global`).
unsafe impl Sync for Listener {}
/// Triggered when there is something to read.
static LISTENER: Listener = Listener(Cell::new(Handle::NONE));

/// The serial line has something: it is kept, and the listener told.
pub fn input() {
    INPUT.borrow().fill();
    if let Some(irq) = LISTENER.0.get().get() {
        irq.trigger();
    }
}

/// The ICU side of the log: its one interrupt tells of input.
pub fn invoke_icu(call: &Call) -> Result<Reply, i64> {
    super::icu::invoke_single(call, &LISTENER.0)
}

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
                let Some(byte) = INPUT.borrow().get() else {
                    break;
                };
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
