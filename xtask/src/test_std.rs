//! `cargo xtask test-std`: the toolchain's own library tests, in QEMU.
//!
//! The tests stand beside the library's sources and use it as any program does, so they
//! are built as test programs of a package made for them.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use suites::{Root, SUITES, Suite};

use crate::boot::Ground;
use crate::build::{self, Profile};
use crate::cli::{MachineArgs, TestStdArgs};
use crate::console::{End, Watch};
use crate::run;
use crate::setup::{self, Setup, Version};
use crate::status;
use crate::sysroot;
use crate::system::System;
use crate::workspace::{GateRole, Package, Workspace};

mod suites;

/// For each of the programs; the longest has thousands of tests.
const PATIENCE: Duration = Duration::from_secs(900);
/// The example that serves files to be written; its name and the gate's.
const TMPFS: &str = "tmpfs";
const TMPFS_ARGS: [&str; 4] = ["--size", "64M", "--clients", "1"];
/// Some tests want much at once.
const MEMORY: u64 = 1 << 30;

/// Builds and boots the tests; status 0 if all passed.
pub fn run(ws: &Workspace, args: &TestStdArgs) -> Result<u8> {
    for name in &args.names {
        if !SUITES.iter().any(|suite| suite.name == name) {
            let known = SUITES.map(|suite| suite.name).join(", ");
            bail!("there are no tests of the toolchain's named {name}; there are {known}");
        }
    }
    let setup = setup::ensure(ws)?;
    sysroot::ensure(ws, &setup)?;
    let ground = Ground::prepare(ws, &setup, &args.ground)?;
    let (suites, absent): (Vec<&Suite>, Vec<&Suite>) = (SUITES.iter())
        .filter(|suite| {
            args.names.is_empty() && suite.selected
                || args.names.iter().any(|name| name == suite.name)
        })
        .partition(|suite| suite.is_in(setup.toolchain.number()));
    for suite in absent {
        let release = setup.toolchain.release();
        println!("{:12} not in the library of rustc {release}", suite.name);
    }
    let (mut passed, mut failed) = (0, 0);
    let of = Of {
        libc_of: args.libc_of.as_deref(),
        slow: true,
    };
    suites_on(ws, &setup, &ground, of, &suites, &mut |suite, done| {
        let Counts {
            passed: good,
            failed: bad,
            ignored,
        } = done.counts;
        if let Some(complaint) = &done.complaint {
            failed += usize::from(bad == 0);
            for line in done.telling() {
                println!("        > {line}");
            }
            println!("        {complaint}");
        }
        passed += good;
        failed += bad;
        let left_out = suite.skip.len();
        println!(
            "{:12} {good} passed, {bad} failed, {ignored} ignored, {left_out} left out ({} s)",
            suite.name,
            done.took.as_secs()
        );
    })?;
    println!("{passed} passed, {failed} failed");
    Ok(if failed == 0 && passed > 0 {
        0
    } else {
        status::OTHER
    })
}

/// Builds and boots those that `cargo xtask test` has, and whose name is wanted.
pub fn run_selection(
    ws: &Workspace,
    setup: &Setup,
    ground: &Ground,
    wanted: &dyn Fn(&str) -> bool,
    each: &mut dyn FnMut(&Suite, &Done),
) -> Result<()> {
    let suites: Vec<&Suite> = (SUITES.iter())
        .filter(|suite| suite.selected && wanted(&suite.title()))
        .filter(|suite| suite.is_in(setup.toolchain.number()))
        .collect();
    if suites.is_empty() {
        return Ok(());
    }
    let of = Of {
        libc_of: None,
        slow: false,
    };
    suites_on(ws, setup, ground, of, &suites, each)
}

/// What came of a test program.
pub struct Done {
    /// How many tests of it went how.
    pub counts: Counts,
    /// What is wrong.
    pub complaint: Option<String>,
    /// The system's log.
    pub lines: Vec<String>,
    /// How long it ran.
    pub took: Duration,
}

impl Done {
    /// The log without what went well.
    pub fn telling(&self) -> impl Iterator<Item = &String> {
        (self.lines.iter()).filter(|line| !line.ends_with("... ok"))
    }
}

/// Which C library the tests have, and whether those that take long are among them.
#[derive(Clone, Copy)]
struct Of<'a> {
    libc_of: Option<&'a Path>,
    slow: bool,
}

