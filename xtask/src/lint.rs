//! `cargo xtask lint`: formatting, the documentation's links, SAFETY comments, and
//! clippy for the host and both targets.

use std::ffi::OsString;
use std::process::{Command, Stdio};

use anyhow::{Context, Result};

use crate::build;
use crate::interleavings;
use crate::safety;
use crate::setup;
use crate::status;
use crate::sysroot;
use crate::workspace::{KERNEL_TARGET, Package, TARGET, Workspace};

/// Packages for the user programs' target that are neither examples nor tests.
const PROGRAM_ROOMS: [&str; 9] = [
    "l4re-sys",
    "l4re",
    "rt",
    "rt/c",
    "rt/hosted",
    "root-task",
    "sdk",
    "sdk/hosted",
    "sdk/static",
];

/// Packages whose documentation is a user's: its links must lead somewhere. (`rt` is empty on the
/// host.)
const DOCUMENTED: [&str; 3] = ["l4re-sys", "l4re", "l4re-macros"];

/// Runs every check; status 0 if none complains.
pub fn run(ws: &Workspace) -> Result<u8> {
    let setup = setup::ensure(ws)?;
    sysroot::ensure(ws, &setup)?;
    let clippy = setup::clippy(ws, &setup)?;

    let mut format = build::host_cargo(ws, "fmt");
    format.args(["--all", "--check"]);
    let mut host = build::host_cargo(ws, "clippy");
    host.args(build::HOST)
        .args(["--quiet", "--all-targets", "--", "-D", "warnings"]);

    let mut models = interleavings::cargo(ws, "clippy");
    models.args(["--quiet", "--all-targets", "--", "-D", "warnings"]);

    let mut documentation = build::host_cargo(ws, "doc");
    documentation
        .args(build::HOST)
        .args(["--quiet", "--no-deps"])
        .args(DOCUMENTED.iter().flat_map(|package| ["--package", package]))
        .env("RUSTDOCFLAGS", "-D warnings");

    // Features of packages that are built together are those of all.
    let (tree, programs): (Vec<_>, Vec<_>) = program_packages(ws)?
        .into_iter()
        .partition(|package| package.tree);
    let (std, programs): (Vec<_>, Vec<_>) = (programs.into_iter()).partition(|package| package.std);
    let on_target = |target: &str, packages: &[Package], settings: Vec<(String, OsString)>| {
        let mut command = Command::new(&clippy);
        build::clear_cargo_env(&mut command);
        command
            .args(["clippy", "--quiet", "--target", target])
            .envs(settings)
            .envs([build::unlocked()])
            .env("CARGO_TARGET_DIR", ws.own_dir().join("lint"))
            // It would have a proxy choose another toolchain than the one it stands in.
            .env_remove("CARGO");
        for package in packages {
            command.args(["--package", &package.name]);
        }
        command.args(["--", "-D", "warnings"]);
        command
    };
    let plain = || build::target_env(ws, &setup);
    let kernel = Package::read(&ws.root.join("kernel"))?;
    let mut checks = vec![
        ("format", format),
        ("clippy, host", host),
        ("clippy, models of threads", models),
        ("documentation", documentation),
        ("clippy, programs", on_target(TARGET, &programs, plain())),
        (
            "clippy, kernel",
            on_target(KERNEL_TARGET, &[kernel], plain()),
        ),
    ];
    if !std.is_empty() {
        let settings = build::std_env(ws, &setup, None)?;
        let command = on_target(TARGET, &std, settings);
        checks.push(("clippy, programs with std", command));
    }
    if !tree.is_empty() {
        let mut settings = plain();
        settings.push(build::tree_env(ws, &setup, None)?);
        let command = on_target(TARGET, &tree, settings);
        checks.push(("clippy, programs with a C library", command));
    }
    let empty = safety::without_invariant(ws)?;
    for line in &empty {
        println!("{line}");
    }
    let mut failed = report("each SAFETY comment names its invariant", empty.is_empty());
    for (name, mut command) in checks {
        let status = command
            .current_dir(&ws.root)
            .stdin(Stdio::null())
            .status()
            .with_context(|| format!("cannot start {}", command.get_program().display()))?;
        failed += report(name, status.success());
    }
    Ok(if failed == 0 { 0 } else { status::OTHER })
}

/// Prints how a check ended; how many failed by it.
fn report(name: &str, passed: bool) -> u8 {
    println!("{:7} {name}", if passed { "ok" } else { "FAILED" });
    u8::from(!passed)
}

fn program_packages(ws: &Workspace) -> Result<Vec<Package>> {
    let rooms = PROGRAM_ROOMS.iter().map(|room| ws.root.join(room));
    let examples = ws
        .examples()?
        .into_iter()
        .map(|name| ws.root.join("examples").join(name));
    let tests = ws
        .test_folders()?
        .into_iter()
        .map(|name| ws.root.join("tests").join(name));
    rooms
        .chain(examples)
        .chain(tests)
        .map(|dir| Package::read(&dir))
        .filter(|package| {
            // Clippy has nothing to say of C.
            (package.as_ref()).map_or(true, |package| package.c.sources.is_empty())
        })
        .collect()
}
