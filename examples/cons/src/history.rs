//! What a client has written.

use alloc::collections::VecDeque;
use alloc::vec::Vec;

/// The last bytes that a client has written: the oldest go when there are too many.
#[derive(Debug)]
pub struct History {
    bytes: VecDeque<u8>,
    size: usize,
    /// Lines ever written.
    pub lines: u64,
    /// Bytes ever written.
    pub total: u64,
}

impl History {
    /// For `size` bytes; none if there is no memory for them.
    pub fn new(size: usize) -> Option<Self> {
        let mut bytes = VecDeque::new();
        bytes.try_reserve_exact(size).ok()?;
        Some(History {
            bytes,
            size,
            lines: 0,
            total: 0,
        })
    }

    /// How many bytes it keeps.
    pub fn size(&self) -> usize {
        self.size
    }

    /// Adds bytes.
    pub fn push(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            if self.bytes.len() >= self.size {
                self.bytes.pop_front();
            }
            if self.bytes.len() < self.size {
                self.bytes.push_back(byte);
            }
            self.lines += u64::from(byte == b'\n');
        }
        self.total += bytes.len() as u64;
    }

    /// All there is.
    pub fn all(&self) -> (&[u8], &[u8]) {
        self.bytes.as_slices()
    }

    /// The last `lines` lines; one that is not ended counts.
    pub fn tail(&self, lines: usize) -> Vec<u8> {
        let ended = self.bytes.back() == Some(&b'\n');
        let mut left = lines.saturating_add(usize::from(ended));
        let mut start = self.bytes.len();
        while left > 0 && start > 0 {
            if self.bytes.get(start - 1) == Some(&b'\n') {
                left -= 1;
                if left == 0 {
                    break;
                }
            }
            start -= 1;
        }
        self.bytes.range(start..).copied().collect()
    }

    /// The lines, without their ends.
    pub fn each_line(&self) -> Vec<Vec<u8>> {
        let (a, b) = self.all();
        let bytes: Vec<u8> = a.iter().chain(b).copied().collect();
        let text = bytes.strip_suffix(b"\n").unwrap_or(&bytes);
        if text.is_empty() && bytes.is_empty() {
            return Vec::new();
        }
        let lines = text.split(|&byte| byte == b'\n');
        lines
            .map(|line| line.strip_suffix(b"\r").unwrap_or(line).to_vec())
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_go() {
        let mut history = History::new(8).unwrap();
        history.push(b"one\ntwo\nthree");
        assert_eq!(history.tail(9), b"wo\nthree"[..]);
        assert_eq!((history.lines, history.total), (2, 13));
        let mut none = History::new(0).unwrap();
        none.push(b"x");
        assert!(none.tail(1).is_empty());
    }

    #[test]
    fn tails() {
        let mut history = History::new(100).unwrap();
        assert!(history.tail(3).is_empty());
        history.push(b"one\ntwo\n");
        assert_eq!(history.tail(1), b"two\n");
        assert_eq!(history.tail(2), b"one\ntwo\n");
        assert_eq!(history.tail(0), b"");
        history.push(b"thr");
        assert_eq!(history.tail(1), b"thr");
        assert_eq!(history.tail(usize::MAX), b"one\ntwo\nthr");
        assert_eq!(history.each_line(), [&b"one"[..], b"two", b"thr"]);
    }
}