fn suites_on(
    ws: &Workspace,
    setup: &Setup,
    ground: &Ground,
    of: Of,
    suites: &[&Suite],
    each: &mut dyn FnMut(&Suite, &Done),
) -> Result<()> {
    let mut package = package(ws, setup)?;
    package.libc_of = of.libc_of.map(Path::to_owned);
    let names: Vec<&str> = suites.iter().map(|suite| suite.name).collect();
    // All at once, so that no processor waits.
    let programs = build::outside_tests(ws, setup, &package, &names)?;
    let boot = |suite: &Suite| {
        let (_, elf) = (programs.iter())
            .find(|(found, _)| found == suite.name)
            .with_context(|| format!("cargo built no test program {}", suite.name))?;
        boot(ws, setup, ground, elf, suite, of.slow)
    };
    // A machine for each processor; they are told of as they end.
    let at_once = thread::available_parallelism().map_or(1, usize::from);
    let next = AtomicUsize::new(0);
    thread::scope(|scope| {
        let (ended, results) = mpsc::channel();
        for _ in 0..at_once {
            let ended = ended.clone();
            let (boot, next) = (&boot, &next);
            scope.spawn(move || {
                while let Some(suite) = suites.get(next.fetch_add(1, Ordering::Relaxed)) {
                    if ended.send((*suite, boot(suite))).is_err() {
                        return;
                    }
                }
            });
        }
        drop(ended);
        for (suite, done) in results {
            each(suite, &done?);
        }
        Ok(())
    })
}

/// The package, with all that the tests need beside the library.
fn package(ws: &Workspace, setup: &Setup) -> Result<Package> {
    let dir = ws.own_dir().join("test-std");
    fs::create_dir_all(dir.join("src"))
        .with_context(|| format!("cannot make {}", dir.display()))?;
    let library = &setup.toolchain.library;
    let mut manifest = String::from(
        "[package]\nname = \"test-std\"\nversion = \"0.0.0\"\nedition = \"2024\"\n[workspace]\n\
         [dev-dependencies]\n\
         rand = { version = \"0.9.0\", default-features = false, features = [\"alloc\"] }\n\
         rand_xorshift = \"0.4.0\"\n\
         [profile.test]\nopt-level = 1\nincremental = false\ndebug = \"line-tables-only\"\n\
         [lints.rust]\nwarnings = \"allow\"\n",
    );
    let version = setup.toolchain.number();
    for suite in SUITES.iter().filter(|suite| suite.is_in(version)) {
        let root = root_of(suite, &dir, library, version)?;
        manifest += &format!("[[test]]\nname = \"{}\"\npath = {:?}\n", suite.name, root);
    }
    write_new(&dir.join("Cargo.toml"), &manifest)?;
    write_new(&dir.join("src/lib.rs"), "")?;
    Package::read(&dir)
}

/// The first file of a test program.
fn root_of(suite: &Suite, dir: &Path, library: &Path, version: Version) -> Result<PathBuf> {
    let there = |path: &str| {
        let file = library.join(path);
        anyhow::ensure!(
            file.is_file(),
            "the toolchain's library has no {}",
            file.display()
        );
        Ok(file)
    };
    let own = |text: &str| {
        let text = suites::for_version(text, version);
        let text = suites::with_features(&text, |of| Ok(fs::read_to_string(there(of)?)?))?;
        let library = library.to_str().context("a path is not UTF-8")?;
        let root = dir.join(format!("src/{}.rs", suite.name));
        write_new(&root, &text.replace("@LIBRARY@", library))?;
        Ok(root)
    };
    match suite.root {
        Root::Library(path) => there(path),
        Root::Inside(text) => own(text),
        Root::Copy {
            text,
            of,
            find,
            replace,
        } => {
            let tests = fs::read_to_string(there(of)?)?;
            anyhow::ensure!(
                tests.matches(find).count() == 1,
                "library/{of} has not one `{find}`, which is to be replaced"
            );
            let copy = dir.join(format!("src/{}-tests.rs", suite.name));
            write_new(&copy, &tests.replace(find, replace))?;
            own(&text.replace("@COPY@", copy.to_str().context("a path is not UTF-8")?))
        }
    }
}

