//! `core` and `alloc` for the two targets, built once from the toolchain's sources.
//!
//! A program then builds as for any target that a toolchain ships: no standard
//! library in each build, debug and optimised programs share one, and host builds
//! in the same workspace stay as they are.

use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Instant;

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

/// Where the libraries stand: the value for rustc's `--sysroot`.
pub fn dir(ws: &Workspace) -> PathBuf {
    ws.own_dir().join("sysroot")
}

/// Builds the libraries of both targets unless they are there and fit.
pub fn ensure(ws: &Workspace, setup: &Setup) -> Result<()> {
    let spec = fs::read_to_string(ws.target_spec())
        .with_context(|| format!("cannot read {}", ws.target_spec().display()))?;
    let stamp = stamp(setup, &spec);
    if up_to_date(ws, &stamp) {
        return Ok(());
    }
    let dir = dir(ws);
    fs::create_dir_all(&dir).with_context(|| format!("cannot make {}", dir.display()))?;
    let lock = fs::File::create(dir.join("lock"))?;
    lock.lock()?;
    if up_to_date(ws, &stamp) {
        return Ok(());
    }
    let start = Instant::now();
    eprintln!("setup: building core and alloc for the targets (once; about a minute)");
    let renew = |target: &str| -> Result<()> {
        // What is there was built for something else; its own stamp need not show that.
        let old = dir.join("lib/rustlib").join(target);
        if old.exists() {
            fs::remove_dir_all(&old)?;
        }
        build_one(ws, setup, target)?;
        Ok(fs::write(stamp_file(ws, target), &stamp)?)
    };
    // Most of the time the compiler works on one crate with one thread.
    std::thread::scope(|scope| {
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

fn up_to_date(ws: &Workspace, stamp: &str) -> bool {
    [TARGET, KERNEL_TARGET].iter().all(|target| {
        fs::read_to_string(stamp_file(ws, target)).is_ok_and(|found| found == stamp)
            && dir(ws)
                .join("lib/rustlib")
                .join(target)
                .join("lib")
                .is_dir()
    })
}

fn stamp_file(ws: &Workspace, target: &str) -> PathBuf {
    dir(ws).join(format!("{target}.stamp"))
}

/// Tells whether libraries were built by this compiler, from these sources, for this target.
fn stamp(setup: &Setup, spec: &str) -> String {
    let mut hasher = DefaultHasher::new();
    (spec, &setup.toolchain.version, FLAGS).hash(&mut hasher);
    setup.toolchain.library.hash(&mut hasher);
    format!("{:016x}\n", hasher.finish())
}

fn build_one(ws: &Workspace, setup: &Setup, target: &str) -> Result<()> {
    let mut cargo = Command::new(build::cargo_program());
    build::clear_cargo_env(&mut cargo);
    cargo
        .env("RUSTC", &setup.toolchain.rustc)
        .env("RUST_TARGET_PATH", ws.root.join("targets"))
        .env("RUSTC_BOOTSTRAP", "1")
        .current_dir("/")
        .stdin(Stdio::null());
    let version = rustc_version(setup)?;
    let mut builder = SysrootBuilder::new(&dir(ws), target)
        .sysroot_config(SysrootConfig::NoStd)
        .rustc_version(version)
        .rustflags(FLAGS)
        .cargo(cargo);
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

fn rustc_version(setup: &Setup) -> Result<rustc_version::VersionMeta> {
    rustc_version::version_meta_for(&setup.toolchain.version)
        .context("the compiler's version is not understood")
}
