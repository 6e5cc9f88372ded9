//! Page tables: the kernel's own half, and the user half of each task.

use crate::mem::account::Account;
use crate::mem::frames;
pub use crate::space::page::{Attr, LARGE_PAGE, PAGE, Translation, USER_END};
use crate::util::budget::{Budget, Unfinished};
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

/// An address space. Its kernel half is the same in all. It has no memory before something
/// is mapped.
pub struct Space {
    root: Cell<Option<NonNull<Table>>>,
    /// Up to which address [`clear`](Self::clear) has come.
    cleared: Cell<u64>,
}

fn index(addr: u64, level: u32) -> usize {
    (addr >> (12 + 9 * level)) as usize & 0x1ff
}

impl Space {
    /// A space without memory.
    pub const fn vacant() -> Self {
        Self {
            root: Cell::new(None),
            cleared: Cell::new(0),
        }
    }

    /// Gives the space its root table.
    fn make_root(&self, account: &Account) -> Option<NonNull<Table>> {
        let root: NonNull<Table> = account.alloc(0)?.cast();
        let kernel = super::cpu::kernel_root();
        // SAFETY: both are tables: one just made, the other the kernel's, which lives
        // for ever; they hold only cells.
        let (new, kernel) = unsafe { (root.as_ref(), kernel.as_ref()) };
        for i in 256..512 {
            new[i].set(kernel[i].get());
        }
        self.root.set(Some(root));
        self.cleared.set(0);
        Some(root)
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
    /// be gone. New tables are at the cost of `account`. `None`: no memory, or a table
    /// of small pages stands where a large page is to be.
    pub fn map(
        &self,
        addr: u64,
        phys: u64,
        order: u32,
        attr: Attr,
        account: &Account,
    ) -> Option<()> {
        self.enter(addr, phys, order, attr.bits(), account)
    }

    /// Maps a page of the kernel for the user to write to, for ever.
    pub fn map_kernel_user(&self, addr: u64, phys: u64, account: &Account) -> Option<()> {
        let attr = Attr::cached(MemRights::RW);
        self.enter(addr, phys, PAGE, attr.bits() | KERNEL_USER, account)
    }

    fn enter(&self, addr: u64, phys: u64, order: u32, bits: u64, account: &Account) -> Option<()> {
        if addr >= USER_END {
            return None;
        }
        let leaf_level = (order - PAGE) / 9;
        let mut table = match self.root.get() {
            Some(root) => root,
            None => self.make_root(account)?,
        };
        for level in (leaf_level + 1..4).rev() {
            // SAFETY: tables belong to this space until `clear`; they hold only cells.
            let entry = unsafe { &table.as_ref()[index(addr, level)] };
            let mut next = entry.get();
            if next & PRESENT == 0 {
                let page = account.alloc(0)?;
                next = virt_to_phys(page.as_ptr()) | PRESENT | WRITE | USER;
                entry.set(next);
            } else if next & LARGE != 0 {
                return None;
            }
            table = NonNull::new(phys_to_virt(next & ADDR).cast())?;
        }
        // SAFETY: tables belong to this space until `clear`; they hold only cells.
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
            return true;
        };
        for level in (1..4).rev() {
            // SAFETY: tables belong to this space until `clear`; they hold only cells.
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

    /// Gives all tables and the kernel-user pages back to `account`, which paid for them, as
    /// far as the budget goes. No thread of the space runs any more.
    pub fn clear(&self, account: &Account, budget: &Budget) -> Result<(), Unfinished> {
        let Some(root) = self.root.get() else {
            return Ok(());
        };
        super::cpu::leave_space(virt_to_phys(root.as_ptr().cast()));
        loop {
            // A table of each level, at worst.
            budget.spend(Budget::SCAN * 4)?;
            match clear_from(root, self.cleared.get(), account) {
                Some(at) => self.cleared.set(at),
                None => break,
            }
        }
        self.root.set(None);
        // SAFETY: `make_root` took it from the account; nobody is in the space any more.
        unsafe { account.free(root.cast(), 0) };
        Ok(())
    }
}

/// Gives back the first table of small pages that maps something at `addr` or behind, and the
/// table above if that has nothing behind it. Returns where to go on, in the range of what is
/// gone, so that the table above it has its turn; `None` if there is no table left.
fn clear_from(root: NonNull<Table>, addr: u64, account: &Account) -> Option<u64> {
    let (mut at, mut level) = (addr, 3);
    // The table of each level, and the entry of that table in the one above.
    let mut path = [root; 4];
    loop {
        // SAFETY: tables belong to the space until this function frees them, behind the last use;
        // they hold only cells.
        let table = unsafe { path[level as usize].as_ref() };
        let first = index(at, level);
        let present = |entry: &Cell<u64>| entry.get() & (PRESENT | LARGE) == PRESENT;
        let entries = if level == 3 { 256 } else { 512 };
        let skipped = table[first..entries].iter().position(present);
        let span = 1 << (12 + 9 * level);
        if let Some(skipped) = skipped.filter(|n| *n > 0) {
            at = (at & !(span - 1)) + span * skipped as u64;
        }
        let Some(entry) = skipped.map(|n| &table[first + n]) else {
            // Nothing more in this table.
            let last = at | (span * 512 - 1);
            if level < 3 {
                // SAFETY: the table above belongs to the space still, and holds only cells.
                unsafe { path[level as usize + 1].as_ref()[index(at, level + 1)].set(0) };
                // SAFETY: tables are allocated singly, and the entry that named it is gone.
                unsafe { account.free(path[level as usize].cast(), 0) };
                return Some(last);
            }
            return None;
        };
        let next = NonNull::new(phys_to_virt(entry.get() & ADDR).cast::<Table>())?;
        if level > 1 {
            level -= 1;
            path[level as usize] = next;
            continue;
        }
        // SAFETY: tables belong to the space until this function frees them, behind the last use;
        // they hold only cells.
        for page in unsafe { next.as_ref() } {
            let bits = page.get();
            if bits & PRESENT != 0
                && bits & KERNEL_USER != 0
                && let Some(page) = NonNull::new(phys_to_virt(bits & ADDR))
            {
                // SAFETY: kernel-user pages are at the cost of one space, whose threads no
                // longer run; the entry that named it goes with this table.
                unsafe { account.free(page, 0) };
            }
        }
        entry.set(0);
        // SAFETY: the table was its space's alone, and the entry that led to it is empty now.
        unsafe { account.free(next.cast(), 0) };
        return Some(at);
    }
}

/// Shows a page of memory, given by its address in the direct map, at an address of a window.
/// The window's tables are there (`window::init`).
pub fn set_window_page(addr: u64, page: u64, writable: bool) {
    let mut table = super::cpu::kernel_root();
    for level in (1..4).rev() {
        // SAFETY: the kernel's tables live for ever and hold only cells.
        let entry = unsafe { table.as_ref()[index(addr, level)].get() };
        match NonNull::new(phys_to_virt(entry & ADDR).cast()) {
            Some(next) if entry & PRESENT != 0 => table = next,
            _ => return,
        }
    }
    let bits = PRESENT | GLOBAL | NO_EXECUTE | if writable { WRITE } else { 0 };
    // SAFETY: the kernel's tables live for ever and hold only cells.
    unsafe { table.as_ref()[index(addr, 0)].set((page - PHYS_BASE) | bits) };
    // SAFETY: dropping a translation from the TLB changes no memory.
    unsafe { core::arch::asm!("invlpg [{}]", in(reg) addr, options(nostack, preserves_flags)) };
}

/// Builds the kernel's half for good: the image with text read-only and data not
/// executable, and `phys_end` bytes of memory in the direct map, not executable, and
/// not writable where the image's text and constants are. `heap` is the kernel's own memory,
/// of so many frames. Returns the root table.
///
/// # Safety
/// Called once, on the boot page tables, which must map all of the kernel's heap.
pub unsafe fn init(
    image: &super::Image,
    phys_end: u64,
    (heap, heap_frames): (NonNull<u8>, usize),
) -> Option<NonNull<Table>> {
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
        // SAFETY: tables of the tree under construction, reached by nobody else.
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
    // A table of small pages for each 2 MiB of the windows, empty.
    super::window::init(heap, heap_frames, |addr| {
        let mut table = root;
        for level in (1..4).rev() {
            // SAFETY: tables of the tree under construction, reached by nobody else.
            let entry = unsafe { &table.as_ref()[index(addr, level)] };
            if entry.get() & PRESENT == 0 {
                let page = frames::alloc(0)?;
                entry.set(virt_to_phys(page.as_ptr()) | PRESENT | WRITE);
            }
            table = NonNull::new(phys_to_virt(entry.get() & ADDR).cast())?;
        }
        Some(())
    })?;
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
