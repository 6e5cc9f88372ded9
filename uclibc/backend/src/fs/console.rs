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

/// How long to wait where the log does not tell of input, and at most where it does.
const POLL: Duration = Duration::from_millis(50);

/// Raised when there is input; none before the first wait.
static INPUT: SpinLock<Option<Cap<Semaphore>>> = SpinLock::new(None);

/// The terminal.
pub struct Console;

impl Object for Console {
    fn about(&self) -> Result<About> {
        Ok(About::device(1))
    }

    fn read(&self, to: &mut [u8], _: u64, wait: bool) -> Result<usize> {
        match read(to, wait)? {
            0 if !wait && !to.is_empty() => fail(EAGAIN),
            n => Ok(n),
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

/// Waits for input and reads it; what a terminal's Enter key sends is a new line.
fn read(to: &mut [u8], wait: bool) -> Result<usize> {
    let log = start::env().log();
    if to.is_empty() || !log.is_valid() {
        return Ok(0);
    }
    let mut buffer = [0; READ_SIZE];
    let len = to.len().min(READ_SIZE);
    loop {
        let got = log.read(buffer.get_mut(..len).unwrap_or(&mut []))?.len;
        if got > 0 || !wait {
            for (to, from) in to.iter_mut().zip(buffer.iter().take(got)) {
                *to = if *from == b'\r' { b'\n' } else { *from };
            }
            return Ok(got);
        }
        wait_for_input();
    }
}

fn wait_for_input() {
    let known = *INPUT.lock();
    let Some(semaphore) = known.or_else(subscribe) else {
        return l4re::time::sleep(POLL);
    };
    let timeout = TimeoutS::from_us(POLL.as_micros() as u64);
    // If it was not raised, reading again does no harm.
    let _ = semaphore.down(Timeout::new(TimeoutS::NEVER, timeout));
}

/// Asks the log to raise a semaphore when there is input.
fn subscribe() -> Option<Cap<Semaphore>> {
    let env = start::env();
    let semaphore: OwnedCap<Semaphore> = env.factory().create_semaphore().ok()?;
    let log: Cap<Icu> = env.log().cast();
    log.bind(0, semaphore.cap().cast()).ok()?;
    let semaphore = semaphore.leak();
    *INPUT.lock() = Some(semaphore);
    Some(semaphore)
}
