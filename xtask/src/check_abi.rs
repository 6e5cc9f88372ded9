//! `cargo xtask check-abi`: the interface against a tree's headers.
//!
//! The check is a program of its own, so that what reads C headers is built only where it is
//! asked for.

use std::process::Command;

use anyhow::{Context, Result};

use crate::build;
use crate::setup;
use crate::status;
use crate::workspace::Workspace;

/// Passes the arguments on; the status is the check's.
pub fn run(ws: &Workspace, args: &[String]) -> Result<u8> {
    if reads_headers(args) {
        setup::headers()?;
    }
    let mut cargo = Command::new(build::cargo_program());
    build::clear_cargo_env(&mut cargo);
    let manifest = ws.root.join("Cargo.toml");
    let status = cargo
        .args([
            "run",
            "--quiet",
            "--package",
            "check-abi",
            "--manifest-path",
        ])
        .arg(manifest)
        .arg("--")
        .args(args)
        .env("CARGO_TARGET_DIR", &ws.target_dir)
        .status()
        .context("cannot start cargo to build the check")?;
    let code = status.code().and_then(|code| u8::try_from(code).ok());
    Ok(code.unwrap_or(status::OTHER))
}

/// Whether header files are read, rather than a file of facts.
fn reads_headers(args: &[String]) -> bool {
    (args.iter()).any(|arg| {
        ["--l4re", "--headers"]
            .iter()
            .any(|option| arg.split('=').next() == Some(option))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn libclang_is_needed_for_headers_only() {
        let args =
            |line: &str| -> Vec<String> { line.split_whitespace().map(str::to_owned).collect() };
        assert!(reads_headers(&args("--all --l4re /t")));
        assert!(reads_headers(&args("--headers=/t")));
        assert!(!reads_headers(&args("--facts l4re.json")));
        assert!(!reads_headers(&[]));
    }
}
