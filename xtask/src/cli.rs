//! The command line.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::build::Build;
use crate::workspace::{Value, check_variable};

/// Builds l4re-rs programs and boots them in QEMU.
#[derive(Debug, Parser)]
#[command(name = "xtask", bin_name = "cargo xtask")]
pub struct Cli {
    /// The folder that paths are in; `run` starts this tool in the workspace's.
    #[arg(long, hide = true, value_name = "DIR")]
    pub cwd: Option<PathBuf>,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What `xtask` can do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Boot an example, a package of your own, or ELF files, in QEMU.
    Run(RunArgs),
    /// Boot one program for cargo (`cargo run`, `cargo test`).
    #[command(hide = true)]
    Runner {
        /// The program that cargo built.
        elf: PathBuf,
        /// The program's arguments.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        args: Vec<String>,
    },
    /// Build an example, with the kernel and the root task to boot it.
    Build(BuildArgs),
    /// Run the host tests, then the system tests in QEMU.
    Test(TestArgs),
    /// Run the toolchain's own tests of its library in QEMU.
    TestStd(TestStdArgs),
    /// Build and boot programs with and without `std` by each supported compiler.
    TestCompilers(TestCompilersArgs),
    /// Let well-known crates do their work in QEMU.
    TestCrates(TestCratesArgs),
    /// Run what threads do at the same time in many interleavings, by a model checker.
    Interleavings(InterleavingsArgs),
    /// Run the host tests of what has unsafe code by Miri.
    Miri(MiriArgs),
    /// Count the instructions that IPC costs, and write them into docs/performance.md.
    Bench(BenchArgs),
    /// Render the book in docs/, its interface reference made anew; or check it.
    Book(BookArgs),
    /// Let unprivileged programs make random system calls or requests; nobody else must notice.
    Fuzz(FuzzArgs),
    /// Hold the `libc` module for L4Re's uClibc against C headers.
    CheckLibc {
        /// Those of this L4Re build tree, instead of this project's uClibc-ng.
        #[arg(long, value_name = "DIR")]
        l4re: Option<PathBuf>,
    },
    /// Compare all that l4re-sys defines with the headers of an L4Re tree (`--l4re DIR`).
    #[command(disable_help_flag = true)]
    CheckAbi {
        /// What to compare with and what to print; `--help` tells.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        args: Vec<String>,
    },
    /// Check formatting and the documentation's links, and run clippy for the host and both targets.
    Lint,
    /// Make a package of your own to begin with: an interface, a server and a client.
    New {
        /// The folder to make; its name is the package's.
        folder: PathBuf,
    },
    /// Look for what a build needs, and install what is missing.
    Setup,
    /// Make the C SDK: headers, the static library, and the compiler's flags.
    Sdk(SdkArgs),
    /// Make a static library for C programs of a package of Rust.
    Staticlib(StaticlibArgs),
    /// Print settings for the shell, so that plain `cargo build --target x86_64-l4re-uclibc` works.
    Env(EnvArgs),
    /// Build the C library, and print the folder with `libc.a` and `include/`.
    Libc,
    /// Print the linker's command line for a program.
    LinkLine {
        /// Name of an example or of another program in the workspace.
        program: String,
        /// Show the optimised build's.
        #[arg(long)]
        release: bool,
    },
}

/// Which interleavings are tried.
#[derive(Args, Debug, Clone)]
pub struct InterleavingsArgs {
    /// Parts of the names of the models; all of them if there is none.
    #[arg(value_name = "MODEL")]
    pub models: Vec<String>,
    /// How many of each model, by each of the two schedulers.
    #[arg(long, value_name = "N")]
    pub rounds: Option<u64>,
    /// Others for each number.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub seed: u64,
    /// The one that a failure has printed; name its model.
    #[arg(long, value_name = "SCHEDULE", requires = "models")]
    pub replay: Option<String>,
}

