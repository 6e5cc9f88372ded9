//! What an ELF file wants to be loaded where: read, checked, and put into pages.

use core::fmt;
use core::ops::Range;

use elf::ElfBytes;
use elf::endian::LittleEndian;
use elf::file::Class;
use elf::segment::ProgramHeader;
use l4re_sys::MemRights;
use l4re_sys::consts::PAGE_SIZE;
use l4re_sys::elf::{EM_X86_64, ET_DYN, ET_EXEC, PF_R, PF_W, PF_X, PT_INTERP, PT_L4_AUX, PT_LOAD};
use l4re_sys::elf_aux;

use crate::error::Error;
use crate::fallible::List;

const PAGE: u64 = PAGE_SIZE as u64;

/// Addresses that a program may be loaded to: not the first page, which tells null pointers,
/// nor what amd64 does not have.
pub const USER_SPACE: Range<u64> = PAGE..(1 << 47) - PAGE;

/// A program file, checked.
#[derive(Debug, PartialEq)]
pub struct Image {
    /// Where the program starts.
    pub entry: u64,
    /// What is to be loaded, by ascending addresses, no two in one page.
    pub segments: List<Segment>,
    /// The program headers in memory, if a segment holds them.
    pub headers: Option<Headers>,
    /// What the file says about itself in its ELF-aux elements.
    pub wishes: Wishes,
    /// Whether the addresses are relative to where it is loaded.
    pub relocatable: bool,
}

/// Pages to be loaded.
#[derive(Debug, Clone, PartialEq)]
pub struct Segment {
    /// The address of the first page.
    pub start: u64,
    /// The size in bytes, whole pages.
    pub size: usize,
    /// What of the file goes to `start` and behind: from a page's start on.
    pub file: Range<usize>,
    /// Bytes at the start of `file` that belong to the page, not to the segment.
    pub lead: usize,
    /// What the program may do with it.
    pub rights: MemRights,
    /// Whether the pages of the file cannot be used as they are.
    pub copy: bool,
}

/// Where the program headers are in memory.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Headers {
    /// The address.
    pub address: u64,
    /// How many.
    pub count: u64,
    /// The size of each.
    pub size: u64,
}

/// ELF-aux elements (`l4/re/elf_aux.h`).
#[derive(Debug, Default, PartialEq)]
pub struct Wishes {
    /// The size of the stack in bytes.
    pub stack_size: Option<u64>,
    /// The lowest address of the stack.
    pub stack_address: Option<u64>,
    /// Where the kernel information page is to be.
    pub kip_address: Option<u64>,
    /// Ranges that must stay free, first and last address.
    pub reserved: List<(u64, u64)>,
}

/// Why a file cannot be loaded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ImageError {
    /// No ELF file at all.
    NotElf,
    /// The file has 32-bit addresses.
    Not64Bit,
    /// The file is for another machine, of this number.
    OtherMachine(u16),
    /// The file is an object or a core dump: its type is this.
    NotExecutable(u16),
    /// The file needs a dynamic linker.
    Dynamic,
    /// The file ends before what its headers tell of.
    Truncated,
    /// A segment's size in the file is larger than in memory, or its place in the file does not
    /// line up with its address.
    Malformed(u64),
    /// A segment is, at this address, where no program can be.
    OutOfRange(u64),
    /// Two segments need the same page, at this address.
    Overlap(u64),
    /// The entry, at this address, is not in executable memory.
    NoEntry(u64),
    /// An ELF-aux element is cut or has a size that cannot be.
    BadAux,
    /// There is no memory for what the file tells.
    NoMemory,
}

impl From<Error> for ImageError {
    fn from(_: Error) -> Self {
        Self::NoMemory
    }
}

impl fmt::Display for ImageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotElf => f.write_str("not an ELF file"),
            Self::Not64Bit => f.write_str("an ELF file of 32 bits, 64 are needed"),
            Self::OtherMachine(machine) => write!(
                f,
                "an ELF file for another machine: number {machine}, not {EM_X86_64} (x86-64)"
            ),
            Self::NotExecutable(kind) => write!(f, "not a program but an ELF file of type {kind}"),
            Self::Dynamic => {
                f.write_str("needs a dynamic linker; only static programs can be loaded")
            }
            Self::Truncated => f.write_str("truncated: the file ends before its segments do"),
            Self::Malformed(at) => {
                write!(f, "malformed: the segment at {at:#x} contradicts itself")
            }
            Self::OutOfRange(at) => write!(f, "wants memory at {at:#x}, where no program can be"),
            Self::Overlap(at) => write!(f, "two segments overlap at {at:#x}"),
            Self::NoEntry(at) => write!(f, "starts at {at:#x}, which is not in executable memory"),
            Self::NoMemory => f.write_str("tells more than there is memory for"),
            Self::BadAux => f.write_str("malformed: an ELF-aux element is cut"),
        }
    }
}

