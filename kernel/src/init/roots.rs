//! The first programs: loading them as a boot loader would, and starting them.
//!
//! By default there is one, the root task, which has all memory. With `-sigma0` on the
//! kernel's command line there are two, as on L4Re's own system: sigma0, which has all
//! memory, and the root task, whose pager it is.

use super::modules::{Module, Modules, Taken};
use super::{Ram, Range};
use crate::arch::paging::phys_to_virt;
use crate::cap::{Cap, Rights};
use crate::kip;
use crate::mem::phys;
use crate::obj::factory::Factory;
use crate::obj::gate::GATES;
use crate::obj::task::Task;
use crate::obj::thread::{THREADS, Thread};
use crate::obj::thread_group::Destination;
use crate::obj::{self, Object};
use crate::util::budget::Budget;
use elf::ElfBytes;
use elf::abi::{EM_X86_64, ET_DYN, ET_EXEC, PF_R, PF_W, PF_X, PT_LOAD};
use elf::endian::LittleEndian;
use l4re_sys::cap::CapIdx;
use l4re_sys::elf::PT_L4_AUX;
use l4re_sys::elf_aux;
use l4re_sys::fpage::{Fpage, MemRights};
use l4re_sys::l4mod::{self, Mod, ModInfo};
use l4re_sys::{memdesc, utcb};

/// Where the UTCB of a first thread is.
const UTCB_AREA: u64 = 0x0000_7f00_0000_0000;
/// The priority of the first threads: above all that they start with less.
const PRIORITY: u8 = 255;
/// The label by which sigma0 knows the root task.
const ROOT_LABEL: u64 = 4 << 4;

/// A program that is loaded.
#[derive(Clone, Copy)]
struct Loaded {
    entry: u64,
    whole: Range,
}

/// What is needed to start the first programs.
pub struct First {
    sigma0: Option<Loaded>,
    root: Loaded,
}

/// Loads the first programs and describes the modules to the root task.
pub fn prepare(mut modules: Modules, ram: &Ram, taken: &mut Taken, mut kip: kip::Builder) -> First {
    let with_sigma0 = super::modules::cstr(modules.cmdline)
        .split(|byte| *byte == b' ')
        .any(|word| word == b"-sigma0");
    let sigma0 = with_sigma0.then(|| load(&mut modules, 0, "sigma0", true, ram, taken));
    let root_module = usize::from(with_sigma0);
    let name = "the root task";
    let root = load(&mut modules, root_module, name, !with_sigma0, ram, taken);
    let last = |range: Range| range.end - 1;
    match sigma0 {
        // The types tell sigma0 what is its own and what the root task may ask for.
        Some(sigma0) => {
            kip.add_mem(
                sigma0.whole.start,
                last(sigma0.whole),
                memdesc::DEDICATED,
                0,
            );
            kip.add_mem(
                root.whole.start,
                last(root.whole),
                memdesc::BOOTLOADER,
                MemRights::RWX.bits(),
            );
        }
        None => kip.add_mem(root.whole.start, last(root.whole), memdesc::DEDICATED, 0),
    }
    let info = describe(&modules, root_module, ram, taken, &mut kip);
    kip.finish(sigma0.map_or(0, |s| s.entry), root.entry, info);
    First { sigma0, root }
}

