//! What was typed for a client.

use alloc::collections::VecDeque;
use alloc::vec::Vec;

/// Characters that are kept: the oldest go when there are too many.
const SIZE: usize = 512;

/// What was typed and not yet read, with breaks among it.
#[derive(Debug, Default)]
pub struct Input {
    bytes: VecDeque<u8>,
    /// Where breaks are, counted in [`total`](Self::total) bytes.
    breaks: VecDeque<u64>,
    /// Lines ever typed.
    pub lines: u64,
    /// Bytes ever typed.
    pub total: u64,
}

/// What a client has read.
#[derive(Debug, PartialEq, Eq)]
pub struct Taken {
    /// The bytes.
    pub bytes: Vec<u8>,
    /// There is more, and `bytes` is as much as was asked for.
    pub more: bool,
    /// There was a break before the bytes.
    pub is_break: bool,
    /// It ends here because a break comes next: there is something left to read.
    pub at_break: bool,
}

impl Input {
    /// Adds a character. Whether there was nothing before: then the client is to be told.
    pub fn push(&mut self, byte: u8) -> bool {
        let first = self.is_empty();
        if self.bytes.len() == SIZE {
            self.bytes.pop_front();
            let start = self.start() + 1;
            while self.breaks.front().is_some_and(|&at| at < start) {
                self.breaks.pop_front();
            }
        }
        self.bytes.push_back(byte);
        self.lines += u64::from(byte == b'\n');
        self.total += 1;
        first
    }

    /// Adds a break. Whether there was nothing before.
    pub fn push_break(&mut self) -> bool {
        let first = self.is_empty();
        if self.breaks.back() != Some(&self.total) {
            self.breaks.push_back(self.total);
        }
        first
    }

    /// The place of the first byte.
    fn start(&self) -> u64 {
        self.total - self.bytes.len() as u64
    }

    fn is_empty(&self) -> bool {
        self.bytes.is_empty() && self.breaks.is_empty()
    }

    /// How many bytes there are to be read.
    pub fn pending(&self) -> usize {
        self.bytes.len()
    }

    /// Takes up to `size` bytes, up to the next break.
    pub fn take(&mut self, size: usize) -> Taken {
        let start = self.start();
        let is_break = size > 0 && self.breaks.front() == Some(&start);
        if is_break {
            self.breaks.pop_front();
        }
        let until = self.breaks.front().map_or(u64::MAX, |at| at - start);
        let until = usize::try_from(until).unwrap_or(usize::MAX);
        let len = size.min(self.bytes.len()).min(until);
        let bytes: Vec<u8> = self.bytes.drain(..len).collect();
        let left = !self.is_empty();
        Taken {
            more: left && len == size,
            at_break: left && len < size,
            bytes,
            is_break,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken(bytes: &[u8], more: bool, is_break: bool, at_break: bool) -> Taken {
        Taken {
            bytes: bytes.to_vec(),
            more,
            is_break,
            at_break,
        }
    }

    #[test]
    fn what_comes_first_is_read_first() {
        let mut input = Input::default();
        assert!(input.push(b'a'));
        assert!(!input.push(b'b'));
        assert!(!input.push(b'\n'));
        assert_eq!(input.take(2), taken(b"ab", true, false, false));
        assert_eq!(input.take(9), taken(b"\n", false, false, false));
        assert_eq!(input.take(9), taken(b"", false, false, false));
        assert!(input.push(b'c'));
        assert_eq!((input.lines, input.total, input.pending()), (1, 4, 1));
    }

    #[test]
    fn breaks_stand_where_they_came() {
        let mut input = Input::default();
        assert!(input.push_break());
        assert!(!input.push_break());
        input.push(b'a');
        input.push_break();
        input.push(b'b');
        assert_eq!(input.take(0), taken(b"", true, false, false));
        assert_eq!(input.take(9), taken(b"a", false, true, true));
        assert_eq!(input.take(9), taken(b"b", false, true, false));
        assert_eq!(input.take(9), taken(b"", false, false, false));
    }

    #[test]
    fn the_oldest_go_and_their_breaks_with_them() {
        let mut input = Input::default();
        input.push_break();
        for i in 0..600 {
            input.push(i as u8);
        }
        let all = input.take(1000);
        assert_eq!((all.bytes.len(), all.is_break), (512, false));
        assert_eq!(all.bytes[0], 88);
    }
}
