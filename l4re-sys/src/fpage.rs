//! Flexpages: aligned ranges, of power-of-two size, of a task's memory, ports or capabilities.

use crate::cap::CapIdx;
use crate::consts::PAGE_SHIFT;
use zerocopy::{FromBytes, Immutable, IntoBytes};

abi! {
    in "l4/sys/__l4_fpage.h" {
        /// Bits of the rights.
        RIGHTS_MASK: u64 = 0xf => "L4_FPAGE_RIGHTS_MASK";
        /// All rights.
        RIGHTS_ALL: u8 = 0xf => "L4_FPAGE_RIGHTS_ALL";
        /// The lowest bit of the rights.
        RIGHTS_SHIFT: u32 = 0 => "L4_FPAGE_RIGHTS_SHIFT";
        /// How many bits the rights take.
        RIGHTS_BITS: u32 = 4 => "L4_FPAGE_RIGHTS_BITS";
        /// How many bits the type takes.
        TYPE_BITS: u32 = 2 => "L4_FPAGE_TYPE_BITS";
        /// How many bits the size takes.
        SIZE_BITS: u32 = 6 => "L4_FPAGE_SIZE_BITS";
        /// How many bits the address, port or index takes.
        ADDR_BITS: u32 = 52 => "L4_FPAGE_ADDR_BITS";
        /// The lowest bit of the type.
        TYPE_SHIFT: u32 = 4 => "L4_FPAGE_TYPE_SHIFT";
        /// Bits of the type.
        TYPE_MASK: u64 = 0x30 => "L4_FPAGE_TYPE_MASK";
        /// The lowest bit of the size.
        SIZE_SHIFT: u32 = 6 => "L4_FPAGE_SIZE_SHIFT";
        /// Bits of the size.
        SIZE_MASK: u64 = 0xfc0 => "L4_FPAGE_SIZE_MASK";
        /// The lowest bit of the address, port or index.
        ADDR_SHIFT: u32 = 12 => "L4_FPAGE_ADDR_SHIFT";
        /// Bits of the address, port or index.
        ADDR_MASK: u64 = !0xfff => "L4_FPAGE_ADDR_MASK";
        /// The order of a flexpage that covers a whole space of memory or capabilities.
        WHOLE_SPACE: u32 = 63 => "L4_WHOLE_ADDRESS_SPACE";
        /// The order of a flexpage that covers all ports.
        WHOLE_IO_SPACE: u32 = 16 => "L4_WHOLE_IOADDRESS_SPACE";
        /// The number of ports.
        IO_PORTS: u32 = 1 << WHOLE_IO_SPACE => "L4_IOPORT_MAX";
        /// Type of [`Fpage::all`] and [`Fpage::INVALID`].
        TYPE_SPECIAL: u8 = 0 => "L4_FPAGE_SPECIAL";
        /// Type of memory.
        TYPE_MEMORY: u8 = 1 => "L4_FPAGE_MEMORY";
        /// Type of ports.
        TYPE_IO: u8 = 2 => "L4_FPAGE_IO";
        /// Type of capabilities.
        TYPE_OBJ: u8 = 3 => "L4_FPAGE_OBJ";
    }
}

abi_flags! {
    /// Rights to memory and ports.
    #[doc(alias = "L4_fpage_rights")]
    pub struct MemRights: u8 in "l4/sys/__l4_fpage.h" {
        /// Execute.
        X = 1 => "L4_FPAGE_X";
        /// Write.
        W = 2 => "L4_FPAGE_W";
        /// Read.
        R = 4 => "L4_FPAGE_RO";
        /// Read and write.
        RW = 6 => "L4_FPAGE_RW";
        /// Read and execute.
        RX = 5 => "L4_FPAGE_RX";
        /// All three.
        RWX = 7 => "L4_FPAGE_RWX";
    }
}

