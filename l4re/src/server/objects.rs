//! The table of objects, and the labels that name them.
#![allow(unsafe_code)]

use crate::interface::{Lent, Reception, refuse};
use crate::{Error, OwnedCap};
use alloc::boxed::Box;
use alloc::vec::Vec;
use core::cell::UnsafeCell;
use l4re_sys::MsgTag;
use l4re_sys::op::ipc_gate::LABEL_RIGHTS_MASK;

/// Answers a request to an object.
///
/// # Safety
/// The pointer is that of the object that the function was registered with, which lives.
pub type Dispatch = unsafe fn(*const (), MsgTag, u64, &Scene<'_>) -> MsgTag;

/// What is the same for all requests. One reference to it takes less to pass on than two.
#[derive(Clone, Copy)]
pub struct Scene<'r> {
    /// What is lent to senders.
    pub lent: &'r Lent,
    /// What requests bring, and what they ask of the loop.
    pub reception: &'r Reception,
}

/// What the way of a request to its object needs: as large as the distance of labels, so that
/// a label is a place in the table without arithmetic.
#[derive(Clone, Copy)]
#[repr(align(32))]
pub struct Target {
    object: *const (),
    dispatch: Dispatch,
    generation: u64,
}

/// An object that is taken out of the table: dropped when nobody uses it any more.
pub struct Removed {
    object: *const (),
    drop: unsafe fn(*const ()),
    gate: Option<OwnedCap<()>>,
}

impl Drop for Removed {
    fn drop(&mut self) {
        // First the gate: nobody calls what is gone.
        self.gate = None;
        // SAFETY: the pointer is the box's of `Objects::add`, and this is its only owner now.
        unsafe { (self.drop)(self.object) }
    }
}

/// An object with its slot and owner.
struct Entry {
    owner: Option<Removed>,
    /// Whether the registry looks whether the gate is still there.
    watched: bool,
}

/// Objects by their labels.
///
/// A label is the place in the table and the number of objects that had this place before: an
/// old label, or one that a sender makes up, names no other object. Label 0 names none.
#[derive(Default)]
pub struct Objects {
    targets: UnsafeCell<Vec<Target>>,
    entries: UnsafeCell<Vec<Entry>>,
}

const GENERATION_SHIFT: u32 = 32;
const INDEX_SHIFT: u32 = 5;
const _: () = assert!(LABEL_RIGHTS_MASK >> INDEX_SHIFT == 0);
const _: () = assert!(size_of::<Target>() == 1 << INDEX_SHIFT);

/// Answers for a place that is free.
///
/// # Safety
/// None needed.
unsafe fn vacant(_: *const (), _: MsgTag, _: u64, _: &Scene<'_>) -> MsgTag {
    refuse(Error::NOT_FOUND)
}

/// The answer to a request for what is not there.
#[cold]
#[inline(never)]
fn unknown() -> MsgTag {
    refuse(Error::NOT_FOUND)
}

impl Objects {
    /// The object of a label, whatever the rights in it.
    ///
    /// # Safety
    /// What is returned must be gone before anything else of the table is used.
    #[inline(always)]
    unsafe fn find(&self, label: u64) -> Option<&Target> {
        let index = (label as u32 >> INDEX_SHIFT) as usize;
        // SAFETY: the type is not `Sync`, and none of its functions calls code that could use
        // it again while a reference to the table lives; nor does the caller.
        let target = unsafe { &*self.targets.get() }.get(index)?;
        if target.generation != label >> GENERATION_SHIFT {
            return None;
        }
        Some(target)
    }

    /// Has the object of a label answer a request.
    ///
    /// # Safety
    /// An object that is removed meanwhile is not dropped before this returns.
    #[inline(always)]
    pub unsafe fn dispatch(&self, tag: MsgTag, label: u64, scene: &Scene<'_>) -> MsgTag {
        // SAFETY: the reference is not used behind the call's start.
        match unsafe { self.find(label) } {
            Some(&Target {
                object, dispatch, ..
                // SAFETY: pointer and function were registered together (`add`); the object
                // lives for the call (contract of this function).
            }) => unsafe { dispatch(object, tag, label, scene) },
            None => unknown(),
        }
    }

    fn has(&self, label: u64) -> bool {
        // SAFETY: the reference is gone at once.
        unsafe { self.find(label) }.is_some()
    }

