//! What set-up found, kept beside the build's results.
//!
//! It holds as long as nothing it was drawn from has changed: the search path and
//! rustup's choice of a toolchain, and the files that were found.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

use super::Setup;
use crate::workspace::Workspace;

#[derive(Deserialize, Serialize)]
struct Cached {
    /// The environment's share in the search.
    environment: Vec<Option<String>>,
    /// Files, with the time of their last change.
    files: Vec<(PathBuf, Option<u128>)>,
    setup: Setup,
}

pub(super) fn load(ws: &Workspace) -> Option<Setup> {
    let text = fs::read(file(ws)).ok()?;
    let cached: Cached = serde_json::from_slice(&text).ok()?;
    let holds = cached.environment == environment()
        && (cached.files.iter()).all(|(file, time)| changed(file) == *time)
        && [
            &cached.setup.toolchain.rustc,
            &cached.setup.linker,
            &cached.setup.qemu,
        ]
        .into_iter()
        .all(|file| file.is_file());
    holds.then_some(cached.setup)
}

pub(super) fn store(ws: &Workspace, setup: &Setup) -> Result<()> {
    let cached = Cached {
        environment: environment(),
        files: watched(ws, setup)
            .into_iter()
            .map(|file| (file.clone(), changed(&file)))
            .collect(),
        setup: setup.clone(),
    };
    let file = file(ws);
    fs::create_dir_all(ws.own_dir())?;
    fs::write(&file, serde_json::to_vec(&cached)?)
        .with_context(|| format!("cannot write {}", file.display()))
}

fn file(ws: &Workspace) -> PathBuf {
    ws.own_dir().join("setup.json")
}

fn environment() -> Vec<Option<String>> {
    let own_rustc = env::var_os(super::ENV_MARK).is_some();
    ["PATH", "RUSTUP_HOME", "RUSTUP_TOOLCHAIN", "RUSTC"]
        .into_iter()
        .map(|name| {
            env::var(name)
                .ok()
                .filter(|_| !(own_rustc && name == "RUSTC"))
        })
        .collect()
}

fn watched(ws: &Workspace, setup: &Setup) -> Vec<PathBuf> {
    let rustup_home = env::var_os("RUSTUP_HOME")
        .map(PathBuf::from)
        .or_else(|| Some(env::home_dir()?.join(".rustup")));
    let mut files = vec![
        setup.toolchain.rustc.clone(),
        setup.toolchain.library.join("Cargo.lock"),
        setup.linker.clone(),
        setup.qemu.clone(),
        ws.root.join("rust-toolchain.toml"),
        ws.root.join("rust-toolchain"),
        PathBuf::from("/var/lib/dpkg/status"),
    ];
    files.extend(rustup_home.map(|home| home.join("settings.toml")));
    files
}

/// When the file was last changed, in nanoseconds; none if it is not there.
fn changed(file: &Path) -> Option<u128> {
    let time = fs::metadata(file).ok()?.modified().ok()?;
    Some(time.duration_since(UNIX_EPOCH).ok()?.as_nanos())
}
