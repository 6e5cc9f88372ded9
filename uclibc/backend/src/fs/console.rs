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
use linux_raw_sys::general::{ICANON, ICRNL, POLLIN, POLLOUT};

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
    ahead: None,
    looking: false,
});

/// The kernel's `struct termios`.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct Modes {
    input: u32,
    output: u32,
    control: u32,
    local: u32,
    line: u8,
    chars: [u8; 19],
}

/// The modes of a terminal as one finds it: lines, echoed, of 8 bits at 38400 bauds. What is in the
/// log's hands stays so whatever is set: the echo, and what ends a line of output.
static MODES: SpinLock<Modes> = SpinLock::new(Modes {
    input: ICRNL,
    output: 0o5,
    control: 0o277,
    local: 0o105073,
    line: 0,
    chars: [
        3, 28, 127, 21, 4, 0, 1, 0, 17, 19, 26, 0, 18, 15, 23, 22, 0, 0, 0,
    ],
});

/// The terminal's modes.
pub fn modes() -> Modes {
    *MODES.lock()
}

/// Sets the terminal's modes; `flush` is whether input that has come so far is dropped.
pub fn set_modes(modes: Modes, flush: bool) {
    *MODES.lock() = modes;
    while flush && has_input() && LINE.lock().ahead.take().is_some() {}
}

/// The state of the input between two reads.
struct Line {
    /// The next character is taken as it is.
    literal: bool,
    /// The input has ended, for good.
    ended: bool,
    /// Read to see whether there is something, and wanted by nobody yet.
    ahead: Option<u8>,
    /// Somebody is about to read ahead.
    looking: bool,
}

impl Line {
    /// Puts what the characters of `from` mean to the start of `to`, which has as many places;
    /// returns how many they are.
    fn take(&mut self, from: &[u8], to: &mut [u8]) -> usize {
        let mut count = 0;
        let modes = modes();
        let signs = modes.local & ICANON != 0;
        for &byte in from {
            let byte = match (core::mem::take(&mut self.literal), byte) {
                (true, byte) => byte,
                (false, LITERAL) if signs => {
                    self.literal = true;
                    continue;
                }
                (false, END) if signs => {
                    self.ended = true;
                    break;
                }
                // What a terminal's Enter key sends.
                (false, b'\r') if modes.input & ICRNL != 0 => b'\n',
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

    fn ready(&self) -> u32 {
        match has_input() {
            false => POLLOUT,
            true => POLLIN | POLLOUT,
        }
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

/// Whether a read need not wait: there is a byte, the input has ended, or there is an error to tell.
#[inline(never)]
fn has_input() -> bool {
    let log = start::env().log();
    if !log.is_valid() {
        return true;
    }
    loop {
        {
            let mut line = LINE.lock();
            if line.ended || line.ahead.is_some() {
                return true;
            }
            // One looks at a time: there is room for one byte.
            if core::mem::replace(&mut line.looking, true) {
                return false;
            }
        }
        let mut byte = [0];
        let got = log.read(&mut byte);
        let mut line = LINE.lock();
        line.looking = false;
        match got {
            Ok(got) if got.len == 0 => return false,
            Ok(_) => {}
            Err(_) => return true,
        }
        let mut meant = [0];
        // It may have been a sign only.
        if line.take(&byte, &mut meant) == 1 {
            line.ahead = Some(meant[0]);
        }
    }
}

/// Waits for input and reads it; 0 at its end, none if there is none now and `wait` is not set.
fn read(to: &mut [u8], wait: bool) -> Result<Option<usize>> {
    let log = start::env().log();
    if to.is_empty() || !log.is_valid() {
        return Ok(Some(0));
    }
    if let (Some(byte), Some(place)) = (LINE.lock().ahead.take(), to.first_mut()) {
        *place = byte;
        return Ok(Some(1));
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
