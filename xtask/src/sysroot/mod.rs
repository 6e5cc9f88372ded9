//! `core` and `alloc` for the two targets, built once from the toolchain's sources; `std`
//! when it is needed.
//!
//! A program then builds as for any target that a toolchain ships: no standard
//! library in each build, debug and optimised programs share one, and host builds
//! in the same workspace stay as they are.

pub mod compiler;
pub mod crates;
mod patches;
pub mod std;

use ::std::fs;
use ::std::hash::{DefaultHasher, Hash, Hasher};
use ::std::path::{Path, PathBuf};
use ::std::process::{Command, Stdio};
use ::std::time::Instant;

use anyhow::{Context, Result};
use rustc_build_sysroot::{SysrootBuilder, SysrootConfig};

use crate::build;
use crate::setup::Setup;
use crate::status::{self, Failure};
use crate::workspace::{KERNEL_TARGET, TARGET, Workspace};

/// How the libraries are compiled. Line tables, for backtraces through them; bit
/// code, for link-time optimisation.
/// Frame pointers, for callers to be told without unwind tables.
const FLAGS: [&str; 4] = [
    "-Cpanic=abort",
    "-Cembed-bitcode=yes",
    "-Cdebuginfo=line-tables-only",
    "-Cforce-frame-pointers=yes",
];

/// Where the libraries stand: the value for rustc's `--sysroot`. Each compiler has its own, so
/// that two can be used in turn.
pub fn dir(ws: &Workspace, setup: &Setup) -> PathBuf {
    room(ws).join(key(setup, FLAGS))
}

fn room(ws: &Workspace) -> PathBuf {
    ws.own_dir().join("sysroot")
}

/// A folder's name for what a compiler made of its sources, and of `inputs`.
fn key(setup: &Setup, inputs: impl Hash) -> String {
    let mut hasher = DefaultHasher::new();
    (&setup.toolchain.version, &setup.toolchain.library).hash(&mut hasher);
    inputs.hash(&mut hasher);
    format!("{}-{:016x}", setup.toolchain.release(), hasher.finish())
}

/// Makes a folder with such a name, and removes those for the same release that were made of
/// something else.
fn renew_dir(room: &Path, setup: &Setup, dir: &Path) -> Result<()> {
    let same_release = format!("{}-", setup.toolchain.release());
    for entry in fs::read_dir(room).with_context(|| format!("cannot list {}", room.display()))? {
        let entry = entry?;
        if (entry.file_name().to_string_lossy()).starts_with(&same_release)
            && entry.file_type()?.is_dir()
        {
            fs::remove_dir_all(entry.path())?;
        }
    }
    fs::create_dir_all(dir).with_context(|| format!("cannot make {}", dir.display()))
}

/// Builds the libraries of both targets unless they are there and fit.
pub fn ensure(ws: &Workspace, setup: &Setup) -> Result<()> {
    compiler::write(ws, setup)?;
    let spec = fs::read_to_string(ws.target_spec())
        .with_context(|| format!("cannot read {}", ws.target_spec().display()))?;
    let dir = dir(ws, setup);
    if up_to_date(&dir, &spec) {
        return Ok(());
    }
    let room = room(ws);
    fs::create_dir_all(&room).with_context(|| format!("cannot make {}", room.display()))?;
    let lock = fs::File::create(room.join("lock"))?;
    lock.lock()?;
    if up_to_date(&dir, &spec) {
        return Ok(());
    }
    renew_dir(&room, setup, &dir)?;
    let start = Instant::now();
    eprintln!("setup: building core and alloc for the targets (once; about a minute)");
    let renew = |target: &str| -> Result<()> {
        build_one(ws, setup, target, &dir)?;
        Ok(fs::write(stamp_file(&dir, target), &spec)?)
    };
    // Most of the time the compiler works on one crate with one thread.
    ::std::thread::scope(|scope| {
        let programs = scope.spawn(|| renew(TARGET));
        let kernel = renew(KERNEL_TARGET);
        let programs = programs
            .join()
            .map_err(|_| anyhow::anyhow!("the thread that built core and alloc panicked"))?;
        programs.and(kernel)
    })?;
    eprintln!("setup: built them in {} s", start.elapsed().as_secs());
    Ok(())
}

/// Whether the libraries in a folder are for this target specification, and all are there.
fn up_to_date(dir: &Path, spec: &str) -> bool {
    [TARGET, KERNEL_TARGET].iter().all(|target| {
        fs::read_to_string(stamp_file(dir, target)).is_ok_and(|found| found == spec)
            && dir.join("lib/rustlib").join(target).join("lib").is_dir()
    })
}

fn stamp_file(dir: &Path, target: &str) -> PathBuf {
    dir.join(format!("{target}.stamp"))
}

fn build_one(ws: &Workspace, setup: &Setup, target: &str, dir: &Path) -> Result<()> {
    let version = rustc_version(setup)?;
    let mut builder = SysrootBuilder::new(dir, target)
        .sysroot_config(SysrootConfig::NoStd)
        .rustc_version(version)
        .rustflags(FLAGS)
        .cargo(cargo(ws, setup));
    if target == TARGET {
        builder = builder.rustflag("-Zunstable-options");
    }
    builder
        .build_from_source(&setup.toolchain.library)
        .map_err(|error| {
            Failure::error(
                status::BUILD,
                format!(
                    "core and alloc for {target} did not build from {}\n{error:#}",
                    setup.toolchain.library.display()
                ),
            )
        })?;
    Ok(())
}

/// Cargo for a library.
fn cargo(ws: &Workspace, setup: &Setup) -> Command {
    let mut cargo = Command::new(build::cargo_program());
    build::clear_cargo_env(&mut cargo);
    cargo
        .env("RUSTC", &setup.toolchain.rustc)
        .env("RUST_TARGET_PATH", ws.root.join("targets"))
        .env("RUSTC_BOOTSTRAP", "1")
        // Of a shell with the project's settings: they are for what is built with the library.
        .env_remove(compiler::FLAGS)
        .env_remove(compiler::STD)
        .current_dir("/")
        .stdin(Stdio::null());
    cargo
}

fn rustc_version(setup: &Setup) -> Result<rustc_version::VersionMeta> {
    rustc_version::version_meta_for(&setup.toolchain.version)
        .context("the compiler's version is not understood")
}
