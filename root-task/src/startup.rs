//! A program's first stack: arguments, environment, and all that its start code looks for.
//!
//! From high to low addresses, as L4Re's loader lays it out: the strings, what the auxiliary
//! vector points to, the vector itself, the environment strings' array, the arguments' array,
//! and their number, at which the stack pointer stands.

use l4re_sys::auxv::{self, L4Aux};
use l4re_sys::consts::{PAGE_SIZE, STACK_ALIGN};
use l4re_sys::utcb;
use l4re_sys::{CapIdx, Env, EnvCapEntry, Fpage, MemRights};

use crate::error::{Error, Result};
use crate::fallible::List;
use crate::image::Headers;
use crate::plan::Text;

const WORD: usize = size_of::<u64>();

/// The capabilities that L4Re's loader gives a program, by index
/// (`Ldr::Remote_app_std_caps`, `l4/libloader/remote_app_model`).
pub mod caps {
    /// The task.
    pub const TASK: u64 = 1;
    /// The factory.
    pub const FACTORY: u64 = 2;
    /// The first thread.
    pub const MAIN_THREAD: u64 = 3;
    /// The log.
    pub const LOG: u64 = 5;
    /// The scheduler.
    pub const SCHEDULER: u64 = 7;
    /// The region map.
    pub const RM: u64 = 0x10;
    /// The allocator of memory.
    pub const ALLOCATOR: u64 = 0x11;
    /// The parent.
    pub const PARENT: u64 = 0x13;
    /// The dataspace of the kernel information page.
    pub const KIP: u64 = 0x14;
    /// The first of the named ones.
    pub const FIRST_FREE: u64 = 0x16;
}

/// What a program is told at its start.
pub struct Startup<'a> {
    /// The name of the file, as the program would look it up.
    pub binary: &'a str,
    /// `argv`.
    pub args: &'a [Text],
    /// `envp`.
    pub env: &'a [Text],
    /// Names of capabilities, which are at [`caps::FIRST_FREE`] and behind.
    pub named: &'a [&'a str],
    /// The address of the kernel information page.
    pub kip: u64,
    /// The address and the logarithm (base 2) of the size of the UTCBs.
    pub utcbs: (u64, u32),
    /// Where the program starts.
    pub entry: u64,
    /// Where its program headers are.
    pub headers: Option<Headers>,
}

/// The upper part of a stack.
pub struct Stack {
    /// The bytes from the stack pointer to the top.
    pub bytes: List<u8>,
    /// The stack pointer.
    pub pointer: u64,
}

/// Bytes, from the top of the stack downwards, in reverse order.
struct Builder {
    top: u64,
    reversed: List<u8>,
}

impl Builder {
    fn pointer(&self) -> u64 {
        self.top - self.reversed.len() as u64
    }

    fn bytes(&mut self, bytes: &[u8]) -> Result<u64> {
        self.reversed.reserve(bytes.len())?;
        for &byte in bytes.iter().rev() {
            self.reversed.push(byte)?;
        }
        Ok(self.pointer())
    }

    fn string(&mut self, string: &str) -> Result<u64> {
        self.bytes(b"\0")?;
        self.bytes(string.as_bytes())
    }

    fn strings(&mut self, strings: &[Text]) -> Result<List<u64>> {
        let mut places = List::with_room(strings.len())?;
        for string in strings {
            places.push(self.string(string)?)?;
        }
        Ok(places)
    }

    fn word(&mut self, word: u64) -> Result<u64> {
        self.bytes(&word.to_le_bytes())
    }

    fn align(&mut self, align: usize) -> Result<()> {
        for _ in 0..self.pointer() as usize % align {
            self.reversed.push(0)?;
        }
        Ok(())
    }

    /// # Safety
    /// `T` has no padding and no bytes that are not initialised.
    unsafe fn plain<T: Copy>(&mut self, value: &T) -> Result<u64> {
        // SAFETY: `value` is valid for its size; all of it is initialised by this function's
        // contract.
        let bytes = unsafe {
            core::slice::from_raw_parts(core::ptr::from_ref(value).cast::<u8>(), size_of::<T>())
        };
        self.bytes(bytes)
    }
}