/// Loads a module's program: to where it is linked, or to where there is room if it does
/// not care. If it is the `first` one, which has all memory, its segments say what it may do with
/// its own image.
fn load(
    modules: &mut Modules,
    number: usize,
    name: &str,
    first: bool,
    ram: &Ram,
    taken: &mut Taken,
) -> Loaded {
    let Some(module) = modules.all().get(number).copied() else {
        panic!("there is no boot module {number}: it must be {name} (QEMU: -initrd {name},…)");
    };
    let elf = match ElfBytes::<LittleEndian>::minimal_parse(module.bytes()) {
        Ok(elf)
            if elf.ehdr.e_machine == EM_X86_64 && matches!(elf.ehdr.e_type, ET_EXEC | ET_DYN) =>
        {
            elf
        }
        _ => panic!("boot module {number}, {name}, is not a static x86-64 ELF program"),
    };
    let segments = || {
        elf.segments()
            .into_iter()
            .flatten()
            .filter(|s| s.p_type == PT_LOAD)
    };
    let linked = Range {
        start: segments().map(|s| s.p_paddr & !4095).min().unwrap_or(0),
        end: segments()
            .map(|s| s.p_paddr.saturating_add(s.p_memsz))
            .max()
            .unwrap_or(0)
            .next_multiple_of(4096),
    };
    let size = linked.end.saturating_sub(linked.start);
    let whole = if elf.ehdr.e_type == ET_DYN {
        let Some(start) = ram.place(size, taken.as_slice()) else {
            panic!("no memory to load {name} of {size} bytes to");
        };
        Range {
            start,
            end: start + size,
        }
    } else {
        let fits = ram
            .all()
            .iter()
            .any(|r| r.start <= linked.start && linked.end <= r.end);
        if !fits
            || taken
                .fixed()
                .any(|t| t.start < linked.end && linked.start < t.end)
        {
            panic!(
                "{name} is linked to {:#x}..{:#x}, where there is no free memory",
                linked.start, linked.end
            );
        }
        linked
    };
    // The file may move: what is needed of it after that is read before.
    let offset = whole.start.wrapping_sub(linked.start);
    let entry = elf.ehdr.e_entry.wrapping_add(offset);
    move_away(modules, whole, ram, taken);
    taken.add(whole);
    let module = modules.all().get(number).copied().unwrap_or(module);
    let Ok(elf) = ElfBytes::<LittleEndian>::minimal_parse(module.bytes()) else {
        panic!("boot module {number} was spoilt");
    };
    // SAFETY: the range was found to be RAM that nothing is in, below 4 GiB.
    unsafe { phys_to_virt(whole.start).write_bytes(0, size as usize) };
    for segment in elf
        .segments()
        .into_iter()
        .flatten()
        .filter(|s| s.p_type == PT_LOAD)
    {
        let filled = segment.p_offset
            ..segment
                .p_offset
                .saturating_add(segment.p_filesz.min(segment.p_memsz));
        let Some(bytes) = module
            .bytes()
            .get(filled.start as usize..filled.end as usize)
        else {
            panic!("the file of {name} is cut off");
        };
        let to = phys_to_virt(segment.p_paddr.wrapping_add(offset));
        // SAFETY: the range was found to be RAM that nothing is in, below 4 GiB, and a segment
        // lies in the range by the range's making.
        unsafe { to.copy_from_nonoverlapping(bytes.as_ptr(), bytes.len()) };
    }
    if first {
        protect(&elf, module.bytes(), offset, name);
    }
    Loaded { entry, whole }
}

/// Lets the first program do with its image what its segments say, and nothing with the pages
/// that it wants to stay free: the guards of its stacks.
fn protect(elf: &ElfBytes<'_, LittleEndian>, file: &[u8], offset: u64, name: &str) {
    let mut known = true;
    for segment in elf.segments().into_iter().flatten() {
        let start = segment.p_paddr.wrapping_add(offset);
        let end = start.saturating_add(segment.p_memsz).next_multiple_of(4096);
        if segment.p_type == PT_LOAD {
            let mut rights = MemRights::empty();
            for (flag, right) in [
                (PF_R, MemRights::R),
                (PF_W, MemRights::RW),
                (PF_X, MemRights::RX),
            ] {
                if segment.p_flags & flag != 0 {
                    rights |= right;
                }
            }
            known &= phys::add_part(start & !4095, end, rights);
        }
        if segment.p_type == PT_L4_AUX {
            let bytes = segment.p_offset..segment.p_offset.saturating_add(segment.p_filesz);
            let elements = file.get(bytes.start as usize..bytes.end as usize);
            for (first, last) in reserved(elements.unwrap_or(&[])) {
                let (first, last) = (first.wrapping_add(offset), last.wrapping_add(offset));
                known &= phys::add_guard(first, last.saturating_add(1));
            }
        }
    }
    assert!(known, "{name} has too many segments");
}

/// The first and last addresses of the ranges that ELF-aux elements want to stay free.
fn reserved(mut elements: &[u8]) -> impl Iterator<Item = (u64, u64)> {
    let word = |bytes: &[u8], index: usize| {
        let bytes = bytes.get(index * 8..index * 8 + 8)?;
        Some(u64::from_le_bytes(bytes.try_into().ok()?))
    };
    core::iter::from_fn(move || {
        loop {
            let (kind, length) = (word(elements, 0)?, word(elements, 1)?);
            let length = usize::try_from(length)
                .ok()
                .filter(|length| *length >= 16)?;
            let (element, rest) = elements.split_at_checked(length)?;
            elements = rest;
            if kind == elf_aux::VMA {
                return Some((word(element, 2)?, word(element, 3)?));
            }
        }
    })
}