    /// Adds an object; returns its label.
    pub fn add<T: 'static>(&self, object: T, dispatch: Dispatch) -> Option<u64> {
        /// # Safety
        /// The pointer is a box's, given up.
        unsafe fn drop_box<T>(object: *const ()) {
            // SAFETY: the pointer is a box's of this type, which was given up (contract of this
            // function).
            drop(unsafe { Box::from_raw(object.cast_mut().cast::<T>()) });
        }
        let object: *const () = Box::into_raw(Box::new(object)).cast();
        let owner = Removed {
            object,
            drop: drop_box::<T>,
            gate: None,
        };
        // SAFETY: the type is not `Sync`, and nothing that is called here uses the table again
        // while a reference into it lives. (Memory may be allocated: allocators do not serve
        // objects.)
        let (targets, entries) = unsafe { (&mut *self.targets.get(), &mut *self.entries.get()) };
        // Places whose numbers are used up are never taken again.
        let free = entries.iter().zip(&*targets).position(|(entry, target)| {
            entry.owner.is_none() && target.generation < u64::from(u32::MAX)
        });
        let index = free.unwrap_or(entries.len());
        let label = u32::try_from(index).ok()?.checked_mul(1 << INDEX_SHIFT)?;
        if index == entries.len() {
            entries.push(Entry {
                owner: None,
                watched: false,
            });
            targets.push(Target {
                object: core::ptr::null(),
                dispatch: vacant,
                generation: 0,
            });
        }
        let (entry, target) = (entries.get_mut(index)?, targets.get_mut(index)?);
        entry.owner = Some(owner);
        entry.watched = false;
        target.object = object;
        target.dispatch = dispatch;
        target.generation += 1;
        Some(target.generation << GENERATION_SHIFT | u64::from(label))
    }

    /// Gives an object the gate that it owns from now on. `watched`: it goes with the gate.
    pub fn own_gate(&self, label: u64, gate: OwnedCap<()>, watched: bool) {
        if !self.has(label) {
            return;
        }
        let index = (label as u32 >> INDEX_SHIFT) as usize;
        // SAFETY: the type is not `Sync`, and nothing that is called here uses the table again
        // while a reference into it lives.
        let entries = unsafe { &mut *self.entries.get() };
        if let Some(entry) = entries.get_mut(index) {
            entry.watched = watched;
            if let Some(owner) = &mut entry.owner {
                owner.gate = Some(gate);
            }
        }
    }

    /// Takes an object out of the table: its label names nothing any more. It must not be
    /// dropped while one of its methods runs.
    pub fn remove(&self, label: u64) -> Option<Removed> {
        if !self.has(label) {
            return None;
        }
        let index = (label as u32 >> INDEX_SHIFT) as usize;
        // SAFETY: the type is not `Sync`, and nothing that is called here uses the table again
        // while a reference into it lives; what is removed is dropped by the caller, behind this.
        let (targets, entries) = unsafe { (&mut *self.targets.get(), &mut *self.entries.get()) };
        let owner = entries.get_mut(index)?.owner.take()?;
        let target = targets.get_mut(index)?;
        target.object = core::ptr::null();
        target.dispatch = vacant;
        Some(owner)
    }

    /// How many places there are.
    pub fn places(&self) -> usize {
        // SAFETY: the type is not `Sync`, and nothing that is called here uses the table again
        // while a reference into it lives.
        unsafe { &*self.entries.get() }.len()
    }

    /// The label of the object at a place, and its gate if it goes with that; none if there is no
    /// object.
    pub fn at(&self, place: usize) -> Option<(u64, Option<crate::Cap<()>>)> {
        // SAFETY: the references are gone when this returns; nothing that it calls uses the table.
        let (targets, entries) = unsafe { (&*self.targets.get(), &*self.entries.get()) };
        let (entry, target) = (entries.get(place)?, targets.get(place)?);
        let owner = entry.owner.as_ref()?;
        let gate = owner.gate.as_ref().filter(|_| entry.watched);
        let label = target.generation << GENERATION_SHIFT | (place as u64) << INDEX_SHIFT;
        Some((label, gate.map(OwnedCap::cap)))
    }

    /// The labels of all objects.
    pub fn all(&self) -> Vec<u64> {
        let all = (0..self.places()).filter_map(|place| self.at(place));
        all.map(|(label, _)| label).collect()
    }
}

impl Drop for Objects {
    fn drop(&mut self) {
        for label in self.all() {
            drop(self.remove(label));
        }
    }
}
