//! Checks on an ELF file before it is booted, so that a wrong one gets its own message.

use std::fs;
use std::path::Path;

use object::elf::{
    DT_NEEDED, DT_NULL, EM_386, EM_AARCH64, EM_ARM, EM_RISCV, EM_X86_64, ET_DYN, ET_EXEC,
    FileHeader64, PT_DYNAMIC, PT_INTERP, PT_LOAD, ProgramHeader64,
};
use object::read::elf::{Dyn, FileHeader, ProgramHeader};
use object::{Endianness, elf};

use crate::status::{self, Failure};

/// End of what a program can use of its address space.
const USER_END: u64 = 0x7fff_ffff_f000;
const PAGE: u64 = 4096;
/// What kernel, root task and the firmware's tables take, generously.
const SYSTEM_MEMORY: u64 = 12 << 20;

/// What a boot of a program needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Needs {
    /// Size of the file, which stays in memory as a boot module.
    pub file: u64,
    /// Size of its segments in memory.
    pub image: u64,
}

/// Checks that a file is a program that the target's loaders can start.
pub fn check(file: &Path) -> anyhow::Result<Needs> {
    let data = fs::read(file).map_err(|error| {
        Failure::error(
            status::NO_FILE,
            format!("cannot read {}: {error}", file.display()),
        )
    })?;
    check_bytes(&data)
        .map_err(|(status, reason)| Failure::error(status, format!("{}: {reason}", file.display())))
}

/// Checks that all programs together leave room in a machine with `memory` bytes.
pub fn check_memory(programs: &[(String, Needs)], memory: u64) -> anyhow::Result<()> {
    let total = (programs.iter()).fold(SYSTEM_MEMORY, |sum, (_, needs)| {
        sum.saturating_add(needs.file).saturating_add(needs.image)
    });
    if total <= memory {
        return Ok(());
    }
    let mib = |bytes: u64| bytes.div_ceil(1 << 20);
    let mut message = format!(
        "does not fit in memory: {} MiB are needed, the machine has {} MiB",
        mib(total),
        mib(memory)
    );
    for (name, needs) in programs {
        message += &format!(
            "\n  {name}: file {} MiB, in memory {} MiB",
            mib(needs.file),
            mib(needs.image)
        );
    }
    message += "\n  give the machine more with --mem, or strip the file";
    Err(Failure::error(status::NO_MEMORY, message))
}

/// The type of a segment with ELF-aux elements (`PT_L4_AUX`), and that of the one which tells the
/// size of the first thread's stack (`L4RE_ELF_AUX_T_STACK_SIZE`).
const PT_L4_AUX: u32 = l4re_sys::elf::PT_L4_AUX;
const STACK_SIZE: u64 = l4re_sys::elf_aux::STACK_SIZE;

/// A program's file, changed so that its first thread's stack has `size` bytes.
pub fn with_stack(file: &Path, size: u64) -> anyhow::Result<Vec<u8>> {
    let mut data = fs::read(file)?;
    let Some(at) = stack_size_place(&data) else {
        return Err(Failure::error(
            status::BROKEN_ELF,
            format!(
                "{}: its manifest tells the size of its stack, but it has no element that can be set; \
                 link it with this project's start code",
                file.display()
            ),
        ));
    };
    if let Some(place) = data.get_mut(at..at + 8) {
        place.copy_from_slice(&size.to_le_bytes());
    }
    Ok(data)
}

