//! `cargo xtask miri`: the host tests of what has unsafe code, by Miri, which stops at undefined
//! behaviour.
//!
//! It is run by hand: it takes the nightly compiler, and its time. Tests with random input make fewer
//! rounds there (`cfg!(miri)`).

use std::env;
use std::process::{Command, Stdio};

use anyhow::{Context, Result};

use crate::build;
use crate::cli::MiriArgs;
use crate::status::{self, Failure};
use crate::workspace::Workspace;

/// The packages whose tests it runs if none is named. Of the kernel's, those that stop at it are
/// named in docs/security.md.
const PACKAGES: [&str; 1] = ["l4re"];
/// Addresses go by integers on purpose, in messages and in page tables; tests read the clock; what is
/// the kernel's or a thread's on the target is never given back here.
const FLAGS: &str = "-Zmiri-permissive-provenance -Zmiri-disable-isolation -Zmiri-ignore-leaks";
const TOOLCHAIN: &str = "nightly";

/// Runs the tests; status 0 if all passed.
pub fn run(ws: &Workspace, args: &MiriArgs) -> Result<u8> {
    let install = Command::new("rustup")
        .args(["toolchain", "install", TOOLCHAIN, "--no-self-update"])
        .args(["--profile", "minimal", "--component", "miri,rust-src"])
        .stdin(Stdio::null())
        .status();
    if !install.is_ok_and(|status| status.success()) {
        return Err(Failure::error(
            status::SETUP,
            format!(
                "Miri is part of the {TOOLCHAIN} compiler, which rustup did not install\n  Try by hand: rustup toolchain install {TOOLCHAIN} --component miri,rust-src"
            ),
        ));
    }
    let packages: Vec<&str> = match args.packages.as_slice() {
        [] => PACKAGES.to_vec(),
        names => names.iter().map(String::as_str).collect(),
    };
    let mut failed = Vec::new();
    for package in &packages {
        println!("{package}");
        let mut cargo = Command::new("cargo");
        build::clear_cargo_env(&mut cargo);
        let status = cargo
            .args(["miri", "test", "--quiet", "--target", "host-tuple", "--lib"])
            .args(["--package", package, "--", "--test-threads=1"])
            .args(&args.tests)
            .current_dir(&ws.root)
            .env("RUSTUP_TOOLCHAIN", TOOLCHAIN)
            // It would have a proxy choose another toolchain.
            .env_remove("CARGO")
            .env("CARGO_TARGET_DIR", ws.own_dir().join("miri"))
            .env("MIRIFLAGS", flags())
            .stdin(Stdio::null())
            .status()
            .context("cargo does not start")?;
        if !status.success() {
            failed.push(*package);
        }
    }
    match failed.as_slice() {
        [] => Ok(0),
        failed => {
            println!("not passed: {}", failed.join(", "));
            Ok(status::OTHER)
        }
    }
}

/// This project's flags, and the user's behind them.
fn flags() -> String {
    let own = env::var("MIRIFLAGS").unwrap_or_default();
    format!("{FLAGS} {own}")
}
