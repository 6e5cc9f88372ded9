//! A system to boot: which programs, with which arguments and gates.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::workspace::{GateRole, Log, Metadata, Package, Ports, StackSize, Value, Variables};

/// The programs of one boot, in start order.
#[derive(Clone, Debug, Default)]
pub struct System {
    /// IPC gates that programs share.
    pub gates: Vec<String>,
    /// The programs.
    pub programs: Vec<Program>,
    /// A ned script that starts the programs, instead of one made from what is known of them.
    pub script: Option<String>,
    /// Whether the system ends with the first program, and with its status.
    pub end_first: bool,
    /// Other boot modules, by their names.
    pub files: Vec<(String, PathBuf)>,
}

/// One program to start.
#[derive(Clone, Debug, Default)]
pub struct Program {
    /// Its name in the log, and `argv[0]`.
    pub name: String,
    /// The name of the boot module that holds its ELF file.
    pub module: String,
    /// Its ELF file.
    pub elf: PathBuf,
    /// `argv[1..]`.
    pub args: Vec<String>,
    /// Named capabilities to the shared gates.
    pub gates: Vec<(String, GateRole)>,
    /// Where its log goes.
    pub log: Log,
    /// The I/O ports that it may use.
    pub io_ports: Vec<Ports>,
    /// The interrupts that it may bind.
    pub irqs: Vec<u32>,
    /// Its environment variables.
    pub env: Variables,
    /// The size of its first thread's stack, if not what the file says.
    pub stack_size: Option<StackSize>,
}

impl Program {
    /// Its environment variables as `NAME` and value.
    pub fn variables(&self) -> impl Iterator<Item = (&str, &str)> {
        (self.env.iter()).map(|(name, Value(value))| (name.as_str(), value.as_str()))
    }
}

impl System {
    /// A system of ELF files without gates; the first one gets the arguments.
    pub fn of_files(files: &[PathBuf], args: &[String]) -> Result<System> {
        let mut system = System::default();
        for file in files {
            system.add(file, None)?;
        }
        system.give_args(args);
        Ok(system)
    }

    /// The system that a package describes, with its programs built in `folder`.
    pub fn of_package(package: &Package, folder: &Path, args: &[String]) -> Result<System> {
        let mut system = System {
            gates: package.l4re.gates.clone(),
            ..System::default()
        };
        if package.l4re.programs.is_empty() {
            for bin in &package.bins {
                system.add(&folder.join(bin), None)?;
            }
        }
        for entry in &package.l4re.programs {
            let program = system.add(&folder.join(&entry.bin), entry.name.as_deref())?;
            program.args.clone_from(&entry.args);
            program.gates = (entry.gates.iter())
                .map(|(gate, role)| (gate.clone(), *role))
                .collect();
            program.log = entry.log;
            program.io_ports.clone_from(&entry.io_ports);
            program.irqs.clone_from(&entry.irqs);
            program.env.clone_from(&entry.env);
            program.stack_size = entry.stack_size;
        }
        system.settle(&package.l4re);
        system.give_args(args);
        Ok(system)
    }

    /// Gives each program what its package says for all, unless it has its own.
    pub fn settle(&mut self, package: &Metadata) {
        for program in &mut self.programs {
            for (name, value) in &package.env {
                program.env.entry(name.clone()).or_insert(value.clone());
            }
            program.stack_size = program.stack_size.or(package.stack_size);
        }
        // A module has one stack size; programs with another get a module of their own.
        for index in 1..self.programs.len() {
            let (before, rest) = self.programs.split_at(index);
            let Some(program) = rest.first() else { break };
            let differs = before.iter().any(|other| {
                other.module == program.module && other.stack_size != program.stack_size
            });
            if differs {
                let module = unused(&program.module, &self.names(|program| &program.module));
                self.programs[index].module = module;
            }
        }
    }

    /// Sets environment variables of all programs, in the place of their own.
    pub fn set_variables(&mut self, variables: &Variables) {
        for program in &mut self.programs {
            program.env.extend(variables.clone());
        }
    }

