//! Page tables: the kernel's own half, and the user half of each task.

use crate::mem::frames;
pub use crate::space::page::{Attr, LARGE_PAGE, PAGE, Translation, USER_END};
use core::cell::Cell;
use core::ptr::NonNull;
use l4re_sys::fpage::MemRights;

/// Where all physical memory appears in the kernel's half.
pub const PHYS_BASE: u64 = 0xffff_8000_0000_0000;
/// Where the registers of devices appear, uncached, at their physical address.
pub const DEVICE_BASE: u64 = 0xffff_ff00_0000_0000;
/// What to take from an address in the kernel image to have the physical one.
pub const KERNEL_OFFSET: u64 = 0xffff_ffff_8000_0000;
const PRESENT: u64 = 1;
const WRITE: u64 = 1 << 1;
const USER: u64 = 1 << 2;
const WRITE_THROUGH: u64 = 1 << 3;
const NO_CACHE: u64 = 1 << 4;
const LARGE: u64 = 1 << 7;
const GLOBAL: u64 = 1 << 8;
/// Free for software: the page is kernel-user memory.
const KERNEL_USER: u64 = 1 << 9;
const NO_EXECUTE: u64 = 1 << 63;
const ADDR: u64 = 0x000f_ffff_ffff_f000;

type Table = [Cell<u64>; 512];

/// The address at which the kernel sees physical memory.
#[inline]
pub fn phys_to_virt(phys: u64) -> *mut u8 {
    (PHYS_BASE + phys) as *mut u8
}

/// The physical address of memory in the direct map.
#[inline]
pub fn virt_to_phys(virt: *const u8) -> u64 {
    virt as u64 - PHYS_BASE
}

impl Attr {
    fn bits(self) -> u64 {
        let mut bits = PRESENT | USER;
        if self.rights.contains(MemRights::W) {
            bits |= WRITE;
        }
        if !self.rights.contains(MemRights::X) {
            bits |= NO_EXECUTE;
        }
        bits | match self.caching {
            0 => 0,
            1 => WRITE_THROUGH,
            _ => WRITE_THROUGH | NO_CACHE,
        }
    }

    fn of(bits: u64) -> Self {
        let mut rights = MemRights::R;
        if bits & WRITE != 0 {
            rights |= MemRights::W;
        }
        if bits & NO_EXECUTE == 0 {
            rights |= MemRights::X;
        }
        let caching = match bits & (WRITE_THROUGH | NO_CACHE) {
            0 => 0,
            WRITE_THROUGH => 1,
            _ => 2,
        };
        Self { rights, caching }
    }
}

/// An address space. Its kernel half is the same in all.
pub struct Space {
    root: Cell<Option<NonNull<Table>>>,
}

fn index(addr: u64, level: u32) -> usize {
    (addr >> (12 + 9 * level)) as usize & 0x1ff
}

impl Space {
    /// A space without memory.
    pub const fn vacant() -> Self {
        Self {
            root: Cell::new(None),
        }
    }

    /// Gives the space its root table. Costs one page.
    pub fn init(&self) -> Option<()> {
        let root: NonNull<Table> = frames::alloc(0)?.cast();
        let kernel = super::cpu::kernel_root();
        // SAFETY: both are tables: one just made, the other the kernel's, which lives
        // for ever; they hold only cells.
        let (new, kernel) = unsafe { (root.as_ref(), kernel.as_ref()) };
        for i in 256..512 {
            new[i].set(kernel[i].get());
        }
        self.root.set(Some(root));
        Some(())
    }

    /// The value for `cr3`.
    #[inline]
    pub fn cr3(&self) -> u64 {
        self.root
            .get()
            .map_or(0, |root| virt_to_phys(root.as_ptr().cast()))
    }

    /// The entry that maps `addr`, and its level (0 small, 1 large).
    fn entry(&self, addr: u64) -> Option<(&Cell<u64>, u32)> {
        if addr >= USER_END {
            return None;
        }
        let mut table = self.root.get()?;
        for level in (0..4).rev() {
            // SAFETY: tables belong to this space until `clear`; they hold only cells.
            let entry = unsafe { &table.as_ref()[index(addr, level)] };
            let bits = entry.get();
            if bits & PRESENT == 0 {
                return None;
            }
            if level == 0 || bits & LARGE != 0 {
                return Some((entry, level));
            }
            table = NonNull::new(phys_to_virt(bits & ADDR).cast())?;
        }
        None
    }

