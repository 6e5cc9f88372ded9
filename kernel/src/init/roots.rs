//! The first programs: loading them as a boot loader would, and starting them.

use super::modules::{Module, Modules, Taken};
use super::{Ram, Range};
use crate::arch::paging::phys_to_virt;
use crate::cap::{Cap, Rights};
use crate::kip;
use crate::obj::factory::Factory;
use crate::obj::thread::{THREADS, Thread};
use crate::obj::{self, Object};
use elf::ElfBytes;
use elf::abi::{EM_X86_64, ET_EXEC, PT_LOAD};
use elf::endian::LittleEndian;
use l4re_sys::cap::CapIdx;
use l4re_sys::fpage::{Fpage, MemRights};
use l4re_sys::l4mod::{self, Mod, ModInfo};
use l4re_sys::{memdesc, utcb};

/// Where the UTCB of the first thread is.
const UTCB_AREA: u64 = 0x0000_7f00_0000_0000;
/// The first task's priority: above all that it starts with less.
const ROOT_PRIORITY: u8 = 255;

/// What is needed to start the first program.
pub struct First {
    entry: u64,
}

/// Loads the first program to where it is linked and describes the modules to it.
pub fn prepare(mut modules: Modules, ram: &Ram, taken: &mut Taken, mut kip: kip::Builder) -> First {
    let Some(root) = modules.all().first().copied() else {
        panic!("no boot modules: the first one must be the root task (QEMU: -initrd root-task,…)");
    };
    let elf = match ElfBytes::<LittleEndian>::minimal_parse(root.bytes()) {
        Ok(elf) if elf.ehdr.e_machine == EM_X86_64 && elf.ehdr.e_type == ET_EXEC => elf,
        _ => panic!("the first boot module is not a static x86-64 ELF program"),
    };
    let segments = || {
        elf.segments()
            .into_iter()
            .flatten()
            .filter(|s| s.p_type == PT_LOAD)
    };
    let mut whole = Range {
        start: u64::MAX,
        end: 0,
    };
    for segment in segments() {
        whole.start = whole.start.min(segment.p_paddr & !4095);
        whole.end = whole.end.max(
            segment
                .p_paddr
                .saturating_add(segment.p_memsz)
                .next_multiple_of(4096),
        );
    }
    let fits = ram
        .all()
        .iter()
        .any(|r| r.start <= whole.start && whole.end <= r.end);
    if !fits
        || taken
            .fixed()
            .any(|t| t.start < whole.end && whole.start < t.end)
    {
        panic!(
            "the root task is linked to {:#x}..{:#x}, where there is no free memory",
            whole.start, whole.end
        );
    }
    move_away(&mut modules, whole, ram, taken);
    let root = modules.all().first().copied().unwrap_or(root);
    for segment in segments() {
        load(
            &root,
            segment.p_offset,
            segment.p_paddr,
            segment.p_filesz,
            segment.p_memsz,
        );
    }
    taken.add(whole);
    kip.add_mem(whole.start, whole.end - 1, memdesc::DEDICATED, 0);
    let info = describe(&modules, ram, taken, &mut kip);
    kip.finish(0, elf.ehdr.e_entry, info);
    First {
        entry: elf.ehdr.e_entry,
    }
}

fn load(module: &Module, offset: u64, to: u64, filled: u64, size: u64) {
    let bytes = module.bytes();
    let end = offset.saturating_add(filled.min(size));
    let Some(part) = bytes.get(offset as usize..end as usize) else {
        panic!("the root task's file is cut off");
    };
    // SAFETY: the caller found the range to be RAM that nothing else is in, below 4 GiB.
    unsafe {
        let to = phys_to_virt(to);
        to.copy_from_nonoverlapping(part.as_ptr(), part.len());
        to.add(part.len())
            .write_bytes(0, size as usize - part.len());
    }
}

