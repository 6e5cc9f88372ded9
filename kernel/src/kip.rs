//! The kernel information page: what every program can read of the system.

use crate::arch::clock;
use crate::arch::paging::{KERNEL_OFFSET, phys_to_virt};
use core::cell::UnsafeCell;
use l4re_sys::consts::PAGE_SIZE;
use l4re_sys::kip::{self, KernelInfo};
use l4re_sys::memdesc::{self, MemDesc};

/// Where the memory descriptors start in the page.
const MEM_DESCS: usize = 0x200;
/// How many fit below the version strings.
const MEM_DESCS_MAX: usize = (VERSION - MEM_DESCS) / size_of::<MemDesc>();
/// Where the version strings start.
const VERSION: usize = 0x600;
/// Where the factors for the clock's code stand: microseconds, then nanoseconds.
const FACTORS: usize = 0x8f0;

/// The strings: the version, then the features that this kernel has.
const STRINGS: &str = concat!(
    "l4re-rs embedded kernel ",
    env!("CARGO_PKG_VERSION"),
    " (Fiasco interface, amd64)\0",
    "kernel:l4re-rs\0",
    // The version of the binary interface, which the words of the page do not tell.
    "abiver:3\0",
    "mapdb\0",
    "pf_tramp\0",
    "segments\0",
    "\0"
);

#[repr(C, align(4096))]
struct Page(UnsafeCell<[u8; PAGE_SIZE]>);

// SAFETY: written at start, before there is a second thread of control.
unsafe impl Sync for Page {}

static PAGE: Page = Page(UnsafeCell::new([0; PAGE_SIZE]));

/// The common start of the code that programs call for the time: ticks times the factor,
/// the product in rdx:rax. The factor is at `factor` in the page, the code at `place`.
const fn product(place: usize, factor: usize) -> [u8; 16] {
    // The distance is counted from the end of the multiplication, the 16th byte.
    let [d0, d1, d2, d3] = (factor as i32 - (place as i32 + 16)).to_le_bytes();
    [
        0x0f, 0x31, // rdtsc
        0x48, 0xc1, 0xe2, 0x20, // shl rdx, 32
        0x48, 0x09, 0xd0, // or rax, rdx
        0x48, 0xf7, 0x25, d0, d1, d2, d3, // mul qword ptr [rip + distance]
    ]
}

/// Microseconds: the product by 2^64.
const BY_2_64: [u8; 4] = [
    0x48, 0x89, 0xd0, // mov rax, rdx
    0xc3, // ret
];

/// Nanoseconds: the product by 2^32.
const BY_2_32: [u8; 6] = [
    0x48, 0x0f, 0xac, 0xd0, 0x20, // shrd rax, rdx, 32
    0xc3, // ret
];

/// The page under construction.
pub struct Builder {
    page: *mut u8,
    info: KernelInfo,
}

/// The physical address of the page.
pub fn phys() -> u64 {
    &raw const PAGE as u64 - KERNEL_OFFSET
}

impl Builder {
    /// Starts the page.
    pub fn new() -> Self {
        let page = phys_to_virt(phys());
        let mut this = Self {
            page,
            info: empty(),
        };
        this.info.magic = kip::MAGIC;
        this.info.version = kip::VERSION_FIASCO;
        this.info.offset_version_strings = (VERSION / 16) as u8;
        this.info.frequency_cpu = clock::khz();
        this.info.scheduler_granularity = 1000;
        this.info.mem_descs = MEM_DESCS as u32;
        this.info.platform_info[..3].copy_from_slice(b"pc\0");
        this.write(VERSION, STRINGS.as_bytes());
        let (us, ns) = clock::factors();
        this.write(FACTORS, &us.to_le_bytes());
        this.write(FACTORS + 8, &ns.to_le_bytes());
        let (read_us, read_ns) = (kip::OFFSET_READ_US, kip::OFFSET_READ_NS);
        let (us, ns) = (product(read_us, FACTORS), product(read_ns, FACTORS + 8));
        this.write(read_us, &us);
        this.write(read_us + us.len(), &BY_2_64);
        this.write(read_ns, &ns);
        this.write(read_ns + ns.len(), &BY_2_32);
        this
    }

    /// Adds a memory descriptor for `start ..= end`. One too many is left out, which the
    /// log tells.
    pub fn add_mem(&mut self, start: u64, end: u64, kind: u8, subtype: u8) {
        self.add(MemDesc::new(start, end, kind, subtype, false));
    }

    /// Adds the descriptor of the user's address space, `start ..= end`.
    pub fn add_user_space(&mut self, start: u64, end: u64) {
        self.add(MemDesc::new(start, end, memdesc::CONVENTIONAL, 0, true));
    }

    fn add(&mut self, desc: MemDesc) {
        let n = self.info.mem_descs_num as usize;
        if n >= MEM_DESCS_MAX {
            crate::log!(
                "[kernel] no room to describe memory {:#x}..={:#x}\n",
                desc.start(),
                desc.end()
            );
            return;
        }
        self.write(MEM_DESCS + n * size_of::<MemDesc>(), &desc.l.to_le_bytes());
        self.write(
            MEM_DESCS + n * size_of::<MemDesc>() + 8,
            &desc.h.to_le_bytes(),
        );
        self.info.mem_descs_num += 1;
    }

    /// Finishes the page.
    pub fn finish(mut self, sigma0_ip: u64, root_ip: u64, modules: u64) {
        self.info.sigma0_ip = sigma0_ip;
        self.info.root_ip = root_ip;
        self.info.user_ptr = modules;
        // SAFETY: the page is in the kernel's image, aligned, reached by its address in
        // the direct map, where the image's data can be written; nobody reads it yet.
        unsafe { self.page.cast::<KernelInfo>().write(self.info) };
    }

    fn write(&mut self, offset: usize, bytes: &[u8]) {
        debug_assert!(offset + bytes.len() <= PAGE_SIZE);
        for (n, byte) in bytes.iter().enumerate() {
            // SAFETY: the page is in the kernel's image, reached by its address in the direct map,
            // where the image's data can be written; nobody reads it yet. The callers in this file
            // stay within it.
            unsafe { self.page.add(offset + n).write(*byte) };
        }
    }
}

const fn empty() -> KernelInfo {
    // SAFETY: the structure is made of integers, of which zero is a value.
    unsafe { core::mem::zeroed() }
}

const _: () = assert!(VERSION + STRINGS.len() <= FACTORS && FACTORS + 16 <= kip::OFFSET_READ_US);
