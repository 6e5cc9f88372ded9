//! From what the boot loader left to a server that can run: memory, boot files, the plan.

use alloc::boxed::Box;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::ffi::CStr;
use core::fmt;
use core::ops::Range;

use l4re_sys::consts::{MAX_PRIO, PAGE_SHIFT, PAGE_SIZE};
use l4re_sys::l4mod::{self, Mod, ModInfo};
use l4re_sys::{CapIdx, KernelInfo, MemRights, SchedParam};

use crate::account::Account;
use crate::cap_slots::MAX_SLOTS;
use crate::dataspace::Dataspace;
use crate::error::Error;
use crate::fallible::List;
use crate::frames::Frames;
use crate::heap;
use crate::kernel;
use crate::memory::{free_ranges, kernel_memory};
use crate::owned_cap::{OwnedCap, Slots};
use crate::plan::Plan;
use crate::pool::{Pool, largest_order};
use crate::server::{BootFile, Server};

/// The boot file that is the plan.
const PLAN: &str = "boot.plan";
/// The largest piece of memory asked of sigma0 at once.
const MAX_ORDER: u32 = 30;

/// Every kernel has so many slots for capabilities.
const MIN_SLOTS: u64 = 1 << 10;

/// This part of the memory cannot be had by programs.
const RESERVE_PART: usize = 32;

/// What the system is made of.
pub struct Boot {
    /// The free memory, for the heap.
    pub pool: &'static Pool,
    kip: &'static KernelInfo,
    files: Vec<BootFile>,
    /// Whether there is a sigma0 below the root task.
    sigma0: bool,
}

/// Why the system cannot start.
#[derive(Debug)]
pub struct BootError(pub String);

impl fmt::Display for BootError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<Error> for BootError {
    fn from(error: Error) -> Self {
        BootError(alloc::format!("the kernel said {error:?}"))
    }
}

impl Boot {
    /// Finds out what there is. `image` is the root task's own memory; `kip` is where the kernel
    /// says its information page is, if there is no sigma0.
    ///
    /// # Errors
    /// There is no information page, or no memory.
    ///
    /// # Safety
    /// This is the root task, it is called once, and `image` holds all of its program.
    pub unsafe fn find(image: Range<usize>, kip: usize) -> core::result::Result<Self, BootError> {
        let sigma0 = kernel::has_cap(CapIdx::PAGER);
        let kip = if sigma0 { kernel::kip()? } else { kip };
        // SAFETY: sigma0 mapped it there; without one, the kernel tells where it is, and maps
        // what it tells of. It stays mapped.
        let kip = unsafe { &*(kip as *const KernelInfo) };
        if !kip.is_valid() {
            return Err(BootError("there is no kernel information page".to_string()));
        }
        // SAFETY: the information page is the kernel's, which tells where the modules are.
        let (files, mut taken) = unsafe { boot_files(kip) };
        taken.push(image);
        let kip_start = core::ptr::from_ref(kip) as usize;
        taken.push(kip_start..kip_start + PAGE_SIZE);
        let free = if sigma0 {
            for file in &files {
                claim(file.bytes);
            }
            memory_of_sigma0()
        } else {
            // SAFETY: it is a whole page.
            free_ranges(unsafe { KernelInfo::mem_descs(kip) }, &taken)
        };
        // SAFETY: nobody else has what sigma0 gave, or what no descriptor and no file speaks of.
        let pool = unsafe { pool(&free) }?;
        heap::grow_by(pool);
        let files = files.into_iter().map(|file| file.aligned(pool)).collect();
        Ok(Boot {
            pool,
            kip,
            files,
            sigma0,
        })
    }