    /// Arguments from the command line take the place of the first program's own.
    fn give_args(&mut self, args: &[String]) {
        if let Some(first) = self.programs.first_mut()
            && !args.is_empty()
        {
            first.args = args.to_vec();
        }
    }

    pub fn add(&mut self, file: &Path, name: Option<&str>) -> Result<&mut Program> {
        let elf =
            fs::canonicalize(file).with_context(|| format!("cannot open {}", file.display()))?;
        let base = module_name(&elf);
        let module = match self.programs.iter().find(|other| other.elf == elf) {
            Some(other) => other.module.clone(),
            None => unused(&base, &self.names(|program| &program.module)),
        };
        let name = unused(name.unwrap_or(&base), &self.names(|program| &program.name));
        let program = Program {
            name,
            module,
            elf,
            ..Program::default()
        };
        Ok(self.programs.push_mut(program))
    }

    /// Adds the program of a module, which a script starts.
    pub fn add_named(&mut self, file: &Path, module: &str) -> Result<()> {
        self.add(file, Some(module))?.module = module.to_owned();
        Ok(())
    }

    fn names(&self, which: fn(&Program) -> &String) -> BTreeSet<&str> {
        self.programs
            .iter()
            .map(|program| which(program).as_str())
            .collect()
    }
}

/// A file's name as a boot module's: what the plan's and the boot loader's syntax allow.
fn module_name(file: &Path) -> String {
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    let kept: String = name
        .chars()
        .map(|c| {
            if c.is_ascii_alphanumeric() || "._-+".contains(c) {
                c
            } else {
                '_'
            }
        })
        .collect();
    // `cargo test` appends a hash to a test's name; the reader knows it without.
    match kept.rsplit_once('-') {
        Some((stem, hash)) if hash.len() == 16 && hash.bytes().all(|b| b.is_ascii_hexdigit()) => {
            stem.to_owned()
        }
        _ => kept,
    }
}

fn unused(name: &str, taken: &BTreeSet<&str>) -> String {
    let reserved = ["root-task", "boot.plan"];
    if !taken.contains(name) && !reserved.contains(&name) {
        return name.to_owned();
    }
    (2..)
        .map(|number| format!("{name}.{number}"))
        .find(|name| !taken.contains(name.as_str()))
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn module_names_are_plain() {
        assert_eq!(module_name(Path::new("/a b/c d,e")), "c_d_e");
        assert_eq!(module_name(Path::new("/t/ipc-0123456789abcdef")), "ipc");
        assert_eq!(module_name(Path::new("/t/two-tasks")), "two-tasks");
    }

    #[test]
    fn a_file_twice_is_one_module_and_two_names() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("hello");
        fs::write(&file, "").unwrap();
        let args = ["x".to_owned()];
        let system = System::of_files(&[file.clone(), file], &args).unwrap();
        assert_eq!(system.programs[0].name, "hello");
        assert_eq!(system.programs[1].name, "hello.2");
        assert_eq!(system.programs[0].module, system.programs[1].module);
        assert_eq!(system.programs[0].args, ["x"]);
        assert!(system.programs[1].args.is_empty());
    }

    #[test]
    fn programs_of_one_file_with_stacks_of_their_own_have_modules_of_their_own() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("p");
        fs::write(&file, "").unwrap();
        let mut system = System::of_files(&[file.clone(), file.clone(), file], &[]).unwrap();
        let own = StackSize(1 << 20);
        system.programs[1].stack_size = Some(own);
        system.settle(&Metadata {
            stack_size: Some(StackSize(2 << 20)),
            ..Metadata::default()
        });
        let [a, b, c] = &system.programs[..] else {
            panic!()
        };
        assert_eq!((a.stack_size, b.stack_size), (c.stack_size, Some(own)));
        assert_eq!(a.module, c.module);
        assert_ne!(a.module, b.module);
    }

    #[test]
    fn names_of_the_system_itself_are_not_given_away() {
        assert_eq!(unused("boot.plan", &BTreeSet::new()), "boot.plan.2");
    }
}
