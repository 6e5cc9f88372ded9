//! What a pager gets ([`proto::PAGE_FAULT`](crate::proto::PAGE_FAULT)): register 0 is the
//! address, with the bits here in place of its lower three, register 1 the instruction. The
//! reply maps memory, or refuses by a negative label; the thread then has an exception
//! (`L4::Pager::page_fault`, `l4/sys/pager`).

/// The page is there, but not for this access.
pub const FAULT_PRESENT: u64 = 1;
/// The access was a write.
pub const FAULT_WRITE: u64 = 2;
/// The access was the fetch of an instruction.
pub const FAULT_FETCH: u64 = 4;
/// The bits that are not of the address.
pub const FAULT_MASK: u64 = 7;
