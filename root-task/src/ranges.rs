//! Ranges of addresses, none of which overlap, with something attached to each.

use alloc::collections::BTreeMap;

/// A map from ranges of addresses. Both ends of a range belong to it, as in the interface.
pub struct Ranges<T> {
    /// By the first address: the last address, and what is attached.
    map: BTreeMap<u64, (u64, T)>,
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

impl<T> Default for Ranges<T> {
    fn default() -> Self {
        Ranges {
            map: BTreeMap::new(),
        }
    }
}

impl<T> Ranges<T> {
    /// The number of ranges.
    pub fn len(&self) -> usize {
        self.map.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.map.is_empty()
    }

    /// The lowest range that has an address in common with `start..=end`.
    pub fn find(&self, start: u64, end: u64) -> Option<Entry<&T>> {
        let before = self
            .map
            .range(..=start)
            .next_back()
            .filter(|(_, (last, _))| *last >= start);
        let (first, (last, value)) = before.or_else(|| self.map.range(start..=end).next())?;
        Some(Entry {
            start: *first,
            end: *last,
            value,
        })
    }

    /// As [`Ranges::find`], to be changed.
    pub fn find_mut(&mut self, start: u64, end: u64) -> Option<Entry<&mut T>> {
        let first = self.find(start, end)?.start;
        let (last, value) = self.map.get_mut(&first)?;
        Some(Entry {
            start: first,
            end: *last,
            value,
        })
    }

    /// The range that holds `address`, or else the next one above it.
    pub fn at_or_above(&self, address: u64) -> Option<Entry<&T>> {
        self.find(address, u64::MAX)
    }

    /// Adds a range; gives `value` back if it overlaps another or is none.
    pub fn insert(&mut self, start: u64, end: u64, value: T) -> Result<(), T> {
        if end < start || self.find(start, end).is_some() {
            return Err(value);
        }
        self.map.insert(start, (end, value));
        Ok(())
    }

    /// Takes out the range that holds `address`.
    pub fn remove(&mut self, address: u64) -> Option<Entry<T>> {
        let start = self.find(address, address)?.start;
        let (end, value) = self.map.remove(&start)?;
        Some(Entry { start, end, value })
    }

    /// All ranges, in order.
    pub fn iter(&self) -> impl Iterator<Item = Entry<&T>> {
        self.map.iter().map(|(start, (end, value))| Entry {
            start: *start,
            end: *end,
            value,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_lowest_overlap() {
        let mut r = Ranges::default();
        r.insert(10, 19, 'a').unwrap();
        r.insert(30, 39, 'b').unwrap();
        assert_eq!(r.find(0, 9), None);
        assert_eq!(r.find(0, 10).map(|e| *e.value), Some('a'));
        assert_eq!(r.find(19, 100).map(|e| *e.value), Some('a'));
        assert_eq!(r.find(20, 29), None);
        assert_eq!(r.find(20, 30).map(|e| (e.start, e.end)), Some((30, 39)));
        assert_eq!(r.at_or_above(20).map(|e| *e.value), Some('b'));
        assert_eq!(r.at_or_above(40), None);
    }

    #[test]
    fn no_overlap_gets_in() {
        let mut r = Ranges::default();
        r.insert(10, 19, 'a').unwrap();
        for (start, end) in [(0, 10), (19, 19), (12, 13), (0, 100), (9, 8)] {
            assert_eq!(r.insert(start, end, 'x'), Err('x'));
        }
        r.insert(20, u64::MAX, 'b').unwrap();
        assert_eq!(r.remove(15).map(|e| e.value), Some('a'));
        assert_eq!(r.remove(15), None);
        assert_eq!(r.len(), 1);
    }
}
