//! The kernel information page.

use crate::memdesc::MemDesc;
use zerocopy::FromBytes;

abi! {
    in "l4/sys/kip.h" {
        /// The first word of the page.
        MAGIC: u32 = 0x4be6_344c => "L4_KERNEL_INFO_MAGIC";
        /// The version of Fiasco's interface, in the bits of [`VERSION_FIASCO_MASK`].
        VERSION_FIASCO: u32 = 0x8700_4444 => "L4_KIP_VERSION_FIASCO";
        /// The bits of the version that tell the interface.
        VERSION_FIASCO_MASK: u32 = 0xff00_ffff => "L4_KIP_VERSION_FIASCO_MASK";
        /// Where in the page the code stands that returns the time in microseconds.
        OFFSET_READ_US: usize = 0x900 => "L4_KIP_OFFS_READ_US";
        /// Where in the page the code stands that returns the time in nanoseconds.
        OFFSET_READ_NS: usize = 0x980 => "L4_KIP_OFFS_READ_NS";
    }
}

abi_struct! {
    /// The head of the kernel information page; version strings, memory descriptors and the
    /// code that reads the clock stand behind it in the page.
    pub struct KernelInfo = "l4_kernel_info_t" in "l4/sys/kip.h" {
        /// [`MAGIC`].
        magic: u32 => "magic",
        /// The version of the interface.
        version: u32 => "version",
        /// Where the version strings start, in units of 16 bytes.
        offset_version_strings: u8 => "offset_version_strings",
        /// Not used.
        fill0: [u8; 3] => "_fill0",
        /// Where the system-call code starts (32-bit machines), in units of 16 bytes.
        kip_sys_calls: u8 => "kip_sys_calls",
        /// The node of this kernel where several run.
        node: u8 => "node",
        /// Not used.
        fill1: [u8; 2] => "_fill1",
        /// Where sigma0 starts.
        sigma0_ip: u64 => "sigma0_ip",
        /// Where the root task starts.
        root_ip: u64 => "root_ip",
        /// The clock in microseconds; written by the kernel, if at all, at its own pace. Call
        /// the code at [`OFFSET_READ_US`] instead.
        clock_val: u64 => "_clock_val",
        /// The frequency of the processor in kHz.
        frequency_cpu: u64 => "frequency_cpu",
        /// The physical address of the ACPI root pointer, or 0.
        acpi_rsdp_addr: u64 => "acpi_rsdp_addr",
        /// The physical address of the device tree, or 0.
        dt_addr: u64 => "dt_addr",
        /// The physical address of the boot loader's information ([`l4mod`](crate::l4mod)).
        user_ptr: u64 => "user_ptr",
        /// Not used.
        res0: u64 => "_res0",
        /// The granularity of the scheduler in microseconds.
        scheduler_granularity: u32 => "scheduler_granularity",
        /// Where the memory descriptors start, in bytes from the page's start.
        mem_descs: u32 => "mem_descs",
        /// The number of memory descriptors.
        mem_descs_num: u32 => "mem_descs_num",
        /// Not used.
        res1: u32 => "_res1",
        /// Not used.
        res2: [u64; 2] => "_res2",
        /// The machine: its name, ended by 0, and (4 bytes) whether it has several processors.
        platform_info: [u8; 20] => "platform_info",
    }
}

/// How the string begins that tells the version of the kernel's binary interface.
const ABI_VERSION: &str = "abiver:";

impl KernelInfo {
    /// The unit of [`offset_version_strings`](Self::offset_version_strings), in bytes.
    pub const VERSION_STRING_UNIT: usize = 16;

    /// Where the version strings start, in bytes from the page's start.
    #[doc(alias = "l4_kernel_info_version_offset")]
    pub const fn version_offset(&self) -> usize {
        self.offset_version_strings as usize * Self::VERSION_STRING_UNIT
    }

    /// Whether this is a kernel information page.
    pub const fn is_valid(&self) -> bool {
        self.magic == MAGIC
    }