/// What Miri runs.
#[derive(Args, Debug, Clone)]
pub struct MiriArgs {
    /// All tests of these packages (`l4re`, `kernel`, `root-task`); if there is none, of all three
    /// those that take no minutes.
    #[arg(value_name = "PACKAGE")]
    pub packages: Vec<String>,
    /// Arguments for the tests, such as a part of their names.
    #[arg(last = true)]
    pub tests: Vec<String>,
}

/// Which compilers to try.
#[derive(Args, Debug, Clone)]
pub struct TestCompilersArgs {
    /// Their names, as rustup has them (`1.97`, `beta`); all supported ones if there is none.
    #[arg(value_name = "TOOLCHAIN")]
    pub names: Vec<String>,
}

/// What to boot and how.
#[derive(Args, Debug, Clone, Default)]
#[command(
    args_override_self = true,
    override_usage = "./run [OPTIONS] <EXAMPLE | FOLDER | ELF...> [-- ARGS...]"
)]
pub struct RunArgs {
    /// An example's name, the folder of a package of your own, or one or several ELF files; with
    /// --l4re a ned script, `.cfg`, and files or examples that take the place of the tree's
    /// programs in it.
    #[arg(required = true, value_name = "EXAMPLE | FOLDER | ELF")]
    pub programs: Vec<String>,
    /// Boot optimised builds.
    #[arg(long)]
    pub release: bool,
    /// How the machine behaves.
    #[command(flatten)]
    pub machine: MachineArgs,
    /// End with status 0 as soon as the output has this text, with 74 if it never comes.
    #[arg(long, value_name = "TEXT")]
    pub expect: Option<String>,
    /// What the programs are booted on.
    #[command(flatten)]
    pub ground: GroundArgs,
    /// Link an example with `std` against the C library of this L4Re build tree.
    #[arg(long, value_name = "DIR")]
    pub libc_of: Option<PathBuf>,
    /// An environment variable of the programs (repeatable).
    #[arg(long = "env", value_name = "NAME=VALUE", value_parser = parse_variable)]
    pub variables: Vec<(String, Value)>,
    /// Arguments for the program (the first one, if several are started).
    #[arg(last = true)]
    pub args: Vec<String>,
}

/// Whose kernel and whose servers; the embedded system unless an L4Re tree is named.
#[derive(Args, Debug, Clone, Default)]
pub struct GroundArgs {
    /// Boot with this L4Re build tree's bootstrap, Fiasco, sigma0, moe, l4re and ned.
    #[arg(long, value_name = "DIR")]
    pub l4re: Option<PathBuf>,
    /// With --l4re: the Fiasco kernel to boot (default: the one in or beside the tree).
    #[arg(long, value_name = "FILE", requires = "l4re")]
    pub fiasco: Option<PathBuf>,
    /// With --l4re: whose kernel.
    #[arg(long, value_enum, default_value_t, requires = "l4re")]
    pub kernel: Kernel,
    /// With --l4re: whose root task.
    #[arg(long, value_enum, default_value_t, requires = "l4re")]
    pub root_task: RootTask,
    /// Boot the embedded kernel that checks its own state after every system call: slower, and
    /// what it finds stops the machine.
    #[arg(long)]
    pub checked: bool,
    /// Boot the embedded kernel that tells at its end how long it kept interrupts off at most, in
    /// ticks of the time stamp counter; with `--count` these are instructions.
    #[arg(long, conflicts_with = "checked")]
    pub timed: bool,
}

impl GroundArgs {
    /// How the embedded kernel is built.
    pub fn build(&self) -> Build {
        match (self.checked, self.timed) {
            (true, _) => Build::Checked,
            (_, true) => Build::Timed,
            _ => Build::Plain,
        }
    }

    /// The same, with the kernel that tells how long it kept interrupts off.
    pub fn timed(&self) -> GroundArgs {
        GroundArgs {
            checked: false,
            timed: true,
            ..self.clone()
        }
    }

    /// The same, with the kernel that checks its own state.
    pub fn checked(&self) -> GroundArgs {
        GroundArgs {
            checked: true,
            ..self.clone()
        }
    }
}

/// A kernel.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Kernel {
    /// L4Re's.
    #[default]
    Fiasco,
    /// The embedded one.
    Ours,
}

