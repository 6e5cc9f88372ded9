//! Programs: started from boot files, told about when they end, and cleared away.

mod end;
mod launch;
mod load;

use core::cell::RefCell;
use core::fmt::{self, Write};

use l4re_sys::{CapIdx, MemRights};

use super::{Object, Server};
use crate::account::{Account, ProgramId};
use crate::dataspace::Dataspace;
use crate::error::{Error, Result};
use crate::fallible::{List, Shared};
use crate::heap::pays;
use crate::image::{Image, ImageError};
use crate::kernel;
use crate::log_line::LogLine;
use crate::names::{Entry, Meaning, Names};
use crate::owned_cap::OwnedCap;
use crate::plan::{Plan, Start};
use crate::regions::RegionMap;
use crate::registry::Label;

pub use end::{end_system, report};

/// The status of a program that could not be started.
const STATUS_NO_START: i64 = 126;

/// The file that lists the names of the others, as moe's: `length:name`, a line each.
const DIRECTORY: &[u8] = b".dirinfo";

/// The kernel's memory for one program's objects, in bytes: at least and at most.
const KERNEL_SHARES: (usize, usize) = (256 << 10, 64 << 20);
/// Bytes of the kernel's memory where the kernel does not tell.
const KERNEL_MEMORY: usize = 32 << 20;

/// Where UTCBs are, and the logarithm (base 2) of their area's size.
const UTCBS: (u64, u32) = (0xb300_0000, 14);

/// A file that the boot loader loaded.
pub struct BootFile {
    /// Its name.
    pub name: List<u8>,
    /// Its bytes.
    pub bytes: &'static [u8],
}

/// A program, running or not any more.
pub(super) struct Program {
    name: List<u8>,
    state: State,
    /// Requests of its that are answered later.
    pub(super) jobs: usize,
}

impl Program {
    /// Its name in the log.
    pub(super) fn name(&self) -> &[u8] {
        &self.name
    }

    /// Whether it has been started and not ended.
    #[cfg(test)]
    pub(super) fn is_running(&self) -> bool {
        matches!(self.state, State::Running(_))
    }
}

enum State {
    Starting,
    Running(Running),
    Ended(i64),
}

/// What a running program has.
struct Running {
    // The thread goes before its task.
    thread: OwnedCap,
    task: OwnedCap,
    account: Shared<Account>,
    regions: Shared<RefCell<RegionMap>>,
    log: Shared<RefCell<LogLine>>,
}

/// The gates that programs share, by name.
pub(super) type Gates<'a> = List<(&'a str, OwnedCap)>;

/// Why a program cannot be started.
enum Failure<'a> {
    /// There is no file of this name.
    NoFile(&'a str),
    /// The file is no program that can be loaded.
    Image(ImageError),
    /// It needs so many KiB of memory, and only so many are free.
    TooLarge(usize, usize),
    /// There is no memory for its pages.
    NoMemory,
    /// Its segments, stack and UTCBs want the same addresses.
    Overlap,
    /// Something else about its memory.
    Load(Error),
    /// The kernel refuses what it needs.
    Kernel(Error),
}

impl fmt::Display for Failure<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoFile(name) => write!(f, "no boot file is named {name:?}"),
            Self::Image(error) => error.fmt(f),
            Self::TooLarge(wanted, free) => write!(
                f,
                "does not fit into memory: needs {wanted} KiB, free are {free}"
            ),
            Self::NoMemory => f.write_str("does not fit into memory"),
            Self::Overlap => f.write_str("its segments, stack and UTCBs overlap"),
            Self::Load(error) => write!(f, "{error:?}"),
            Self::Kernel(error) => write!(f, "the kernel has no memory for it ({error:?})"),
        }
    }
}

impl Server {
    pub(super) fn publish_files(&mut self) -> Result<Label> {
        let account = self.account.clone();
        let mut names = Names::default();
        let mut list = List::new();
        for index in 0..self.files.len() {
            let Some(file) = self.files.get(index) else {
                break;
            };
            let (base, size) = (file.bytes.as_ptr() as usize, file.bytes.len());
            // SAFETY: a boot file is whole pages that stay, and are never written.
            let memory = unsafe { Dataspace::foreign(self.pool, base, size, MemRights::RX) };
            let name = List::copy_of(&file.name)?;
            // Of files with one name the first counts.
            if self.publish_file(&mut names, &name, memory)? {
                write!(list, "{}:", name.len()).map_err(|_| Error::ENOMEM)?;
                list.extend(&name)?;
                list.push(b'\n')?;
            }
        }
        if !list.is_empty() {
            let memory = Dataspace::on_demand(self.pool, &account.quota, list.len())?;
            memory.write(0, &list)?;
            self.publish_file(&mut names, DIRECTORY, memory)?;
        }
        let names = Shared::new(RefCell::new(names))?;
        self.publish(&account, Object::Names(names))
    }

