//! Function, file and line of code addresses, from the ELF files that were booted.

use std::cell::RefCell;
use std::collections::HashMap;
use std::ops::Range;
use std::path::{Path, PathBuf};

use addr2line::Loader;
use l4re_sys::elf::PIE_BASE;
use object::Endianness;
use object::elf::{ET_DYN, PF_X};
use object::read::elf::{ElfFile64, FileHeader, ProgramHeader};

/// As many letters of a name stand in the log of L4Re's moe.
const LOG_NAME: usize = 8;

/// Whether a name in the log is what it left of a longer one.
pub fn is_cut(name: &str, whole: &str) -> bool {
    name.len() == LOG_NAME && whole.len() > LOG_NAME && whole.starts_with(name)
}

/// The ELF files of a boot by the name that their lines in the log have.
#[derive(Default)]
pub struct Symbols {
    files: HashMap<String, PathBuf>,
    /// Opened at the first question; most boots ask none.
    open: RefCell<HashMap<String, Option<Opened>>>,
    /// Left away in front of file names.
    strip: Option<PathBuf>,
}

/// An ELF file, ready for questions.
struct Opened {
    loader: Loader,
    /// Where its executable segments lie.
    code: Vec<Range<u64>>,
    /// What the root task has added to all addresses.
    bias: u64,
}

impl Opened {
    fn new(file: &Path) -> Option<Opened> {
        let data = std::fs::read(file).ok()?;
        let elf = ElfFile64::<Endianness>::parse(&*data).ok()?;
        let endian = elf.endian();
        let code = (elf.elf_program_headers().iter())
            .filter(|segment| segment.p_flags(endian) & PF_X == PF_X)
            .map(|segment| {
                let start = segment.p_vaddr(endian);
                start..start.saturating_add(segment.p_memsz(endian))
            })
            .collect();
        let can_move = elf.elf_header().e_type(endian) == ET_DYN;
        Some(Opened {
            loader: Loader::new(file).ok()?,
            code,
            bias: if can_move { PIE_BASE } else { 0 },
        })
    }
}

/// Where an address lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Of the instruction itself.
    Instruction,
    /// Of the instruction after a call; the call is meant.
    Return,
}

impl Symbols {
    /// No files yet; `root` is left away in front of file names.
    pub fn new(root: &Path) -> Symbols {
        Symbols {
            strip: Some(root.to_owned()),
            ..Symbols::default()
        }
    }

    /// Tells where the code of a program is found.
    pub fn add(&mut self, name: &str, file: &Path) {
        self.files.insert(name.to_owned(), file.to_owned());
    }

    /// Whether there is a file for this name.
    pub fn knows(&self, name: &str) -> bool {
        self.file(name).is_some()
    }

    /// The file of a name, or of the one name that the log cut to this one.
    fn file(&self, name: &str) -> Option<&PathBuf> {
        if let Some(file) = self.files.get(name) {
            return Some(file);
        }
        let mut cut = self.files.iter().filter(|(whole, _)| is_cut(name, whole));
        match (cut.next(), cut.next()) {
            (Some((_, file)), None) => Some(file),
            _ => None,
        }
    }

    /// Function, file and line, innermost inlined function first; empty if unknown.
    pub fn frames(&self, name: &str, address: u64, kind: Kind) -> Vec<String> {
        let Some(file) = self.file(name) else {
            return Vec::new();
        };
        let mut open = self.open.borrow_mut();
        let opened = open
            .entry(name.to_owned())
            .or_insert_with(|| Opened::new(file));
        let Some(Opened { loader, code, bias }) = opened else {
            return Vec::new();
        };
        let probe = match kind {
            Kind::Instruction => address,
            Kind::Return => address.saturating_sub(1),
        };
        let Some(probe) = [probe.checked_sub(*bias), Some(probe)]
            .into_iter()
            .flatten()
            .find(|probe| code.iter().any(|code| code.contains(probe)))
        else {
            return Vec::new();
        };
        let frames = self.line_frames(loader, probe);
        if !frames.is_empty() {
            return frames;
        }
        loader
            .find_symbol(probe)
            .map(|symbol| addr2line::demangle_auto(symbol.into(), None).into_owned())
            .into_iter()
            .collect()
    }

    /// The frames by the line tables.
    fn line_frames(&self, loader: &Loader, probe: u64) -> Vec<String> {
        let mut texts = Vec::new();
        let Ok(mut frames) = loader.find_frames(probe) else {
            return texts;
        };
        while let Ok(Some(frame)) = frames.next() {
            let function = match &frame.function {
                Some(function) => function.demangle().map(|name| without_hash(&name)).ok(),
                None => loader
                    .find_symbol(probe)
                    .map(|symbol| without_hash(&addr2line::demangle_auto(symbol.into(), None))),
            };
            let place = frame.location.as_ref().and_then(|location| {
                let file = self.short(location.file?);
                Some(format!("{file}:{}", location.line?))
            });
            match (function, place) {
                (Some(function), Some(place)) => texts.push(format!("{function} at {place}")),
                (Some(text), None) | (None, Some(text)) => texts.push(text),
                (None, None) => {}
            }
        }
        texts
    }

    fn short(&self, file: &str) -> String {
        match &self.strip {
            Some(root) => Path::new(file)
                .strip_prefix(root)
                .map_or_else(|_| file.to_owned(), |short| short.display().to_string()),
            None => file.to_owned(),
        }
    }
}

/// A Rust symbol's name without the hash at its end.
fn without_hash(name: &str) -> String {
    match name.rsplit_once("::h") {
        Some((stem, hash)) if hash.len() == 16 && hash.bytes().all(|b| b.is_ascii_hexdigit()) => {
            stem.to_owned()
        }
        _ => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[inline(never)]
    fn landmark() -> u64 {
        std::hint::black_box(7)
    }

    /// The landmark's address as its ELF file has it.
    fn landmark_address(exe: &Path) -> u64 {
        use object::read::elf::Sym;
        let data = std::fs::read(exe).unwrap();
        let file = ElfFile64::<Endianness>::parse(&*data).unwrap();
        let symbols = file.elf_symbol_table();
        let symbol = symbols.iter().find(|symbol| {
            let name = symbols
                .symbol_name(file.endian(), symbol)
                .unwrap_or_default();
            name.windows(8).any(|part| part == b"landmark")
                && symbol.st_size(file.endian()) > 0
                && symbol.st_type() == object::elf::STT_FUNC
                && !name.windows(7).any(|part| part == b"address")
        });
        symbol.unwrap().st_value(file.endian())
    }

    #[test]
    fn this_test_finds_itself() {
        assert_eq!(landmark(), 7);
        let exe = std::env::current_exe().unwrap();
        let address = landmark_address(&exe);
        let mut symbols = Symbols::new(Path::new("/nowhere"));
        symbols.add("me", &exe);
        assert!(symbols.knows("me"));
        for (address, kind) in [
            (address, Kind::Instruction),
            (address + 1, Kind::Return),
            // Where the root task would load it: this program can be loaded anywhere.
            (PIE_BASE + address, Kind::Instruction),
        ] {
            let frames = symbols.frames("me", address, kind);
            assert!(
                frames[0].contains("landmark") && frames[0].contains("symbols.rs:"),
                "{frames:?}"
            );
        }
        assert!(symbols.frames("me", 1, Kind::Instruction).is_empty());
        assert!(symbols.frames("you", address, Kind::Instruction).is_empty());
    }

    #[test]
    fn hashes_are_left_away() {
        assert_eq!(without_hash("a::b::h0123456789abcdef"), "a::b");
        assert_eq!(without_hash("a::hello"), "a::hello");
    }
}