    /// Makes the server.
    ///
    /// # Errors
    /// The kernel has no memory for it.
    pub fn server(self) -> core::result::Result<(Server, Plan), BootError> {
        let _ = kernel::run_thread(CapIdx::THREAD, &SchedParam::prio(MAX_PRIO));
        let plan = match self
            .files
            .iter()
            .find(|file| *file.name == *PLAN.as_bytes())
        {
            Some(file) => Plan::parse(file.bytes).map_err(|e| BootError(e.to_string()))?,
            None => return Err(BootError(alloc::format!("no boot file is named {PLAN:?}"))),
        };
        // Some memory is kept, so that the root task's own bookkeeping always has room.
        let free = self.pool.available();
        let limit = free - free / RESERVE_PART;
        let account = Account::root(self.pool, limit, OwnedCap::borrowed(CapIdx::FACTORY))?;
        let kip = core::ptr::from_ref(self.kip) as usize;
        // SAFETY: the page is mapped readable and executable, and stays.
        let kip = unsafe { Dataspace::foreign(self.pool, kip, PAGE_SIZE, MemRights::RX) };
        let mut files = List::new();
        for file in self.files {
            files.push(file)?;
        }
        let slots = Slots::new(slots())?;
        let mut server = Server::new(self.pool, slots, account, files, kip)?;
        // SAFETY: it is a whole page.
        server.set_kernel_memory(kernel_memory(unsafe { KernelInfo::mem_descs(self.kip) }));
        Ok((server, plan))
    }

    /// A line about the machine.
    pub fn summary(&self) -> String {
        let pager = if self.sigma0 {
            "memory of sigma0"
        } else {
            "all memory"
        };
        let (free, files) = (self.pool.available() >> 20, self.files.len());
        alloc::format!("{free} MiB free ({pager}), {files} boot files")
    }
}

/// The end of the slots that the kernel has for capabilities: it is tried out.
fn slots() -> u64 {
    let mut end = MAX_SLOTS;
    while end > MIN_SLOTS && !kernel::has_slot(CapIdx::from_index(end - 1)) {
        end /= 2;
    }
    end
}

/// The boot files, and the memory that they and what tells of them take.
///
/// # Safety
/// `kip` tells of modules that are there and stay.
unsafe fn boot_files(kip: &KernelInfo) -> (Vec<BootFile>, Vec<Range<usize>>) {
    let mut files = Vec::new();
    let mut taken = Vec::new();
    if kip.user_ptr == 0 {
        return (files, taken);
    }
    // SAFETY: the boot loader's list, as by this function's contract.
    let info = unsafe { &*(kip.user_ptr as *const ModInfo) };
    let count = info.mods_count as usize;
    taken.push(extent(info));
    if count == 0 {
        return (files, taken);
    }
    // SAFETY: the boot loader put `count` modules there, in memory that nobody changes (contract of
    // this function).
    let modules = unsafe { core::slice::from_raw_parts(info.mods_addr as *const Mod, count) };
    taken.push(modules.as_ptr_range().start as usize..modules.as_ptr_range().end as usize);
    for module in modules {
        let range = module.mod_start as usize..module.mod_end as usize;
        taken.push(range.clone());
        if module.cmdline == 0 {
            continue;
        }
        // SAFETY: the boot loader put a command line there, which ends with a 0 and which nobody
        // changes (contract of this function).
        let line = unsafe { CStr::from_ptr(module.cmdline as *const _) }.to_bytes();
        taken.push(module.cmdline as usize..module.cmdline as usize + line.len() + 1);
        if module.flags & l4mod::MOD_MASK != l4mod::MOD_UNSPEC || range.is_empty() {
            continue;
        }
        // SAFETY: the boot loader put the file there, in memory that nobody changes (contract of
        // this function).
        let bytes = unsafe { core::slice::from_raw_parts(range.start as *const u8, range.len()) };
        let Ok(name) = List::copy_of(file_name(line)) else {
            continue;
        };
        files.push(BootFile { name, bytes });
    }
    (files, taken)
}