/// Moves the modules that lie where a program is to be.
fn move_away(modules: &mut Modules, whole: Range, ram: &Ram, taken: &mut Taken) {
    for module in modules.all_mut() {
        if module.start >= whole.end || module.end <= whole.start {
            continue;
        }
        let length = module.end - module.start;
        let size = length.next_multiple_of(4096);
        taken.add(whole);
        let Some(place) = ram.place(size, taken.as_slice()) else {
            panic!("no memory to move a boot module of {size} bytes to");
        };
        let bytes = module.bytes();
        // SAFETY: `place` found RAM that nothing is in.
        unsafe { phys_to_virt(place).copy_from_nonoverlapping(bytes.as_ptr(), bytes.len()) };
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
fn describe(
    modules: &Modules,
    root: usize,
    ram: &Ram,
    taken: &mut Taken,
    kip: &mut kip::Builder,
) -> u64 {
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
    let rights = MemRights::RWX.bits();
    let list = place + size_of::<ModInfo>() as u64;
    let mut text = list + (count * size_of::<Mod>()) as u64;
    for (n, module) in modules.all().iter().enumerate() {
        let line = module.cmdline();
        let flags = match n {
            n if n == root => l4mod::MOD_ROOTTASK,
            n if n < root => l4mod::MOD_SIGMA0,
            _ => l4mod::MOD_UNSPEC,
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
        // The first programs' own files were copied: their memory is free again.
        if n > root && module.end > module.start {
            let last = module.end.next_multiple_of(4096) - 1;
            kip.add_mem(module.start & !4095, last, memdesc::BOOTLOADER, rights);
        }
    }
    // SAFETY: both places lie in the pages just taken, whose size was counted so.
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
    kip.add_mem(place, place + size - 1, memdesc::BOOTLOADER, rights);
    place
}

/// Makes the first tasks and their threads; returns the thread to run first.
pub fn start(first: First, heap: u64) -> &'static Thread {
    let made = || -> Option<&'static Thread> {
        let factory = Factory::make_root(heap)?;
        let owner = first.sigma0.unwrap_or(first.root);
        let (task, thread) = start_program(factory, owner.entry)?;
        task.make_root();
        // As Fiasco starts sigma0: the page's address is the only argument.
        thread.update_regs(|regs| regs.rdi = kip::phys());
        if first.sigma0.is_some() {
            let gate = obj::create(&GATES, factory)?;
            gate.init();
            gate.bind(Destination::of(Object::Thread(thread))?, ROOT_LABEL);
            let (root, root_thread) = start_program(factory, first.root.entry)?;
            let pager = CapIdx::PAGER;
            root.caps.set(
                pager.index() as usize,
                Cap::new(Object::Gate(gate), Rights::ALL),
                root.account(),
            )?;
            root_thread.pager.set(pager);
            root_thread.exc_handler.set(pager);
            root_thread.start(PRIORITY);
        }
        thread.start(PRIORITY);
        Some(thread)
    };
    match made() {
        Some(thread) => thread,
        None => panic!("no memory for the first task"),
    }
}

fn start_program(
    factory: &'static Factory,
    entry: u64,
) -> Option<(&'static Task, &'static Thread)> {
    let area = Fpage::memory(UTCB_AREA, 12, MemRights::RW);
    let Ok(Object::Task(task)) = factory.create_task(area) else {
        return None;
    };
    let thread = obj::create(&THREADS, factory)?;
    thread.init();
    let caps = [
        (CapIdx::TASK, Object::Task(task)),
        (CapIdx::FACTORY, Object::Factory(factory)),
        (CapIdx::THREAD, Object::Thread(thread)),
        (CapIdx::LOG, Object::Vcon),
        (CapIdx::ICU, Object::Icu),
        (CapIdx::SCHEDULER, Object::Scheduler),
        (CapIdx::DEBUGGER, Object::Debugger),
    ];
    for (index, object) in caps {
        task.caps.set(
            index.index() as usize,
            Cap::new(object, Rights::ALL),
            task.account(),
        )?;
    }
    task.map_area(&Budget::of_one_stay()).ok()?;
    let address = UTCB_AREA + utcb::SIZE as u64;
    thread.bind(task, task.find_utcb(address)?, address);
    thread.update_regs(|regs| regs.ip = entry);
    Some((task, thread))
}
