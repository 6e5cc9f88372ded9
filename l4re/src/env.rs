//! The environment of a program.
#![allow(unsafe_code)]

use crate::cap::Cap;
use crate::dataspace::Dataspace;
use crate::error::{Error, Result};
use crate::factory::Factory;
use crate::kip::Kip;
use crate::mem_alloc::MemAlloc;
use crate::namespace::Namespace;
use crate::parent::Parent;
use crate::region::Rm;
use crate::scheduler::Scheduler;
use crate::thread::Thread;
use crate::vcon::Vcon;
use core::ffi::{CStr, c_char};
use l4re_sys::env::EnvCapEntry;

/// What a program starts with (`L4Re::Env`, `l4/re/env`).
///
/// ```no_run
/// use l4re::ipc_gate::IpcGate;
/// use l4re::{Env, Result, println};
///
/// // `#[l4re::main]` makes it the start of a program that is linked with `l4re-rt`.
/// fn start(env: &Env) -> Result<()> {
///     println!("{} on {}", env.name(), env.kip().name());
///     for arg in env.args().skip(1) {
///         println!("argument: {arg}");
///     }
///     let gate = env.named::<IpcGate>("calc")?;
///     let config = env.rm().attach_read_only(env.open("rom/my.cfg")?)?;
///     println!("{gate:?}, {} bytes", config.size());
///     Ok(())
/// }
/// # fn unused() { let _ = start; }
/// ```
#[derive(Debug)]
pub struct Env {
    raw: l4re_sys::Env,
    kip: Kip,
    argv: &'static [*const c_char],
    envp: &'static [*const c_char],
}

// SAFETY: all that it points to is on the initial stack or in the kernel information page, is
// never written again, and stays for as long as the program runs (`from_raw`).
unsafe impl Sync for Env {}
// SAFETY: what it refers to is never written again, and stays for as long as the program runs
// (`from_raw`).
unsafe impl Send for Env {}

impl Env {
    /// Puts an environment together from what the loader left.
    ///
    /// # Safety
    /// All pointers are valid for as long as the program runs, and nobody writes to what they
    /// point to: `argv` and `envp`, behind each of which stands a null, and the strings, each ended
    /// by 0, and `raw.caps`, ended by
    /// an entry that says so, or null.
    pub unsafe fn from_raw(
        raw: l4re_sys::Env,
        kip: Kip,
        argv: &'static [*const c_char],
        envp: &'static [*const c_char],
    ) -> Self {
        Env {
            raw,
            kip,
            argv,
            envp,
        }
    }

    /// The raw structure.
    pub fn raw(&self) -> &l4re_sys::Env {
        &self.raw
    }

    /// The name of the program: the last part of its first argument, as `hello` of
    /// `rom/hello`.
    pub fn name(&self) -> &'static str {
        let path = self.args().next().unwrap_or("?");
        let start = path.bytes().rposition(|b| b == b'/').map_or(0, |at| at + 1);
        path.get(start..).unwrap_or(path)
    }

    /// The arguments; the first is the program's own path.
    pub fn args(&self) -> Args {
        Args(self.argv.iter())
    }

    /// The environment variables, each as `NAME=value`.
    pub fn vars(&self) -> Args {
        Args(self.envp.iter())
    }

    /// The value of an environment variable, if it is set.
    pub fn var(&self, name: &str) -> Option<&'static str> {
        self.vars().find_map(|variable| {
            let (own, value) = variable.split_once('=')?;
            (own == name).then_some(value)
        })
    }

    /// The arguments as C's `main` takes them: behind the last stands a null.
    pub fn argv(&self) -> &'static [*const c_char] {
        self.argv
    }

    /// The environment variables as C's `main` takes them: behind the last stands a null.
    pub fn envp(&self) -> &'static [*const c_char] {
        self.envp
    }

    /// The kernel information page.
    pub fn kip(&self) -> Kip {
        self.kip
    }

    /// Who started the program and learns of its end.
    pub fn parent(&self) -> Cap<Parent> {
        Cap::new(self.raw.parent)
    }

    /// The region map: what is where in the program's address space.
    pub fn rm(&self) -> Cap<Rm> {
        Cap::new(self.raw.rm)
    }

    /// The allocator of memory.
    pub fn mem_alloc(&self) -> Cap<MemAlloc> {
        Cap::new(self.raw.mem_alloc)
    }

    /// The log.
    pub fn log(&self) -> Cap<Vcon> {
        Cap::new(self.raw.log)
    }

    /// The program's first thread.
    pub fn main_thread(&self) -> Cap<Thread> {
        Cap::new(self.raw.main_thread)
    }

    /// The factory of kernel objects.
    pub fn factory(&self) -> Cap<Factory> {
        Cap::new(self.raw.factory)
    }

    /// The scheduler.
    pub fn scheduler(&self) -> Cap<Scheduler> {
        Cap::new(self.raw.scheduler)
    }

    /// The named capabilities.
    pub fn caps(&self) -> impl Iterator<Item = &'static EnvCapEntry> {
        let mut entry = self.raw.caps;
        core::iter::from_fn(move || {
            // SAFETY: the list is valid and ended (`from_raw`), and `entry` is null or in it.
            let this: &'static EnvCapEntry = unsafe { entry.as_ref() }?;
            if this.is_end() {
                return None;
            }
            entry = entry.wrapping_add(1);
            Some(this)
        })
    }

    /// The capability of a name, given to the program by who started it.
    ///
    /// # Errors
    /// [`Error::NoSuchCap`] if there is none.
    pub fn named<T: ?Sized>(&self, name: &str) -> Result<Cap<T>> {
        self.caps()
            .find(|entry| entry.name() == name.as_bytes() && entry.cap.is_valid())
            .map(|entry| Cap::new(entry.cap))
            .ok_or(Error::NoSuchCap(CapName::new(name)))
    }

    /// A file of the boot modules, as `rom/hello.cfg`: the first part of the path is the name
    /// of a name space in the environment.
    ///
    /// # Errors
    /// [`Error::NoSuchCap`] if there is no such name space; what
    /// [`Cap::<Namespace>::query`] returns otherwise.
    pub fn open(&self, path: &str) -> Result<crate::OwnedCap<Dataspace>> {
        let (first, rest) = path.split_once('/').ok_or(Error::INVALID)?;
        self.named::<Namespace>(first)?.query(rest)
    }
}