impl BootFile {
    /// The file, at the start of a page: moved there if the boot loader put it elsewhere.
    fn aligned(self, pool: &Pool) -> BootFile {
        let start = self.bytes.as_ptr() as usize;
        if start.is_multiple_of(PAGE_SIZE) {
            return self;
        }
        let bytes = match pool.alloc_zeroed(self.bytes.len(), PAGE_SIZE, 0..usize::MAX) {
            // SAFETY: the memory was just allocated, is as long as the file, and stays.
            Some(place) => unsafe {
                let place = place as *mut u8;
                core::ptr::copy_nonoverlapping(self.bytes.as_ptr(), place, self.bytes.len());
                core::slice::from_raw_parts(place, self.bytes.len())
            },
            None => &[],
        };
        BootFile { bytes, ..self }
    }
}

fn extent<T>(value: &T) -> Range<usize> {
    let start = core::ptr::from_ref(value) as usize;
    start..start + size_of::<T>()
}

/// The name of a boot file: the first word of its command line, without directories.
fn file_name(line: &[u8]) -> &[u8] {
    let word = line.split(|&b| b == b' ').next().unwrap_or(line);
    word.rsplit(|&b| b == b'/').next().unwrap_or(word)
}

/// Asks sigma0 for the pages of a boot file, so that they can be passed on.
fn claim(bytes: &[u8]) {
    let mut at = bytes.as_ptr() as usize & !(PAGE_SIZE - 1);
    let end = (bytes.as_ptr() as usize + bytes.len()).next_multiple_of(PAGE_SIZE);
    while at < end {
        let order = largest_order(at, end - at);
        // A refusal shows when the file is used, which page faults then bring.
        let _ = kernel::memory_at(at, order);
        at += 1 << order;
    }
}

/// All the memory that sigma0 gives, in large pieces first.
fn memory_of_sigma0() -> Vec<Range<usize>> {
    let mut free = Vec::new();
    for order in (PAGE_SHIFT..=MAX_ORDER).rev() {
        while let Ok(start) = kernel::any_memory(order) {
            let start_used = if start == 0 { PAGE_SIZE } else { start };
            if start_used < start + (1 << order) {
                free.push(start_used..start + (1 << order));
            }
        }
    }
    free
}

/// A pool of the free memory; the table of its frames is taken from it.
///
/// # Safety
/// The ranges are memory that nothing uses, of whole pages.
unsafe fn pool(free: &[Range<usize>]) -> core::result::Result<&'static Pool, BootError> {
    let start = free.iter().map(|range| range.start).min().unwrap_or(0);
    let end = free.iter().map(|range| range.end).max().unwrap_or(0);
    let words = Frames::words_for(&(start..end));
    let bytes = words * size_of::<u64>();
    let place = free
        .iter()
        .find(|range| range.len() > bytes.next_multiple_of(PAGE_SIZE));
    let place = place
        .ok_or(BootError("there is no free memory".to_string()))?
        .start;
    // SAFETY: the memory is free, and is taken from the frames below.
    let bitmap = unsafe { core::slice::from_raw_parts_mut(place as *mut u64, words) };
    let mut frames = Frames::new(start..end, bitmap);
    for range in free {
        frames.add(range.clone());
    }
    frames.reserve(place..place + bytes);
    // SAFETY: the ranges are free memory of the root task's own (contract of this function); the
    // kernel revokes before it answers.
    Ok(Box::leak(Box::new(unsafe {
        Pool::new(frames, kernel::revoke)
    })))
}

/// Runs the system.
///
/// # Errors
/// What keeps it from starting.
pub fn run(boot: Boot) -> core::result::Result<core::convert::Infallible, BootError> {
    let (mut server, plan) = boot.server()?;
    server.start_all(&plan)?;
    server.run()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_files() {
        assert_eq!(file_name(b"/a/b/hello arg1"), b"hello");
        assert_eq!(file_name(b"boot.plan"), b"boot.plan");
        assert_eq!(file_name(b""), b"");
    }
}