    /// The strings of a page: the kernel's version first, then its features.
    ///
    /// # Safety
    /// `page` is a kernel information page of 4 KiB that stays mapped for `'a`. Its strings do not
    /// change.
    #[doc(alias = "l4_kip_version_string")]
    #[doc(alias = "l4_kip_for_each_feature")]
    pub unsafe fn strings<'a>(page: *const KernelInfo) -> KipStrings<'a> {
        // SAFETY: the page starts with its head (the caller's contract); the field does not change.
        let start = unsafe { (&raw const (*page).offset_version_strings).read() };
        let start = usize::from(start) * Self::VERSION_STRING_UNIT;
        // SAFETY: the page is mapped for `'a`, and strings do not change (the caller's contract).
        let strings = unsafe { rest_of_page(page, start, crate::consts::PAGE_SIZE) };
        KipStrings { rest: strings }
    }

    /// The version of the kernel's binary interface, 3 for today's; 0 if no string tells it.
    ///
    /// # Safety
    /// `page` is a mapped kernel information page of 4 KiB. Its strings do not change.
    #[doc(alias = "l4util_kip_kernel_abi_version")]
    pub unsafe fn abi_version(page: *const KernelInfo) -> u64 {
        // SAFETY: the page is mapped, and its strings do not change (the caller's contract).
        let mut features = unsafe { Self::strings(page) }.skip(1);
        (features.find_map(|feature| feature.strip_prefix(ABI_VERSION)))
            .and_then(|number| number.parse().ok())
            .unwrap_or(0)
    }

    /// The memory descriptors of a page, those that lie in it.
    ///
    /// # Safety
    /// `page` is a kernel information page of 4 KiB that stays mapped for `'a`. Its descriptors do
    /// not change.
    #[doc(alias = "l4_kernel_info_get_mem_descs")]
    pub unsafe fn mem_descs<'a>(page: *const KernelInfo) -> &'a [MemDesc] {
        // SAFETY: the page starts with its head (the caller's contract); the fields do not change.
        let (start, count) = unsafe {
            let (start, count) = (
                &raw const (*page).mem_descs,
                &raw const (*page).mem_descs_num,
            );
            (start.read() as usize, count.read() as usize)
        };
        if !start.is_multiple_of(align_of::<MemDesc>()) {
            return &[];
        }
        // SAFETY: the page is mapped for `'a`, and descriptors do not change (the caller's
        // contract).
        let bytes =
            unsafe { rest_of_page(page, start, count.saturating_mul(size_of::<MemDesc>())) };
        let whole = bytes.len() / size_of::<MemDesc>() * size_of::<MemDesc>();
        // Aligned, and a multiple of the size: there is no reason to fail.
        <[MemDesc]>::ref_from_bytes(&bytes[..whole]).unwrap_or(&[])
    }
}

/// Up to `len` bytes of the page from `start` on: none if that is before the end of the clock,
/// which the kernel writes to, or behind the page.
///
/// # Safety
/// `page` is a kernel information page of 4 KiB that stays mapped for `'a`; what is there does not
/// change.
unsafe fn rest_of_page<'a>(page: *const KernelInfo, start: usize, len: usize) -> &'a [u8] {
    let room = crate::consts::PAGE_SIZE.saturating_sub(start);
    let behind_clock = core::mem::offset_of!(KernelInfo, frequency_cpu);
    if start < behind_clock || room == 0 {
        return &[];
    }
    // SAFETY: the bytes are in the page (`room`), which is mapped for `'a` (the caller's contract).
    unsafe { core::slice::from_raw_parts(page.cast::<u8>().add(start), len.min(room)) }
}

/// The version strings: each ends with a 0, and the last is followed by an empty one.
#[derive(Clone, Debug)]
pub struct KipStrings<'a> {
    rest: &'a [u8],
}

impl<'a> Iterator for KipStrings<'a> {
    type Item = &'a str;

    fn next(&mut self) -> Option<&'a str> {
        let len = self.rest.iter().position(|b| *b == 0)?;
        if len == 0 {
            return None;
        }
        let (string, rest) = self.rest.split_at(len);
        self.rest = rest.get(1..).unwrap_or(&[]);
        core::str::from_utf8(string).ok()
    }
}
