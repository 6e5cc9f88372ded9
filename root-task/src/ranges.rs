//! Ranges of addresses, none of which overlap, with something attached to each.

use crate::error::Result;
use crate::map::{Keyed, Map};

/// A map from ranges of addresses. Both ends of a range belong to it, as in the interface.
pub struct Ranges<T> {
    /// By the first address.
    map: Map<Entry<T>>,
}

/// A range and what is attached to it.
#[derive(Debug, PartialEq, Eq, Clone, Copy)]
pub struct Entry<T> {
    /// The first address.
    pub start: u64,
    /// The last address.
    pub end: u64,
    /// What is attached.
    pub value: T,
}

impl<T> Keyed for Entry<T> {
    type Key = u64;

    fn key(&self) -> &u64 {
        &self.start
    }
}

impl<T> Entry<T> {
    fn as_ref(&self) -> Entry<&T> {
        Entry {
            start: self.start,
            end: self.end,
            value: &self.value,
        }
    }
}

impl<T> Default for Ranges<T> {
    fn default() -> Self {
        Ranges {
            map: Map::default(),
        }
    }
}

impl<T: 'static> Ranges<T> {
    /// The lowest range that has an address in common with `start..=end`.
    pub fn find(&self, start: u64, end: u64) -> Option<Entry<&T>> {
        let before = self
            .map
            .at_or_below(&start)
            .filter(|entry| entry.end >= start);
        let found = before.or_else(|| {
            self.map
                .at_or_above(&start)
                .filter(|entry| entry.start <= end)
        });
        found.map(Entry::as_ref)
    }

    /// The ranges from the one that holds `address`, or is the next above, on.
    pub fn from(&self, address: u64) -> impl Iterator<Item = Entry<&T>> {
        let first = self.find(address, u64::MAX);
        let first = first.map_or(u64::MAX, |entry| entry.start);
        self.map.from(&first).map(Entry::as_ref)
    }

    /// Adds a range.
    ///
    /// # Errors
    /// `overlap` if it overlaps another or is none, [`crate::error::Error::ENOMEM`].
    pub fn insert(
        &mut self,
        start: u64,
        end: u64,
        value: T,
        overlap: crate::error::Error,
    ) -> Result<()> {
        if end < start || self.find(start, end).is_some() {
            return Err(overlap);
        }
        self.map.insert(Entry { start, end, value })
    }

    /// Takes out the range that holds `address`.
    pub fn remove(&mut self, address: u64) -> Option<Entry<T>> {
        let start = self.find(address, address)?.start;
        self.map.remove(&start)
    }

    /// Moves the ends of the range that starts at `first` inwards, and changes what is attached.
    /// False if there is none, or the new range does not lie within the old one.
    pub fn shrink(
        &mut self,
        first: u64,
        start: u64,
        end: u64,
        change: impl FnOnce(&mut T),
    ) -> bool {
        let within = |entry: &Entry<T>| entry.start <= start && start <= end && end <= entry.end;
        self.map.get(&first).is_some_and(within)
            && self.map.change(&first, |entry| {
                (entry.start, entry.end) = (start, end);
                change(&mut entry.value);
            })
    }

    /// Moves the end of the range that starts at `first` outwards, to where no other range is.
    pub fn grow(&mut self, first: u64, end: u64) {
        self.map.change(&first, |entry| entry.end = end);
    }

    /// Takes the first range out.
    pub fn pop_first(&mut self) -> Option<Entry<T>> {
        self.map.pop_first()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Error;

    const NO: Error = Error::EEXIST;

    #[test]
    fn finds_the_lowest_overlap() {
        let mut r = Ranges::default();
        r.insert(10, 19, 'a', NO).unwrap();
        r.insert(30, 39, 'b', NO).unwrap();
        assert_eq!(r.find(0, 9), None);
        assert_eq!(r.find(0, 10).map(|e| *e.value), Some('a'));
        assert_eq!(r.find(19, 100).map(|e| *e.value), Some('a'));
        assert_eq!(r.find(20, 29), None);
        assert_eq!(r.find(20, 30).map(|e| (e.start, e.end)), Some((30, 39)));
        assert_eq!(r.from(20).next().map(|e| *e.value), Some('b'));
        assert_eq!(r.from(40).next(), None);
        assert_eq!(r.from(15).count(), 2);
    }

    #[test]
    fn a_range_shrinks_within_itself() {
        let mut r = Ranges::default();
        r.insert(10, 19, 'a', NO).unwrap();
        assert!(r.shrink(10, 13, 15, |value| *value = 'b'));
        assert_eq!(
            r.find(0, 100).map(|e| (e.start, e.end, *e.value)),
            Some((13, 15, 'b'))
        );
        assert!(!r.shrink(13, 12, 15, |_| ()) && !r.shrink(13, 14, 16, |_| ()));
        assert!(!r.shrink(10, 13, 15, |_| ()));
        assert_eq!(r.find(0, 12), None);
    }

    #[test]
    fn no_overlap_gets_in() {
        let mut r = Ranges::default();
        r.insert(10, 19, 'a', NO).unwrap();
        for (start, end) in [(0, 10), (19, 19), (12, 13), (0, 100), (9, 8)] {
            assert_eq!(r.insert(start, end, 'x', NO), Err(NO));
        }
        r.insert(20, u64::MAX, 'b', NO).unwrap();
        assert_eq!(r.remove(15).map(|e| e.value), Some('a'));
        assert_eq!(r.remove(15), None);
        assert_eq!(r.from(0).count(), 1);
    }
}
