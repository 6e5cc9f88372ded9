//! `cargo xtask test-compilers`: programs with and without `std`, by each supported compiler.
//!
//! It is run by hand: each compiler takes some minutes, and rustup fetches those that are missing.

use std::env;
use std::ffi::OsString;
use std::fmt::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::{Context, Result};

use crate::cli::TestCompilersArgs;
use crate::setup::{OLDEST, Version};
use crate::status::{self, Failure};
use crate::workspace::Workspace;

/// What comes after the newest stable one.
const CHANNELS: [&str; 2] = ["beta", "nightly"];
/// The example without `std`, the one with it, and what each prints.
const PROGRAMS: [(&str, &str); 2] = [("hello", "Hello from"), ("std-hello", "Hello from std")];

/// Builds and boots with each compiler, and prints a table; status 0 if all worked.
pub fn run(ws: &Workspace, args: &TestCompilersArgs) -> Result<u8> {
    let names = match args.names.as_slice() {
        [] => supported(&ws.newest_compiler()?)?,
        names => names.to_vec(),
    };
    let mut table = String::from("| compiler | rustc | no_std | std |\n|---|---|---|---|\n");
    let mut failed = 0;
    for name in &names {
        eprintln!("compiler {name}");
        let results = match toolchain(name) {
            Ok((release, cargo)) => {
                let results = PROGRAMS.map(|program| boots(name, &cargo, program));
                for result in results.iter().flatten() {
                    eprintln!("{result}");
                }
                (release, results.map(|failure| failure.is_none()))
            }
            Err(error) => {
                eprintln!("{error:#}");
                ("-".to_owned(), [false; 2])
            }
        };
        let (release, worked) = results;
        failed += worked.iter().filter(|worked| !**worked).count();
        let [plain, std] = worked.map(|worked| if worked { "ok" } else { "FAILED" });
        writeln!(table, "| {name} | {release} | {plain} | {std} |")?;
    }
    print!("{table}");
    Ok(if failed == 0 { 0 } else { status::OTHER })
}

/// The names that rustup has for all supported compilers: each minor version from the oldest to
/// the newest stable one, and what comes after it.
fn supported(newest: &str) -> Result<Vec<String>> {
    let (oldest, last) = (Version::of_release(OLDEST), Version::of_release(newest));
    let (oldest, last) = oldest
        .zip(last)
        .with_context(|| format!("{OLDEST} or {newest} is no version"))?;
    let mut names: Vec<String> = oldest
        .up_to(last)
        .map(|version| version.to_string())
        .collect();
    if let Some(name) = names.last_mut() {
        newest.clone_into(name);
    }
    names.extend(CHANNELS.map(str::to_owned));
    Ok(names)
}

/// Installs a toolchain if it is missing; its release and its cargo.
fn toolchain(name: &str) -> Result<(String, PathBuf)> {
    let install = Command::new("rustup")
        .args(["toolchain", "install", name, "--no-self-update"])
        .args(["--profile", "minimal", "--component", "rust-src"])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    let ask = |args: &[&str]| -> Result<String> {
        let out = Command::new("rustc")
            .args(args)
            .env("RUSTUP_TOOLCHAIN", name)
            .output()?;
        anyhow::ensure!(out.status.success(), "it does not start");
        Ok(String::from_utf8(out.stdout)?.trim_end().to_owned())
    };
    let found = ask(&["-V"]).and_then(|version| Ok((version, ask(&["--print", "sysroot"])?)));
    let installed = install.is_ok_and(|status| status.success());
    let (version, sysroot) = found.map_err(|error| {
        let how = format!("rustup toolchain install {name} --component rust-src");
        let why = if installed {
            ""
        } else {
            ", and could not be installed"
        };
        Failure::error(
            status::SETUP,
            format!("rustc of {name}: {error:#}{why}\n  Try by hand: {how}"),
        )
    })?;
    let release = version.split(' ').nth(1).unwrap_or("-").to_owned();
    Ok((release, PathBuf::from(sysroot).join("bin/cargo")))
}

/// Boots an example that this compiler builds; why that failed, if it did.
fn boots(toolchain: &str, cargo: &PathBuf, (example, due): (&str, &str)) -> Option<String> {
    let own = match env::current_exe() {
        Ok(own) => own,
        Err(error) => return Some(format!("this program has no file: {error}")),
    };
    let mut command = Command::new(own);
    for name in ["RUSTC", "RUSTDOC", "RUSTC_BOOTSTRAP"] {
        command.env_remove(name);
    }
    let out = command
        .args(["run", example])
        .env("RUSTUP_TOOLCHAIN", toolchain)
        .env("CARGO", OsString::from(cargo))
        .stdin(Stdio::null())
        .output();
    match out {
        Err(error) => Some(format!("{example}: {error}")),
        Ok(out) => {
            let text = String::from_utf8_lossy(&out.stdout) + String::from_utf8_lossy(&out.stderr);
            let worked = out.status.success() && text.contains(due);
            (!worked).then(|| format!("{example}: {}\n{text}", out.status))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_version_between_the_oldest_and_the_newest_is_tried() {
        let names = supported("1.99.1").unwrap();
        let due = ["1.95", "1.96", "1.97", "1.98", "1.99.1", "beta", "nightly"];
        assert_eq!(names, due);
        assert!(supported("newest").is_err());
    }
}
