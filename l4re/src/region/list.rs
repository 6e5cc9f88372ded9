//! What a region map tells of its regions, and what debuggers want of it.
#![allow(unsafe_code)]

use super::Rm;
use crate::cap::Cap;
use crate::error::{Error, Malformed, Result};
use crate::ipc::{self, Buffers};
use crate::msg::{BYTES, Reader, Writer};
use alloc::string::String;
use alloc::vec::Vec;
use l4re_sys::re::rm::{self as op, Region, RmFlags};
use l4re_sys::{Fpage, ReturnItem, proto};

/// What debuggers are told of a region.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RegionInfo {
    /// A name: of the file that it is of, as a rule.
    pub name: String,
    /// Where it starts in the file, in bytes.
    pub file_offset: u64,
}

impl Cap<Rm> {
    fn list(self, operation: u32, start: u64) -> Result<Vec<Region>> {
        let mut w = Writer::new();
        w.put(operation).put(start);
        let tag = ipc::transact(self.idx(), w.tag(proto::RM)?, Buffers::None)?;
        let mut r = Reader::new(tag);
        // The label is the number; a message has room for so many.
        let count = (tag.label() as usize).min(BYTES / size_of::<Region>());
        (0..count).map(|_| r.get()).collect()
    }

    /// The regions from `start` on, as many as a message holds: none if there is none left.
    ///
    /// ```no_run
    /// fn print_regions(env: &l4re::Env) -> l4re::Result<()> {
    ///     let mut next = 0;
    ///     loop {
    ///         let regions = env.rm().regions(next)?;
    ///         let Some(last) = regions.last() else {
    ///             return Ok(());
    ///         };
    ///         next = last.end.saturating_add(1);
    ///         for region in regions {
    ///             l4re::println!("{:#x} to {:#x}", region.start, region.end);
    ///         }
    ///     }
    /// }
    /// ```
    ///
    /// # Errors
    /// What the region map answers, or an IPC error.
    pub fn regions(self, start: u64) -> Result<Vec<Region>> {
        self.list(op::GET_REGIONS, start)
    }

    /// The reserved areas from `start` on, as many as a message holds.
    ///
    /// # Errors
    /// What the region map answers, or an IPC error.
    pub fn areas(self, start: u64) -> Result<Vec<Region>> {
        self.list(op::GET_AREAS, start)
    }

    /// What debuggers are told of the region that holds an address.
    ///
    /// # Errors
    /// [`Error::NOT_FOUND`] if there is none; what else the region map answers; an IPC error.
    pub fn region_info(self, address: u64) -> Result<RegionInfo> {
        let mut w = Writer::new();
        w.put(op::GET_INFO).put(address);
        let tag = ipc::transact(self.idx(), w.tag(proto::RM)?, Buffers::None)?;
        let mut r = Reader::new(tag);
        let mut name = [0; BYTES];
        let len = r.bytes(&mut name)?.saturating_sub(1);
        let name = name.get(..len).unwrap_or(&[]);
        Ok(RegionInfo {
            name: String::from_utf8_lossy(name).into_owned(),
            file_offset: r.get()?,
        })
    }

    /// Has threads whose instruction pointer is from `begin` to `end` (the last byte) when they
    /// fault go on at `rescue`.
    ///
    /// # Errors
    /// What the region map answers, or an IPC error.
    ///
    /// # Safety
    /// It is sound to go on there with the registers of any place in between.
    pub unsafe fn add_rescue_jump(self, begin: u64, end: u64, rescue: u64) -> Result<()> {
        let mut w = Writer::new();
        w.put(op::ADD_RESCUE_JUMP).put(begin).put(end).put(rescue);
        ipc::transact(self.idx(), w.tag(proto::RM)?, Buffers::None).map(drop)
    }

    /// Undoes [`add_rescue_jump`](Self::add_rescue_jump) for the range that holds an address.
    ///
    /// # Errors
    /// What the region map answers, or an IPC error.
    pub fn remove_rescue_jump(self, ip: u64) -> Result<()> {
        let mut w = Writer::new();
        w.put(op::REMOVE_RESCUE_JUMP).put(ip);
        ipc::transact(self.idx(), w.tag(proto::RM)?, Buffers::None).map(drop)
    }

    /// Maps into `window` what there is from `min` to `max` (the last byte), for access as
    /// `rights` say: what a thread would get by a fault there. Returns the address of a function
    /// that is to be called instead, or 0 if the memory has come.
    ///
    /// # Errors
    /// What the region map answers, or an IPC error.
    ///
    /// # Safety
    /// Safe code must not rely on what is in the window.
    pub unsafe fn page_in(self, min: u64, max: u64, rights: RmFlags, window: Fpage) -> Result<u64> {
        let mut w = Writer::new();
        w.put(op::PAGE_IN)
            .put(min)
            .put(max)
            .put(rights.bits() as u16);
        let tag = ipc::transact(self.idx(), w.tag(proto::RM)?, Buffers::Window(window))?;
        let mut r = Reader::new(tag);
        let function = r.get()?;
        match r.item()? {
            ReturnItem::Void | ReturnItem::Mapped { .. } => Ok(function),
            _ => Err(Error::Malformed(Malformed::NoItem)),
        }
    }
}