abi_flags! {
    /// Rights to a capability.
    #[doc(alias = "L4_cap_fpage_rights")]
    pub struct ObjRights: u8 in "l4/sys/__l4_fpage.h" {
        /// Write: its meaning is the object's.
        W = 1 => "L4_CAP_FPAGE_W";
        /// Special: its meaning is the object's; of an IPC gate, to send capabilities with
        /// more than read rights over it.
        S = 2 => "L4_CAP_FPAGE_S";
        /// Read: without it nothing is mapped.
        R = 4 => "L4_CAP_FPAGE_R";
        /// Read, by another name.
        RO = 4 => "L4_CAP_FPAGE_RO";
        /// Delete the object.
        D = 8 => "L4_CAP_FPAGE_D";
        /// Read and write.
        RW = 5 => "L4_CAP_FPAGE_RW";
        /// Read and special.
        RS = 6 => "L4_CAP_FPAGE_RS";
        /// Read, write and delete.
        RWD = 13 => "L4_CAP_FPAGE_RWD";
        /// Read, special and delete.
        RSD = 14 => "L4_CAP_FPAGE_RSD";
        /// Read, write and special.
        RWS = 7 => "L4_CAP_FPAGE_RWS";
        /// All four.
        RWSD = 15 => "L4_CAP_FPAGE_RWSD";
    }
}

/// What a flexpage is a range of.
#[doc(alias = "L4_fpage_type")]
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum FpageType {
    /// Everything ([`Fpage::all`]) or nothing ([`Fpage::INVALID`]).
    Special,
    /// Memory, in bytes.
    Memory,
    /// Ports.
    Io,
    /// Capabilities.
    Obj,
}

/// A flexpage. Its start is a multiple of its size: the constructors cut what is below.
///
/// ```
/// use l4re_sys::{CapIdx, Fpage, MemRights, ObjRights};
///
/// // 16 KiB around an address; one capability.
/// let memory = Fpage::memory(0x1_2345, 14, MemRights::RW);
/// assert_eq!((memory.addr(), memory.order()), (0x1_0000, 14));
/// let log = Fpage::obj(CapIdx::LOG, 0, ObjRights::RW);
/// # let _ = log;
/// ```
#[doc(alias = "l4_fpage_t")]
#[repr(transparent)]
#[derive(Clone, Copy, PartialEq, Eq, Hash, FromBytes, Immutable, IntoBytes)]
pub struct Fpage(u64);

impl Fpage {
    /// No flexpage.
    #[doc(alias = "l4_fpage_invalid")]
    pub const INVALID: Fpage = Fpage(0);

    /// The flexpage whose words a message holds. Its start is aligned to its size, so that the
    /// guarantee of the type holds for what comes from outside, too.
    pub const fn from_raw(raw: u64) -> Self {
        let order = (raw & SIZE_MASK) >> SIZE_SHIFT;
        let shift = match (raw & TYPE_MASK) >> TYPE_SHIFT {
            // Ports and indices are counted from `ADDR_SHIFT` upwards.
            t if t == TYPE_IO as u64 || t == TYPE_OBJ as u64 => order + ADDR_SHIFT as u64,
            _ => order,
        };
        let below = if shift >= u64::BITS as u64 {
            u64::MAX
        } else {
            (1 << shift) - 1
        };
        Fpage(raw & !(below & ADDR_MASK))
    }

    /// The word of this flexpage in a message.
    pub const fn raw(self) -> u64 {
        self.0
    }

    const fn generic(addr: u64, kind: u8, order: u32, rights: u8) -> Self {
        Self::from_raw(
            (rights as u64 & RIGHTS_MASK)
                | (((kind as u64) << TYPE_SHIFT) & TYPE_MASK)
                | (((order as u64) << SIZE_SHIFT) & SIZE_MASK)
                | (addr & ADDR_MASK),
        )
    }