/// Where the element stands in a file that counts: the last.
fn stack_size_place(data: &[u8]) -> Option<usize> {
    let header = FileHeader64::<Endianness>::parse(data).ok()?;
    let endian = header.endian().ok()?;
    let segments = header.program_headers(endian, data).ok()?;
    let (offset, size) = (segments.iter())
        .find(|segment| segment.p_type(endian).0 == PT_L4_AUX)?
        .file_range(endian);
    let (mut at, end) = (usize::try_from(offset).ok()?, offset.checked_add(size)?);
    let end = usize::try_from(end).ok()?;
    let word = |at: usize| Some(u64::from_le_bytes(data.get(at..at + 8)?.try_into().ok()?));
    let mut found = None;
    while at + 16 <= end {
        let (kind, length) = (word(at)?, usize::try_from(word(at + 8)?).ok()?);
        if kind == l4re_sys::elf_aux::NONE || length < 16 || length > end - at {
            break;
        }
        if kind == STACK_SIZE && length >= 24 {
            found = Some(at + 16);
        }
        at += length;
    }
    found
}

fn check_bytes(data: &[u8]) -> Result<Needs, (u8, String)> {
    let broken = |what: &str| (status::BROKEN_ELF, format!("broken ELF file: {what}"));
    if data.get(..4) != Some(&elf::ELFMAG[..]) {
        return Err((status::NOT_ELF, "not an ELF file".to_owned()));
    }
    let Some(&[class, order]) = data.get(4..6) else {
        return Err(broken("it ends within its first bytes"));
    };
    wrong_kind(data, class, order)?;
    let header = FileHeader64::<Endianness>::parse(data)
        .map_err(|_| broken("it is cut off within the file header"))?;
    let endian = header.endian().map_err(|_| broken("unknown byte order"))?;
    let segments = header
        .program_headers(endian, data)
        .map_err(|_| broken("it is cut off within the program headers"))?;
    let has = |kind| (segments.iter()).any(|segment| segment.p_type(endian) == kind);
    if has(PT_INTERP) || needs_libraries(segments, endian, data) {
        return Err((
            status::WRONG_MACHINE,
            "a dynamically linked program; only static ones can be booted. One of this computer's own \
             system? Build it for x86_64-l4re-uclibc, or link it with -static (with -static-pie if \
             it is position-independent)"
                .to_owned(),
        ));
    }
    let kind = header.e_type(endian);
    if kind != ET_EXEC && !(kind == ET_DYN && header.e_entry(endian) != 0) {
        return Err((
            status::WRONG_MACHINE,
            "not a program (it may be a library or an object file)".to_owned(),
        ));
    }
    let mut image = 0u64;
    let mut entry_found = false;
    let file_size = data.len() as u64;
    for segment in segments
        .iter()
        .filter(|segment| segment.p_type(endian) == PT_LOAD)
    {
        let (offset, in_file) = segment.file_range(endian);
        let end = offset
            .checked_add(in_file)
            .ok_or_else(|| broken("a segment's size is out of range"))?;
        if end > file_size {
            return Err(broken(&format!(
                "it is cut off: a segment ends at byte {end} of the file, which has {file_size}"
            )));
        }
        let (start, size) = (segment.p_vaddr(endian), segment.p_memsz(endian));
        if in_file > size {
            return Err(broken("a segment is smaller in memory than in the file"));
        }
        let end = match start.checked_add(size) {
            Some(end) if end <= USER_END => end,
            _ => {
                return Err((
                    status::NO_MEMORY,
                    format!(
                        "does not fit in memory: a segment of {size} bytes at {start:#x} leaves the address space"
                    ),
                ));
            }
        };
        entry_found |= (start..end).contains(&header.e_entry(endian));
        image += end.next_multiple_of(PAGE) - start / PAGE * PAGE;
    }
    if !entry_found {
        return Err(broken("its entry point lies in none of its segments"));
    }
    Ok(Needs {
        file: file_size,
        image,
    })
}

/// Whether the file names shared libraries that it needs.
fn needs_libraries(
    segments: &[ProgramHeader64<Endianness>],
    endian: Endianness,
    data: &[u8],
) -> bool {
    (segments.iter())
        .filter(|segment| segment.p_type(endian) == PT_DYNAMIC)
        .filter_map(|segment| segment.dynamic(endian, data).ok().flatten())
        .flat_map(|entries| {
            entries
                .iter()
                .take_while(|entry| entry.d_tag(endian) != DT_NULL)
        })
        .any(|entry| entry.d_tag(endian) == DT_NEEDED)
}

