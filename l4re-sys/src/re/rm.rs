//! Region maps ([`proto::RM`](crate::proto::RM)); they are pagers, too.

use zerocopy::{FromBytes, Immutable, IntoBytes};

abi! {
    in "l4/re/rm" {
        /// In: start (8, word), size (16, word), [`RmFlags`] (24, 4 bytes), offset in the
        /// dataspace (32, word), logarithm of the alignment (40, 1 byte), the dataspace's
        /// selector at the client (48, word), length of a name (56, word), the name (64), then,
        /// aligned, the offset in the file behind (word); item: the dataspace (none for a
        /// reservation). Out: start (0, word).
        ATTACH: u32 = 0 => "L4Re::Rm::attach";
        /// In: address (8, word), size (16, word), flags (24, 4 bytes: [`DETACH_EXACT`],
        /// [`DETACH_OVERLAP`]). Out: start (0, word), size (8, word), selector of the dataspace
        /// (16, word); the label tells more ([`DETACHED_DS`] and others).
        DETACH: u32 = 1 => "L4Re::Rm::detach";
        /// In: address (8, word), size (16, word). Out: start (0, word), size (8, word),
        /// [`RmFlags`] (16, 4 bytes), offset in the dataspace (24, word), selector of the
        /// dataspace (32, word); the label is 1 if what was found is a reserved area.
        FIND: u32 = 2 => "L4Re::Rm::find";
        /// In: start (8, word), size (16, word), [`RmFlags`] (24, 4 bytes), logarithm of the
        /// alignment (28, 1 byte). Out: start (0, word).
        RESERVE_AREA: u32 = 3 => "L4Re::Rm::reserve_area";
        /// In: address (8, word).
        FREE_AREA: u32 = 4 => "L4Re::Rm::free_area";
        /// In: address (8, word). Out: [`Region`]s (0); the label is their number.
        GET_REGIONS: u32 = 5 => "L4Re::Rm::get_regions";
        /// In: address (8, word). Out: [`Region`]s (0); the label is their number.
        GET_AREAS: u32 = 6 => "L4Re::Rm::get_areas";
        /// In: address (8, word). Out: length of a name (0, word), the name (8), offset in the
        /// file behind.
        GET_INFO: u32 = 7 => "L4Re::Rm::get_info";
        /// In: first instruction (8, word), last (16, word), where to go on (24, word).
        ADD_RESCUE_JUMP: u32 = 8 => "L4Re::Rm::add_rescue_jump";
        /// In: first instruction (8, word).
        REMOVE_RESCUE_JUMP: u32 = 9 => "L4Re::Rm::remove_rescue_jump";
        /// In: first (8, word) and last (16, word) address, rights (24, 2 bytes); buffer:
        /// window. Out: a function (0, word); item: memory.
        PAGE_IN: u32 = 10 => "L4Re::Rm::page_in";
        /// Of [`DETACH`]: exactly the range; regions that reach beyond are split.
        DETACH_EXACT: u32 = 1 => "L4Re::Rm::Detach_exact";
        /// Of [`DETACH`]: whole regions, all that the range overlaps.
        DETACH_OVERLAP: u32 = 2 => "L4Re::Rm::Detach_overlap";
        /// Result of [`DETACH`]: the dataspace is not attached any more.
        DETACHED_DS: i64 = 0 => "L4Re::Rm::Detached_ds";
        /// Result of [`DETACH`]: the dataspace is still attached elsewhere.
        KEPT_DS: i64 = 1 => "L4Re::Rm::Kept_ds";
        /// Result of [`DETACH`]: the region was split.
        SPLIT_DS: i64 = 2 => "L4Re::Rm::Split_ds";
        /// Bit of [`DETACH`]'s result: there is more to detach.
        DETACH_AGAIN: i64 = 4 => "L4Re::Rm::Detach_again";
        /// Bit of [`DETACH`]'s result: the memory is unmapped already.
        UNMAPPED_RANGE: i64 = 8 => "L4Re::Rm::Unmapped_range";
    }
    in "l4/re/rm" for RmFlags {
        /// Attach with copy-on-write: what is written does not reach the dataspace.
        PRIVATE: RmFlags = RmFlags::from_bits_retain(0x1000) => "L4Re::Rm::F::Private";
        /// Attach memory that the region map provides; no dataspace is passed.
        ANONYMOUS: RmFlags = RmFlags::from_bits_retain(0x2000) => "L4Re::Rm::F::Anonymous";
    }
    in "l4/re/c/rm.h" {
        /// The lowest bit of caching in [`RmFlags`].
        CACHING_SHIFT: u32 = 4 => "L4RE_RM_CACHING_SHIFT";
    }
}

