//! Dataspaces.

use crate::cap::Cap;
use crate::error::Result;
use crate::interface::{Pages, Rights};
use l4re_sys::proto;
use l4re_sys::re::dataspace;

/// A dataspace: memory that clients map (`L4Re::Dataspace`, `l4/re/dataspace`). `rights` are the
/// client's to the capability: without `W` the content is not to be changed, nor mapped to be.
#[l4re::interface(server, protocol = proto::DATASPACE, name = "L4Re::Dataspace")]
pub trait Dataspace {
    /// The page at `offset`, for a client whose window has the hot spot `spot`; `flags` are what
    /// the client wants to do ([`DsFlags`](dataspace::DsFlags)).
    ///
    /// # Errors
    /// [`Error::OUT_OF_RANGE`](crate::Error::OUT_OF_RANGE) beyond the end,
    /// [`Error::NO_PERMISSION`](crate::Error::NO_PERMISSION).
    #[op = dataspace::MAP]
    fn map(&self, rights: Rights, offset: u64, spot: u64, flags: u64) -> Result<Pages<'_>>;

    /// Makes a part zeros.
    ///
    /// # Errors
    /// As [`map`](Self::map).
    #[op = dataspace::CLEAR]
    fn clear(&self, rights: Rights, offset: u64, size: u64) -> Result<()>;

    /// Size and flags.
    ///
    /// # Errors
    /// The server's.
    #[op = dataspace::INFO]
    fn info(&self, rights: Rights) -> Result<dataspace::Stats>;

    /// Copies `size` bytes from `from` of another dataspace to `to`.
    ///
    /// # Errors
    /// As [`map`](Self::map), or of the source.
    #[op = dataspace::COPY_IN]
    fn copy_in(
        &self,
        rights: Rights,
        to: u64,
        source: Cap<crate::dataspace::Dataspace>,
        from: u64,
        size: u64,
    ) -> Result<()>;

    /// Has memory ready for a part.
    ///
    /// # Errors
    /// As [`map`](Self::map), and [`Error::NO_MEMORY`](crate::Error::NO_MEMORY).
    #[op = dataspace::ALLOCATE]
    fn allocate(&self, rights: Rights, offset: u64, size: u64) -> Result<()>;

    /// Where a client has to map the dataspace: first and last address; of one that can be
    /// anywhere the label is 0.
    ///
    /// # Errors
    /// The server's.
    #[op = dataspace::MAP_INFO]
    #[label]
    fn map_info(&self) -> Result<(i64, u64, u64)> {
        Ok((0, 0, 0))
    }
}