impl Image {
    /// Reads a file.
    ///
    /// # Errors
    /// What is wrong with the file.
    pub fn read(file: &[u8]) -> Result<Image, ImageError> {
        let elf = parse(file)?;
        let header = &elf.ehdr;
        let relocatable = header.e_type == ET_DYN;
        let table = elf.segments().ok_or(ImageError::Truncated)?;

        let mut image = Image {
            entry: header.e_entry,
            segments: List::new(),
            headers: None,
            wishes: Wishes::default(),
            relocatable,
        };
        for segment in table.iter() {
            match segment.p_type {
                PT_LOAD if segment.p_memsz != 0 => {
                    if image.headers.is_none() {
                        image.headers = headers(header, &segment);
                    }
                    image.segments.push(load(&segment, file.len())?)?;
                }
                PT_INTERP => return Err(ImageError::Dynamic),
                PT_L4_AUX => image.wishes.read(bytes(&segment, file)?)?,
                _ => {}
            }
        }
        image.check()?;
        Ok(image)
    }

    /// The addresses from the first to behind the last byte.
    pub fn span(&self) -> Range<u64> {
        let start = self.segments.first().map_or(0, |s| s.start);
        start..self.segments.last().map_or(start, Segment::end)
    }

    /// The image moved up by `bias` bytes, a multiple of a page.
    ///
    /// # Errors
    /// [`ImageError::OutOfRange`] if it then leaves the address space.
    pub fn moved(mut self, bias: u64) -> Result<Image, ImageError> {
        let end = self.span().end;
        if end.checked_add(bias).is_none_or(|end| end > USER_SPACE.end) {
            return Err(ImageError::OutOfRange(bias));
        }
        self.entry = self.entry.wrapping_add(bias);
        for segment in self.segments.iter_mut() {
            segment.start += bias;
        }
        if let Some(headers) = &mut self.headers {
            headers.address += bias;
        }
        Ok(self)
    }

    fn check(&mut self) -> Result<(), ImageError> {
        self.segments.sort_unstable_by_key(|segment| segment.start);
        for pair in self.segments.windows(2) {
            if pair[1].start < pair[0].end() {
                return Err(ImageError::Overlap(pair[1].start));
            }
        }
        let span = self.span();
        let low = if self.relocatable {
            0
        } else {
            USER_SPACE.start
        };
        if self.segments.is_empty() || span.start < low || span.end > USER_SPACE.end {
            return Err(ImageError::OutOfRange(span.start));
        }
        // A library's entry is 0, where its header is.
        if self.relocatable && self.entry == 0 {
            return Err(ImageError::NotExecutable(ET_DYN));
        }
        let executable = self.segments.iter().any(|segment| {
            segment.rights.contains(MemRights::X)
                && (segment.start..segment.end()).contains(&self.entry)
        });
        if executable {
            Ok(())
        } else {
            Err(ImageError::NoEntry(self.entry))
        }
    }
}

impl Segment {
    /// The address behind the last page.
    pub fn end(&self) -> u64 {
        self.start + self.size as u64
    }
}

fn parse(file: &[u8]) -> Result<ElfBytes<'_, LittleEndian>, ImageError> {
    if !file.starts_with(b"\x7fELF") {
        return Err(ImageError::NotElf);
    }
    let elf = ElfBytes::<LittleEndian>::minimal_parse(file).map_err(|error| match error {
        elf::ParseError::UnsupportedElfEndianness(_) => {
            let machine = file.get(18..20).unwrap_or(&[0, 0]);
            ImageError::OtherMachine(u16::from_be_bytes([machine[0], machine[1]]))
        }
        _ => ImageError::Truncated,
    })?;
    match &elf.ehdr {
        header if header.class != Class::ELF64 => Err(ImageError::Not64Bit),
        header if header.e_machine != EM_X86_64 => Err(ImageError::OtherMachine(header.e_machine)),
        header if ![ET_EXEC, ET_DYN].contains(&header.e_type) => {
            Err(ImageError::NotExecutable(header.e_type))
        }
        _ => Ok(elf),
    }
}

