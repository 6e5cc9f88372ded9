//! The modules that the boot loader brought.

use super::Range;
use crate::arch::paging::phys_to_virt;
use l4re_sys::multiboot as mb;

/// How many modules there can be.
pub const MAX_MODULES: usize = 64;

/// A module: where it lies, and its command line, which ends with a zero.
#[derive(Clone, Copy, Default)]
pub struct Module {
    /// Where it lies.
    pub start: u64,
    /// The first address behind.
    pub end: u64,
    /// The address of the command line.
    pub cmdline: u64,
}

impl Module {
    /// The contents.
    pub fn bytes(&self) -> &'static [u8] {
        // SAFETY: the boot loader put the module there, below 4 GiB, which is mapped for
        // ever; nobody writes to it before the first task runs.
        unsafe {
            core::slice::from_raw_parts(phys_to_virt(self.start), (self.end - self.start) as usize)
        }
    }

    /// The command line, without its zero.
    pub fn cmdline(&self) -> &'static [u8] {
        cstr(self.cmdline)
    }
}

/// The bytes at a physical address up to the first zero, 4095 at most.
pub fn cstr(addr: u64) -> &'static [u8] {
    if addr == 0 {
        return &[];
    }
    let start = phys_to_virt(addr);
    let mut length = 0;
    // SAFETY: the boot loader's strings lie in mapped memory and end with a zero.
    unsafe {
        while length < 4095 && start.add(length).read() != 0 {
            length += 1;
        }
        core::slice::from_raw_parts(start, length)
    }
}

/// The modules, in order.
pub struct Modules {
    list: [Module; MAX_MODULES],
    count: usize,
    /// The kernel's own command line.
    pub cmdline: u64,
}

impl Modules {
    /// Reads the boot loader's list.
    pub fn read(info: &mb::MbInfo) -> Self {
        let mut modules = Self {
            list: [Module::default(); MAX_MODULES],
            count: 0,
            cmdline: 0,
        };
        if info.flags & mb::CMDLINE != 0 {
            modules.cmdline = u64::from(info.cmdline);
        }
        if info.flags & mb::MODS == 0 {
            return modules;
        }
        for n in 0..u64::from(info.mods_count) {
            let entry = phys_to_virt(u64::from(info.mods_addr) + n * size_of::<mb::MbMod>() as u64);
            // SAFETY: multiboot: an array of that many entries, in mapped memory.
            let entry = unsafe { entry.cast::<mb::MbMod>().read_unaligned() };
            let Some(slot) = modules.list.get_mut(modules.count) else {
                panic!("more than {MAX_MODULES} boot modules");
            };
            *slot = Module {
                start: u64::from(entry.mod_start),
                end: u64::from(entry.mod_end.max(entry.mod_start)),
                cmdline: u64::from(entry.cmdline),
            };
            modules.count += 1;
        }
        modules
    }

    /// All of them.
    pub fn all(&self) -> &[Module] {
        self.list.get(..self.count).unwrap_or(&[])
    }

    /// All of them, to be moved.
    pub fn all_mut(&mut self) -> &mut [Module] {
        self.list.get_mut(..self.count).unwrap_or(&mut [])
    }

    /// How much they hold together.
    pub fn bytes(&self) -> u64 {
        self.all().iter().map(|m| m.end - m.start).sum()
    }

    /// What is in use: the image, the modules, and the first MiB with what the boot
    /// loader and the firmware left there.
    pub fn ranges(&self, image: Range) -> Taken {
        let mut taken = Taken {
            ranges: [Range::default(); MAX_MODULES + 8],
            count: 0,
        };
        taken.add(image);
        taken.add(Range {
            start: 0,
            end: super::MIB,
        });
        for module in self.all() {
            taken.add(Range {
                start: module.start & !4095,
                end: module.end.next_multiple_of(4096),
            });
            // The boot loader's strings stand behind the modules, or anywhere.
            let line = module.cmdline;
            taken.add_if_room(Range {
                start: line & !4095,
                end: (line + 4096).next_multiple_of(4096),
            });
        }
        taken
    }
}

/// Memory in use.
pub struct Taken {
    ranges: [Range; MAX_MODULES + 8],
    count: usize,
}

impl Taken {
    /// Notes a range.
    pub fn add(&mut self, range: Range) {
        match self.ranges.get_mut(self.count) {
            Some(slot) => {
                *slot = range;
                self.count += 1;
            }
            None => panic!("too many ranges of memory in use at start"),
        }
    }

    /// Notes a range unless it lies in one already.
    fn add_if_room(&mut self, range: Range) {
        let known = self
            .as_slice()
            .iter()
            .any(|t| t.start <= range.start && range.end <= t.end);
        if !known && self.count + 6 < self.ranges.len() {
            self.add(range);
        }
    }

    /// What cannot be moved: the kernel's image, the first MiB, and the kernel's heap,
    /// which was noted last.
    pub fn fixed(&self) -> impl Iterator<Item = &Range> {
        let all = self.as_slice();
        all.iter().take(2).chain(all.last())
    }

    /// All of them.
    pub fn as_slice(&self) -> &[Range] {
        self.ranges.get(..self.count).unwrap_or(&[])
    }
}