/// Not a newer file of the same text: cargo would build anew.
fn write_new(file: &Path, text: &str) -> Result<()> {
    if !fs::read_to_string(file).is_ok_and(|found| found == text) {
        fs::write(file, text).with_context(|| format!("cannot write {}", file.display()))?;
    }
    Ok(())
}

/// How many tests went how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    pub passed: usize,
    pub failed: usize,
    pub ignored: usize,
}

fn boot(
    ws: &Workspace,
    setup: &Setup,
    ground: &Ground,
    elf: &Path,
    suite: &Suite,
    slow: bool,
) -> Result<Done> {
    let mut arguments = vec!["--test-threads=1".to_owned()];
    let slow = if slow { &[] } else { suite.slow };
    for skip in suite.skip.iter().chain(slow) {
        arguments.extend(["--skip".to_owned(), (*skip).to_owned()]);
    }
    let mut system = System::of_files(&[elf.to_owned()], &arguments)?;
    if let Some(program) = system.programs.first_mut() {
        suite.name.clone_into(&mut program.name);
    }
    if suite.files {
        let tmpfs = ws.example(TMPFS)?;
        let folder = build::programs(ws, setup, &tmpfs, Profile::Release)?;
        files_beside(&mut system, &folder)?;
    }
    let machine = MachineArgs {
        mem: Some(MEMORY),
        ..MachineArgs::default()
    };
    let watch = Watch {
        timeout: Some(PATIENCE),
        ned: ground.has_ned(),
        // The server goes on.
        expect: suite.files.then(|| format!("{}: exited with", suite.name)),
        ..Watch::default()
    };
    let start = Instant::now();
    let record = run::boot(ws, setup, ground, &system, &machine, &watch)?;
    let counts = count(&record.lines);
    let complaint = match (counts, &record.end) {
        (Counts { failed: 1.., .. }, _) => Some("some tests failed".to_owned()),
        (Counts { passed: 0, .. }, End::Status(0)) => Some("no test ran".to_owned()),
        (_, End::Status(0) | End::Expected) => None,
        // It died on the way.
        (_, end) => Some(format!("ended with {end:?}")),
    };
    Ok(Done {
        counts,
        complaint,
        lines: record.lines,
        took: start.elapsed(),
    })
}

/// Puts a server of files, built in `folder`, beside a system's one program, which has it as `/tmp`.
pub fn files_beside(system: &mut System, folder: &Path) -> Result<()> {
    let server = system.add(&folder.join(TMPFS), None)?;
    server.args = TMPFS_ARGS.map(str::to_owned).to_vec();
    let roles = [GateRole::Client, GateRole::Server];
    for (program, role) in system.programs.iter_mut().zip(roles) {
        program.gates = vec![(TMPFS.to_owned(), role)];
    }
    system.gates = vec![TMPFS.to_owned()];
    Ok(())
}

/// Counts of libtest's last line; of the single lines if it never came.
fn count(lines: &[String]) -> Counts {
    let summary = lines
        .iter()
        .find_map(|line| line.split_once("test result: "));
    if let Some((_, summary)) = summary {
        let number = |word: &str| {
            (summary.split([';', '.']))
                .filter_map(|part| part.trim().strip_suffix(word))
                .find_map(|number| number.trim().parse().ok())
                .unwrap_or(0)
        };
        return Counts {
            passed: number(" passed"),
            failed: number(" failed"),
            ignored: number(" ignored"),
        };
    }
    let ends = |with: &str| lines.iter().filter(|line| line.ends_with(with)).count();
    Counts {
        passed: ends("... ok"),
        failed: ends("... FAILED"),
        ignored: ends("... ignored"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_are_counted() {
        let lines = |text: &str| text.lines().map(str::to_owned).collect::<Vec<_>>();
        let counts = |passed, failed, ignored| Counts {
            passed,
            failed,
            ignored,
        };
        let whole = lines(
            "x | test a ... ok\nx | test result: ok. 12 passed; 1 failed; 3 ignored; 0 measured",
        );
        assert_eq!(count(&whole), counts(12, 1, 3));
        let cut = lines("x | test a ... ok\nx | test b ... FAILED\nx | test c ... ");
        assert_eq!(count(&cut), counts(1, 1, 0));
    }
}
