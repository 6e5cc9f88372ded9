//! The linker: LLD, from the toolchain or from the system.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use super::{Missing, in_path, is_program};
use crate::workspace::Workspace;

/// Newest last; plain `ld.lld` is looked for before them.
const VERSIONED: std::ops::RangeInclusive<u32> = 14..=24;

/// `rust-lld` of the active toolchain, `ld.lld` in `PATH`, or a versioned one.
pub(super) fn find(ws: &Workspace) -> Result<PathBuf, Missing> {
    let mut looked = Vec::new();
    match rust_lld(ws) {
        Ok(linker) => return Ok(linker),
        Err(place) => looked.push(place),
    }
    let names = std::iter::once("ld.lld".to_owned())
        .chain(VERSIONED.rev().map(|version| format!("ld.lld-{version}")));
    for name in names {
        if let Some(linker) = in_path(&name) {
            return Ok(linker);
        }
    }
    looked.push("ld.lld in PATH".to_owned());
    Err(Missing {
        what: "the linker LLD",
        looked,
        packages: &["lld"],
    })
}

fn rust_lld(ws: &Workspace) -> Result<PathBuf, String> {
    let unknown = || "rust-lld of the active toolchain: rustc cannot be started".to_owned();
    let out = Command::new("rustc")
        .args(["--print", "target-libdir"])
        .current_dir(&ws.root)
        .stderr(Stdio::null())
        .output()
        .map_err(|_| unknown())?;
    let libdir = String::from_utf8(out.stdout).map_err(|_| unknown())?;
    let linker = PathBuf::from(libdir.trim_end())
        .parent()
        .ok_or_else(unknown)?
        .join("bin/rust-lld");
    if is_program(&linker) {
        Ok(linker)
    } else {
        Err(linker.display().to_string())
    }
}
