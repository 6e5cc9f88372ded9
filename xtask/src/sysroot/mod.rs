//! `core` and `alloc` for the two targets, built once from the toolchain's sources; `std`
//! when it is needed.
//!
//! A program then builds as for any target that a toolchain ships: no standard
//! library in each build, debug and optimised programs share one, and host builds
//! in the same workspace stay as they are.

mod edits;
pub mod std;

use ::std::fs;
use ::std::hash::{DefaultHasher, Hash, Hasher};
use ::std::os::unix::fs::PermissionsExt;
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

/// Where the libraries stand: the value for rustc's `--sysroot`.
pub fn dir(ws: &Workspace) -> PathBuf {
    ws.own_dir().join("sysroot")
}

/// Builds the libraries of both targets unless they are there and fit.
pub fn ensure(ws: &Workspace, setup: &Setup) -> Result<()> {
    write_compiler(ws, setup)?;
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
    let version = rustc_version(setup)?;
    let mut builder = SysrootBuilder::new(&dir(ws), target)
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
        .current_dir("/")
        .stdin(Stdio::null());
    cargo
}

/// The compiler for cargo's `RUSTC`: the toolchain's, but that it compiles this project's
/// sources for the crate `libc` for the target. `std` and every package that depends on
/// `libc` 0.2 have the right definitions so, and builds for the host are as they were.
pub fn compiler(ws: &Workspace) -> PathBuf {
    // Clippy's driver knows a compiler by this name.
    ws.own_dir().join("rustc")
}

fn write_compiler(ws: &Workspace, setup: &Setup) -> Result<()> {
    let quote = |path: &Path| -> Result<String> {
        let path = path.to_str().context("a path is not UTF-8")?;
        Ok(shlex::try_quote(path)?.into_owned())
    };
    let text = COMPILER
        .replace("@TARGET@", TARGET)
        .replace(
            "@LIBC@",
            &quote(&ws.root.join("uclibc-libc-patch/src/lib.rs"))?,
        )
        .replace("@RUSTC@", &quote(&setup.toolchain.rustc)?);
    let file = compiler(ws);
    if fs::read_to_string(&file).is_ok_and(|found| found == text) {
        return Ok(());
    }
    fs::create_dir_all(ws.own_dir())?;
    // Another process may be using the old one.
    let fresh = tempfile::NamedTempFile::new_in(ws.own_dir())?;
    fs::write(fresh.path(), text)?;
    fs::set_permissions(fresh.path(), fs::Permissions::from_mode(0o755))?;
    fresh.persist(&file)?;
    Ok(())
}

const COMPILER: &str = r#"#!/bin/sh
# The compiler, with this project's module for the crate libc. Written by xtask.
case " $* " in
*" --crate-name libc "*" --target @TARGET@ "*)
    n=$#
    while [ "$n" -gt 0 ]; do
        arg=$1
        shift
        n=$((n - 1))
        case $arg in
        */libc-0.2.*/src/lib.rs) arg=@LIBC@ ;;
        --edition=*) arg=--edition=2024 ;;
        esac
        set -- "$@" "$arg"
    done
    ;;
esac
exec @RUSTC@ "$@"
"#;

fn rustc_version(setup: &Setup) -> Result<rustc_version::VersionMeta> {
    rustc_version::version_meta_for(&setup.toolchain.version)
        .context("the compiler's version is not understood")
}
