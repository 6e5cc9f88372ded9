//! How the system ended, told to the emulator by a way that programs do not have.
//!
//! The log is open to every program; what stands there proves nothing. QEMU's debug console is
//! an I/O port, and only the root task has ports to give: this one it gives to nobody.

use core::ops::RangeInclusive;

/// The port of QEMU's debug console (`isa-debugcon`).
pub const PORT: u16 = 0xe9;
/// The port of QEMU's exit device (`isa-debug-exit`), which the kernel writes to, and those that
/// the device has beside it.
pub const EXIT_PORTS: RangeInclusive<u16> = 0xf4..=0xf7;

/// What stands before the status, in a line of its own.
const WORDS: &str = "system ends with status ";

/// Whether the range holds a port that no program may have.
pub fn is_reserved(first: u16, last: u16) -> bool {
    let meets = |from: u16, to: u16| first <= to && from <= last;
    meets(PORT, PORT) || meets(*EXIT_PORTS.start(), *EXIT_PORTS.end())
}

/// The line that tells a status: the words, and a sink for each of its bytes.
pub fn write(status: i64, mut out: impl FnMut(u8)) {
    let mut digits = [0; 20];
    let mut rest = status.unsigned_abs();
    let mut len = 0;
    for digit in digits.iter_mut().rev() {
        *digit = b'0' + (rest % 10) as u8;
        rest /= 10;
        len += 1;
        if rest == 0 {
            break;
        }
    }
    WORDS.bytes().for_each(&mut out);
    if status < 0 {
        out(b'-');
    }
    digits.iter().skip(20 - len).for_each(|&digit| out(digit));
    out(b'\n');
}

/// The status that was told, if the line is whole.
pub fn read(told: &str) -> Option<i64> {
    let line = told.strip_suffix('\n')?;
    let line = line.rsplit('\n').next().unwrap_or(line);
    line.strip_prefix(WORDS)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::string::String;

    #[test]
    fn what_is_written_is_read() {
        for status in [0, 1, 139, -1, i64::MIN, i64::MAX] {
            let mut line = String::new();
            write(status, |byte| line.push(byte.into()));
            assert_eq!(read(&line), Some(status), "{line}");
            line.pop();
            assert_eq!(read(&line), None);
        }
        assert_eq!(read("noise\nsystem ends with status 3\n"), Some(3));
        assert_eq!(read(""), None);
        assert_eq!(read("system ends with status x\n"), None);
    }

    #[test]
    fn ports_of_the_verdict_are_nobodys() {
        assert!(is_reserved(0xe9, 0xe9) && is_reserved(0, u16::MAX));
        assert!(is_reserved(0xf0, 0xf4) && is_reserved(0xf7, 0xff));
        assert!(!is_reserved(0x70, 0x71) && !is_reserved(0xea, 0xf3) && !is_reserved(0xf8, 0xff));
    }
}
