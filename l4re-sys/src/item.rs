//! Typed items: what a sender passes on, where a receiver wants it, and what the kernel tells.

use crate::cap::CapIdx;
use crate::fpage::{Fpage, FpageType, ObjRights, SIZE_MASK, TYPE_MASK, TYPE_OBJ, TYPE_SHIFT};

abi! {
    in "l4/sys/consts.h" {
        /// Marks an item's first word: without it an item is void.
        MAP: u64 = 8 => "L4_ITEM_MAP";
        /// The next item goes into the same receive buffer.
        CONT: u64 = 1 => "L4_ITEM_CONT";
        /// Share: nothing is given away.
        SHARE: u64 = 0 => "L4_MAP_ITEM_MAP";
        /// Give away instead of share: the sender loses what is mapped.
        GRANT: u64 = 2 => "L4_MAP_ITEM_GRANT";
        /// A receive buffer of one word: one capability.
        RCV_SINGLE_CAP: u64 = MAP | 2 => "L4_RCV_ITEM_SINGLE_CAP";
        /// Receive an identifier instead of a mapping where sender and receiver (or a gate's
        /// thread and the receiver) share a task.
        RCV_LOCAL_ID: u64 = 4 => "L4_RCV_ITEM_LOCAL_ID";
        /// A third word names the task that the mapping goes to.
        RCV_FORWARD_MAPPINGS: u64 = 1 => "L4_RCV_ITEM_FORWARD_MAPPINGS";
    }
    in "l4/sys/__l4_fpage.h" {
        /// The lowest bit of the hot spot in an item's first word.
        CONTROL_SHIFT: u32 = 12 => "L4_FPAGE_CONTROL_OFFSET_SHIFT";
        /// Bits of the hot spot in an item's first word.
        CONTROL_MASK: u64 = !0xfff => "L4_FPAGE_CONTROL_MASK";
        /// Bits of an item's first word that hold an object's own rights.
        OBJ_RIGHTS_MASK: u64 = 0xe0 => "L4_FPAGE_C_OBJ_RIGHTS";
        /// Map without the reference being counted.
        OBJ_NO_REF_COUNT: u64 = 0x10 => "L4_FPAGE_C_NO_REF_CNT";
        /// Map with the reference being counted.
        OBJ_REF_COUNT: u64 = 0 => "L4_FPAGE_C_REF_CNT";
        /// The object's first own right.
        OBJ_RIGHT1: u64 = 0x20 => "L4_FPAGE_C_OBJ_RIGHT1";
        /// The object's second own right.
        OBJ_RIGHT2: u64 = 0x40 => "L4_FPAGE_C_OBJ_RIGHT2";
        /// The object's third own right.
        OBJ_RIGHT3: u64 = 0x80 => "L4_FPAGE_C_OBJ_RIGHT3";
        /// Of an IPC gate: the right to bind it to a thread (a server's).
        OBJ_IPCGATE_SVR: u64 = 0x20 => "L4_FPAGE_C_IPCGATE_SVR";
        /// Caching (shifted by [`CACHE_SHIFT`]): cached.
        CACHEABLE: u64 = 3 => "L4_FPAGE_CACHEABLE";
        /// Caching (shifted by [`CACHE_SHIFT`]): writes may be combined.
        BUFFERABLE: u64 = 5 => "L4_FPAGE_BUFFERABLE";
        /// Caching (shifted by [`CACHE_SHIFT`]): not cached.
        UNCACHEABLE: u64 = 1 => "L4_FPAGE_UNCACHEABLE";
        /// Caching (shifted by [`CACHE_SHIFT`]): the option is given; else the sender's holds.
        CACHE_OPT: u64 = 1 => "L4_FPAGE_CACHE_OPT";
    }
}

/// Where the caching option of memory stands in an item's first word (`l4_map_control()`).
pub const CACHE_SHIFT: u32 = 4;

/// Words of an item in a message; a void item has as many.
pub const WORDS: usize = 2;

/// An item of a message to send: two words.
#[doc(alias = "l4_snd_fpage_t")]
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct MapItem {
    /// Hot spot and control bits.
    pub control: u64,
    /// What to map, with which rights.
    pub fpage: Fpage,
}

impl MapItem {
    /// An item that passes nothing on, but takes its place among the items.
    pub const VOID: MapItem = MapItem {
        control: 0,
        fpage: Fpage::INVALID,
    };

    /// Share `fpage`; `spot` tells which part goes where when the receiver's window has another
    /// size (0 if both are of one size).
    #[doc(alias = "l4_map_control")]
    pub const fn map(spot: u64, fpage: Fpage) -> Self {
        MapItem {
            control: (spot & CONTROL_MASK) | MAP,
            fpage,
        }
    }