/// The bytes of a segment in the file.
fn bytes<'a>(segment: &ProgramHeader, file: &'a [u8]) -> Result<&'a [u8], ImageError> {
    let start = usize::try_from(segment.p_offset).map_err(|_| ImageError::Truncated)?;
    let size = usize::try_from(segment.p_filesz).map_err(|_| ImageError::Truncated)?;
    let end = start.checked_add(size).ok_or(ImageError::Truncated)?;
    file.get(start..end).ok_or(ImageError::Truncated)
}

/// Where the program headers are in memory, if this segment holds them.
fn headers(
    header: &elf::file::FileHeader<LittleEndian>,
    segment: &ProgramHeader,
) -> Option<Headers> {
    let size = u64::from(header.e_phentsize);
    let count = u64::from(header.e_phnum);
    let within = header.e_phoff.checked_sub(segment.p_offset)?;
    if within.checked_add(size * count)? > segment.p_filesz {
        return None;
    }
    Some(Headers {
        address: segment.p_vaddr.checked_add(within)?,
        count,
        size,
    })
}

/// The pages of a segment.
fn load(segment: &ProgramHeader, file_len: usize) -> Result<Segment, ImageError> {
    let at = segment.p_vaddr;
    if segment.p_filesz > segment.p_memsz
        || segment.p_filesz > 0 && segment.p_offset % PAGE != at % PAGE
    {
        return Err(ImageError::Malformed(at));
    }
    let end = at
        .checked_add(segment.p_memsz)
        .ok_or(ImageError::OutOfRange(at))?;
    if end > USER_SPACE.end {
        return Err(ImageError::OutOfRange(at));
    }
    let start = at & !(PAGE - 1);
    let lead = at % PAGE;
    let file = if segment.p_filesz == 0 {
        0..0
    } else {
        let end = segment
            .p_offset
            .checked_add(segment.p_filesz)
            .ok_or(ImageError::Truncated)?;
        if end > file_len as u64 {
            return Err(ImageError::Truncated);
        }
        (segment.p_offset - lead) as usize..end as usize
    };
    let mut rights = MemRights::empty();
    for (flag, right) in [
        (PF_R, MemRights::R),
        (PF_W, MemRights::W),
        (PF_X, MemRights::X),
    ] {
        if segment.p_flags & flag != 0 {
            rights |= right;
        }
    }
    Ok(Segment {
        start,
        size: (end.next_multiple_of(PAGE) - start) as usize,
        file,
        lead: lead as usize,
        rights,
        copy: rights.contains(MemRights::W) || segment.p_memsz > segment.p_filesz,
    })
}

impl Wishes {
    /// Reads elements: type, length in bytes, values.
    fn read(&mut self, mut elements: &[u8]) -> Result<(), ImageError> {
        let word = |bytes: &[u8], index: usize| {
            let bytes = bytes.get(index * 8..index * 8 + 8)?;
            Some(u64::from_le_bytes(bytes.try_into().ok()?))
        };
        while let Some(kind) = word(elements, 0).filter(|&kind| kind != elf_aux::NONE) {
            let length = word(elements, 1).ok_or(ImageError::BadAux)?;
            let length = usize::try_from(length).map_err(|_| ImageError::BadAux)?;
            if length < 16 || length > elements.len() {
                return Err(ImageError::BadAux);
            }
            let (element, rest) = elements.split_at(length);
            let value = || word(element, 2).ok_or(ImageError::BadAux);
            match kind {
                elf_aux::STACK_SIZE => self.stack_size = Some(value()?),
                elf_aux::STACK_ADDR => self.stack_address = Some(value()?),
                elf_aux::KIP_ADDR => self.kip_address = Some(value()?),
                elf_aux::VMA => {
                    let end = word(element, 3).ok_or(ImageError::BadAux)?;
                    self.reserved.push((value()?, end))?;
                }
                _ => {}
            }
            elements = rest;
        }
        Ok(())
    }
}

#[cfg(test)]
pub(crate) mod tests;
