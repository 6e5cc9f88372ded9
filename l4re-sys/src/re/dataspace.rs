//! Dataspaces ([`proto::DATASPACE`](crate::proto::DATASPACE)).

use zerocopy::{FromBytes, Immutable, IntoBytes};

abi! {
    in "l4/re/dataspace" {
        /// In: offset (8, word), hot spot (16, word), flags (24, word); buffer: window. Out:
        /// item: memory.
        MAP: u32 = 0 => "L4Re::Dataspace::map";
        /// In: offset (8, word), size (16, word). Fills with zeros.
        CLEAR: u32 = 1 => "L4Re::Dataspace::clear";
        /// Out: [`Stats`] (0).
        INFO: u32 = 2 => "L4Re::Dataspace::info";
        /// In: offset (8, word), source's offset (16, word), size (24, word); item: the source.
        COPY_IN: u32 = 3 => "L4Re::Dataspace::copy_in";
        /// In: offset (8, word), size (16, word). Allocates memory beforehand.
        ALLOCATE: u32 = 4 => "L4Re::Dataspace::allocate";
        /// Out: first (0, word) and last (8, word) address that it must be mapped to, if the
        /// label is 1.
        MAP_INFO: u32 = 5 => "L4Re::Dataspace::map_info";
    }
    in "l4/re/c/dataspace.h" {
        /// The lowest bit of caching in [`DsFlags`].
        CACHING_SHIFT: u32 = 4 => "L4RE_DS_F_CACHING_SHIFT";
    }
}

abi_flags! {
    /// How a dataspace is, or may be, mapped.
    #[doc(alias = "l4re_ds_map_flags")]
    pub struct DsFlags: u64 in "l4/re/c/dataspace.h" {
        /// Execute.
        X = 1 => "L4RE_DS_F_X";
        /// Write.
        W = 2 => "L4RE_DS_F_W";
        /// Read.
        R = 4 => "L4RE_DS_F_R";
        /// Read and write.
        RW = 6 => "L4RE_DS_F_RW";
        /// Read and execute.
        RX = 5 => "L4RE_DS_F_RX";
        /// All three.
        RWX = 7 => "L4RE_DS_F_RWX";
        /// All bits of rights.
        RIGHTS_MASK = 15 => "L4RE_DS_F_RIGHTS_MASK";
        /// Writes may be combined.
        BUFFERABLE = 0x10 => "L4RE_DS_F_BUFFERABLE";
        /// Not cached.
        UNCACHEABLE = 0x20 => "L4RE_DS_F_UNCACHEABLE";
        /// Cached as memory is.
        NORMAL = 0 => "L4RE_DS_F_NORMAL";
        /// Cached as memory is, by another name.
        CACHEABLE = 0 => "L4RE_DS_F_CACHEABLE";
        /// All bits of caching.
        CACHING_MASK = 0x30 => "L4RE_DS_F_CACHING_MASK";
    }
}

abi_struct! {
    /// What a dataspace is like.
    #[derive(FromBytes, Immutable, IntoBytes)]
    pub struct Stats = "l4re_ds_stats_t" in "l4/re/c/dataspace.h" {
        /// The size in bytes.
        size: u64 => "size",
        /// How it may be mapped ([`DsFlags`]).
        flags: u64 => "flags",
    }
}