/// Arguments or environment variables. One that is not UTF-8 appears as `\u{fffd}`.
#[derive(Clone, Debug)]
pub struct Args(core::slice::Iter<'static, *const c_char>);

impl Iterator for Args {
    type Item = &'static str;

    fn next(&mut self) -> Option<&'static str> {
        let arg = self.0.next()?;
        // SAFETY: the strings are valid and ended (`Env::from_raw`).
        let arg = unsafe { CStr::from_ptr(*arg) };
        Some(arg.to_str().unwrap_or("\u{fffd}"))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.0.size_hint()
    }
}

impl ExactSizeIterator for Args {}

/// The name of a capability, cut to the 16 bytes that one can have.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct CapName {
    name: [u8; 16],
    len: u8,
}

impl CapName {
    fn new(name: &str) -> Self {
        let mut cut = CapName {
            name: [0; 16],
            len: 0,
        };
        let mut end = name.len().min(cut.name.len());
        while !name.is_char_boundary(end) {
            end -= 1;
        }
        for (to, from) in cut.name.iter_mut().zip(name.bytes().take(end)) {
            *to = from;
        }
        cut.len = end as u8;
        cut
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        let bytes = self.name.get(..usize::from(self.len)).unwrap_or(&[]);
        core::str::from_utf8(bytes).unwrap_or("")
    }
}

impl core::fmt::Debug for CapName {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        self.as_str().fmt(f)
    }
}

#[cfg(test)]
pub(crate) use tests::published;

#[cfg(test)]
mod tests {
    use super::*;

    /// An environment that all tests of the crate can have published.
    pub(crate) fn published() -> &'static Env {
        static ENV: std::sync::LazyLock<Env> = std::sync::LazyLock::new(env);
        crate::start::init(&ENV);
        &ENV
    }

    use alloc::boxed::Box;
    use alloc::vec;
    use l4re_sys::{CapIdx, Fpage};

    fn env() -> Env {
        let caps = Box::leak(Box::new([
            EnvCapEntry::new("rom", CapIdx::from_index(0x16)).unwrap(),
            EnvCapEntry::new("0123456789abcdef", CapIdx::from_index(0x17)).unwrap(),
            EnvCapEntry::new("gone", CapIdx::INVALID).unwrap(),
            EnvCapEntry::end(),
        ]));
        let argv = vec![c"rom/hello".as_ptr(), c"one".as_ptr(), c"\xff".as_ptr()];
        let raw = l4re_sys::Env {
            parent: CapIdx::from_index(1),
            rm: CapIdx::from_index(2),
            mem_alloc: CapIdx::from_index(3),
            log: CapIdx::from_index(4),
            main_thread: CapIdx::from_index(5),
            factory: CapIdx::from_index(6),
            scheduler: CapIdx::from_index(7),
            itas: CapIdx::INVALID,
            dbg_events: CapIdx::INVALID,
            first_free_cap: 0x40,
            first_free_reply_cap: 0,
            utcb_area: Fpage::INVALID,
            first_free_utcb: 0,
            caps: caps.as_ptr(),
        };
        let envp = vec![
            c"LOG=debug=3".as_ptr(),
            c"LOGS".as_ptr(),
            c"EMPTY=".as_ptr(),
        ];
        // SAFETY: everything is leaked or constant.
        unsafe { Env::from_raw(raw, Kip::for_test(), argv.leak(), envp.leak()) }
    }

    #[test]
    fn names_are_found_and_missing_ones_are_told() {
        let env = env();
        assert_eq!(
            env.named::<Namespace>("rom").unwrap().idx(),
            CapIdx::from_index(0x16)
        );
        assert!(env.named::<Namespace>("0123456789abcdef").is_ok());
        let e = env.named::<Namespace>("calc").unwrap_err();
        assert_eq!(
            alloc::format!("{e}"),
            "the environment has no capability named `calc`"
        );
        assert!(env.named::<Namespace>("gone").is_err());
        assert!(env.named::<Namespace>("ro").is_err());
    }

    #[test]
    fn arguments() {
        let env = env();
        assert_eq!(env.name(), "hello");
        assert_eq!(
            env.args().collect::<alloc::vec::Vec<_>>(),
            ["rom/hello", "one", "\u{fffd}"]
        );
    }

    #[test]
    fn variables() {
        let env = env();
        assert_eq!(env.vars().len(), 3);
        assert_eq!(env.var("LOG"), Some("debug=3"));
        assert_eq!(env.var("EMPTY"), Some(""));
        assert_eq!(
            (env.var("LOGS"), env.var("LO"), env.var("")),
            (None, None, None)
        );
    }

    #[test]
    fn a_long_name_is_cut_at_a_character() {
        assert_eq!(CapName::new("0123456789abcdeä").as_str(), "0123456789abcde");
    }
}