/// Refuses an ELF file of another word size, byte order or machine.
fn wrong_kind(data: &[u8], class: u8, order: u8) -> Result<(), (u8, String)> {
    let little = order == elf::ELFDATA2LSB.0;
    let machine = match data.get(18..20) {
        Some(&[a, b]) if little => u16::from_le_bytes([a, b]),
        Some(&[a, b]) => u16::from_be_bytes([a, b]),
        _ => {
            return Err((
                status::BROKEN_ELF,
                "broken ELF file: it is cut off within the file header".to_owned(),
            ));
        }
    };
    if class == elf::ELFCLASS64.0 && little && machine == EM_X86_64.0 {
        return Ok(());
    }
    let name = match machine {
        m if m == EM_X86_64.0 => "x86-64".to_owned(),
        m if m == EM_386.0 => "x86 (32 bit)".to_owned(),
        m if m == EM_AARCH64.0 => "AArch64".to_owned(),
        m if m == EM_ARM.0 => "Arm (32 bit)".to_owned(),
        m if m == EM_RISCV.0 => "RISC-V".to_owned(),
        m => format!("machine number {m}"),
    };
    let bits = if class == elf::ELFCLASS64.0 { 64 } else { 32 };
    let order = if little { "little" } else { "big" };
    Err((
        status::WRONG_MACHINE,
        format!(
            "an ELF file for {name}, {bits} bit, {order} endian; this system runs x86-64 programs"
        ),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A program of one segment, with room for changes.
    fn program() -> Vec<u8> {
        let mut data = vec![0u8; 0x2000];
        data[..7].copy_from_slice(&[0x7f, b'E', b'L', b'F', 2, 1, 1]);
        put(&mut data, 16, 2, ET_EXEC.0.into());
        put(&mut data, 18, 2, EM_X86_64.0.into());
        put(&mut data, 24, 8, 0x0100_0100);
        put(&mut data, 32, 8, 64);
        put(&mut data, 52, 2, 64);
        put(&mut data, 54, 2, 56);
        put(&mut data, 56, 2, 1);
        put(&mut data, 64, 4, PT_LOAD.0.into());
        put(&mut data, 64 + 16, 8, 0x0100_0000);
        put(&mut data, 64 + 32, 8, 0x2000);
        put(&mut data, 64 + 40, 8, 0x2001);
        data
    }

    fn put(data: &mut [u8], at: usize, size: usize, value: u64) {
        data[at..at + size].copy_from_slice(&value.to_le_bytes()[..size]);
    }

    fn changed(at: usize, size: usize, value: u64) -> Result<Needs, u8> {
        let mut data = program();
        put(&mut data, at, size, value);
        check_bytes(&data).map_err(|(status, _)| status)
    }

    #[test]
    fn a_program_is_measured() {
        let needs = check_bytes(&program()).unwrap();
        assert_eq!(
            needs,
            Needs {
                file: 0x2000,
                image: 0x3000
            }
        );
    }

    #[test]
    fn wrong_files_are_told_apart() {
        assert_eq!(changed(0, 4, 0), Err(status::NOT_ELF));
        assert_eq!(changed(4, 1, 1), Err(status::WRONG_MACHINE));
        assert_eq!(
            changed(18, 2, EM_AARCH64.0.into()),
            Err(status::WRONG_MACHINE)
        );
        assert_eq!(changed(16, 2, 1), Err(status::WRONG_MACHINE));
        assert_eq!(
            changed(64, 4, PT_INTERP.0.into()),
            Err(status::WRONG_MACHINE)
        );
        assert_eq!(changed(24, 8, 0x5000_0000), Err(status::BROKEN_ELF));
        assert_eq!(changed(64 + 40, 8, 0x1000), Err(status::BROKEN_ELF));
        assert_eq!(changed(64 + 8, 8, u64::MAX), Err(status::BROKEN_ELF));
        assert_eq!(changed(64 + 40, 8, u64::MAX), Err(status::NO_MEMORY));
    }

    #[test]
    fn position_independent_programs_are_told_from_libraries() {
        let mut data = program();
        put(&mut data, 16, 2, ET_DYN.0.into());
        assert!(check_bytes(&data).is_ok());
        // What needs libraries, without a dynamic linker's name.
        put(&mut data, 56, 2, 2);
        let dynamic = 64 + 56;
        put(&mut data, dynamic, 4, PT_DYNAMIC.0.into());
        put(&mut data, dynamic + 8, 8, 0x400);
        put(&mut data, dynamic + 32, 8, 32);
        assert!(check_bytes(&data).is_ok());
        put(&mut data, 0x400, 8, DT_NEEDED.0 as u64);
        let (status, reason) = check_bytes(&data).unwrap_err();
        assert_eq!(status, status::WRONG_MACHINE);
        assert!(reason.contains("-static-pie"), "{reason}");
        for length in 0..data.len() {
            let _ = check_bytes(&data[..length]);
        }
        // A library has no entry.
        let mut data = program();
        put(&mut data, 16, 2, ET_DYN.0.into());
        put(&mut data, 24, 8, 0);
        put(&mut data, 64 + 16, 8, 0);
        assert_eq!(check_bytes(&data).unwrap_err().0, status::WRONG_MACHINE);
    }

    #[test]
    fn every_truncation_is_an_error_and_no_panic() {
        let data = program();
        assert_eq!(check_bytes(&[]).unwrap_err().0, status::NOT_ELF);
        for length in 4..data.len() {
            let (status, _) = check_bytes(&data[..length]).unwrap_err();
            assert_eq!(status, status::BROKEN_ELF, "at {length}");
        }
    }

    #[test]
    fn the_last_size_of_a_stack_counts_and_cut_elements_do_not() {
        let mut data = program();
        put(&mut data, 56, 2, 2);
        let aux = 64 + 56;
        put(&mut data, aux, 4, PT_L4_AUX.into());
        put(&mut data, aux + 8, 8, 0x400);
        put(&mut data, aux + 32, 8, 96);
        let sizes = [
            (3, 24, 1),
            (STACK_SIZE, 24, 2),
            (STACK_SIZE, 24, 3),
            (0, 24, 4),
        ];
        for (at, (kind, length, value)) in (0x400..).step_by(24).zip(sizes) {
            put(&mut data, at, 8, kind);
            put(&mut data, at + 8, 8, length);
            put(&mut data, at + 16, 8, value);
        }
        assert_eq!(stack_size_place(&data), Some(0x400 + 2 * 24 + 16));
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("p");
        fs::write(&file, &data).unwrap();
        let set = with_stack(&file, 5).unwrap();
        assert_eq!(set[0x440..0x448], 5u64.to_le_bytes());
        for length in [0, 8, 1 << 40, u64::MAX] {
            put(&mut data, 0x408, 8, length);
            assert_eq!(stack_size_place(&data), None);
        }
        for offset in [u64::MAX, 0x2000 - 8, 1 << 40] {
            put(&mut data, aux + 8, 8, offset);
            assert_eq!(stack_size_place(&data), None);
        }
        fs::write(&file, program()).unwrap();
        let error = with_stack(&file, 5).unwrap_err();
        assert!(error.to_string().contains("start code"), "{error}");
        for length in 0..data.len() {
            stack_size_place(&data[..length]);
        }
    }

    #[test]
    fn memory_is_counted() {
        let needs = Needs {
            file: 8 << 20,
            image: 100 << 20,
        };
        let programs = [("big".to_owned(), needs)];
        assert!(check_memory(&programs, 256 << 20).is_ok());
        let error = check_memory(&programs, 64 << 20).unwrap_err();
        assert_eq!(status::of(&error), status::NO_MEMORY);
        assert!(error.to_string().contains("big: file 8 MiB"), "{error}");
    }
}
