//! Set-up: finds what a build and a boot need, installs what is missing, and
//! remembers what was found so that the next start takes no time.

mod apt;
mod cache;
mod cxx;
mod headers;
mod libc;
mod linker;
mod qemu;
mod toolchain;

use std::env;
use std::path::{Path, PathBuf};

use anyhow::Result;
use serde::{Deserialize, Serialize};

use crate::status::{self, Failure};
use crate::workspace::Workspace;
pub use cxx::{CxxTools, ensure as cxx_tools, find as find_cxx};
pub use headers::headers;
pub use libc::{LibcTools, ensure as libc_tools};
pub use toolchain::{OLDEST, Toolchain, Version};

/// Set by `cargo xtask env`: the shell's `RUSTC` is then this tool's own choice.
pub const ENV_MARK: &str = "L4RE_RS_ENV";

/// Everything that was found.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Setup {
    /// Compiler, standard library sources and cargo.
    pub toolchain: Toolchain,
    /// An LLD, or a program that behaves as one.
    pub linker: PathBuf,
    /// `qemu-system-x86_64`.
    pub qemu: PathBuf,
}

/// Something that a search did not find.
#[derive(Debug)]
struct Missing {
    /// What it is, in words.
    what: &'static str,
    /// Where it was looked for, one place a line.
    looked: Vec<String>,
    /// Debian packages that bring it.
    packages: &'static [&'static str],
}

/// What is needed, from memory if nothing changed, else by search and installation.
pub fn ensure(ws: &Workspace) -> Result<Setup> {
    match cache::load(ws) {
        Some(setup) => Ok(setup),
        None => renew(ws),
    }
}

/// Searches anew and installs what is missing; says what was found in one line each.
pub fn renew(ws: &Workspace) -> Result<Setup> {
    let setup = match search(ws) {
        Ok(setup) => setup,
        Err(missing) => {
            apt::install(&missing)?;
            search(ws).map_err(|missing| {
                not_found(&missing, "It is still missing after the installation.")
            })?
        }
    };
    eprintln!("setup: compiler {}", setup.toolchain);
    eprintln!("setup: linker   {}", setup.linker.display());
    eprintln!("setup: QEMU     {}", setup.qemu.display());
    cache::store(ws, &setup)?;
    Ok(setup)
}

/// Clippy of the toolchain that builds for the targets; installed if it is missing.
pub fn clippy(ws: &Workspace, setup: &Setup) -> Result<PathBuf> {
    let bin = setup.toolchain.rustc.with_file_name("cargo-clippy");
    if !is_program(&bin) {
        let missing = [Missing {
            what: "clippy for the targets' toolchain",
            looked: vec![bin.display().to_string()],
            packages: &["rust-web-clippy"],
        }];
        let of_the_system = bin.starts_with("/usr");
        let rustc = setup.toolchain.rustc.clone().into_os_string();
        if of_the_system || !toolchain::rustup_add(ws, &rustc, "clippy") || !is_program(&bin) {
            apt::install(&missing)?;
        }
        if !is_program(&bin) {
            return Err(not_found(
                &missing,
                "It is still missing after the installation.",
            ));
        }
    }
    Ok(bin)
}

fn search(ws: &Workspace) -> Result<Setup, Vec<Missing>> {
    let toolchain = toolchain::find(ws);
    let linker = linker::find(ws);
    let qemu = qemu::find();
    match (toolchain, linker, qemu) {
        (Ok(toolchain), Ok(linker), Ok(qemu)) => Ok(Setup {
            toolchain,
            linker,
            qemu,
        }),
        (toolchain, linker, qemu) => Err([toolchain.err(), linker.err(), qemu.err()]
            .into_iter()
            .flatten()
            .collect()),
    }
}

/// The error that says what was looked for, where, and what would mend it.
fn not_found(missing: &[Missing], mend: &str) -> anyhow::Error {
    let mut message = String::from("something that l4re-rs needs is missing on this computer");
    for missing in missing {
        message += &format!("\n  {}; looked for in:", missing.what);
        for place in &missing.looked {
            message += &format!("\n    {place}");
        }
    }
    message += &format!("\n  {mend}");
    Failure::error(status::SETUP, message)
}

/// Looks for a program in `PATH`.
fn in_path(name: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    env::split_paths(&path)
        .map(|dir| dir.join(name))
        .find(|file| is_program(file))
}

fn is_program(file: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    file.metadata()
        .is_ok_and(|meta| meta.is_file() && meta.permissions().mode() & 0o111 != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_is_told_with_the_places() {
        let missing = Missing {
            what: "QEMU",
            looked: vec!["PATH: /a:/b".to_owned()],
            packages: &["qemu-system-x86"],
        };
        let error = not_found(&[missing], "Install it.");
        let text = format!("{error}");
        assert_eq!(status::of(&error), status::SETUP);
        assert!(
            text.contains("QEMU; looked for in:\n    PATH: /a:/b"),
            "{text}"
        );
        assert!(text.ends_with("Install it."));
    }
}
