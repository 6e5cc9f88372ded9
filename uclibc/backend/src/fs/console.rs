//! The program's log as its terminal.

use super::object::{About, Object};
use crate::errno::{EAGAIN, Result, fail};
use core::time::Duration;
use l4re::icu::Icu;
use l4re::semaphore::Semaphore;
use l4re::sync::SpinLock;
use l4re::{Cap, OwnedCap, start};
use l4re_sys::op::vcon::READ_SIZE;
use l4re_sys::{Timeout, TimeoutS};

/// How long to wait before asking again, where the log does not tell of input, and at most where
/// it does: short at first, since what is piped comes in pieces.
const POLL: (Duration, Duration) = (Duration::from_millis(1), Duration::from_millis(50));

/// Ends the input, as on a terminal (`VEOF`: Ctrl-d).
pub const END: u8 = 4;
/// The next character is taken as it is, as on a terminal (`VLNEXT`: Ctrl-v).
pub const LITERAL: u8 = 0x16;

/// Raised when there is input, if the log tells of it; none before the first wait.
static INPUT: SpinLock<Option<Option<Cap<Semaphore>>>> = SpinLock::new(None);

/// What has been read so far has left behind.
static LINE: SpinLock<Line> = SpinLock::new(Line {
    literal: false,
    ended: false,
});

/// The state of the input between two reads.
struct Line {
    /// The next character is taken as it is.
    literal: bool,
    /// The input has ended, for good.
    ended: bool,
}

impl Line {
    /// Puts what the characters of `from` mean to the start of `to`, which has as many places;
    /// returns how many they are.
    fn take(&mut self, from: &[u8], to: &mut [u8]) -> usize {
        let mut count = 0;
        for &byte in from {
            let byte = match (core::mem::take(&mut self.literal), byte) {
                (true, byte) => byte,
                (false, LITERAL) => {
                    self.literal = true;
                    continue;
                }
                (false, END) => {
                    self.ended = true;
                    break;
                }
                // What a terminal's Enter key sends.
                (false, b'\r') => b'\n',
                (false, byte) => byte,
            };
            if let Some(place) = to.get_mut(count) {
                *place = byte;
                count += 1;
            }
        }
        count
    }
}

/// The terminal.
pub struct Console;

impl Object for Console {
    fn about(&self) -> Result<About> {
        Ok(About::device(1))
    }

    fn read(&self, to: &mut [u8], _: u64, wait: bool) -> Result<usize> {
        match read(to, wait)? {
            Some(count) => Ok(count),
            None => fail(EAGAIN),
        }
    }

    fn write(&self, from: &[u8], _: u64) -> Result<usize> {
        print(from)
    }

    fn is_stream(&self) -> bool {
        true
    }

    fn is_terminal(&self) -> bool {
        true
    }
}

/// Writes all of it. A program without a log writes nowhere.
pub fn print(text: &[u8]) -> Result<usize> {
    let log = start::env().log();
    if log.is_valid() {
        log.write(text)?;
    }
    Ok(text.len())
}

/// Waits for input and reads it; 0 at its end, none if there is none now and `wait` is not set.
fn read(to: &mut [u8], wait: bool) -> Result<Option<usize>> {
    let log = start::env().log();
    if to.is_empty() || !log.is_valid() {
        return Ok(Some(0));
    }
    let mut buffer = [0; READ_SIZE];
    let len = to.len().min(READ_SIZE);
    let (mut patience, most) = POLL;
    while !LINE.lock().ended {
        let got = log.read(buffer.get_mut(..len).unwrap_or(&mut []))?.len;
        let count = LINE.lock().take(buffer.get(..got).unwrap_or(&[]), to);
        if count > 0 {
            return Ok(Some(count));
        }
        // What came may have been a sign only.
        if got == 0 {
            if !wait {
                return Ok(None);
            }
            wait_for_input(patience);
            patience = (patience * 2).min(most);
        }
    }
    Ok(Some(0))
}

fn wait_for_input(time: Duration) {
    let known = *INPUT.lock();
    let semaphore = known.unwrap_or_else(|| {
        let semaphore = subscribe();
        *INPUT.lock() = Some(semaphore);
        semaphore
    });
    let Some(semaphore) = semaphore else {
        return l4re::time::sleep(time);
    };
    let timeout = TimeoutS::from_us(time.as_micros() as u64);
    // If it was not raised, reading again does no harm.
    let _ = semaphore.down(Timeout::new(TimeoutS::NEVER, timeout));
}

/// Asks the log to raise a semaphore when there is input.
fn subscribe() -> Option<Cap<Semaphore>> {
    let env = start::env();
    let semaphore: OwnedCap<Semaphore> = env.factory().create_semaphore().ok()?;
    let log: Cap<Icu> = env.log().cast();
    log.bind(0, semaphore.cap().cast()).ok()?;
    Some(semaphore.leak())
}