/// What runs above the kernel.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum RootTask {
    /// L4Re's moe, with ned.
    #[default]
    L4re,
    /// The embedded one.
    Ours,
}

/// The virtual machine.
#[derive(Args, Debug, Clone)]
pub struct MachineArgs {
    /// Use the processor's virtualisation instead of emulation.
    #[arg(long, conflicts_with = "tcg")]
    pub kvm: bool,
    /// Emulate the processor (the default).
    #[arg(long)]
    pub tcg: bool,
    /// Memory: a number of MiB, or with suffix K, M or G (default: 256M; with --l4re 512M).
    #[arg(long, value_parser = parse_memory)]
    pub mem: Option<u64>,
    /// Number of processors.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=64))]
    pub smp: u32,
    /// Let the time stamp counter count instructions, one a tick: they repeat exactly.
    #[arg(long, conflicts_with = "kvm")]
    pub count: bool,
    /// What the machine's clock starts with, as `2024-02-29T23:59:50` (default: now).
    #[arg(long, value_name = "DATE", value_parser = parse_date)]
    pub date: Option<String>,
    /// Wait for a debugger on this TCP port of the loopback address (default: 1234) before the
    /// first instruction: `--gdb` or `--gdb=PORT`.
    #[arg(long, value_name = "PORT", num_args = 0..=1, require_equals = true)]
    #[arg(default_missing_value = "1234", value_parser = clap::value_parser!(u16).range(1..))]
    pub gdb: Option<u16>,
    /// End with status 124 if the system has not ended after this many seconds.
    #[arg(long, value_name = "SECS", value_parser = parse_seconds)]
    pub timeout: Option<Duration>,
}

impl Default for MachineArgs {
    fn default() -> Self {
        MachineArgs {
            kvm: false,
            tcg: false,
            mem: None,
            smp: 1,
            count: false,
            date: None,
            gdb: None,
            timeout: None,
        }
    }
}

/// What to build.
#[derive(Args, Debug)]
pub struct BuildArgs {
    /// Names of examples; all of them if none is named.
    pub programs: Vec<String>,
    /// Optimise.
    #[arg(long)]
    pub release: bool,
}

/// What to test.
#[derive(Args, Debug)]
pub struct TestArgs {
    /// Run only tests whose name contains this.
    pub filter: Option<String>,
    /// Leave out the tests that need QEMU.
    #[arg(long, conflicts_with = "no_host")]
    pub host: bool,
    /// Leave out the host tests.
    #[arg(long)]
    pub no_host: bool,
    /// What the programs are booted on.
    #[command(flatten)]
    pub ground: GroundArgs,
}

/// Where the C SDK goes.
#[derive(Args, Debug)]
pub struct SdkArgs {
    /// The folder [default: sdk in the target directory].
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Only what programs without a C library need.
    #[arg(long)]
    pub small: bool,
}

/// Of what the static library is made, and where.
#[derive(Args, Debug)]
pub struct StaticlibArgs {
    /// The folder of the package.
    #[arg(value_name = "FOLDER")]
    pub folder: PathBuf,
    /// The library's file [default: beside cargo's].
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
}

/// Which of the toolchain's tests to run, and where.
#[derive(Args, Debug)]
pub struct TestStdArgs {
    /// Names of the test programs [default: all].
    pub names: Vec<String>,
    /// Link them with the C library of this L4Re build tree.
    #[arg(long, value_name = "DIR")]
    pub libc_of: Option<PathBuf>,
    /// What the programs are booted on.
    #[command(flatten)]
    pub ground: GroundArgs,
}

/// Which crates to try.
#[derive(Args, Debug)]
pub struct TestCratesArgs {
    /// Names of the crates' programs [default: all].
    pub names: Vec<String>,
    /// What the programs are booted on.
    #[command(flatten)]
    pub ground: GroundArgs,
}

