//! What every kind of address space has in common: pages, and what is said of them.

use l4re_sys::fpage::MemRights;

/// The first address that is not a user's.
///
/// The last page below the hole of non-canonical addresses is left out: a system call in
/// it would return to an address that `sysret` must not be given.
pub const USER_END: u64 = 0x0000_7fff_ffff_f000;

/// Order of a small page, log2 of its bytes.
pub const PAGE: u32 = 12;
/// Order of a large page.
pub const LARGE_PAGE: u32 = 21;

/// How a page may be used and is cached.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Attr {
    /// What may be done with it.
    pub rights: MemRights,
    /// 0 cached, 1 write-combining asked (taken as write-through), 2 uncached.
    pub caching: u8,
}

impl Attr {
    /// Cached memory with these rights.
    pub const fn cached(rights: MemRights) -> Self {
        Self { rights, caching: 0 }
    }
}

/// What a page table says of an address.
#[derive(Clone, Copy, Debug)]
pub struct Translation {
    /// The physical address of the page's start.
    pub phys: u64,
    /// [`PAGE`] or [`LARGE_PAGE`].
    pub order: u32,
    /// Rights and caching.
    pub attr: Attr,
    /// Whether it is kernel-user memory.
    pub kernel_user: bool,
}
