//! uClibc-ng for programs of this target, as one archive: built static from Debian's source
//! package, with a few changes (`edits`), our configuration, and the backend in place of Linux.
//!
//! The result is a folder with `libc.a` and `include/`, whose name tells what it was made of: cargo
//! links a program anew when the name changes.

mod archive;
pub mod cxx;
mod edits;
mod numbers;
mod one_object;
mod patches;
mod program;

pub use archive::CFLAGS;
pub use one_object::library;
pub use program::program;

use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context, Result};

use crate::build;
use crate::setup::{self, LibcTools, Setup};
use crate::status::{self, Failure};
use crate::workspace::{TARGET, Workspace};

/// The package of the backend, and its profile.
const BACKEND: &str = "uclibc-backend";
const PROFILE: &str = "libc";
/// The package of the unwinder.
const UNWINDER: &str = "uclibc-unwinder";
/// What of the kernel's headers uClibc's include.
const KERNEL_HEADERS: [&str; 3] = ["asm", "asm-generic", "linux"];
/// Says that all of a folder is there.
const COMPLETE: &str = "complete";

/// The C library: made if it is not there yet.
pub fn ensure(ws: &Workspace, setup: &Setup) -> Result<PathBuf> {
    let tools = setup::libc_tools()?;
    let room = ws.own_dir().join("uclibc");
    fs::create_dir_all(&room).with_context(|| format!("cannot make {}", room.display()))?;
    let lock = fs::File::create(room.join("lock"))?;
    lock.lock()?;
    let plain = plain(ws, &tools, &room)?;
    let backend = backend(ws, setup)?;
    let unwinder = unwinder(ws, setup)?;
    archive::complete(ws, setup, &tools, &room, &plain, [&backend, &unwinder])
}

/// The unwinder alone as an object file, for programs with another C library. Its names are weak:
/// where that library's compiler brings an unwinder that must be linked, that one is used.
pub fn unwinder_object(ws: &Workspace, setup: &Setup) -> Result<PathBuf> {
    let room = ws.own_dir().join("uclibc");
    fs::create_dir_all(&room).with_context(|| format!("cannot make {}", room.display()))?;
    let lock = fs::File::create(room.join("lock"))?;
    lock.lock()?;
    let library = unwinder(ws, setup)?;
    let dir = folder(&room, "unwinder", fs::read(&library)?);
    let object = dir.join("l4re-unwinder.o");
    if !dir.join(COMPLETE).exists() {
        fs::create_dir_all(&dir)?;
        archive::hidden_unwinder(setup, &library, &object)?;
        succeed(
            Command::new("objcopy").arg("--weaken").arg(&object),
            "making the unwinder's names weak",
        )?;
        fs::write(dir.join(COMPLETE), "")?;
    }
    Ok(object)
}

/// The folder for what is made of these inputs.
fn folder(room: &Path, kind: &str, inputs: impl Hash) -> PathBuf {
    let mut hasher = DefaultHasher::new();
    inputs.hash(&mut hasher);
    room.join(format!("{kind}-{:016x}", hasher.finish()))
}

/// Runs a tool; what it prints is shown if it fails. The result is what it complained of
/// otherwise.
fn succeed(command: &mut Command, what: &str) -> Result<String> {
    let out = (command.stdin(Stdio::null()))
        .output()
        .with_context(|| format!("cannot start {}", command.get_program().display()))?;
    if out.status.success() {
        return Ok(String::from_utf8_lossy(&out.stderr).into_owned());
    }
    let text = String::from_utf8_lossy(&out.stdout) + String::from_utf8_lossy(&out.stderr);
    let lines: Vec<&str> = text.lines().collect();
    let tail = lines[lines.len().saturating_sub(30)..].join("\n");
    Err(Failure::error(
        status::BUILD,
        format!("{what} failed:\n{tail}"),
    ))
}

