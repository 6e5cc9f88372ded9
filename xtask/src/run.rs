//! `run`: builds what is named, boots it and passes on how it ended.

use std::io::IsTerminal;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::boot::Ground;
use crate::build::{self, Build, Profile};
use crate::cli::{BuildArgs, MachineArgs, RootTask, RunArgs};
use crate::console::{self, End, Record, Watch};
use crate::elf::{self, Needs};
use crate::qemu::{self, Machine};
use crate::script;
use crate::setup::{self, Setup};
use crate::status::{self, Failure};
use crate::symbols::Symbols;
use crate::sysroot;
use crate::system::System;
use crate::workspace::{Log, Package, Variables, Workspace, has_manifest};

/// Where `run` leaves the folder of the package that cargo runs a program of.
const PACKAGE_DIR: &str = "L4RE_RS_PACKAGE_DIR";
/// Options for `run` where a command line has no place for them: under cargo.
const OPTIONS: &str = "L4RE_RS_RUN";

/// Boots what the command line names; the result is the exit status.
pub fn run(ws: &Workspace, args: &RunArgs) -> Result<u8> {
    let mut named = name_programs(ws, args)?;
    let variables: Variables = args.variables.iter().cloned().collect();
    match &mut named {
        // A wrong file is told before anything is built.
        Named::Files(files) => drop(measure(files)?),
        Named::Script(script, _) if !variables.is_empty() => return Err(starts_alone(script)),
        Named::Script(..) => {}
        Named::Package(package) => {
            package.libc_of.clone_from(&args.libc_of);
            package.tree_of.clone_from(&args.ground.l4re);
        }
    }
    let setup = setup::ensure(ws)?;
    sysroot::ensure(ws, &setup)?;
    let (ground, system) = std::thread::scope(|scope| {
        let ground = scope.spawn(|| Ground::prepare(ws, &setup, &args.ground));
        let system = match &named {
            Named::Files(files) => System::of_files(files, &args.args),
            Named::Script(script, files) => args
                .ground
                .l4re
                .as_deref()
                .filter(|_| args.ground.root_task == RootTask::L4re)
                .ok_or_else(|| no_ned(script))
                .and_then(|tree| {
                    let profile = Profile::new(args.release);
                    script::system(ws, &setup, tree, script, files, profile)
                }),
            Named::Package(package) => {
                build::programs(ws, &setup, package, Profile::new(args.release))
                    .and_then(|folder| System::of_package(package, &folder, &args.args))
            }
        };
        (ground.join(), system)
    });
    let ground =
        ground.map_err(|_| anyhow::anyhow!("the thread that built the system panicked"))?;
    let mut system = system?;
    system.set_variables(&variables);
    boot_shown(ws, &setup, &ground?, args, &system)
}

/// Boots a program that cargo has built.
pub fn runner(ws: &Workspace, elf: &Path, args: Vec<String>) -> Result<u8> {
    let mut options = runner_options()?;
    options.args = args;
    let setup = setup::ensure(ws)?;
    let package = std::env::var_os(PACKAGE_DIR).and_then(|dir| Package::read(Path::new(&dir)).ok());
    let mut system = match (&package, elf.parent()) {
        (Some(package), Some(folder))
            if !package.l4re.programs.is_empty() && !folder.ends_with("deps") =>
        {
            // One of several that make a system; cargo has built this one only.
            let (_, target_dir) = ws.home_of(package)?;
            for profile in [Profile::Debug, Profile::Release] {
                if folder == build::program_folder(&target_dir, profile) {
                    sysroot::ensure(ws, &setup)?;
                    build::programs(ws, &setup, package, profile)?;
                }
            }
            System::of_package(package, folder, &options.args)?
        }
        _ => System::of_files(&[elf.to_owned()], &options.args)?,
    };
    if let Some(package) = &package {
        system.settle(&package.l4re);
    }
    system.set_variables(&options.variables.iter().cloned().collect());
    let ground = Ground::prepare(ws, &setup, &options.ground)?;
    boot_shown(ws, &setup, &ground, &options, &system)
}

/// Options for a boot by cargo, from the environment.
fn runner_options() -> Result<RunArgs> {
    let text = std::env::var(OPTIONS).unwrap_or_default();
    let words = shlex::split(&text).with_context(|| format!("{OPTIONS}: unbalanced quotes"))?;
    let line = ["run".to_owned()]
        .into_iter()
        .chain(words)
        .chain(["program".to_owned()]);
    match <crate::cli::Cli as clap::Parser>::try_parse_from(
        ["xtask".to_owned()].into_iter().chain(line),
    )?
    .command
    {
        crate::cli::Command::Run(args) => Ok(args),
        _ => anyhow::bail!("{OPTIONS} must hold options of run"),
    }
}

/// Builds examples, and the kernel and root task with them.
pub fn build_only(ws: &Workspace, args: &BuildArgs) -> Result<u8> {
    let setup = setup::ensure(ws)?;
    sysroot::ensure(ws, &setup)?;
    let names = if args.programs.is_empty() {
        ws.examples()?
    } else {
        args.programs.clone()
    };
    build::embedded(ws, &setup, Build::Plain)?;
    for name in names {
        let package = ws.example(&name)?;
        let folder = build::programs(ws, &setup, &package, Profile::new(args.release))?;
        for bin in &package.bins {
            println!("{}", folder.join(bin).display());
        }
    }
    Ok(0)
}

enum Named {
    Package(Box<Package>),
    Files(Vec<PathBuf>),
    /// A ned script, and files for it.
    Script(PathBuf, Vec<PathBuf>),
}