    /// What is mapped at an address.
    pub fn translate(&self, addr: u64) -> Option<Translation> {
        let (entry, level) = self.entry(addr)?;
        let bits = entry.get();
        Some(Translation {
            phys: bits & ADDR,
            order: PAGE + 9 * level,
            attr: Attr::of(bits),
            kernel_user: bits & KERNEL_USER != 0,
        })
    }

    /// Maps a page. `addr` and `phys` are aligned to `order`; what was there before must
    /// be gone. Each new table is first paid for by `pay`. `None`: no memory, or a table
    /// of small pages stands where a large page is to be.
    pub fn map(
        &self,
        addr: u64,
        phys: u64,
        order: u32,
        attr: Attr,
        pay: &mut dyn FnMut() -> bool,
    ) -> Option<()> {
        self.enter(addr, phys, order, attr.bits(), pay)
    }

    /// Maps a page of the kernel for the user to write to, for ever.
    pub fn map_kernel_user(
        &self,
        addr: u64,
        phys: u64,
        pay: &mut dyn FnMut() -> bool,
    ) -> Option<()> {
        let attr = Attr::cached(MemRights::RW);
        self.enter(addr, phys, PAGE, attr.bits() | KERNEL_USER, pay)
    }

    fn enter(
        &self,
        addr: u64,
        phys: u64,
        order: u32,
        bits: u64,
        pay: &mut dyn FnMut() -> bool,
    ) -> Option<()> {
        if addr >= USER_END {
            return None;
        }
        let leaf_level = (order - PAGE) / 9;
        let mut table = self.root.get()?;
        for level in (leaf_level + 1..4).rev() {
            // SAFETY: as in `entry`.
            let entry = unsafe { &table.as_ref()[index(addr, level)] };
            let mut next = entry.get();
            if next & PRESENT == 0 {
                if !pay() {
                    return None;
                }
                let page = frames::alloc(0)?;
                next = virt_to_phys(page.as_ptr()) | PRESENT | WRITE | USER;
                entry.set(next);
            } else if next & LARGE != 0 {
                return None;
            }
            table = NonNull::new(phys_to_virt(next & ADDR).cast())?;
        }
        // SAFETY: as in `entry`.
        let entry = unsafe { &table.as_ref()[index(addr, leaf_level)] };
        if leaf_level > 0 && entry.get() & PRESENT != 0 && entry.get() & LARGE == 0 {
            return None;
        }
        let replaced = entry.get() & PRESENT != 0;
        entry.set((phys & ADDR) | bits | if leaf_level > 0 { LARGE } else { 0 });
        if replaced {
            self.flush(addr);
        }
        Some(())
    }

    /// Whether a large page can be mapped at `addr`: no table of small ones is there.
    pub fn can_be_large(&self, addr: u64) -> bool {
        let Some(mut table) = self.root.get() else {
            return false;
        };
        for level in (1..4).rev() {
            // SAFETY: as in `entry`.
            let bits = unsafe { table.as_ref()[index(addr, level)].get() };
            if bits & PRESENT == 0 {
                return true;
            }
            if level == 1 || bits & LARGE != 0 {
                return level == 1 && bits & LARGE != 0;
            }
            match NonNull::new(phys_to_virt(bits & ADDR).cast()) {
                Some(next) => table = next,
                None => return false,
            }
        }
        false
    }

    /// Removes the page at `addr`.
    pub fn unmap(&self, addr: u64) {
        if let Some((entry, _)) = self.entry(addr) {
            entry.set(0);
            self.flush(addr);
        }
    }

    /// Leaves the page at `addr` only the rights in `keep`.
    pub fn restrict(&self, addr: u64, keep: MemRights) {
        if let Some((entry, _)) = self.entry(addr) {
            let attr = Attr::of(entry.get());
            let kept = Attr {
                rights: (attr.rights & keep) | MemRights::R,
                ..attr
            };
            let rest = entry.get() & (ADDR | LARGE | KERNEL_USER);
            entry.set(rest | kept.bits());
            self.flush(addr);
        }
    }

