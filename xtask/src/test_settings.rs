//! Whether the settings for the target stay with it: a package with a build script that probes the
//! compiler, examples in its documentation, and a profile of its own, built by plain cargo with
//! the settings of `cargo xtask env`, as a user does.

use std::ffi::OsString;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result};

use crate::build::{self, Profile};
use crate::env;
use crate::setup::Setup;
use crate::test_tree::Verdict;
use crate::workspace::{BUILT_IN_TARGET, TARGET, Workspace};

/// How the names of the cases begin.
pub const NAME: &str = "settings: ";

const MANIFEST: &str = r#"
[package]
name = "settings-probe"
version = "0.0.0"
edition = "2024"
[profile.aborts]
inherits = "dev"
panic = "abort"
[workspace]
"#;

/// Tries an unstable feature as crates do, and tells what it found.
const BUILD_SCRIPT: &str = r##"
use std::{env, fs, process::Command};
fn main() {
    let out = env::var("OUT_DIR").unwrap();
    let source = format!("{out}/probe.rs");
    fs::write(&source, "#![no_std]\n#![feature(never_type)]\npub fn f() -> Option<!> { None }\n").unwrap();
    let compiles = Command::new(env::var("RUSTC").unwrap())
        .args(["--crate-type=lib", "--emit=metadata", "--target"])
        .arg(env::var("TARGET").unwrap())
        .arg("--out-dir").arg(&out).arg(&source)
        .status().unwrap().success();
    let variable = env::var_os("RUSTC_BOOTSTRAP").is_some();
    println!("cargo:rustc-env=PROBED=unstable {compiles}, variable {variable}");
    println!("cargo:rustc-check-cfg=cfg(mine)");
}
"##;

const LIBRARY: &str = "\
//! ```
//! assert_eq!(settings_probe::one(), 1);
//! println!(\"example on {}\", std::env::consts::OS);
//! ```
/// One.
pub fn one() -> u32 { 1 }
";

const PROGRAM: &str = r#"
fn main() {
    println!("{}, mine {}", env!("PROBED"), cfg!(mine));
    let caught = std::panic::catch_unwind(|| panic!("on purpose"));
    println!("caught {}", caught.is_err());
}
"#;

/// A command of cargo's in the package, and what must come of it.
struct Case<'a> {
    name: &'static str,
    /// More variables.
    variables: &'a [(&'static str, &'static str)],
    args: &'a [&'static str],
    /// The exit status, and what the output has.
    status: i32,
    due: &'a [&'static str],
}

/// Tries all of it.
pub fn run(ws: &Workspace, setup: &Setup) -> Result<Vec<Verdict>> {
    let room = tempfile::tempdir()?;
    let dir = room.path().join("probe");
    for (file, text) in [
        ("Cargo.toml", MANIFEST),
        ("build.rs", BUILD_SCRIPT),
        ("src/lib.rs", LIBRARY),
        ("src/main.rs", PROGRAM),
        // Of a user who builds for the target all day.
        (
            ".cargo/config.toml",
            &format!("[build]\ntarget = \"{TARGET}\"\n"),
        ),
    ] {
        let file = dir.join(file);
        fs::create_dir_all(file.parent().context("a file without a folder")?)?;
        fs::write(&file, text)?;
    }
    let std = env::settings(ws, setup, true, None)?;
    let none: &[(&str, &str)] = &[];
    let host = ["run", "--quiet", "--target", "host-tuple"];
    let locked = "unstable false, variable false";
    let cases = [
        Case {
            name: "a build for this computer sees nothing of them",
            variables: none,
            args: &host,
            status: 0,
            due: &[locked, "mine false", "caught true"],
        },
        Case {
            name: "a build for the target unlocks no features",
            variables: none,
            args: &["run", "--quiet"],
            status: 0,
            due: &[locked, "mine false", "caught true"],
        },
        Case {
            name: "the target that is built into compilers is served",
            variables: none,
            args: &["run", "--quiet", "--target", BUILT_IN_TARGET],
            status: 0,
            due: &[locked, "mine false", "caught true"],
        },
        Case {
            name: "the user's RUSTFLAGS are taken beside the target's",
            variables: &[("RUSTFLAGS", "--cfg mine")],
            args: &["run", "--quiet"],
            status: 0,
            due: &["mine true", "caught true"],
        },
        Case {
            name: "a profile that aborts is honoured",
            variables: none,
            args: &["run", "--quiet", "--profile", "aborts"],
            status: 134,
            due: &[locked],
        },
        Case {
            name: "an example in the documentation is left out, and that is said",
            variables: none,
            args: &["test", "--doc"],
            status: 0,
            due: &["are left out"],
        },
        Case {
            name: "documentation is made for the target",
            variables: none,
            args: &["doc", "--no-deps"],
            status: 0,
            due: &["Generated"],
        },
    ];
    let mut verdicts = Vec::new();
    for case in &cases {
        let mut cargo = shell_cargo(ws, &dir, &std);
        cargo.args(case.args).envs(case.variables.iter().copied());
        let failure = attempt(cargo, case.status, case.due)?;
        verdicts.push((format!("{NAME}{}", case.name), failure));
    }
    // The host tool itself, from the folder of that user.
    let program = build::program_folder(&ws.target_dir, Profile::Debug).join("settings-probe");
    fs::copy(&program, dir.join("program"))
        .with_context(|| format!("cannot copy {}", program.display()))?;
    let mut start = Command::new(ws.root.join("run"));
    clear_env(&mut start);
    (start.current_dir(&dir).arg("program"))
        .env("CARGO_TARGET_DIR", &ws.target_dir)
        .env("CARGO_BUILD_TARGET", TARGET)
        .env("RUSTFLAGS", "-Clink-arg=-Tnowhere.ld");
    verdicts.push((
        format!("{NAME}the host tool is built for this computer, whatever the user's are"),
        attempt(start, 0, &["caught true"])?,
    ));
    Ok(verdicts)
}

/// As in a shell: of what cargo has set, the choice of the toolchain alone stays.
fn clear_env(command: &mut Command) {
    build::clear_cargo_env(command);
    if let Some(toolchain) = std::env::var_os("RUSTUP_TOOLCHAIN") {
        command.env("RUSTUP_TOOLCHAIN", toolchain);
    }
}

/// Cargo in a shell with these settings.
fn shell_cargo(ws: &Workspace, dir: &Path, settings: &[(String, OsString)]) -> Command {
    let mut cargo = Command::new(build::cargo_program());
    clear_env(&mut cargo);
    (cargo.current_dir(dir).envs(settings.iter().cloned()))
        // Where the host tool is, which is the runner.
        .env("CARGO_TARGET_DIR", &ws.target_dir);
    cargo
}

/// Why a command fails, if it does.
fn attempt(mut command: Command, status: i32, due: &[&str]) -> Result<Option<String>> {
    let out = (command.stdin(Stdio::null()).output()).context("cannot start the command")?;
    let text = String::from_utf8_lossy(&out.stdout) + String::from_utf8_lossy(&out.stderr);
    if out.status.code() != Some(status) {
        let ended = out.status;
        return Ok(Some(format!(
            "status {status} is due, it was {ended}:\n{text}"
        )));
    }
    let missing = due.iter().find(|due| !text.contains(*due));
    Ok(missing.map(|due| format!("the output lacks {due:?}:\n{text}")))
}