fn no_ned(script: &Path) -> anyhow::Error {
    Failure::error(
        status::NOT_ELF,
        format!(
            "{} is a script of L4Re's ned, which the embedded system does not have\n  Name an L4Re build tree with --l4re DIR",
            script.display()
        ),
    )
}

fn starts_alone(script: &Path) -> anyhow::Error {
    Failure::error(
        status::USAGE,
        format!(
            "--env does not reach the programs that {} starts\n  Name the variables there, in a table behind the program: \
             ld:start({{ … }}, \"rom/program\", {{ NAME = \"value\" }})",
            script.display()
        ),
    )
}

/// One example or folder of a package, or else files.
fn name_programs(ws: &Workspace, args: &RunArgs) -> Result<Named> {
    match args.programs.as_slice() {
        [one] if !one.contains('/') && (is_example(ws, one) || !Path::new(one).exists()) => {
            Ok(Named::Package(Box::new(ws.example(one)?)))
        }
        [one] if Path::new(one).is_dir() => package_in(Path::new(one)),
        [script, files @ ..] if script::is_script(Path::new(script)) => Ok(Named::Script(
            PathBuf::from(script),
            files.iter().map(PathBuf::from).collect(),
        )),
        files => Ok(Named::Files(files.iter().map(PathBuf::from).collect())),
    }
}

/// The package in a folder.
fn package_in(dir: &Path) -> Result<Named> {
    if !has_manifest(dir) {
        return Err(Failure::error(
            status::NO_FILE,
            format!(
                "{} is a folder without a Cargo.toml: it takes an ELF file, or a package's folder\n  `cargo xtask new {0}` makes one",
                dir.display()
            ),
        ));
    }
    let package = Package::read(&dir.canonicalize()?)?;
    if package.bins.is_empty() {
        return Err(Failure::error(
            status::BUILD,
            format!("the package in {} has no program", dir.display()),
        ));
    }
    Ok(Named::Package(Box::new(package)))
}

fn is_example(ws: &Workspace, name: &str) -> bool {
    has_manifest(&ws.root.join("examples").join(name))
}

/// Checks the files, and tells what each needs.
fn measure(files: &[PathBuf]) -> Result<Vec<(String, Needs)>> {
    (files.iter())
        .map(|file| Ok((file.display().to_string(), elf::check(file)?)))
        .collect()
}

fn boot_shown(
    ws: &Workspace,
    setup: &Setup,
    ground: &Ground,
    args: &RunArgs,
    system: &System,
) -> Result<u8> {
    if let Some(port) = args.machine.gdb
        && let Some(program) = system.programs.first()
    {
        eprintln!(
            "run: waiting for: gdb -ex 'target remote 127.0.0.1:{port}' {}",
            program.elf.display()
        );
    }
    let watch = Watch {
        expect: args.expect.clone(),
        timeout: args.machine.timeout,
        show: true,
        raw: ground.has_debugger() || system.programs.iter().any(|p| p.log == Log::Kernel),
        ned: ground.has_ned(),
        ..Watch::default()
    };
    let record = boot(ws, setup, ground, system, &args.machine, &watch)?;
    Ok(verdict(&record.end, &watch))
}

/// Boots a system and watches it to its end.
pub fn boot(
    ws: &Workspace,
    setup: &Setup,
    ground: &Ground,
    system: &System,
    machine: &MachineArgs,
    watch: &Watch,
) -> Result<Record> {
    let files: Vec<PathBuf> = system
        .programs
        .iter()
        .map(|program| program.elf.clone())
        .collect();
    let memory = machine.mem.unwrap_or_else(|| ground.default_memory());
    elf::check_memory(&measure(&files)?, memory)?;
    let mut symbols = Symbols::new(&ws.root);
    let colour = watch.show && std::io::stdout().is_terminal();
    let image = ground.image(system, colour, &mut symbols)?;
    let keys = watch.keys();
    let command = qemu::command(&setup.qemu, &image, machine, keys, memory)?;
    let running = Machine::start(command, keys)?;
    console::watch(running, &image.verdict(), &symbols, watch)
}

/// The exit status for a boot's end; says why where the system did not.
pub fn verdict(end: &End, watch: &Watch) -> u8 {
    let (status, reason) = match (end, &watch.expect) {
        (End::Expected, _) => return 0,
        (End::KernelPanic, _) => (status::KERNEL_PANIC, "the kernel panicked".to_owned()),
        (End::TimedOut, _) => {
            let seconds = watch.timeout.unwrap_or_default().as_secs_f64();
            (
                status::TIMEOUT,
                format!("the system has not ended within {seconds} s"),
            )
        }
        (_, Some(text)) => (
            status::NOT_EXPECTED,
            format!("the system ended, but never wrote {text:?}"),
        ),
        (End::Status(status), None) => return *status,
        (End::Silent, None) => (
            status::NO_STATUS,
            "the machine stopped before the system told how it ended".to_owned(),
        ),
    };
    eprintln!("run: {reason}");
    status
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_end_has_its_status() {
        let plain = Watch::default();
        assert_eq!(verdict(&End::Status(101), &plain), 101);
        assert_eq!(verdict(&End::TimedOut, &plain), status::TIMEOUT);
        assert_eq!(verdict(&End::KernelPanic, &plain), status::KERNEL_PANIC);
        assert_eq!(verdict(&End::Silent, &plain), status::NO_STATUS);
        let expecting = Watch {
            expect: Some("x".to_owned()),
            ..Watch::default()
        };
        assert_eq!(verdict(&End::Expected, &expecting), 0);
        assert_eq!(verdict(&End::Status(0), &expecting), status::NOT_EXPECTED);
        assert_eq!(verdict(&End::TimedOut, &expecting), status::TIMEOUT);
    }
}
