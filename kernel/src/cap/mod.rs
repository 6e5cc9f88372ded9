//! Capabilities, and the table of them that each task has.

mod table;

pub use table::{CapTable, CapView, MAX_CAPS};

use crate::obj::{AnyObject, Object};
use l4re_sys::cap::CapIdx;

/// What a capability allows: the low four bits are the rights R, W, S, D of a
/// flexpage, the high four the control bits (`L4_FPAGE_C_*`).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Rights(pub u8);

impl Rights {
    /// The interface's write right.
    pub const W: u8 = 1;
    /// The interface's special right.
    pub const S: u8 = 2;
    /// The right to have the capability at all.
    pub const R: u8 = 4;
    /// The right to delete the object.
    pub const D: u8 = 8;
    /// The capability does not keep its object alive (`L4_FPAGE_C_NO_REF_CNT`).
    pub const NO_REF: u8 = 0x10;
    /// The server's side of an IPC gate (`L4_FPAGE_C_IPCGATE_SVR`).
    pub const GATE_SERVER: u8 = 0x20;
    /// Everything an object's creator gets.
    pub const ALL: Rights = Rights(0xef);

    /// Whether all of these bits are there.
    #[inline]
    pub fn has(self, bits: u8) -> bool {
        self.0 & bits == bits
    }
}

/// A capability as found in a table: the object and what may be done with it.
#[derive(Clone, Copy)]
pub struct Cap {
    place: AnyObject,
    /// What it allows.
    pub rights: Rights,
}

impl Cap {
    /// A capability to an object.
    pub fn new(object: Object, rights: Rights) -> Self {
        Self {
            place: object.any(),
            rights,
        }
    }

    /// The object.
    #[inline]
    pub fn object(&self) -> Object {
        Object::of(self.place)
    }

    /// Whether both refer to the same object.
    pub fn same_object(&self, other: &Cap) -> bool {
        self.place.is(other.place)
    }
}

/// The table position that an index names, if a table can have it.
#[inline]
pub fn position(index: CapIdx) -> Option<usize> {
    let position = (index.0 >> 12) as usize;
    (index.is_valid() && position < MAX_CAPS).then_some(position)
}
