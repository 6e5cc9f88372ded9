//! uClibc and its backend as one archive.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use object::{Object, ObjectSymbol};

use super::program::linker;
use super::{COMPLETE, folder, succeed};
use crate::setup::{LibcTools, Setup};
use crate::status::{self, Failure};
use crate::workspace::Workspace;

/// What can be seen of the backend. All else of it is its own, so that it meets neither the
/// program's copy of the same crates nor anything of `std`.
const EXPORTS: [&str; 9] = [
    "__l4re_gettimeofday",
    "__l4re_syscall",
    "_dl_pagesize",
    "_dl_tls_static_size",
    "_start",
    "l4re_global_env",
    "l4re_initial_stack",
    "l4re_util_cap_alloc",
    "l4re_util_cap_free",
];
/// This file: how the archive is made is part of what it is.
const TEXT: &str = include_str!("archive.rs");

/// What the backend takes from elsewhere.
const IMPORTS: [&str; 2] = ["__uClibc_main", "main"];

/// How C is compiled: for this target's static programs, on a processor without more than
/// x86-64 has, with frame pointers for backtraces.
pub const CFLAGS: [&str; 9] = [
    "-c",
    "-O2",
    "-ffunction-sections",
    "-fdata-sections",
    "-fcf-protection=none",
    "-fno-pie",
    "-fno-stack-protector",
    "-fno-omit-frame-pointer",
    "-nostdinc",
];

/// The folder with `libc.a` and `include/`.
pub fn complete(
    ws: &Workspace,
    setup: &Setup,
    tools: &LibcTools,
    room: &Path,
    plain: &Path,
    backend: &Path,
) -> Result<PathBuf> {
    let stubs = ws.root.join("uclibc/unwind.c");
    let inputs = (plain, fs::read(backend)?, fs::read(&stubs)?, EXPORTS, TEXT);
    let dir = folder(room, "libc", inputs);
    if dir.join(COMPLETE).exists() {
        return Ok(dir);
    }
    if dir.exists() {
        fs::remove_dir_all(&dir)?;
    }
    fs::create_dir_all(&dir)?;
    // Names that no member of uClibc's has: it would be replaced.
    let object = dir.join("l4re-backend.o");
    localise(setup, backend, &object)?;
    let unwind = dir.join("l4re-unwind.o");
    succeed(
        compile(tools, &plain.join("include"))
            .arg(&stubs)
            .arg("-o")
            .arg(&unwind),
        "compiling uclibc/unwind.c",
    )?;
    let archive = dir.join("libc.a");
    fs::copy(plain.join("lib/libc.a"), &archive)?;
    succeed(
        Command::new("ar")
            .arg("rcs")
            .arg(&archive)
            .args([&object, &unwind]),
        "making libc.a",
    )?;
    fs::remove_file(&object)?;
    fs::remove_file(&unwind)?;
    std::os::unix::fs::symlink(plain.join("include"), dir.join("include"))?;
    fs::write(dir.join(COMPLETE), "")?;
    Ok(dir)
}

/// The C compiler, for programs of this target.
pub fn compile(tools: &LibcTools, include: &Path) -> Command {
    let mut cc = Command::new("cc");
    cc.args(CFLAGS)
        .arg("-isystem")
        .arg(include)
        .arg("-isystem")
        .arg(&tools.compiler_headers);
    cc
}

/// Makes one object file of the backend, of which only the names of [`EXPORTS`] can be seen.
fn localise(setup: &Setup, backend: &Path, object: &Path) -> Result<()> {
    let linked = object.with_extension("linked.o");
    succeed(
        linker(setup)
            .args(["-r", "-u", "_start", "-u", "__l4re_syscall", "-o"])
            .arg(&linked)
            .arg(backend),
        "linking the C library's backend",
    )?;
    succeed(
        Command::new("objcopy")
            .args(EXPORTS.map(|name| format!("--keep-global-symbol={name}")))
            // Bit code of the Rust libraries: of no use to a linker any more.
            .args(["-R", ".llvmbc", "-R", ".llvmcmd"])
            .arg(&linked)
            .arg(object),
        "hiding the backend's names",
    )?;
    fs::remove_file(&linked)?;
    check(object)
}

/// Fails unless the backend exports and imports just what it should.
fn check(object: &Path) -> Result<()> {
    let data = fs::read(object)?;
    let file = object::File::parse(&*data).context("the backend is no object file")?;
    let mut exports = Vec::new();
    let mut imports = Vec::new();
    for symbol in file.symbols().filter(|symbol| symbol.is_global()) {
        let list = if symbol.is_undefined() {
            &mut imports
        } else {
            &mut exports
        };
        list.push(symbol.name()?);
    }
    exports.sort_unstable();
    imports.sort_unstable();
    if exports != EXPORTS || imports != IMPORTS {
        return Err(Failure::error(
            status::BUILD,
            format!(
                "the C library's backend exports {exports:?} and imports {imports:?}; due are {EXPORTS:?} and {IMPORTS:?}"
            ),
        ));
    }
    Ok(())
}