    /// Makes memory a file that can be read; says whether the name was free.
    fn publish_file(&mut self, names: &mut Names, name: &[u8], memory: Dataspace) -> Result<bool> {
        let account = self.account.clone();
        let label = self.publish(&account, Object::Dataspace(Shared::new(memory)?))?;
        let entry = Entry {
            meaning: Meaning::Object(label),
            write: false,
            special: false,
        };
        match names.register(name, entry, |_| false) {
            Ok(()) => Ok(true),
            Err(Error::ENOMEM) => Err(Error::ENOMEM),
            Err(_) => Ok(false),
        }
    }

    /// Says how many bytes of memory the kernel has for its objects; 0 if that is unknown.
    pub fn set_kernel_memory(&mut self, bytes: usize) {
        self.kernel_memory = bytes;
    }

    /// Starts what the plan says. Ends the system if nothing of it runs.
    ///
    /// # Errors
    /// There is no memory to tell of the programs.
    pub fn start_all(&mut self, plan: &Plan) -> Result<()> {
        self.colour = plan.colour;
        self.end = plan.end;
        // Programs share three quarters: the root task's own objects need some, too.
        let memory = match self.kernel_memory {
            0 => KERNEL_MEMORY,
            bytes => bytes,
        };
        let share = memory / 4 * 3 / plan.starts.len().max(1);
        self.kernel_share = share.clamp(KERNEL_SHARES.0, KERNEL_SHARES.1);
        let mut gates = Gates::new();
        for name in &plan.gates {
            let gate = self.slots.alloc().and_then(|slot| {
                slot.fill(|slot| kernel::create_unbound_gate(CapIdx::FACTORY, slot))
            });
            match gate {
                Ok(gate) => gates.push((name.as_str(), gate))?,
                Err(error) => report(format_args!("gate {name}: {error:?}")),
            }
        }
        // All are there before the first can end.
        for start in &plan.starts {
            self.programs.push(Program {
                name: List::copy_of(start.name.as_bytes())?,
                state: State::Starting,
                jobs: 0,
            })?;
        }
        for (id, start) in plan.starts.iter().enumerate() {
            let failed = self.start(id, start, &gates).err();
            if let Some(reason) = failed {
                report(format_args!("{}: cannot be started: {reason}", start.name));
                self.release(id, STATUS_NO_START);
            }
        }
        // The gates themselves stay as long as a program has them.
        while let Some((_, gate)) = gates.pop() {
            self.gates.push(gate)?;
        }
        self.check_end();
        Ok(())
    }

    fn start<'a>(
        &mut self,
        id: ProgramId,
        start: &'a Start,
        gates: &Gates<'_>,
    ) -> core::result::Result<(), Failure<'a>> {
        let file = |name: &'a str| {
            let mut files = self.files.iter();
            let file = files.find(|file| *file.name == *name.as_bytes());
            file.map(|file| file.bytes).ok_or(Failure::NoFile(name))
        };
        let program = file(&start.module)?;
        let bytes = match &start.loader {
            Some(loader) => file(loader)?,
            None => program,
        };
        let image = Image::read(bytes).map_err(Failure::Image)?;
        let account = self
            .program_account(id, start.memory)
            .map_err(Failure::Kernel)?;
        let started = self.check_room(&image, &account);
        let started = started.and_then(|()| {
            pays(Some(&account.heap), || {
                let loaded = self.load(start, image, bytes, &account);
                let loaded = loaded.map_err(|error| match error {
                    Error::ENOMEM => Failure::NoMemory,
                    Error::EADDRNOTAVAIL => Failure::Overlap,
                    error => Failure::Load(error),
                })?;
                self.launch(id, start, loaded, &account, gates)
                    .map_err(Failure::Kernel)
            })
        });
        if started.is_err() {
            self.end_account(&account);
        }
        started
    }

    fn program_account(&self, id: ProgramId, memory: Option<usize>) -> Result<Shared<Account>> {
        let factory = self
            .slots
            .alloc()?
            .fill(|slot| kernel::create_factory(CapIdx::FACTORY, slot, self.kernel_share))?;
        let limit = memory.unwrap_or(self.account.quota.limit());
        Account::program(&self.account, self.pool, id, limit, factory)
    }

    /// Ends all that was made at an account's cost: in the kernel at once, and what the root task
    /// has of it as soon as it comes to that.
    fn end_account(&mut self, account: &Account) {
        account.end();
        account.factory.delete();
        self.start_sweep();
    }
}