    /// Give `fpage` away.
    pub const fn grant(spot: u64, fpage: Fpage) -> Self {
        MapItem {
            control: (spot & CONTROL_MASK) | MAP | GRANT,
            fpage,
        }
    }

    /// Share one capability.
    pub const fn cap(cap: CapIdx, rights: ObjRights) -> Self {
        Self::map(0, Fpage::obj(cap, 0, rights))
    }

    /// With an object's own rights (`OBJ_RIGHT1` to `OBJ_RIGHT3`).
    pub const fn with_obj_rights(self, rights: u64) -> Self {
        MapItem {
            control: self.control | (rights & OBJ_RIGHTS_MASK),
            fpage: self.fpage,
        }
    }

    /// With a caching option ([`CACHEABLE`], [`BUFFERABLE`], [`UNCACHEABLE`]).
    pub const fn with_cache(self, option: u64) -> Self {
        MapItem {
            control: self.control | ((option << CACHE_SHIFT) & 0x70),
            fpage: self.fpage,
        }
    }

    /// With the mark that the next item goes into the same receive buffer.
    pub const fn continued(self) -> Self {
        MapItem {
            control: self.control | CONT,
            fpage: self.fpage,
        }
    }

    /// Whether this item passes nothing on.
    pub const fn is_void(self) -> bool {
        self.control & MAP == 0
    }

    /// The hot spot.
    pub const fn spot(self) -> u64 {
        self.control & CONTROL_MASK
    }
}

/// The first word of a receive buffer; a window has its flexpage in the second.
#[repr(transparent)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RcvItem(pub u64);

impl RcvItem {
    /// No buffer: ends the list.
    pub const VOID: RcvItem = RcvItem(0);

    /// A window, whose flexpage stands in the next word.
    pub const WINDOW: RcvItem = RcvItem(MAP);

    /// Room for one capability, in one word.
    pub const fn single(cap: CapIdx) -> Self {
        RcvItem((cap.0 & CONTROL_MASK) | RCV_SINGLE_CAP)
    }

    /// Room for one capability, or a local identifier in its place.
    pub const fn single_or_local(cap: CapIdx) -> Self {
        RcvItem(Self::single(cap).0 | RCV_LOCAL_ID)
    }
}

/// What the receiver finds in place of an item that was sent (`L4::Ipc::Snd_fpage`,
/// `l4/sys/cxx/ipc_types`).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ReturnItem {
    /// Nothing came.
    Void,
    /// Something was mapped into the buffer.
    Mapped {
        /// What was mapped.
        kind: FpageType,
        /// The sender's hot spot.
        spot: u64,
        /// The logarithm (base 2) of the size of what was sent.
        order: u32,
    },
    /// No mapping, but the label of a gate of the receiver's own task, whose lower two bits
    /// hold the rights that would have been mapped.
    Label(u64),
    /// No mapping: sender and receiver share a task, this is the sender's flexpage.
    Local(Fpage),
}

impl ReturnItem {
    /// Bits 1 and 2 of the first word: a label came.
    pub const ID: u64 = 4;
    /// Bits 1 and 2 of the first word: a flexpage of the receiver's own task came.
    pub const LOCAL: u64 = 6;
    /// Bits 1 and 2 of the first word: an item came, but nothing was mapped.
    pub const NOTHING: u64 = 2;
    /// The first word of a capability that was mapped into a buffer of its own.
    pub const CAP: u64 = MAP | ((TYPE_OBJ as u64) << TYPE_SHIFT);
    const KIND_MASK: u64 = 6;

    /// Reads the two words of a received item.
    pub const fn from_words(control: u64, data: u64) -> Self {
        if control & MAP == 0 {
            return ReturnItem::Void;
        }
        match control & Self::KIND_MASK {
            0 => {
                // The control word is laid out like a flexpage here: type, order, hot spot.
                let like = Fpage::from_raw(control & (TYPE_MASK | SIZE_MASK));
                ReturnItem::Mapped {
                    kind: like.kind(),
                    spot: control & CONTROL_MASK,
                    order: like.order(),
                }
            }
            Self::ID => ReturnItem::Label(data),
            Self::LOCAL => ReturnItem::Local(Fpage::from_raw(data)),
            _ => ReturnItem::Void,
        }
    }

    /// Whether a capability was mapped into the buffer.
    pub const fn is_cap(&self) -> bool {
        matches!(
            self,
            ReturnItem::Mapped {
                kind: FpageType::Obj,
                ..
            }
        )
    }
}