    /// `1 << order` bytes of memory at `addr` (cut to a multiple of the size). `order` is at
    /// least 12; [`WHOLE_SPACE`] with address 0 means all memory.
    #[doc(alias = "l4_fpage")]
    pub const fn memory(addr: u64, order: u32, rights: MemRights) -> Self {
        Self::generic(addr, TYPE_MEMORY, order, rights.bits())
    }

    /// One page of memory, the one that holds `addr`.
    pub const fn page(addr: u64, rights: MemRights) -> Self {
        Self::memory(addr, PAGE_SHIFT, rights)
    }

    /// `1 << order` ports from `port` on (cut to a multiple of the number).
    #[doc(alias = "l4_iofpage")]
    pub const fn io(port: u16, order: u32) -> Self {
        let addr = (port as u64) << ADDR_SHIFT;
        Self::generic(addr, TYPE_IO, order, MemRights::RW.bits())
    }

    /// `1 << order` capabilities from `cap` on (cut to a multiple of the number).
    #[doc(alias = "l4_obj_fpage")]
    pub const fn obj(cap: CapIdx, order: u32, rights: ObjRights) -> Self {
        Self::generic(cap.0, TYPE_OBJ, order, rights.bits())
    }

    /// Everything: as a receive window, whatever the sender sends.
    #[doc(alias = "l4_fpage_all")]
    pub const fn all() -> Self {
        Self::generic(0, TYPE_SPECIAL, WHOLE_SPACE, 0)
    }

    /// What the flexpage is a range of.
    #[doc(alias = "l4_fpage_type")]
    pub const fn kind(self) -> FpageType {
        match ((self.0 & TYPE_MASK) >> TYPE_SHIFT) as u8 {
            TYPE_MEMORY => FpageType::Memory,
            TYPE_IO => FpageType::Io,
            TYPE_OBJ => FpageType::Obj,
            _ => FpageType::Special,
        }
    }

    /// The logarithm (base 2) of the size, 0 to 63.
    #[doc(alias = "l4_fpage_size")]
    pub const fn order(self) -> u32 {
        ((self.0 & SIZE_MASK) >> SIZE_SHIFT) as u32
    }

    /// The address of the first byte, if this is memory.
    #[doc(alias = "l4_fpage_memaddr")]
    pub const fn addr(self) -> u64 {
        self.0 & ADDR_MASK
    }

    /// The number of the first page, port or capability.
    #[doc(alias = "l4_fpage_page")]
    #[doc(alias = "l4_fpage_ioport")]
    pub const fn page_number(self) -> u64 {
        self.0 >> ADDR_SHIFT
    }

    /// The first capability, if this is a range of them.
    #[doc(alias = "l4_fpage_obj")]
    pub const fn cap(self) -> CapIdx {
        CapIdx(self.0 & ADDR_MASK)
    }

    /// The four bits of rights.
    #[doc(alias = "l4_fpage_rights")]
    pub const fn rights(self) -> u8 {
        (self.0 & RIGHTS_MASK) as u8
    }

    /// The rights, read as rights to memory or ports.
    pub const fn mem_rights(self) -> MemRights {
        MemRights::from_bits_retain(self.rights())
    }

    /// The rights, read as rights to capabilities.
    pub const fn obj_rights(self) -> ObjRights {
        ObjRights::from_bits_retain(self.rights())
    }

    /// The same range with other rights.
    #[doc(alias = "l4_fpage_set_rights")]
    pub const fn with_rights(self, rights: u8) -> Self {
        Fpage((self.0 & !RIGHTS_MASK) | (rights as u64 & RIGHTS_MASK))
    }

    /// Whether this is a flexpage at all.
    #[doc(alias = "l4_is_fpage_valid")]
    pub const fn is_valid(self) -> bool {
        self.0 & (TYPE_MASK | SIZE_MASK) != 0
    }
}

impl core::fmt::Debug for Fpage {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Fpage")
            .field("kind", &self.kind())
            .field("addr", &format_args!("{:#x}", self.addr()))
            .field("order", &self.order())
            .field("rights", &self.rights())
            .finish()
    }
}