    fn flush(&self, addr: u64) {
        if super::cpu::current_cr3() == self.cr3() {
            // SAFETY: dropping a translation from the TLB changes no memory.
            unsafe {
                core::arch::asm!("invlpg [{}]", in(reg) addr, options(nostack, preserves_flags))
            };
        }
    }

    /// Gives all tables and the kernel-user pages up; returns how many pages that were.
    pub fn clear(&self) -> u64 {
        let Some(root) = self.root.take() else {
            return 0;
        };
        super::cpu::leave_space(virt_to_phys(root.as_ptr().cast()));
        let mut pages = 0;
        free_level(root, 3, &mut pages);
        pages
    }
}

/// Frees a table and what hangs on it. Recursion is four deep at most.
fn free_level(table: NonNull<Table>, level: u32, pages: &mut u64) {
    let entries = if level == 3 { 256 } else { 512 };
    for i in 0..entries {
        // SAFETY: as in `Space::entry`.
        let bits = unsafe { table.as_ref()[i].get() };
        if bits & PRESENT == 0 || bits & LARGE != 0 {
            continue;
        }
        let Some(next) = NonNull::new(phys_to_virt(bits & ADDR)) else {
            continue;
        };
        if level > 0 {
            free_level(next.cast(), level - 1, pages);
        } else if bits & KERNEL_USER != 0 {
            *pages += 1;
            // SAFETY: kernel-user pages are allocated singly for one space, whose
            // threads no longer run; the entry that named it goes with this table.
            unsafe { frames::free(next, 0) };
        }
    }
    *pages += 1;
    // SAFETY: tables are allocated singly, and the space that had this one gave it up.
    unsafe { frames::free(table.cast(), 0) };
}

/// Builds the kernel's half for good: the image with text read-only and data not
/// executable, and `phys_end` bytes of memory in the direct map, not executable, and
/// not writable where the image's text and constants are. Returns the root table.
///
/// # Safety
/// Called once, on the boot page tables, which must map all of the kernel's heap.
pub unsafe fn init(image: &super::Image, phys_end: u64) -> Option<NonNull<Table>> {
    let root: NonNull<Table> = frames::alloc(0)?.cast();
    let map = |virt: u64, phys: u64, large: bool, bits: u64| -> Option<()> {
        let mut table = root;
        for level in (if large { 2 } else { 1 }..4).rev() {
            // SAFETY: tables of the tree under construction, reached by nobody else.
            let entry = unsafe { &table.as_ref()[index(virt, level)] };
            if entry.get() & PRESENT == 0 {
                let page = frames::alloc(0)?;
                entry.set(virt_to_phys(page.as_ptr()) | PRESENT | WRITE);
            }
            table = NonNull::new(phys_to_virt(entry.get() & ADDR).cast())?;
        }
        // SAFETY: as above.
        let entry = unsafe { &table.as_ref()[index(virt, u32::from(large))] };
        entry.set(phys | bits | PRESENT | GLOBAL | if large { LARGE } else { 0 });
        Some(())
    };
    let writable = |phys: u64| phys < image.phys_start || phys >= image.rodata_phys_end;
    let mut phys = 0;
    while phys < phys_end {
        let large_end = phys + (1 << LARGE_PAGE);
        if large_end <= image.phys_start || phys >= image.rodata_phys_end {
            map(PHYS_BASE + phys, phys, true, WRITE | NO_EXECUTE)?;
        } else {
            for page in (phys..large_end).step_by(1 << PAGE) {
                let write = if writable(page) { WRITE } else { 0 };
                map(PHYS_BASE + page, page, false, write | NO_EXECUTE)?;
            }
        }
        phys = large_end;
    }
    for page in (image.text_phys_start..image.phys_end).step_by(1 << PAGE) {
        let bits = if page < image.text_phys_end {
            0
        } else if page < image.rodata_phys_end {
            NO_EXECUTE
        } else {
            WRITE | NO_EXECUTE
        };
        // The page below the boot stack stays out: an overflow faults.
        if page != image.stack_guard_phys {
            map(KERNEL_OFFSET + page, page, false, bits)?;
        }
    }
    for device in super::apic::MMIO_PAGES {
        map(
            DEVICE_BASE + device,
            device,
            false,
            WRITE | NO_EXECUTE | NO_CACHE | WRITE_THROUGH,
        )?;
    }
    Some(root)
}
