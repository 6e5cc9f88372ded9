//! Which object a client means: labels of gates, and what is behind them.

use alloc::vec::Vec;

/// The label of a gate, without the rights that the kernel puts into its two lowest bits.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Label(u64);

impl Label {
    const INDEX_SHIFT: u32 = 4;
    const GENERATION_SHIFT: u32 = 32;
    const MAX_INDEX: usize = (1 << 28) - 2;

    /// The label of a message, and the rights to write and to special use.
    pub fn of_message(label: u64) -> (Label, Rights) {
        (Label(label & !3), Rights(label & 3))
    }

    /// The number for the kernel.
    pub fn raw(self) -> u64 {
        self.0
    }

    fn new(index: usize, generation: u32) -> Self {
        // Index 0 is left out: it is the label of nothing.
        let index = index as u64 + 1;
        Label(u64::from(generation) << Self::GENERATION_SHIFT | index << Self::INDEX_SHIFT)
    }

    fn parts(self) -> Option<(usize, u32)> {
        let index = (self.0 as u32 >> Self::INDEX_SHIFT).checked_sub(1)?;
        if self.0 & 0xf != 0 {
            return None;
        }
        Some((index as usize, (self.0 >> Self::GENERATION_SHIFT) as u32))
    }
}

/// The rights of the capability that a message came by.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Rights(u64);

impl Rights {
    /// All of them.
    pub const ALL: Rights = Rights(3);

    /// Whether the write right is there.
    pub fn write(self) -> bool {
        self.0 & 1 != 0
    }

    /// Whether the special right is there.
    pub fn special(self) -> bool {
        self.0 & 2 != 0
    }
}

/// Objects by label. A label is never used again for another object.
pub struct Registry<T> {
    /// What is there, and how often the place has been used.
    places: Vec<(Option<T>, u32)>,
    free: Vec<usize>,
}

impl<T> Default for Registry<T> {
    fn default() -> Self {
        Registry {
            places: Vec::new(),
            free: Vec::new(),
        }
    }
}

impl<T> Registry<T> {
    /// Registers what `make` gives for its label.
    ///
    /// # Errors
    /// What `make` says; nothing is registered then. `full` if there are too many objects.
    pub fn insert<E>(
        &mut self,
        full: E,
        make: impl FnOnce(Label) -> Result<T, E>,
    ) -> Result<Label, E> {
        let index = match self.free.last().copied() {
            Some(index) => index,
            None if self.places.len() > Label::MAX_INDEX
                || self.places.try_reserve(1).is_err()
                || self.free.try_reserve(1).is_err() =>
            {
                return Err(full);
            }
            None => {
                self.places.push((None, 0));
                self.free.push(self.places.len() - 1);
                self.places.len() - 1
            }
        };
        let label = Label::new(index, self.places[index].1);
        self.places[index].0 = Some(make(label)?);
        self.free.pop();
        Ok(label)
    }

    /// The object of a label.
    pub fn get(&self, label: Label) -> Option<&T> {
        let (index, generation) = label.parts()?;
        let (object, current) = self.places.get(index)?;
        object.as_ref().filter(|_| *current == generation)
    }

    /// The object of a label, to be changed.
    pub fn get_mut(&mut self, label: Label) -> Option<&mut T> {
        let (index, generation) = label.parts()?;
        let (object, current) = self.places.get_mut(index)?;
        object.as_mut().filter(|_| *current == generation)
    }

    /// Takes an object out.
    pub fn remove(&mut self, label: Label) -> Option<T> {
        self.get(label)?;
        let (index, _) = label.parts()?;
        let (object, generation) = self.places.get_mut(index)?;
        // A place whose numbers are used up, or that cannot be noted as free, stays empty.
        if let Some(next) = generation.checked_add(1)
            && self.free.try_reserve(1).is_ok()
        {
            *generation = next;
            self.free.push(index);
        }
        object.take()
    }

    /// The first object at place `from` or behind: its place, its label, and it.
    pub fn next(&self, from: usize) -> Option<(usize, Label, &T)> {
        let places = self.places.iter().enumerate().skip(from);
        let mut objects = places.filter_map(|(index, (object, generation))| {
            Some((index, Label::new(index, *generation), object.as_ref()?))
        });
        objects.next()
    }

    /// The labels of the objects that fulfil a condition.
    pub fn labels(&self, mut condition: impl FnMut(&T) -> bool) -> Vec<Label> {
        let objects = self.places.iter().enumerate();
        objects
            .filter(|(_, (object, _))| object.as_ref().is_some_and(&mut condition))
            .map(|(index, (_, generation))| Label::new(index, *generation))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_and_made_up_labels_mean_nothing() {
        let mut r: Registry<char> = Registry::default();
        let a = r.insert((), |_| Ok('a')).unwrap();
        let b = r
            .insert((), |label| Ok(if label == a { 'x' } else { 'b' }))
            .unwrap();
        assert_eq!((r.get(a), r.get(b)), (Some(&'a'), Some(&'b')));
        assert_eq!(a.raw() & 0xf, 0);
        assert_eq!(r.remove(a), Some('a'));
        assert_eq!(r.get(a), None);
        assert_eq!(r.remove(a), None);
        let c = r.insert((), |_| Ok('c')).unwrap();
        assert_ne!(a, c);
        assert_eq!((r.get(a), r.get(c)), (None, Some(&'c')));
        for raw in [0, 4, 8, 0x10_0000, c.raw() | 4, u64::MAX] {
            assert_eq!(r.get(Label::of_message(raw).0), None, "{raw:#x}");
        }
        assert_eq!(r.labels(|&o| o == 'c'), [c]);
        assert_eq!(r.next(0), Some((0, c, &'c')));
        assert_eq!(r.next(1), Some((1, b, &'b')));
        assert_eq!(r.next(2), None);
    }

    #[test]
    fn what_cannot_be_made_leaves_no_trace() {
        let mut r: Registry<char> = Registry::default();
        assert_eq!(r.insert("full", |_| Err("no")), Err("no"));
        let a = r.insert("full", |_| Ok('a')).unwrap();
        assert_eq!(r.get(a), Some(&'a'));
        assert_eq!(r.labels(|_| true), [a]);
    }

    #[test]
    fn rights_are_apart() {
        let (label, rights) = Label::of_message(0x7_0000_0021);
        assert_eq!(label.raw(), 0x7_0000_0020);
        assert!(rights.write() && !rights.special());
    }
}
