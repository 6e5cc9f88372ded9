//! The environment that the loader gives a program.

use crate::cap::CapIdx;
use crate::fpage::Fpage;

abi_struct! {
    /// What a program starts with: its capabilities and what of its tables is free.
    pub struct Env = "l4re_env_t" in "l4/re/env.h" {
        /// Who started the program and learns of its end.
        parent: CapIdx => "parent",
        /// The region map of the task.
        rm: CapIdx => "rm",
        /// The allocator of memory.
        mem_alloc: CapIdx => "mem_alloc",
        /// The log.
        log: CapIdx => "log",
        /// The first thread.
        main_thread: CapIdx => "main_thread",
        /// The factory of kernel objects.
        factory: CapIdx => "factory",
        /// The scheduler.
        scheduler: CapIdx => "scheduler",
        /// The part of the loader that stays in the task.
        itas: CapIdx => "itas",
        /// Who wants to know of debug events.
        dbg_events: CapIdx => "dbg_events",
        /// The first capability *index* (not shifted) from which on all are free.
        first_free_cap: u64 => "first_free_cap",
        /// The first reply capability *index* (not shifted) from which on all are free.
        first_free_reply_cap: u64 => "first_free_reply_cap",
        /// Where the task's UTCBs are.
        utcb_area: Fpage => "utcb_area",
        /// The address of the first free UTCB, all behind it in the area being free, too.
        first_free_utcb: u64 => "first_free_utcb",
        /// The named capabilities, ended by an entry whose flags are all ones.
        caps: *const EnvCapEntry => "caps",
    }
}

pub use entry::EnvCapEntry;
mod entry {
    use crate::cap::CapIdx;

    abi_struct! {
        /// A named capability.
        pub struct EnvCapEntry = "l4re_env_cap_entry_t" in "l4/re/env.h" {
            /// The capability.
            cap: CapIdx => "cap",
            /// Flags; all ones ends the list.
            flags: u64 => "flags",
            /// The name, ended by 0 if shorter.
            name: [u8; 16] => "name",
        }
    }
}

impl EnvCapEntry {
    /// The flags of the entry that ends the list.
    pub const END: u64 = !0;

    /// An entry; `None` if the name is longer than 16 bytes or holds a 0.
    pub fn new(name: &str, cap: CapIdx) -> Option<Self> {
        let mut entry = EnvCapEntry {
            cap,
            flags: 0,
            name: [0; 16],
        };
        if name.bytes().any(|b| b == 0) {
            return None;
        }
        entry
            .name
            .get_mut(..name.len())?
            .copy_from_slice(name.as_bytes());
        Some(entry)
    }

    /// The entry that ends the list.
    pub const fn end() -> Self {
        EnvCapEntry {
            cap: CapIdx::INVALID,
            flags: Self::END,
            name: [0; 16],
        }
    }

    /// Whether this entry ends the list.
    pub const fn is_end(&self) -> bool {
        self.flags == Self::END
    }

    /// The name, without what is behind its end.
    pub fn name(&self) -> &[u8] {
        let len = self.name.iter().position(|b| *b == 0);
        &self.name[..len.unwrap_or(self.name.len())]
    }
}
