//! The kernel information page.
#![allow(unsafe_code)]

use core::time::Duration;
use l4re_sys::{KernelInfo, MemDesc};

/// The kernel information page, mapped for as long as the program runs.
///
/// ```no_run
/// # fn f(env: &l4re::Env) {
/// let kip = env.kip();
/// l4re::println!("{}, {} us after its start", kip.name(), kip.clock_us());
/// # }
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Kip {
    /// Not a reference: the kernel writes to the page's clock.
    page: *const KernelInfo,
}

// SAFETY: the page is mapped for as long as the program runs, in all threads (`new`), and
// nobody but the kernel writes to it.
unsafe impl Send for Kip {}
// SAFETY: shared references read the same page (`Send`).
unsafe impl Sync for Kip {}

impl Kip {
    /// The page at an address; `None` if there is something else.
    ///
    /// # Safety
    /// A page is mapped at `page`, readable and executable, for as long as the program runs,
    /// and if it is a kernel information page it is the running kernel's.
    pub unsafe fn new(page: *const KernelInfo) -> Option<Self> {
        if page.is_null() {
            return None;
        }
        // SAFETY: a page is mapped there (the caller's contract), and the field never changes.
        let magic = unsafe { (&raw const (*page).magic).read() };
        (magic == l4re_sys::kip::MAGIC).then_some(Kip { page })
    }

    /// The address of the page.
    pub fn as_ptr(self) -> *const KernelInfo {
        self.page
    }

    #[cfg(test)]
    pub(crate) fn for_test() -> Self {
        #[repr(C, align(4096))]
        struct Page([u8; 4096]);
        let mut page = alloc::boxed::Box::new(Page([0; 4096]));
        page.0[..4].copy_from_slice(&l4re_sys::kip::MAGIC.to_le_bytes());
        page.0[8] = 0x20;
        page.0[0x200..0x21b].copy_from_slice(b"\x1b[1mL4 kernel\x1b[0m\nRev: 7\0x\0");
        let page: &'static mut Page = alloc::boxed::Box::leak(page);
        // SAFETY: the page is leaked; nothing on the host executes it.
        unsafe { Kip::new((&raw const *page).cast()) }.unwrap()
    }

    /// The head of the page, as it is now.
    pub fn raw(self) -> KernelInfo {
        // SAFETY: the page is mapped (`new`); volatile, since the kernel writes to the clock.
        unsafe { self.page.read_volatile() }
    }

    /// The first line of [`version`](Self::version), without what sets a terminal's colour.
    pub fn name(self) -> &'static str {
        const ESCAPE: u8 = 0x1b;
        // Byte by byte: the searches of `str` would make every small program larger.
        let text = self.version();
        let mut bytes = text.bytes();
        let mut start = 0;
        while text.as_bytes().get(start) == Some(&ESCAPE) {
            match bytes.position(|b| b == b'm') {
                Some(len) => start += len + 1,
                None => return "",
            }
        }
        let len = bytes.position(|b| b == ESCAPE || b == b'\n');
        let end = len.map_or(text.len(), |len| start + len);
        text.get(start..end).unwrap_or("")
    }

    /// The kernel's name and version, as it tells them: lines, maybe coloured.
    pub fn version(self) -> &'static str {
        // SAFETY: the page is a kernel information page, mapped for good (`new`), whose strings the
        // kernel does not change.
        unsafe { KernelInfo::strings(self.page) }
            .next()
            .unwrap_or("")
    }

    /// The names of the kernel's optional features.
    pub fn features(self) -> impl Iterator<Item = &'static str> {
        // SAFETY: the page is a kernel information page, mapped for good (`new`), whose strings the
        // kernel does not change.
        unsafe { KernelInfo::strings(self.page) }.skip(1)
    }

    /// The frequency of the processor in kHz; 0 if the kernel does not tell it.
    pub fn frequency_khz(self) -> u64 {
        // SAFETY: the page is mapped (`new`), and the field never changes.
        unsafe { (&raw const (*self.page).frequency_cpu).read() }
    }

    /// The machine's memory.
    pub fn mem_descs(self) -> &'static [MemDesc] {
        // SAFETY: the page is a kernel information page, mapped for good (`new`), whose descriptors
        // the kernel does not change.
        unsafe { KernelInfo::mem_descs(self.page) }
    }

    /// The time since the system started, in microseconds.
    pub fn clock_us(self) -> u64 {
        // SAFETY: the page is a kernel information page and executable (`new`).
        unsafe { l4re_sys::kip_clock_us(self.page) }
    }

    /// The time since the system started.
    pub fn clock(self) -> Duration {
        // SAFETY: the page is a kernel information page and executable (`new`).
        Duration::from_nanos(unsafe { l4re_sys::kip_clock_ns(self.page) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_end_where_they_end() {
        let kip = Kip::for_test();
        assert_eq!(kip.name(), "L4 kernel");
        assert!(kip.version().ends_with("Rev: 7"));
        assert_eq!(kip.features().collect::<alloc::vec::Vec<_>>(), ["x"]);
        assert!(kip.mem_descs().is_empty());
        l4re_sys::fake::set_clock(1_500_000);
        assert_eq!(kip.clock(), Duration::from_millis(1500));
    }
}
