//! Which object a client means: labels of gates, and what is behind them.

use alloc::boxed::Box;

use crate::error::{Error, Result};
use crate::fallible::{List, boxed};
use crate::heap::pays;

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

/// Places whose memory is taken at once.
const PLACES: usize = 126;
/// In place of the next free place: there is none.
const END: u32 = u32::MAX;

/// A place for an object.
struct Place<T> {
    object: Option<Box<T>>,
    /// How often the place has been used.
    generation: u32,
    /// The next free place, if this one is free.
    next: u32,
}

/// Objects by label. A label is never used again for another object.
///
/// An object's memory is charged to whoever pays when it is inserted. The table of places is the
/// root task's own: it has a few bytes for each slot of its capability table at most.
pub struct Registry<T> {
    chunks: List<Box<[Place<T>; PLACES]>>,
    free: u32,
}

impl<T> Default for Registry<T> {
    fn default() -> Self {
        Registry {
            chunks: List::new(),
            free: END,
        }
    }
}

impl<T> Registry<T> {
    /// Registers what `make` gives for its label.
    ///
    /// # Errors
    /// What `make` says, or [`Error::ENOMEM`]; nothing is registered then.
    pub fn insert(&mut self, make: impl FnOnce(Label) -> Result<T>) -> Result<Label> {
        if self.free == END {
            pays(None, || self.grow())?;
        }
        let index = self.free as usize;
        let place = self.place(index).ok_or(Error::ENOMEM)?;
        let (label, next) = (Label::new(index, place.generation), place.next);
        let object = boxed(make(label)?)?;
        if let Some(place) = self.place_mut(index) {
            place.object = Some(object);
        }
        self.free = next;
        Ok(label)
    }

    fn grow(&mut self) -> Result<()> {
        let first = self.places();
        if first + PLACES > Label::MAX_INDEX {
            return Err(Error::ENOMEM);
        }
        let place = |i| Place {
            object: None,
            generation: 0,
            next: if i + 1 < PLACES {
                (first + i + 1) as u32
            } else {
                END
            },
        };
        self.chunks.push(boxed(core::array::from_fn(place))?)?;
        self.free = first as u32;
        Ok(())
    }

    /// The number of places: labels are of lower ones.
    pub fn places(&self) -> usize {
        self.chunks.len() * PLACES
    }

    fn place(&self, index: usize) -> Option<&Place<T>> {
        self.chunks.get(index / PLACES)?.get(index % PLACES)
    }

    fn place_mut(&mut self, index: usize) -> Option<&mut Place<T>> {
        self.chunks.get_mut(index / PLACES)?.get_mut(index % PLACES)
    }

    /// The object of a label.
    pub fn get(&self, label: Label) -> Option<&T> {
        let (index, generation) = label.parts()?;
        let place = self.place(index)?;
        place
            .object
            .as_deref()
            .filter(|_| place.generation == generation)
    }

    /// The object of a label, to be changed.
    pub fn get_mut(&mut self, label: Label) -> Option<&mut T> {
        let (index, generation) = label.parts()?;
        let place = self.place_mut(index)?;
        place
            .object
            .as_deref_mut()
            .filter(|_| place.generation == generation)
    }

    /// Takes an object out.
    pub fn remove(&mut self, label: Label) -> Option<Box<T>> {
        self.get(label)?;
        let (index, _) = label.parts()?;
        let free = self.free;
        let place = self.place_mut(index)?;
        let object = place.object.take();
        // A place whose numbers are used up stays empty.
        if let Some(next) = place.generation.checked_add(1) {
            place.generation = next;
            place.next = free;
            self.free = index as u32;
        }
        object
    }

    /// The object at a place, and its label.
    pub fn at(&self, index: usize) -> Option<(Label, &T)> {
        let place = self.place(index)?;
        Some((
            Label::new(index, place.generation),
            place.object.as_deref()?,
        ))
    }

    /// The labels of the objects that fulfil a condition.
    #[cfg(test)]
    pub fn labels(&self, mut condition: impl FnMut(&T) -> bool) -> std::vec::Vec<Label> {
        (0..self.places())
            .filter_map(|index| self.at(index))
            .filter(|(_, object)| condition(object))
            .map(|(label, _)| label)
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_and_made_up_labels_mean_nothing() {
        let mut r: Registry<char> = Registry::default();
        let a = r.insert(|_| Ok('a')).unwrap();
        let b = r
            .insert(|label| Ok(if label == a { 'x' } else { 'b' }))
            .unwrap();
        assert_eq!((r.get(a), r.get(b)), (Some(&'a'), Some(&'b')));
        assert_eq!(a.raw() & 0xf, 0);
        assert_eq!(r.remove(a).as_deref(), Some(&'a'));
        assert_eq!(r.get(a), None);
        assert_eq!(r.remove(a), None);
        let c = r.insert(|_| Ok('c')).unwrap();
        assert_ne!(a, c);
        assert_eq!((r.get(a), r.get(c)), (None, Some(&'c')));
        for raw in [0, 4, 8, 0x10_0000, c.raw() | 4, u64::MAX] {
            assert_eq!(r.get(Label::of_message(raw).0), None, "{raw:#x}");
        }
        assert_eq!(r.labels(|&o| o == 'c'), [c]);
        assert_eq!(r.at(0), Some((c, &'c')));
        assert_eq!(r.at(1), Some((b, &'b')));
        assert_eq!((r.at(2), r.at(r.places())), (None, None));
    }

    #[test]
    fn what_cannot_be_made_leaves_no_trace() {
        let mut r: Registry<char> = Registry::default();
        assert_eq!(r.insert(|_| Err(Error::EPERM)), Err(Error::EPERM));
        let a = r.insert(|_| Ok('a')).unwrap();
        assert_eq!(r.get(a), Some(&'a'));
        assert_eq!(r.labels(|_| true), [a]);
    }

    #[test]
    fn places_are_used_again_before_there_are_more() {
        let mut r: Registry<usize> = Registry::default();
        let labels: std::vec::Vec<Label> = (0..300).map(|i| r.insert(|_| Ok(i)).unwrap()).collect();
        let places = r.places();
        for (i, &label) in labels.iter().enumerate() {
            assert_eq!(r.get(label), Some(&i));
            r.remove(label).unwrap();
        }
        for i in 0..300 {
            r.insert(|_| Ok(i)).unwrap();
        }
        assert_eq!(r.places(), places);
        assert!(labels.iter().all(|&label| r.get(label).is_none()));
    }

    #[test]
    fn rights_are_apart() {
        let (label, rights) = Label::of_message(0x7_0000_0021);
        assert_eq!(label.raw(), 0x7_0000_0020);
        assert!(rights.write() && !rights.special());
    }
}
