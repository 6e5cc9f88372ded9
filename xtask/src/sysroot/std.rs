//! `std` for the user programs' target, built when the first program needs it.
//!
//! Its folder's name has a hash of all that it was made of, so that cargo builds anew what
//! was built with another.

use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::PathBuf;
use std::time::Instant;

use anyhow::{Context, Result};
use rustc_build_sysroot::{SysrootBuilder, SysrootConfig};

use super::patches::{self, Patch};
use crate::setup::{Setup, Version};
use crate::status::{self, Failure};
use crate::workspace::{TARGET, Workspace};

/// A program with `std` unwinds, so the libraries do; else as the other target libraries.
const FLAGS: [&str; 5] = [
    "-Cpanic=unwind",
    "-Cembed-bitcode=yes",
    "-Cdebuginfo=line-tables-only",
    "-Cforce-frame-pointers=yes",
    "-Zunstable-options",
];

/// Made small: what each program carries, and what hardly ever runs. `core`, `alloc` and what a
/// program takes of generic code stay as fast as they are elsewhere.
const SMALL: [(&str, &str); 2] = [("std", "s"), ("panic_unwind", "z")];

/// No symbols are looked up within the program: `run` does that from the log.
const FEATURES: [&str; 2] = ["panic-unwind", "compiler-builtins-mem"];

/// Builds `core`, `alloc`, `std` and `test` unless they are there; the value for `--sysroot`.
pub fn ensure(ws: &Workspace, setup: &Setup) -> Result<PathBuf> {
    super::compiler::write(ws, setup)?;
    let dir = dir(ws, setup)?;
    let done = dir.join("done");
    if done.is_file() {
        return Ok(dir);
    }
    let room = ws.own_dir().join("std");
    fs::create_dir_all(&room).with_context(|| format!("cannot make {}", room.display()))?;
    let lock = fs::File::create(room.join("lock"))?;
    lock.lock()?;
    if done.is_file() {
        return Ok(dir);
    }
    let start = Instant::now();
    eprintln!("setup: building std for the target (once; about a minute)");
    super::renew_dir(&room, setup, &dir)?;
    let sources = room.join("library");
    let release = setup.toolchain.release();
    let newest = ws.newest_compiler()?;
    if Version::of_release(&newest).is_some_and(|newest| setup.toolchain.number() > newest) {
        eprintln!("setup: std was tried with rustc up to {newest}, this is {release}");
    }
    let patches = patches(ws, setup)?;
    patches::apply(
        &patches,
        &setup.toolchain.library,
        &sources,
        release,
        &newest,
    )?;
    build(ws, setup, &sources, &dir)?;
    fs::write(done, "")?;
    eprintln!("setup: built it in {} s", start.elapsed().as_secs());
    Ok(dir)
}

fn patches(ws: &Workspace, setup: &Setup) -> Result<Vec<Patch>> {
    patches::select(&ws.root.join(patches::FOLDER), setup.toolchain.number())
}

/// Where the libraries of this compiler, with these patches and this `libc`, stand.
fn dir(ws: &Workspace, setup: &Setup) -> Result<PathBuf> {
    let spec = ws.target_spec();
    let mut hasher = DefaultHasher::new();
    fs::read(&spec)
        .with_context(|| format!("cannot read {}", spec.display()))?
        .hash(&mut hasher);
    (FLAGS, SMALL, FEATURES, patches(ws, setup)?).hash(&mut hasher);
    super::compiler::SCRIPT.hash(&mut hasher);
    let module = ws.root.join("uclibc-libc-patch/src");
    for file in [module.join("lib.rs"), module.join("items.rs")] {
        fs::read(&file)?.hash(&mut hasher);
    }
    let mut files: Vec<PathBuf> = fs::read_dir(module.join("l4re"))?
        .map(|entry| Ok(entry?.path()))
        .collect::<Result<_>>()?;
    files.sort();
    for file in files {
        (file.file_name(), fs::read(&file)?).hash(&mut hasher);
    }
    Ok((ws.own_dir().join("std")).join(super::key(setup, hasher.finish())))
}

fn build(
    ws: &Workspace,
    setup: &Setup,
    sources: &std::path::Path,
    dir: &std::path::Path,
) -> Result<()> {
    let mut cargo = super::cargo(ws, setup);
    cargo.env("RUSTC", super::compiler::rustc(ws, setup));
    // A distribution's sources bring what std depends on; else it comes from the registry.
    let vendor = setup.toolchain.library.join("vendor");
    if vendor.is_dir() {
        cargo
            .arg("--config")
            .arg("source.crates-io.replace-with='library-vendor'")
            .arg("--config")
            .arg(format!(
                "source.library-vendor.directory='{}'",
                vendor.display()
            ));
    }
    for (package, level) in SMALL {
        let setting = format!("profile.release.package.{package}.opt-level='{level}'");
        cargo.arg("--config").arg(setting);
    }
    // Messages of panics name files: by where they are in the library, wherever that is.
    let names = [sources, &setup.toolchain.library]
        .map(|place| format!("--remap-path-prefix={}=library", place.display()));
    SysrootBuilder::new(dir, TARGET)
        .sysroot_config(SysrootConfig::WithStd {
            std_features: FEATURES.map(str::to_owned).to_vec(),
        })
        .rustc_version(super::rustc_version(setup)?)
        .rustflags(FLAGS)
        .rustflags(names)
        .cargo(cargo)
        .build_from_source(sources)
        .map_err(|error| {
            Failure::error(
                status::BUILD,
                format!(
                    "std for {TARGET} did not build from {}\n{error:#}",
                    setup.toolchain.library.display()
                ),
            )
        })?;
    Ok(())
}