/// Which settings to print.
#[derive(Args, Debug)]
pub struct EnvArgs {
    /// For programs with `std`; a panic unwinds.
    #[arg(long)]
    pub std: bool,
    /// For programs with `std`, linked with the C library of this L4Re build tree.
    #[arg(long, value_name = "DIR")]
    pub libc_of: Option<PathBuf>,
    /// Print `[patch.crates-io]` entries instead: of changed copies of the crates that this
    /// `Cargo.lock` has and that do not know L4Re.
    #[arg(long, value_name = "LOCK", conflicts_with_all = ["std", "libc_of"])]
    pub patches: Option<PathBuf>,
}

/// How to measure.
#[derive(Args, Debug)]
pub struct BenchArgs {
    /// Print a line of JSON for each count, and write nothing.
    #[arg(long)]
    pub json: bool,
    /// Write nothing; fail if a count is over its limit, or more than 2 % above the page's.
    #[arg(long)]
    pub check: bool,
    /// What to measure; only the embedded system's counts are written down.
    #[command(flatten)]
    pub ground: GroundArgs,
}

/// What to do with the book.
#[derive(Args, Debug)]
pub struct BookArgs {
    /// Write nothing; fail if a link, listing or generated page is wrong, or a command of a page
    /// does something else than the page says.
    #[arg(long)]
    pub check: bool,
    /// With --check: run no commands.
    #[arg(long, requires = "check")]
    pub no_commands: bool,
    /// With --check: only pages whose path contains this.
    #[arg(requires = "check")]
    pub filter: Option<String>,
    /// Write the generated pages, and render nothing.
    #[arg(long, conflicts_with_all = ["check", "open"])]
    pub generate: bool,
    /// Open the book in the browser.
    #[arg(long, conflicts_with = "check")]
    pub open: bool,
}

/// Which calls to make.
#[derive(Args, Debug)]
pub struct FuzzArgs {
    /// What the random numbers begin with: the same seed gives the same calls.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// How many calls.
    #[arg(long, default_value_t = 200_000)]
    pub calls: u64,
    /// Make requests to the root task instead, by several programs that end at any time.
    #[arg(long)]
    pub requests: bool,
    /// Make the calls on the embedded system and on that of `--l4re DIR`, and compare what each
    /// returned; status 0 if every difference is one of `docs/differences.md`.
    #[arg(long, conflicts_with = "requests")]
    pub compare: bool,
    /// How the machine behaves.
    #[command(flatten)]
    pub machine: MachineArgs,
    /// What the program is booted on.
    #[command(flatten)]
    pub ground: GroundArgs,
}

/// Bytes from `64`, `64M`, `1G` or `65536K`; at least 32 MiB, in whole MiB.
fn parse_memory(text: &str) -> Result<u64, String> {
    let (digits, shift) = match text.char_indices().last() {
        Some((at, 'k' | 'K')) => (&text[..at], 10),
        Some((at, 'm' | 'M')) => (&text[..at], 20),
        Some((at, 'g' | 'G')) => (&text[..at], 30),
        _ => (text, 20),
    };
    let number: u64 = digits
        .parse()
        .map_err(|_| "not a number of MiB, with or without K, M or G".to_owned())?;
    let bytes = number
        .checked_mul(1 << shift)
        .ok_or_else(|| "more than 64 bits can count".to_owned())?;
    if bytes < 32 << 20 {
        return Err("the system needs at least 32M".to_owned());
    }
    if bytes > 1 << 40 {
        return Err("more than 1024G".to_owned());
    }
    if bytes % (1 << 20) != 0 {
        return Err("not a whole number of MiB".to_owned());
    }
    Ok(bytes)
}

/// A date and time as QEMU takes them.
fn parse_date(text: &str) -> Result<String, String> {
    let pattern = b"dddd-dd-ddTdd:dd:dd";
    let fits = text.len() == pattern.len()
        && text.bytes().zip(pattern).all(|(byte, due)| match due {
            b'd' => byte.is_ascii_digit(),
            due => byte == *due,
        });
    if fits {
        Ok(text.to_owned())
    } else {
        Err("not a date as 2024-02-29T23:59:50".to_owned())
    }
}