impl Startup<'_> {
    /// The upper part of a stack of `size` bytes that ends before `top`.
    ///
    /// # Errors
    /// [`Error::EINVAL`] if a name is too long, [`Error::ENOMEM`] if it does not fit.
    pub fn stack(&self, top: u64, size: u64) -> Result<Stack> {
        let mut b = Builder {
            top,
            reversed: List::new(),
        };
        let args = b.strings(self.args)?;
        let env = b.strings(self.env)?;
        let binary = b.string(self.binary)?;
        b.align(STACK_ALIGN)?;

        let aux = L4Aux {
            binary: binary as *const u8,
            kip_ds: CapIdx::from_index(caps::KIP),
            dbg_lvl: 0,
            ldr_flags: 0,
            ldr_base: u64::MAX,
        };
        // SAFETY: five words.
        let aux = unsafe { b.plain(&aux)? };
        let environment = self.environment(&mut b)?;

        let headers = self.headers.map(|headers| {
            [
                (auxv::PHDR, headers.address),
                (auxv::PHNUM, headers.count),
                (auxv::PHENT, headers.size),
            ]
        });
        let vector = [
            (auxv::PAGESZ, PAGE_SIZE as u64),
            (auxv::ENTRY, self.entry),
            (auxv::UID, 0),
            (auxv::EUID, 0),
            (auxv::GID, 0),
            (auxv::EGID, 0),
            (auxv::L4_AUX, aux),
            (auxv::L4_KIP, self.kip),
            (auxv::L4_ENV, environment),
            (auxv::NULL, 0),
        ];
        let vector = || headers.as_slice().as_flattened().iter().chain(&vector);

        // The number of arguments, at the very end, must be aligned.
        let words = vector().count() * 2 + env.len() + 1 + args.len() + 1 + 1;
        b.align(STACK_ALIGN)?;
        if !words.is_multiple_of(STACK_ALIGN / WORD) {
            b.word(0)?;
        }
        for (kind, value) in vector().rev() {
            b.word(*value)?;
            b.word(*kind)?;
        }
        for array in [&env, &args] {
            b.word(0)?;
            for &string in array.iter().rev() {
                b.word(string)?;
            }
        }
        let pointer = b.word(args.len() as u64)?;
        // Half of the stack is left to the program.
        if b.reversed.len() as u64 > size / 2 {
            return Err(Error::ENOMEM);
        }
        b.reversed.reverse();
        Ok(Stack {
            bytes: b.reversed,
            pointer,
        })
    }

    /// The environment and its table of named capabilities.
    fn environment(&self, b: &mut Builder) -> Result<u64> {
        let mut entries = List::with_room(self.named.len() + 1)?;
        for (index, name) in (caps::FIRST_FREE..).zip(self.named) {
            let cap = CapIdx::from_index(index);
            entries.push(EnvCapEntry::new(name, cap).ok_or(Error::EINVAL)?)?;
        }
        entries.push(EnvCapEntry::end())?;
        let mut table = b.pointer();
        for entry in entries.iter().rev() {
            // SAFETY: two words and sixteen bytes.
            table = unsafe { b.plain(entry)? };
        }
        let cap = CapIdx::from_index;
        let (utcbs, order) = self.utcbs;
        let environment = Env {
            parent: cap(caps::PARENT),
            rm: cap(caps::RM),
            mem_alloc: cap(caps::ALLOCATOR),
            log: cap(caps::LOG),
            main_thread: cap(caps::MAIN_THREAD),
            factory: cap(caps::FACTORY),
            scheduler: cap(caps::SCHEDULER),
            itas: CapIdx::INVALID,
            dbg_events: CapIdx::INVALID,
            first_free_cap: caps::FIRST_FREE + self.named.len() as u64,
            first_free_reply_cap: 0,
            utcb_area: Fpage::memory(utcbs, order, MemRights::empty()),
            first_free_utcb: utcbs + utcb::SIZE as u64,
            caps: table as *const EnvCapEntry,
        };
        // SAFETY: fourteen words.
        unsafe { b.plain(&environment) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;
    use std::vec;
    use std::vec::Vec;

    const TOP: u64 = 0x7010_0000;

    struct View(Stack);

    impl View {
        fn word(&self, address: u64) -> u64 {
            let at = (address - self.0.pointer) as usize;
            u64::from_le_bytes(self.0.bytes[at..at + 8].try_into().unwrap())
        }
        fn string(&self, address: u64) -> &str {
            let at = (address - self.0.pointer) as usize;
            let rest = &self.0.bytes[at..];
            let end = rest.iter().position(|&b| b == 0).unwrap();
            std::str::from_utf8(&rest[..end]).unwrap()
        }
    }

    fn startup<'a>(args: &'a [Text], named: &'a [&'a str]) -> Startup<'a> {
        Startup {
            binary: "rom/hello",
            args,
            env: &[],
            named,
            kip: 0x6fff_f000,
            utcbs: (0xb300_0000, 14),
            entry: 0x100_1000,
            headers: Some(Headers {
                address: 0x100_0040,
                count: 5,
                size: 56,
            }),
        }
    }

    #[test]
    fn a_program_finds_everything() {
        for count in 1..4 {
            let args: Vec<Text> = (0..count).map(|i| std::format!("arg{i}")).collect();
            let stack = startup(&args, &["rom", "sixteen-bytes-ok"])
                .stack(TOP, 0x10000)
                .unwrap();
            assert_eq!(stack.pointer % 16, 0);
            assert_eq!(stack.pointer + stack.bytes.len() as u64, TOP);
            let v = View(stack);
            let mut at = v.0.pointer;
            let mut next = || {
                at += 8;
                v.word(at - 8)
            };
            assert_eq!(next(), count);
            for arg in &args {
                assert_eq!(v.string(next()), arg);
            }
            assert_eq!((next(), next()), (0, 0));
            let mut vector = BTreeMap::new();
            loop {
                let (kind, value) = (next(), next());
                if kind == auxv::NULL {
                    break;
                }
                vector.insert(kind, value);
            }
            assert_eq!(vector[&auxv::PHDR], 0x100_0040);
            assert_eq!(vector[&auxv::L4_KIP], 0x6fff_f000);
            assert_eq!(v.string(v.word(vector[&auxv::L4_AUX])), "rom/hello");
            let env = vector[&auxv::L4_ENV];
            let field = |offset| v.word(env + offset as u64);
            assert_eq!(field(core::mem::offset_of!(Env, rm)), 0x10 << 12);
            assert_eq!(field(core::mem::offset_of!(Env, first_free_cap)), 0x18);
            let table = field(core::mem::offset_of!(Env, caps));
            assert_eq!(v.word(table), 0x16 << 12);
            assert_eq!(v.string(table + 16), "rom");
            assert_eq!(v.word(table + 32 + 8), 0);
            assert_eq!(v.word(table + 64 + 8), EnvCapEntry::END);
        }
    }

    #[test]
    fn what_does_not_fit_is_told() {
        let args = vec!["x".repeat(40_000)];
        assert_eq!(
            startup(&args, &[]).stack(TOP, 0x10000).err(),
            Some(Error::ENOMEM)
        );
        let named = ["a-name-of-17-byte"];
        assert_eq!(
            startup(&[], &named).stack(TOP, 0x10000).err(),
            Some(Error::EINVAL)
        );
    }
}
