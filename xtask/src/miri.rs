//! `cargo xtask miri`: the host tests of what has unsafe code, by Miri, which stops at undefined
//! behaviour.
//!
//! Tests with random input make fewer rounds there (`cfg!(miri)`, `PROPTEST_CASES`), and what takes
//! minutes is left out unless a package is named.

use std::env;
use std::process::{Command, Stdio};

use anyhow::{Context, Result};

use crate::build;
use crate::cli::MiriArgs;
use crate::status::{self, Failure};
use crate::workspace::Workspace;

/// What it runs if no package is named.
struct Part {
    package: &'static str,
    /// Parts of the names of tests; all if there is none.
    tests: &'static [&'static str],
    /// What is left out; docs/security.md says why.
    without: &'static [&'static str],
}

const PARTS: [Part; 3] = [
    Part {
        package: "l4re",
        tests: &[],
        without: &["slots_are_distinct_and_come_back"],
    },
    Part {
        package: "kernel",
        tests: &["cap::", "mem::", "util::"],
        without: &[
            "blocks_never_overlap_and_all_come_back",
            "what_is_charged_is_what_is_taken",
            "behaves_like",
        ],
    },
    Part {
        package: "root-task",
        tests: &[],
        without: &[
            "agrees_with_a_set_of_frames",
            "blocks_keep_apart_and_all_pages_come_back",
            "long_lines_stay_whole_and_endless_ones_end",
            "server::",
            "there_are_as_many_as_the_kernel_has",
        ],
    },
];
/// How many cases each property is tried with, where its test does not say so itself.
const CASES: (&str, &str) = ("PROPTEST_CASES", "2");
/// Addresses go by integers on purpose, in messages and in page tables; tests read the clock; what is
/// the kernel's or a thread's on the target is never given back here.
const FLAGS: &str = "-Zmiri-permissive-provenance -Zmiri-disable-isolation -Zmiri-ignore-leaks";
/// Runs the tests; status 0 if all passed.
pub fn run(ws: &Workspace, args: &MiriArgs) -> Result<u8> {
    let toolchain = &ws.toolchains()?.miri_rust;
    let install = Command::new("rustup")
        .args(["toolchain", "install", toolchain, "--no-self-update"])
        .args(["--profile", "minimal", "--component", "miri,rust-src"])
        .stdin(Stdio::null())
        .status();
    if !install.is_ok_and(|status| status.success()) {
        return Err(Failure::error(
            status::SETUP,
            format!(
                "Miri is part of the compiler {toolchain}, which rustup did not install\n  Try by hand: rustup toolchain install {toolchain} --component miri,rust-src"
            ),
        ));
    }
    let named = |package| (package, Vec::new());
    let parts: Vec<(&str, Vec<&str>)> = match args.packages.as_slice() {
        [] => PARTS.iter().map(Part::arguments).collect(),
        names => names.iter().map(String::as_str).map(named).collect(),
    };
    let mut failed = Vec::new();
    for (package, tests) in &parts {
        println!("{package}");
        let mut cargo = Command::new("cargo");
        build::clear_cargo_env(&mut cargo);
        let status = cargo
            .args(["miri", "test", "--quiet", "--lib"])
            .args(["--package", package, "--", "--test-threads=1"])
            .args(tests)
            .args(&args.tests)
            .current_dir(&ws.root)
            .env("RUSTUP_TOOLCHAIN", toolchain)
            .env(CASES.0, env::var(CASES.0).as_deref().unwrap_or(CASES.1))
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

impl Part {
    /// The package, and the arguments for its tests.
    fn arguments(&self) -> (&str, Vec<&str>) {
        let without = self.without.iter().flat_map(|name| ["--skip", name]);
        (
            self.package,
            self.tests.iter().copied().chain(without).collect(),
        )
    }
}

/// This project's flags, and the user's behind them.
fn flags() -> String {
    let own = env::var("MIRIFLAGS").unwrap_or_default();
    format!("{FLAGS} {own}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn what_is_left_out_stands_in_the_docs_with_its_reason() {
        let ws = Workspace::locate().unwrap();
        let page = fs::read_to_string(ws.root.join("docs/security.md")).unwrap();
        for part in &PARTS {
            for name in part.without {
                assert!(
                    page.lines()
                        .any(|line| line.starts_with("| ") && line.contains(name)),
                    "docs/security.md does not say why Miri leaves out {name} of {}",
                    part.package
                );
            }
        }
    }
}
