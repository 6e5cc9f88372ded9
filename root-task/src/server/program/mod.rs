//! Programs: started from boot files, told about when they end, and cleared away.

mod end;
mod launch;
mod load;

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::rc::Rc;
use alloc::string::{String, ToString};
use core::cell::RefCell;

use l4re_sys::{CapIdx, MemRights};

use super::{Object, Server};
use crate::account::{Account, PROGRAM_SLOTS, ProgramId};
use crate::dataspace::Dataspace;
use crate::error::{Error, Result};
use crate::image::Image;
use crate::kernel;
use crate::log_line::LogLine;
use crate::names::{Entry, Meaning, Names};
use crate::owned_cap::OwnedCap;
use crate::plan::{Plan, Start};
use crate::quota::Quota;
use crate::regions::RegionMap;
use crate::registry::Label;

pub use end::{end_system, report};

/// The status of a program that could not be started.
const STATUS_NO_START: i64 = 126;

/// The file that lists the names of the others, as moe's: `length:name`, a line each.
const DIRECTORY: &str = ".dirinfo";

/// The kernel's memory for one program's objects, in bytes: at least and at most.
const KERNEL_SHARES: (usize, usize) = (256 << 10, 16 << 20);
/// Bytes of the kernel's memory where the kernel does not tell.
const KERNEL_MEMORY: usize = 32 << 20;

/// Where UTCBs are, and the logarithm (base 2) of their area's size.
const UTCBS: (u64, u32) = (0xb300_0000, 14);

/// A file that the boot loader loaded.
pub struct BootFile {
    /// Its name.
    pub name: String,
    /// Its bytes.
    pub bytes: &'static [u8],
}

/// A program, running or not any more.
pub(super) struct Program {
    name: String,
    state: State,
}

#[cfg(test)]
impl Program {
    /// Whether it has been started and not ended.
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
    regions: Rc<RefCell<RegionMap>>,
    log: Rc<RefCell<LogLine>>,
    stack: (u64, u64),
}

type Failure = String;

impl Server {
    pub(super) fn publish_files(&mut self) -> Result<Label> {
        let account = self.account.clone();
        let mut names = Names::new(account.quota.clone());
        let mut list = String::new();
        for index in 0..self.files.len() {
            let bytes = self.files[index].bytes;
            let (base, size) = (bytes.as_ptr() as usize, bytes.len());
            // SAFETY: a boot file is whole pages that stay, and are never written.
            let memory =
                unsafe { Dataspace::foreign(self.pool, &account.quota, base, size, MemRights::RX) };
            let name = self.files[index].name.clone();
            // Of files with one name the first counts.
            if self.publish_file(&mut names, &name, memory)? {
                list += &format!("{}:{name}\n", name.len());
            }
        }
        if !list.is_empty() {
            let memory = Dataspace::on_demand(self.pool, &account.quota, list.len())?;
            memory.write(0, list.as_bytes())?;
            self.publish_file(&mut names, DIRECTORY, memory)?;
        }
        self.publish(&account, Object::Names(Rc::new(RefCell::new(names))))
    }

    /// Makes memory a file that can be read; says whether the name was free.
    fn publish_file(&mut self, names: &mut Names, name: &str, memory: Dataspace) -> Result<bool> {
        let account = self.account.clone();
        let label = self.publish(&account, Object::Dataspace(Rc::new(memory)))?;
        let entry = Entry {
            meaning: Meaning::Object(label),
            write: false,
            special: false,
        };
        Ok(names.register(name.as_bytes(), entry, |_| false).is_ok())
    }

    /// Says how many bytes of memory the kernel has for its objects; 0 if that is unknown.
    pub fn set_kernel_memory(&mut self, bytes: usize) {
        self.kernel_memory = bytes;
    }

    /// Starts what the plan says. Ends the system if nothing of it runs.
    pub fn start_all(&mut self, plan: Plan) {
        self.colour = plan.colour;
        self.end = plan.end;
        // Programs share three quarters: the root task's own objects need some, too.
        let memory = match self.kernel_memory {
            0 => KERNEL_MEMORY,
            bytes => bytes,
        };
        let share = memory / 4 * 3 / plan.starts.len().max(1);
        self.kernel_share = share.clamp(KERNEL_SHARES.0, KERNEL_SHARES.1);
        let mut gates = BTreeMap::new();
        for name in &plan.gates {
            let gate = self.slots.alloc().and_then(|slot| {
                slot.fill(|slot| kernel::create_unbound_gate(CapIdx::FACTORY, slot))
            });
            match gate {
                Ok(gate) => drop(gates.insert(name.as_str(), gate)),
                Err(error) => report(format_args!("gate {name}: {error:?}")),
            }
        }
        // All are there before the first can end.
        for start in &plan.starts {
            let name = start.name.clone();
            self.programs.push(Program {
                name,
                state: State::Starting,
            });
        }
        for (id, start) in plan.starts.iter().enumerate() {
            if let Err(reason) = self.start(id, start, &gates) {
                report(format_args!("{}: cannot be started: {reason}", start.name));
                self.release(id, STATUS_NO_START);
            }
        }
        // The gates themselves stay as long as a program has them.
        for gate in gates.into_values() {
            self.gates.push(gate);
        }
        self.check_end();
    }

    fn start(
        &mut self,
        id: ProgramId,
        start: &Start,
        gates: &BTreeMap<&str, OwnedCap>,
    ) -> core::result::Result<(), Failure> {
        let file = |name: &str| match self.files.iter().find(|file| file.name == name) {
            Some(file) => Ok(file.bytes),
            None => Err(format!("no boot file is named {name:?}")),
        };
        let program = file(&start.module)?;
        let bytes = match &start.loader {
            Some(loader) => file(loader)?,
            None => program,
        };
        let image = Image::read(bytes).map_err(|e| e.to_string())?;
        let no_kernel_memory = |e| format!("the kernel has no memory for it ({e:?})");
        let account = self
            .program_account(id, start.memory)
            .map_err(no_kernel_memory)?;
        self.check_room(&image, &account)?;
        let loaded = self
            .load(start, image, bytes, &account)
            .map_err(|e| match e {
                Error::ENOMEM => "does not fit into memory".to_string(),
                Error::EADDRNOTAVAIL => "its segments, stack and UTCBs overlap".to_string(),
                e => format!("{e:?}"),
            })?;
        self.launch(id, start, loaded, &account, gates)
            .map_err(no_kernel_memory)
    }

    fn program_account(&self, id: ProgramId, memory: Option<usize>) -> Result<Rc<Account>> {
        let factory = self
            .slots
            .alloc()?
            .fill(|slot| kernel::create_factory(CapIdx::FACTORY, slot, self.kernel_share))?;
        let limit = memory.unwrap_or(self.account.quota.limit());
        Ok(Rc::new(Account {
            quota: Quota::new(limit, Some(self.account.quota.clone())),
            factory: Rc::new(factory),
            program: Some(id),
            slots: Quota::new(PROGRAM_SLOTS, None),
            depth: self.account.depth + 1,
        }))
    }
}
