//! Address spaces of devices.

use crate::cap::{Cap, Object};
use crate::dataspace::Dataspace;
use crate::error::Result;
use crate::services;
use crate::task::Task;
use core::ops::RangeInclusive;
use l4re_sys::consts::PAGE_SHIFT;
use l4re_sys::proto;
use l4re_sys::re::dma_space as op;

pub use op::DmaAttrs;

/// An address space of one or several devices (`L4Re::Dma_space`, `l4/re/dma_space`): a device
/// reads and writes what is mapped there. It is made by the program's allocator
/// ([`proto::RE_DMA_SPACE`]), and
/// associated with devices, or with physical memory, by a [`DmaSpaceMgr`].
#[derive(Debug)]
pub enum DmaSpace {}

impl Object for DmaSpace {
    const PROTOCOL: i64 = proto::RE_DMA_SPACE;
}

/// What [`Cap::<DmaSpace>::map`] has mapped, one block.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Mapped {
    /// Where it is for devices.
    pub address: u64,
    /// How many bytes: perhaps fewer than asked for.
    pub size: u64,
}

impl Cap<DmaSpace> {
    fn service(self) -> Cap<dyn services::DmaSpace> {
        self.cast()
    }

    /// Maps `size` bytes of a dataspace, from `offset` on, for devices, at any address. Where the
    /// memory is not in one piece, less is mapped: the rest is for another call. Devices may
    /// write if the capability `source` lets its holder write.
    ///
    /// ```
    /// use l4re::dma_space::{DmaSpace, Mapped};
    /// use l4re::sys::{CapIdx, fake};
    /// use l4re::Cap;
    ///
    /// let dma: Cap<DmaSpace> = Cap::new(CapIdx::from_index(9));
    /// let buffer = Cap::new(CapIdx::from_index(10));
    /// let mapped = fake::with(
    ///     |call| call.reply(0, &[0x1000, 0x7654_3000]),
    ///     || dma.map(buffer, 0, 0x2000),
    /// );
    /// assert_eq!(mapped.unwrap(), Mapped { address: 0x7654_3000, size: 0x1000 });
    /// ```
    ///
    /// # Errors
    /// [`Error::INVALID`](crate::Error::INVALID) if this is no dataspace that the server knows,
    /// [`Error::OUT_OF_RANGE`](crate::Error::OUT_OF_RANGE) beyond its end,
    /// [`Error::NO_MEMORY`](crate::Error::NO_MEMORY), the error "the address is not free" if
    /// there is no room; an IPC error.
    pub fn map(self, source: Cap<Dataspace>, offset: u64, size: u64) -> Result<Mapped> {
        let all = 0..=u64::MAX;
        self.map_at(
            Some(source),
            offset,
            size,
            all,
            DmaAttrs::SEARCH_ADDR,
            PAGE_SHIFT as u8,
        )
    }

    /// Maps, or reserves (then without a source), as `attrs` say: at the start of `addresses`, or
    /// with [`DmaAttrs::SEARCH_ADDR`] anywhere in them, aligned to `1 << align` bytes.
    ///
    /// # Errors
    /// As [`map`](Self::map); [`Error::NO_PERMISSION`](crate::Error::NO_PERMISSION) if the
    /// address space is physical memory, where nothing can be reserved.
    pub fn map_at(
        self,
        source: Option<Cap<Dataspace>>,
        offset: u64,
        size: u64,
        addresses: RangeInclusive<u64>,
        attrs: DmaAttrs,
        align: u8,
    ) -> Result<Mapped> {
        let mut mapped = Mapped {
            address: *addresses.start(),
            size,
        };
        let Mapped { address, size } = &mut mapped;
        let (attrs, max) = (attrs.bits(), *addresses.end());
        services::DmaSpace::map(
            &self.service(),
            source,
            offset,
            size,
            align,
            attrs,
            address,
            max,
        )?;
        Ok(mapped)
    }

    /// Unmaps. Each page that was mapped is to be unmapped once.
    ///
    /// # Errors
    /// [`Error::INVALID`](crate::Error::INVALID) if the size is 0 or the end beyond all addresses;
    /// an IPC error.
    pub fn unmap(self, address: u64, size: u64) -> Result<()> {
        services::DmaSpace::unmap(&self.service(), address, size, 0)
    }

    /// Gives up what was reserved.
    ///
    /// # Errors
    /// As [`unmap`](Self::unmap).
    pub fn cancel_reservation(self, address: u64, size: u64) -> Result<()> {
        let flags = op::UNMAP_CANCEL_RESERVATION;
        services::DmaSpace::unmap(&self.service(), address, size, flags)
    }
}

/// Who tells what address spaces of devices are: who lets programs use devices
/// (`L4Re::Dma_space_mgr`, `l4/re/dma_space`).
#[derive(Debug)]
pub enum DmaSpaceMgr {}

impl Object for DmaSpaceMgr {
    // The label of requests; it is no other protocol's number.
    const PROTOCOL: i64 = proto::NONE;
}

impl Cap<DmaSpaceMgr> {
    fn service(self) -> Cap<dyn services::DmaSpaceMgr> {
        self.cast()
    }

    /// Has `space` be the kernel's address space of devices `task`. With `identity`, addresses of
    /// devices are physical ones.
    ///
    /// # Errors
    /// What the server answers, or an IPC error.
    pub fn associate(self, space: Cap<DmaSpace>, task: Cap<Task>, identity: bool) -> Result<()> {
        let attrs = if identity { op::MGR_IDENTITY_MAP } else { 0 };
        services::DmaSpaceMgr::associate(&self.service(), space, task, attrs)
    }

    /// Has `space` be physical memory.
    ///
    /// # Errors
    /// What the server answers, or an IPC error.
    pub fn associate_phys(self, space: Cap<DmaSpace>) -> Result<()> {
        services::DmaSpaceMgr::associate_phys(&self.service(), space, 0)
    }

    /// Has `space` be nothing.
    ///
    /// # Errors
    /// What the server answers, or an IPC error.
    pub fn disassociate(self, space: Cap<DmaSpace>) -> Result<()> {
        services::DmaSpaceMgr::disassociate(&self.service(), space)
    }

    /// Keeps `size` bytes free of mappings: at the start of `addresses`, or with `search`
    /// anywhere in them, aligned to `1 << align` bytes. Returns where.
    ///
    /// # Errors
    /// What the server answers, or an IPC error.
    pub fn block_area(
        self,
        space: Cap<DmaSpace>,
        addresses: RangeInclusive<u64>,
        size: u64,
        search: bool,
        align: u8,
    ) -> Result<u64> {
        let (mut address, max) = addresses.into_inner();
        let flags = if search { op::MGR_SEARCH_ADDR } else { 0 };
        let service = self.service();
        services::DmaSpaceMgr::block_area(&service, space, &mut address, size, max, flags, align)?;
        Ok(address)
    }

    /// Sets which addresses `space` has.
    ///
    /// # Errors
    /// What the server answers, or an IPC error.
    pub fn set_limits(self, space: Cap<DmaSpace>, addresses: RangeInclusive<u64>) -> Result<()> {
        let (min, max) = addresses.into_inner();
        services::DmaSpaceMgr::set_limits(&self.service(), space, min, max)
    }
}
