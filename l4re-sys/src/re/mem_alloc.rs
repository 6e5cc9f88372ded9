//! Allocators of memory ([`proto::MEM_ALLOC`](crate::proto::MEM_ALLOC)); dataspaces are created
//! by their factory interface ([`op::factory`](crate::op::factory)): size (signed: negative for
//! all there is), flags, logarithm of the alignment, each a word.

use zerocopy::{FromBytes, Immutable, IntoBytes};

abi! {
    in "l4/re/mem_alloc" {
        /// Out: [`Stats`] (0).
        INFO: u32 = 0 => "L4Re::Mem_alloc::info";
    }
    in "l4/re/c/mem_alloc.h" {
        /// Physically contiguous.
        CONTINUOUS: u64 = 1 => "L4RE_MA_CONTINUOUS";
        /// Never moved or paged out.
        PINNED: u64 = 2 => "L4RE_MA_PINNED";
        /// In super pages.
        SUPER_PAGES: u64 = 4 => "L4RE_MA_SUPER_PAGES";
    }
}

abi_struct! {
    /// What an allocator has left.
    #[derive(FromBytes, Immutable, IntoBytes)]
    pub struct Stats = "L4Re::Mem_alloc::Stats" in "l4/re/mem_alloc" {
        /// The quota in bytes.
        quota: u64 => "quota",
        /// Bytes of it in use.
        quota_used: u64 => "quota_used",
        /// The most memory that there can be.
        mem_limit: u64 => "mem_limit",
        /// Memory in use.
        mem_used: u64 => "mem_used",
        /// Memory that is free.
        mem_free: u64 => "mem_free",
    }
}