abi_flags! {
    /// Flags of regions and of attaching them.
    #[doc(alias = "l4re_rm_flags_values")]
    pub struct RmFlags: u32 in "l4/re/c/rm.h" {
        /// Execute.
        X = 1 => "L4RE_RM_F_X";
        /// Write.
        W = 2 => "L4RE_RM_F_W";
        /// Read.
        R = 4 => "L4RE_RM_F_R";
        /// Read and write.
        RW = 6 => "L4RE_RM_F_RW";
        /// Read and execute.
        RX = 5 => "L4RE_RM_F_RX";
        /// All three.
        RWX = 7 => "L4RE_RM_F_RWX";
        /// Cached as memory is.
        CACHE_NORMAL = 0 => "L4RE_RM_F_CACHE_NORMAL";
        /// Writes may be combined.
        CACHE_BUFFERED = 0x10 => "L4RE_RM_F_CACHE_BUFFERED";
        /// Not cached.
        CACHE_UNCACHED = 0x20 => "L4RE_RM_F_CACHE_UNCACHED";
        /// All bits of caching.
        CACHING = 0x30 => "L4RE_RM_F_CACHING";
        /// Mapped by the kernel: no faults.
        KERNEL = 0x100 => "L4RE_RM_F_KERNEL";
        /// Free the dataspace when detached.
        DETACH_FREE = 0x200 => "L4RE_RM_F_DETACH_FREE";
        /// The dataspace is a pager: faults are passed on to it.
        PAGER = 0x400 => "L4RE_RM_F_PAGER";
        /// Nothing is there and nothing may go there.
        RESERVED = 0x800 => "L4RE_RM_F_RESERVED";
        /// All flags of a region.
        REGION_FLAGS = 0xffff => "L4RE_RM_REGION_FLAGS";
        /// Search for a free place from the start address on.
        SEARCH_ADDR = 0x2_0000 => "L4RE_RM_F_SEARCH_ADDR";
        /// Into the area that was reserved.
        IN_AREA = 0x4_0000 => "L4RE_RM_F_IN_AREA";
        /// Map everything at once.
        EAGER_MAP = 0x8_0000 => "L4RE_RM_F_EAGER_MAP";
        /// Do not map everything at once.
        NO_EAGER_MAP = 0x10_0000 => "L4RE_RM_F_NO_EAGER_MAP";
        /// All flags of attaching.
        ATTACH_FLAGS = 0x1f_0000 => "L4RE_RM_F_ATTACH_FLAGS";
    }
}

abi_struct! {
    /// A region or area.
    #[derive(FromBytes, Immutable, IntoBytes)]
    pub struct Region = "L4Re::Rm::Region" in "l4/re/rm" {
        /// The first byte.
        start: u64 => "start",
        /// The last byte.
        end: u64 => "end",
        /// The region's flags (the lower 16 bits of [`RmFlags`]).
        flags: u16 => "flags",
        /// Not used: 0.
        padding: [u8; 6],
    }
}

/// The start address that lets the region map choose (with [`RmFlags::SEARCH_ADDR`]).
pub const ANY_ADDR: u64 = 0;