/// uClibc itself, without a backend: `lib/libc.a` and `include/`.
fn plain(ws: &Workspace, tools: &LibcTools, room: &Path) -> Result<PathBuf> {
    let config = fs::read_to_string(ws.root.join("uclibc/config"))?;
    let source = fs::read(&tools.source)?;
    let patches = patches::read(&ws.root)?;
    let dir = folder(
        room,
        "plain",
        (&config, &source, edits::TEXT, &patches, &tools.version),
    );
    if dir.join(COMPLETE).exists() {
        return Ok(dir);
    }
    if dir.exists() {
        fs::remove_dir_all(&dir)?;
    }
    let start = Instant::now();
    eprintln!("setup: building uClibc-ng (once; about two minutes)");
    let work = room.join("work");
    if work.exists() {
        fs::remove_dir_all(&work)?;
    }
    fs::create_dir_all(&work)?;
    succeed(
        Command::new("tar")
            .arg("-xf")
            .arg(&tools.source)
            .args(["--strip-components=1", "-C"])
            .arg(&work),
        "unpacking uClibc-ng's sources",
    )?;
    edits::apply(&work)?;
    patches::apply(&patches, &work)?;
    let headers = work.join("kernel-headers");
    fs::create_dir(&headers)?;
    link_headers(tools, &headers)?;
    let config = format!("{config}KERNEL_HEADERS=\"{}\"\n", headers.display());
    fs::write(work.join(".config"), config)?;
    let jobs = std::thread::available_parallelism().map_or(1, usize::from);
    let prefix = format!("PREFIX={}", dir.display());
    for step in [
        vec!["olddefconfig".to_owned()],
        vec![format!("-j{jobs}")],
        vec!["install_headers".to_owned(), prefix],
    ] {
        let mut make = Command::new("make");
        build::clear_cargo_env(&mut make);
        // Of an outer make, if there is one.
        for name in ["MAKEFLAGS", "MAKELEVEL", "MFLAGS"] {
            make.env_remove(name);
        }
        make.current_dir(&work)
            .env("LC_ALL", "C")
            .arg("ARCH=x86_64")
            .args(&step);
        succeed(&mut make, &format!("uClibc-ng's `make {}`", step.join(" ")))?;
    }
    fs::rename(dir.join("usr/include"), dir.join("include"))?;
    link_headers(tools, &dir.join("include"))?;
    fs::create_dir_all(dir.join("lib"))?;
    fs::copy(work.join("lib/libc.a"), dir.join("lib/libc.a"))?;
    fs::write(dir.join(COMPLETE), "")?;
    fs::remove_dir_all(&work)?;
    eprintln!("setup: built it in {} s", start.elapsed().as_secs());
    Ok(dir)
}

/// The kernel's headers, in this folder.
fn link_headers(tools: &LibcTools, dir: &Path) -> Result<()> {
    for (name, place) in KERNEL_HEADERS.iter().zip(&tools.kernel_headers) {
        symlink(place, dir.join(name))?;
    }
    Ok(())
}

/// The backend, as a static library of Rust.
fn backend(ws: &Workspace, setup: &Setup) -> Result<PathBuf> {
    rust_library(ws, BACKEND, build::cargo(ws, setup, "build", TARGET))
}

/// The unwinder, as a static library of Rust. It unwinds its own functions, too.
fn unwinder(ws: &Workspace, setup: &Setup) -> Result<PathBuf> {
    let mut cargo = build::cargo(ws, setup, "build", TARGET);
    build::add_flags(&mut cargo, TARGET, "-Cforce-unwind-tables=yes");
    rust_library(ws, UNWINDER, cargo)
}

/// Builds a package of this workspace that is a part of the C library.
fn rust_library(ws: &Workspace, package: &str, mut cargo: Command) -> Result<PathBuf> {
    cargo
        .args(["--quiet", "--lib", "--package", package])
        .args(["--profile", PROFILE]);
    let status = cargo.status().context("cannot start cargo")?;
    if !status.success() {
        return Err(Failure::error(
            status::BUILD,
            format!("{package}, a part of the C library, did not build"),
        ));
    }
    Ok((ws.target_dir.join(TARGET))
        .join(PROFILE)
        .join(format!("lib{}.a", package.replace('-', "_"))))
}
