//! L4Re's services as traits, for servers that speak their protocols.
//!
//! A type that implements one of these is [served](crate::server::Registry::serve) to clients
//! that ask by L4Re's own libraries, in C, C++ or Rust. The clients in Rust are the methods of
//! capabilities: of [`Cap<Dataspace>`](crate::dataspace::Dataspace) and so on.

mod vcon;

pub use vcon::Vcon;

use crate::cap::{Cap, OwnedCap};
use crate::error::Result;
use crate::interface::{Pages, Varg};
use l4re_sys::op::icu;
use l4re_sys::proto;
use l4re_sys::re::{dataspace, mem_alloc, namespace, parent};

/// A factory: makes an object for who asks (`L4::Factory`, `l4/sys/factory`), as a rule a
/// [session](crate::server::Registry::session).
#[l4re::interface(server, protocol = proto::FACTORY, opcode = none)]
pub trait Factory {
    /// Makes an object that speaks `protocol`.
    ///
    /// # Errors
    /// [`Error::NO_OPERATION`](crate::Error::NO_OPERATION) if the factory makes no such objects,
    /// [`Error::NO_MEMORY`](crate::Error::NO_MEMORY) if the client's share is used up.
    #[rights(S)]
    fn create(&self, protocol: i64, args: Varg<'_>) -> Result<OwnedCap<()>>;
}

/// An allocator of memory: a factory of dataspaces (`L4Re::Mem_alloc`, `l4/re/mem_alloc`).
#[l4re::interface(server, protocol = proto::MEM_ALLOC)]
pub trait MemAlloc: Factory {
    /// How much memory there is.
    ///
    /// # Errors
    /// The server's.
    #[op = mem_alloc::INFO]
    fn info(&self) -> Result<mem_alloc::Stats>;
}

/// A dataspace: memory that clients map (`L4Re::Dataspace`, `l4/re/dataspace`).
#[l4re::interface(server, protocol = proto::DATASPACE)]
pub trait Dataspace {
    /// The page at `offset`, for a client whose window has the hot spot `spot`; `flags` are what
    /// the client wants to do ([`DsFlags`](dataspace::DsFlags)).
    ///
    /// # Errors
    /// [`Error::OUT_OF_RANGE`](crate::Error::OUT_OF_RANGE) beyond the end,
    /// [`Error::NO_PERMISSION`](crate::Error::NO_PERMISSION).
    #[op = dataspace::MAP]
    fn map(&self, offset: u64, spot: u64, flags: u64) -> Result<Pages<'_>>;

    /// Makes a part zeros.
    ///
    /// # Errors
    /// As [`map`](Self::map).
    #[op = dataspace::CLEAR]
    fn clear(&self, offset: u64, size: u64) -> Result<()>;

    /// Size and flags.
    ///
    /// # Errors
    /// The server's.
    #[op = dataspace::INFO]
    fn info(&self) -> Result<dataspace::Stats>;

    /// Copies `size` bytes from `from` of another dataspace to `to`.
    ///
    /// # Errors
    /// As [`map`](Self::map), or of the source.
    #[op = dataspace::COPY_IN]
    fn copy_in(
        &self,
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
    fn allocate(&self, offset: u64, size: u64) -> Result<()>;

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

/// A name space (`L4Re::Namespace`, `l4/re/namespace`).
#[l4re::interface(server, protocol = proto::NAMESPACE)]
pub trait Namespace {
    /// The object of a name: 0 and the object; or [`PARTLY_RESOLVED`](namespace::PARTLY_RESOLVED),
    /// the name space to go on with, 0, and the rest of the name.
    ///
    /// # Errors
    /// [`Error::NOT_FOUND`](crate::Error::NOT_FOUND); the error "not ready yet" of a name that
    /// is announced only.
    #[op = namespace::QUERY]
    #[label]
    #[len(u64)]
    #[allow(clippy::type_complexity)]
    fn query(
        &self,
        #[len(u64)] name: &[u8],
    ) -> Result<(i64, OwnedCap<()>, Option<u32>, Option<alloc::vec::Vec<u8>>)>;

    /// Gives an object a name, or announces the name.
    ///
    /// # Errors
    /// The error "exists already" unless `flags` have
    /// [`REGISTER_OVERWRITE`](namespace::REGISTER_OVERWRITE).
    #[op = namespace::REGISTER_OBJ]
    #[rights(W)]
    fn register_obj(
        &self,
        flags: u32,
        #[len(u64)] name: &[u8],
        object: Option<Cap<()>>,
    ) -> Result<()>;

    /// Removes a name.
    ///
    /// # Errors
    /// [`Error::NOT_FOUND`](crate::Error::NOT_FOUND).
    #[op = namespace::UNLINK]
    #[rights(W)]
    fn unlink(&self, #[len(u64)] name: &[u8]) -> Result<()>;
}

/// The parent of a program (`L4Re::Parent`, `l4/re/parent`).
#[l4re::interface(server, protocol = proto::PARENT)]
pub trait Parent {
    /// A signal: [`SIGNAL_EXIT`](parent::SIGNAL_EXIT) tells that the program has ended, with
    /// the status `value`.
    ///
    /// # Errors
    /// The server's.
    #[op = parent::SIGNAL]
    fn signal(&self, signal: u64, value: u64) -> Result<()>;
}

/// An interrupt controller, or a source of events (`L4::Icu`, `l4/sys/icu`).
#[l4re::interface(server, protocol = proto::IRQ, opcode = u64)]
pub trait Icu {
    /// Binds the interrupt `number` to an object, which the server has to
    /// [take](Cap::take).
    ///
    /// # Errors
    /// [`Error::INVALID`](crate::Error::INVALID) if there is no such interrupt.
    #[op = icu::BIND]
    fn bind(&self, number: u64, irq: Cap<crate::irq::Irq>) -> Result<()>;

    /// Unbinds the interrupt `number`.
    ///
    /// # Errors
    /// As [`bind`](Self::bind).
    #[op = icu::UNBIND]
    fn unbind(&self, number: u64, irq: Cap<crate::irq::Irq>) -> Result<()>;

    /// Features, number of interrupts, and of message-signalled ones.
    ///
    /// # Errors
    /// The server's.
    #[op = icu::INFO]
    fn info(&self) -> Result<(u64, u64, u64)>;

    /// Lets the interrupt `number` through.
    ///
    /// # Errors
    /// Nobody hears of one.
    #[op = icu::UNMASK]
    #[send_only]
    fn unmask(&self, _number: u64) -> Result<()> {
        Ok(())
    }

    /// Holds the interrupt `number` back.
    ///
    /// # Errors
    /// Nobody hears of one.
    #[op = icu::MASK]
    #[send_only]
    fn mask(&self, _number: u64) -> Result<()> {
        Ok(())
    }

    /// Sets what triggers the interrupt `number`.
    ///
    /// # Errors
    /// As [`bind`](Self::bind).
    #[op = icu::SET_MODE]
    fn set_mode(&self, _number: u64, _mode: u64) -> Result<()> {
        Err(crate::Error::NO_OPERATION)
    }
}
