//! Start: memory, modules, the first task.

mod modules;
mod roots;

use crate::arch::paging::{self, phys_to_virt};
use crate::arch::{self, Image, apic, clock, cpu, entry, ioapic, serial};
use crate::kip;
use crate::mem::{frames, phys};
use crate::util::tree;
use core::ptr::NonNull;
use l4re_sys::memdesc;
use l4re_sys::multiboot as mb;
use modules::Modules;

/// The boot page tables map this much.
const BOOT_MAPPED: u64 = 4 << 30;
/// The kernel's own memory: this part of RAM, within the bounds below.
const HEAP_SHARE: u64 = 8;
const HEAP_MIN: u64 = 8 << 20;
const HEAP_MAX: u64 = 512 << 20;
const MIB: u64 = 1 << 20;

/// A range of physical memory.
#[derive(Clone, Copy, Debug, Default)]
struct Range {
    start: u64,
    end: u64,
}

/// The memory map of the boot loader, RAM only, page-aligned.
struct Ram {
    ranges: [Range; 16],
    count: usize,
}

impl Ram {
    fn read(info: &mb::MbInfo) -> Self {
        let mut ram = Self {
            ranges: [Range::default(); 16],
            count: 0,
        };
        if info.flags & mb::MEM_MAP != 0 {
            let mut at = u64::from(info.mmap_addr);
            let end = at + u64::from(info.mmap_length);
            while at + 24 <= end {
                // SAFETY: multiboot: entries of at least 20 bytes behind a size word, in
                // memory that the boot page tables map.
                let (size, base, length, kind) = unsafe {
                    let p = phys_to_virt(at);
                    (
                        p.cast::<u32>().read_unaligned(),
                        p.add(4).cast::<u64>().read_unaligned(),
                        p.add(12).cast::<u64>().read_unaligned(),
                        p.add(20).cast::<u32>().read_unaligned(),
                    )
                };
                if kind == mb::ARD_MEMORY {
                    ram.add(base, base.saturating_add(length));
                }
                at += u64::from(size) + 4;
            }
        } else if info.flags & mb::MEMORY != 0 {
            ram.add(0, u64::from(info.mem_lower) * 1024);
            ram.add(MIB, MIB + u64::from(info.mem_upper) * 1024);
        }
        ram
    }

    fn add(&mut self, start: u64, end: u64) {
        let range = Range {
            start: start.next_multiple_of(4096),
            end: end & !4095,
        };
        if range.start < range.end
            && let Some(slot) = self.ranges.get_mut(self.count)
        {
            *slot = range;
            self.count += 1;
        }
    }

    fn all(&self) -> &[Range] {
        self.ranges.get(..self.count).unwrap_or(&[])
    }

    fn total(&self) -> u64 {
        self.all().iter().map(|r| r.end - r.start).sum()
    }

    fn end(&self) -> u64 {
        self.all().iter().map(|r| r.end).max().unwrap_or(0)
    }

    /// The highest free place for `size` bytes below 4 GiB that touches none of `taken`.
    fn place(&self, size: u64, taken: &[Range]) -> Option<u64> {
        let mut best = None;
        for range in self.all() {
            let mut end = range.end.min(BOOT_MAPPED);
            while end >= range.start + size {
                let start = end - size;
                match taken.iter().find(|t| start < t.end && end > t.start) {
                    Some(t) if t.start < size => break,
                    Some(t) => end = t.start & !4095,
                    None => {
                        best = best.max(Some(start));
                        break;
                    }
                }
            }
        }
        best
    }
}

/// The kernel's first Rust code, on the boot stack and page tables.
#[unsafe(no_mangle)]
extern "C" fn start(info: u32) -> ! {
    serial::init();
    // SAFETY: called once, by the boot code, with interrupts off.
    unsafe { cpu::init(arch::stack_top()) };
    // SAFETY: called here alone; the first thread is made later.
    unsafe { cpu::init_fpu() };
    // SAFETY: the boot loader's structure, in memory that the boot tables map; it is
    // copied before anything could overwrite it.
    let info = unsafe {
        phys_to_virt(u64::from(info))
            .cast::<mb::MbInfo>()
            .read_unaligned()
    };
    let ram = Ram::read(&info);
    let image = Image::own();
    let modules = Modules::read(&info);

    let own = Range {
        start: image.phys_start,
        end: image.phys_end,
    };
    let heap_size = (ram.total() / HEAP_SHARE).clamp(HEAP_MIN, HEAP_MAX) & !4095;
    let mut taken = modules.ranges(own);
    let heap_start = match ram.place(heap_size, taken.as_slice()) {
        Some(start) => start,
        None => panic!(
            "{} MiB of RAM are too few: the kernel needs {} MiB beside {} KiB of boot modules; \
             give the machine more (run: --mem)",
            ram.total() / MIB,
            heap_size / MIB,
            modules.bytes() / 1024
        ),
    };
    let heap = Range {
        start: heap_start,
        end: heap_start + heap_size,
    };
    taken.add(heap);
    let memory = (phys_to_virt(heap.start), (heap_size / 4096) as usize);
    // SAFETY: the range is RAM that neither the image, nor a module, nor anything the
    // boot loader left is in, and is mapped by the boot tables.
    unsafe { frames::init(memory.0, memory.1) };
    let memory = NonNull::new(memory.0).map(|start| (start, memory.1));
    // SAFETY: called once; the boot tables map the heap, which is below 4 GiB.
    let root = memory
        .and_then(|memory| unsafe { paging::init(&image, ram.end().max(BOOT_MAPPED), memory) });
    let Some(root) = root else {
        panic!("no memory for the kernel's page tables")
    };
    // SAFETY: `init` mapped the image, its stack and the direct map.
    unsafe { cpu::use_root(root) };
    apic::init();
    ioapic::init();
    ioapic::set_masked(usize::from(arch::SERIAL_LINE), false);
    clock::init();
    tree::seed(cpu::tsc());

    let mut known = phys::add_kernel(own.start, own.end) && phys::add_kernel(heap.start, heap.end);
    for range in ram.all() {
        known &= phys::add_ram(range.start, range.end);
    }
    assert!(known, "the memory map has too many ranges");
    phys::share(kip::phys());

    let mut kip = kip::Builder::new();
    for range in ram.all() {
        kip.add_mem(range.start, range.end - 1, memdesc::CONVENTIONAL, 0);
    }
    kip.add_mem(
        own.start,
        own.end - 1,
        memdesc::RESERVED,
        memdesc::RESERVED_KERNEL,
    );
    kip.add_mem(
        heap.start,
        heap.end - 1,
        memdesc::RESERVED,
        memdesc::RESERVED_HEAP,
    );
    kip.add_user_space(0, paging::USER_END - 1);

    let first = roots::prepare(modules, &ram, &mut taken, kip);
    // All that is left is for user programs to spend.
    let thread = roots::start(first, (frames::count_free() * frames::PAGE_SIZE) as u64);
    cpu::switch_to(thread);
    crate::sched::first(thread);
    // SAFETY: the thread was made the current one.
    unsafe { entry::start(thread) }
}
