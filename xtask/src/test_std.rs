//! `cargo xtask test-std`: the toolchain's own library tests, in QEMU.
//!
//! The tests stand beside the library's sources and use it as any program does, so they
//! are built as test programs of a package made for them.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result};

use crate::boot::Ground;
use crate::build;
use crate::cli::{MachineArgs, TestStdArgs};
use crate::console::{End, Watch};
use crate::run;
use crate::setup::{self, Setup};
use crate::status;
use crate::sysroot;
use crate::system::System;
use crate::workspace::{Package, Workspace};

/// One test program of the toolchain.
struct Suite {
    /// Its name here.
    name: &'static str,
    /// Its root below `library`.
    root: &'static str,
    /// A feature of the library that the tests need and do not name.
    feature: Option<&'static str>,
    /// Tests that are left out; the reasons are in docs/std.md.
    skip: &'static [&'static str],
}

/// What is run.
const SUITES: [Suite; 6] = [
    Suite {
        name: "coretests",
        root: "coretests/tests/lib.rs",
        feature: None,
        skip: &[],
    },
    Suite {
        name: "alloctests",
        root: "alloctests/tests/lib.rs",
        feature: None,
        skip: &[],
    },
    Suite {
        name: "sync",
        root: "std/tests/sync/lib.rs",
        feature: Some("sync_poison_mod"),
        skip: &[],
    },
    Suite {
        name: "thread",
        root: "std/tests/thread.rs",
        feature: None,
        skip: &[],
    },
    Suite {
        name: "thread_local",
        root: "std/tests/thread_local/lib.rs",
        feature: None,
        skip: &[],
    },
    Suite {
        name: "env",
        root: "std/tests/env.rs",
        feature: None,
        skip: &["test_self_exe_path"],
    },
];

/// For each of the programs; the longest has thousands of tests.
const PATIENCE: Duration = Duration::from_secs(900);
/// Some tests want much at once.
const MEMORY: u64 = 1 << 30;

/// Builds and boots the tests; status 0 if all passed.
pub fn run(ws: &Workspace, args: &TestStdArgs) -> Result<u8> {
    let setup = setup::ensure(ws)?;
    sysroot::ensure(ws, &setup)?;
    let mut package = package(ws, &setup)?;
    package.libc_of.clone_from(&args.libc_of);
    let ground = Ground::prepare(ws, &setup, &args.ground)?;
    let (mut passed, mut failed) = (0, 0);
    for suite in SUITES {
        if !args.names.is_empty() && !args.names.iter().any(|name| name == suite.name) {
            continue;
        }
        let counts = boot(ws, &setup, &ground, &package, &suite)?;
        passed += counts.passed;
        failed += counts.failed;
        println!(
            "{:12} {} passed, {} failed, {} ignored, {} left out",
            suite.name,
            counts.passed,
            counts.failed,
            counts.ignored,
            suite.skip.len()
        );
    }
    println!("{passed} passed, {failed} failed");
    Ok(if failed == 0 && passed > 0 {
        0
    } else {
        status::OTHER
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
         rand_xorshift = \"0.4.0\"\n",
    );
    for suite in &SUITES {
        let root = library.join(suite.root);
        if !root.is_file() {
            anyhow::bail!("the toolchain's library has no {}", root.display());
        }
        manifest += &format!("[[test]]\nname = \"{}\"\npath = {:?}\n", suite.name, root);
    }
    write_new(&dir.join("Cargo.toml"), &manifest)?;
    write_new(&dir.join("src/lib.rs"), "")?;
    Package::read(&dir)
}

/// Not a newer file of the same text: cargo would build anew.
fn write_new(file: &Path, text: &str) -> Result<()> {
    if !fs::read_to_string(file).is_ok_and(|found| found == text) {
        fs::write(file, text).with_context(|| format!("cannot write {}", file.display()))?;
    }
    Ok(())
}

#[derive(Debug, Default, PartialEq, Eq)]
struct Counts {
    passed: usize,
    failed: usize,
    ignored: usize,
}

fn boot(
    ws: &Workspace,
    setup: &Setup,
    ground: &Ground,
    package: &Package,
    suite: &Suite,
) -> Result<Counts> {
    let elf = build_one(ws, setup, package, suite)?;
    let mut arguments = vec!["--test-threads=1".to_owned()];
    for skip in suite.skip {
        arguments.extend(["--skip".to_owned(), (*skip).to_owned()]);
    }
    let mut system = System::of_files(&[elf], &arguments)?;
    for program in &mut system.programs {
        suite.name.clone_into(&mut program.name);
    }
    let machine = MachineArgs {
        mem: Some(MEMORY),
        ..MachineArgs::default()
    };
    let watch = Watch {
        timeout: Some(PATIENCE),
        ned: ground.has_ned(),
        ..Watch::default()
    };
    let record = run::boot(ws, setup, ground, &system, &machine, &watch)?;
    let counts = count(&record.lines);
    if counts.failed > 0 || counts.passed == 0 || record.end != End::Status(0) {
        for line in record.lines.iter().filter(|line| !line.ends_with("... ok")) {
            println!("        > {line}");
        }
        if record.end != End::Status(0) && counts.failed == 0 {
            // It died on the way.
            println!("        {:?}", record.end);
            return Ok(Counts {
                failed: 1,
                ..counts
            });
        }
    }
    Ok(counts)
}

fn build_one(ws: &Workspace, setup: &Setup, package: &Package, suite: &Suite) -> Result<PathBuf> {
    let attribute = suite
        .feature
        .map(|feature| format!("-Zcrate-attr=feature({feature})"));
    let mut flags = vec!["--cap-lints=allow"];
    flags.extend(attribute.as_deref());
    let programs = build::outside_test(ws, setup, package, suite.name, &flags)?;
    (programs.into_iter())
        .find(|(found, _)| found == suite.name)
        .map(|(_, elf)| elf)
        .with_context(|| format!("cargo built no test program {}", suite.name))
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