/// Moves the modules that lie where the first program is to be.
fn move_away(modules: &mut Modules, whole: Range, ram: &Ram, taken: &mut Taken) {
    for module in modules.all_mut() {
        if module.start >= whole.end || module.end <= whole.start {
            continue;
        }
        let size = (module.end - module.start).next_multiple_of(4096);
        taken.add(whole);
        let Some(place) = ram.place(size, taken.as_slice()) else {
            panic!("no memory to move a boot module of {size} bytes to");
        };
        // SAFETY: `place` found RAM that nothing is in.
        unsafe {
            phys_to_virt(place)
                .copy_from_nonoverlapping(module.bytes().as_ptr(), module.bytes().len());
        }
        let length = module.end - module.start;
        *module = Module {
            start: place,
            end: place + length,
            cmdline: module.cmdline,
        };
        taken.add(Range {
            start: place,
            end: place + size,
        });
    }
}

/// Writes the list of modules as L4Re's boot loader does; returns its address.
fn describe(modules: &Modules, ram: &Ram, taken: &mut Taken, kip: &mut kip::Builder) -> u64 {
    let count = modules.all().len();
    let lines: usize = modules.all().iter().map(|m| m.cmdline().len() + 1).sum();
    let size = size_of::<ModInfo>() + count * size_of::<Mod>() + lines + 64;
    let size = (size as u64).next_multiple_of(4096);
    let Some(place) = ram.place(size, taken.as_slice()) else {
        panic!("no memory for the list of boot modules");
    };
    taken.add(Range {
        start: place,
        end: place + size,
    });
    let list = place + size_of::<ModInfo>() as u64;
    let mut text = list + (count * size_of::<Mod>()) as u64;
    for (n, module) in modules.all().iter().enumerate() {
        let line = module.cmdline();
        let flags = if n == 0 {
            l4mod::MOD_ROOTTASK
        } else {
            l4mod::MOD_UNSPEC
        };
        let entry = Mod {
            flags,
            mod_start: module.start,
            mod_end: module.end,
            cmdline: text,
        };
        // SAFETY: all is written into the pages just taken, whose size was counted so.
        unsafe {
            phys_to_virt(list).cast::<Mod>().add(n).write(entry);
            let to = phys_to_virt(text);
            to.copy_from_nonoverlapping(line.as_ptr(), line.len());
            to.add(line.len()).write(0);
        }
        text += line.len() as u64 + 1;
        if module.end > module.start {
            let last = module.end.next_multiple_of(4096) - 1;
            kip.add_mem(module.start & !4095, last, memdesc::BOOTLOADER, 0);
        }
    }
    // SAFETY: as above.
    unsafe {
        phys_to_virt(text).write(0);
        phys_to_virt(place).cast::<ModInfo>().write(ModInfo {
            flags: 0,
            cmdline: text,
            mods_addr: list,
            mods_count: count as u32,
            pad: 0,
            vbe_ctrl_info: 0,
            vbe_mode_info: 0,
        });
    }
    kip.add_mem(place, place + size - 1, memdesc::BOOTLOADER, 0);
    place
}

/// Makes the first task, which has all memory, and its thread.
pub fn start(first: First, heap: u64) -> &'static Thread {
    let made = || -> Option<&'static Thread> {
        let factory = Factory::make_root(heap)?;
        let area = Fpage::memory(UTCB_AREA, 12, MemRights::RW);
        let Ok(Object::Task(task)) = factory.create_task(area) else {
            return None;
        };
        task.make_root();
        let thread = obj::create(&THREADS, factory)?;
        thread.init();
        let caps = [
            (CapIdx::TASK, Object::Task(task)),
            (CapIdx::FACTORY, Object::Factory(factory)),
            (CapIdx::THREAD, Object::Thread(thread)),
            (CapIdx::LOG, Object::Vcon),
            (CapIdx::ICU, Object::Icu),
            (CapIdx::SCHEDULER, Object::Scheduler),
        ];
        for (index, object) in caps {
            task.caps
                .set(index.index() as usize, Cap::new(object, Rights::ALL))?;
        }
        let address = UTCB_AREA + utcb::SIZE as u64;
        thread.bind(task, task.find_utcb(address)?, address);
        thread.with_regs(|regs| {
            regs.ip = first.entry;
            // As Fiasco starts sigma0: the page's address is the only argument.
            regs.rdi = kip::phys();
        });
        Some(thread)
    };
    match made() {
        Some(thread) => {
            thread.start(ROOT_PRIORITY);
            thread
        }
        None => panic!("no memory for the first task"),
    }
}
