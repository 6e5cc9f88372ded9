//! Region maps.

use super::Pager;
use crate::cap::Cap;
use crate::dataspace::Dataspace;
use crate::error::{Error, Result};
use crate::interface::{Elements, Pages};
use alloc::string::String;
use l4re_sys::re::rm::{self, Region};
use l4re_sys::{CapIdx, proto};

/// A region map (`L4Re::Rm`, `l4/re/rm`). Flags are [`RmFlags`](rm::RmFlags).
#[l4re::interface(server, protocol = proto::RM, name = "L4Re::Rm")]
pub trait Rm: Pager {
    /// Attaches `size` bytes of `memory` from `offset` on at `start`, or at a free place from there
    /// on, aligned to `1 << align` bytes; sets `start` to where. `client` is the dataspace at
    /// the client; `name` and `file_offset` are what debuggers tell of it.
    ///
    /// # Errors
    /// The error "the address is not free"; [`Error::INVALID`].
    #[op = rm::ATTACH]
    fn attach(
        &self,
        start: &mut u64,
        size: u64,
        flags: u32,
        memory: Option<Cap<Dataspace>>,
        offset: u64,
        align: u8,
        client: Option<CapIdx>,
        name: &str,
        file_offset: u64,
    ) -> Result<()>;

    /// Detaches what `flags` say of a range ([`DETACH_OVERLAP`](rm::DETACH_OVERLAP) and others).
    /// Returns what was done ([`DETACHED_DS`](rm::DETACHED_DS) and others), start, size and
    /// dataspace of the region.
    ///
    /// # Errors
    /// [`Error::NOT_FOUND`] if nothing is there.
    #[op = rm::DETACH]
    #[label]
    fn detach(&self, address: u64, size: u64, flags: u32) -> Result<(i64, u64, u64, CapIdx)>;

    /// The first region that overlaps `size` bytes from `address` on: sets both to what it has,
    /// and returns 0 (1 for a reserved area), flags, offset in the dataspace, and the dataspace.
    ///
    /// # Errors
    /// [`Error::NOT_FOUND`] if nothing is there.
    #[op = rm::FIND]
    #[label]
    fn find(&self, address: &mut u64, size: &mut u64) -> Result<(i64, u32, u64, CapIdx)>;

    /// Reserves an area; sets `start` to where it is.
    ///
    /// # Errors
    /// As [`attach`](Self::attach).
    #[op = rm::RESERVE_AREA]
    fn reserve_area(&self, start: &mut u64, size: u64, flags: u32, align: u8) -> Result<()>;

    /// Frees an area.
    ///
    /// # Errors
    /// [`Error::NOT_FOUND`] if there is none.
    #[op = rm::FREE_AREA]
    fn free_area(&self, address: u64) -> Result<()>;

    /// The regions from an address on, as many as fit: their number, and they.
    ///
    /// # Errors
    /// The server's.
    #[op = rm::GET_REGIONS]
    #[label]
    fn get_regions(&self, _start: u64) -> Result<(i64, Elements<Region>)> {
        Err(Error::NO_OPERATION)
    }

    /// The areas from an address on, as many as fit: their number, and they.
    ///
    /// # Errors
    /// The server's.
    #[op = rm::GET_AREAS]
    #[label]
    fn get_areas(&self, _start: u64) -> Result<(i64, Elements<Region>)> {
        Err(Error::NO_OPERATION)
    }

    /// What debuggers tell of the region that holds an address: its name, and where it starts in
    /// the file.
    ///
    /// # Errors
    /// [`Error::NOT_FOUND`] if there is none.
    #[op = rm::GET_INFO]
    fn get_info(&self, _address: u64) -> Result<(String, u64)> {
        Err(Error::NO_OPERATION)
    }

    /// Has threads that fault from `begin` to `end` go on at `rescue`.
    ///
    /// # Errors
    /// The server's.
    #[op = rm::ADD_RESCUE_JUMP]
    fn add_rescue_jump(&self, _begin: u64, _end: u64, _rescue: u64) -> Result<()> {
        Err(Error::NO_OPERATION)
    }

    /// Undoes [`add_rescue_jump`](Self::add_rescue_jump).
    ///
    /// # Errors
    /// The server's.
    #[op = rm::REMOVE_RESCUE_JUMP]
    fn remove_rescue_jump(&self, _ip: u64) -> Result<()> {
        Err(Error::NO_OPERATION)
    }

    /// Maps what there is from `min` to `max`, for the rights in `flags`: a helper's address (or
    /// 0), and the memory.
    ///
    /// # Errors
    /// The server's.
    #[op = rm::PAGE_IN]
    fn page_in(&self, _min: u64, _max: u64, _flags: u16) -> Result<(u64, Pages<'_>)> {
        Err(Error::NO_OPERATION)
    }
}