/// An environment variable, `NAME=VALUE`.
fn parse_variable(text: &str) -> Result<(String, Value), String> {
    let (name, value) = (text.split_once('='))
        .ok_or_else(|| "not an environment variable as NAME=VALUE".to_owned())?;
    check_variable(name, value)?;
    Ok((name.to_owned(), Value(value.to_owned())))
}

/// The longest time that can be asked for, in seconds: a year. A deadline of it can always be
/// computed.
const LONGEST: f64 = 366.0 * 24.0 * 3600.0;

/// Seconds, with or without a fraction; more than none, at most [`LONGEST`].
fn parse_seconds(text: &str) -> Result<Duration, String> {
    let seconds: f64 = text
        .parse()
        .map_err(|_| "not a number of seconds".to_owned())?;
    if seconds > LONGEST {
        return Err(format!("must be at most {LONGEST} seconds, a year"));
    }
    match Duration::try_from_secs_f64(seconds) {
        Ok(duration) if !duration.is_zero() => Ok(duration),
        _ => Err("must be more than 0 seconds".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    fn run_args(line: &str) -> Result<RunArgs, clap::Error> {
        let words = ["xtask", "run"].into_iter().chain(line.split_whitespace());
        match Cli::try_parse_from(words)?.command {
            Command::Run(args) => Ok(args),
            other => panic!("parsed as {other:?}"),
        }
    }

    #[test]
    fn the_definition_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn run_takes_programs_options_and_arguments() {
        let args = run_args("hello --release --timeout 2.5 --mem 64 -- a --b").unwrap();
        assert_eq!(args.programs, ["hello"]);
        assert_eq!(args.args, ["a", "--b"]);
        assert!(args.release);
        assert_eq!(args.machine.timeout, Some(Duration::from_millis(2500)));
        assert_eq!(args.machine.mem, Some(64 << 20));
    }

    #[test]
    fn variables_are_kept_with_what_stands_in_them() {
        let args = run_args("hello --env A=b=c --env B= -- x").unwrap();
        let value = |text: &str| Value(text.to_owned());
        let due = [("A".to_owned(), value("b=c")), ("B".to_owned(), value(""))];
        assert_eq!(args.variables, due);
        for wrong in ["A", "=b", "", "A=x\ny"] {
            assert!(parse_variable(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn run_refuses_what_makes_no_sense() {
        assert!(run_args("").is_err());
        assert!(run_args("hello --kvm --tcg").is_err());
        assert!(run_args("hello --timeout 0").is_err());
        assert!(run_args("hello --timeout -1").is_err());
        for bad in ["1e19", "1e300", "inf", "nan", "31622401"] {
            assert!(
                run_args(&format!("hello --timeout {bad}")).is_err(),
                "{bad}"
            );
        }
        assert!(run_args("hello --timeout 31622400").is_ok());
        assert!(run_args("hello --smp 0").is_err());
        assert!(run_args("hello --date yesterday").is_err());
        assert!(run_args("hello --date 2024-02-29T23:59:50").is_ok());
        assert!(run_args("hello --fiasco f").is_err());
        assert!(run_args("hello --kernel ours").is_err());
        assert!(run_args("hello --l4re d --kernel ours --root-task ours").is_ok());
    }

    #[test]
    fn memory_sizes() {
        assert_eq!(parse_memory("256"), Ok(256 << 20));
        assert_eq!(parse_memory("1G"), Ok(1 << 30));
        assert_eq!(parse_memory("65536K"), Ok(64 << 20));
        for bad in [
            "",
            "M",
            "1",
            "15M",
            "x",
            "-1",
            "99999999999999G",
            "17000K",
            "2000G",
        ] {
            assert!(parse_memory(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn the_runner_passes_every_argument_on() {
        let cli = Cli::try_parse_from(["xtask", "runner", "/a/b", "--release", "--", "-x"]);
        match cli.unwrap().command {
            Command::Runner { elf, args } => {
                assert_eq!(elf, PathBuf::from("/a/b"));
                assert_eq!(args, ["--release", "--", "-x"]);
            }
            other => panic!("parsed as {other:?}"),
        }
    }
}
