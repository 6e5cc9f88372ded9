//! `cargo xtask sdk`: what builds C programs for the target without cargo.
//!
//! | in the folder | |
//! |---|---|
//! | `include/` | the headers of L4Re's C interface |
//! | `lib/l4re.ld` | the link script |
//! | `cflags`, `libs` | arguments for compiler and linker: `cc @cflags hello.c @libs -o hello` |
//! | `bin/` | the linker, by the name that compilers look for |
//! | `libc/`, `lib/libc.a` | uClibc |
//! | `lib/libl4re-c.a` | the interface's functions for programs with uClibc |
//! | `pc/` | of these libraries what an L4Re tree says there, for the feature `tree` of `l4re-sys` |
//! | `cflags-small`, `libs-small` | arguments for programs without a C library |
//! | `small/` | headers of the few functions of C's standard library that those have |
//! | `lib/libl4re.a` | the interface's functions, those few, and the start of a program |

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::build::{self, Profile};
use crate::cli::SdkArgs;
use crate::setup::{self, Setup};
use crate::sysroot;
use crate::uclibc;
use crate::workspace::Workspace;

/// Makes the SDK, and says how to use it.
pub fn run(ws: &Workspace, args: &SdkArgs) -> Result<u8> {
    let setup = setup::ensure(ws)?;
    sysroot::ensure(ws, &setup)?;
    let dir = match &args.out {
        Some(dir) => std::path::absolute(dir)?,
        None => ws.target_dir.join("sdk"),
    };
    make(ws, &setup, &dir, args.small)?;
    println!(
        "the C SDK is in {}; to build and boot a program with it:",
        dir.display()
    );
    let small = if args.small { "-small" } else { "" };
    let file = |name| format!("@{}", dir.join(format!("{name}{small}")).display());
    let (cflags, libs) = (file("cflags"), file("libs"));
    let words = ["cc", &cflags, "hello.c", &libs, "-o", "hello"];
    println!("  {} && ./run hello", shlex::try_join(words)?);
    Ok(0)
}

/// Makes the SDK in a folder; `small` without a C library.
pub fn make(ws: &Workspace, setup: &Setup, dir: &Path, small: bool) -> Result<()> {
    let include = dir.join("include");
    let flags = headers(ws, &include)?;
    let [freestanding, lib] = ["small", "lib"].map(|name| dir.join(name));
    let tools = dir.join("bin");
    for folder in [&freestanding, &lib, &tools] {
        make_folder(folder)?;
    }
    name_linker(&setup.linker, &tools)?;
    for header in ["stdio.h", "stdlib.h", "string.h"] {
        let from = ws.root.join("sdk/freestanding").join(header);
        copy(&from, &freestanding.join(header))?;
    }
    let archive = lib.join("libl4re.a");
    let release = Profile::Release;
    let library = build::static_library(ws, setup, "l4re-c-static", "l4re", release)?;
    copy(&library, &archive)?;
    let script = lib.join("l4re.ld");
    copy(&ws.target_spec().with_extension("ld"), &script)?;
    let compiler_headers = compiler_headers()?;

    let mut compile = flags;
    compile.extend(["-isystem".to_owned(), quoted(&compiler_headers)]);
    for folder in [&include, &freestanding] {
        compile.push(format!("-I{}", quoted(folder)));
    }
    write(&dir.join("cflags-small"), compile)?;
    let link = [
        format!("-B{}", quoted(&tools)),
        "-fuse-ld=lld".to_owned(),
        "-nostdlib".to_owned(),
        "-static".to_owned(),
        "-no-pie".to_owned(),
        "-Wl,--gc-sections,-znorelro,-znognustack,-zmax-page-size=0x1000".to_owned(),
        format!("-Wl,-T,{}", quoted(&script)),
    ];
    let mut small_libs = link.to_vec();
    small_libs.push(quoted(&archive));
    write(&dir.join("libs-small"), small_libs)?;
    if small {
        return Ok(());
    }

    let libc = uclibc::ensure(ws, setup)?;
    let libc_headers = dir.join("libc");
    if libc_headers.exists() {
        fs::remove_dir_all(&libc_headers)?;
    }
    copy_folder(&libc.join("include"), &libc_headers)?;
    copy(&ws.root.join(THREADS), &libc_headers.join("pthread-l4.h"))?;
    let mut compile = uclibc::CFLAGS.map(str::to_owned).to_vec();
    for folder in [&libc_headers, &compiler_headers] {
        compile.extend(["-isystem".to_owned(), quoted(folder)]);
    }
    compile.push(format!("-I{}", quoted(&include)));
    write(&dir.join("cflags"), compile)?;
    let [interface, archive] = ["libl4re-c.a", "libc.a"].map(|name| lib.join(name));
    copy(&above_libc(ws, setup)?.library, &interface)?;
    copy(&libc.join("libc.a"), &archive)?;
    let packages = dir.join("pc");
    make_folder(&packages)?;
    for (name, text) in PACKAGES {
        fs::write(packages.join(name), text)?;
    }
    let mut libs = link.to_vec();
    libs.extend([&interface, &archive].map(|file| quoted(file)));
    write(&dir.join("libs"), libs)
}

/// The packages that an L4Re tree has for every program.
const PACKAGES: [(&str, &str); 3] = [
    ("stdlibs.pc", "Name: stdlibs\nRequires: l4re_c libc\n"),
    ("l4re_c.pc", "Name: l4re_c\nLibs: -ll4re-c\n"),
    ("libc.pc", "Name: libc\nLibs: -lc\n"),
];

/// The header of what POSIX threads are on L4.
const THREADS: &str = "sdk/hosted/pthread-l4.h";

/// L4Re's C interface for programs with uClibc.
pub struct AboveLibc {
    /// The folder with its headers.
    pub include: PathBuf,
    /// Its library.
    pub library: PathBuf,
}

/// Makes it, for programs that are built here.
pub fn above_libc(ws: &Workspace, setup: &Setup) -> Result<AboveLibc> {
    let dir = ws.own_dir().join("c-interface");
    let include = dir.join("include");
    headers(ws, &include)?;
    copy(&ws.root.join(THREADS), &include.join("pthread-l4.h"))?;
    let package = "l4re-c-hosted";
    let release = Profile::Release;
    let rust = build::static_library(ws, setup, package, "l4re_c_hosted", release)?;
    let library = dir.join("libl4re-c.a");
    uclibc::library(setup, &rust, &[], &INTERFACE, &library)?;
    Ok(AboveLibc { include, library })
}

/// How the names of the interface's functions begin.
const INTERFACE: [&str; 3] = ["l4*", "fiasco_*", "__l4_kdebug_*"];

/// Gives the linker the name by which compilers look for it: it may be the toolchain's own
/// `rust-lld`, which knows by its name what it is.
fn name_linker(linker: &Path, dir: &Path) -> Result<()> {
    let name = dir.join("ld.lld");
    let linker = std::path::absolute(linker)?;
    if fs::read_link(&name).is_ok_and(|old| old == linker) {
        return Ok(());
    }
    match fs::remove_file(&name) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            return Err(error).with_context(|| format!("cannot replace {}", name.display()));
        }
        _ => {}
    }
    std::os::unix::fs::symlink(&linker, &name)
        .with_context(|| format!("cannot make {}", name.display()))
}

/// A path in a file of arguments.
fn quoted(path: &Path) -> String {
    let text = path.display().to_string();
    text.replace('\\', "\\\\").replace(' ', "\\ ")
}

fn make_folder(dir: &Path) -> Result<()> {
    fs::create_dir_all(dir).with_context(|| format!("cannot make {}", dir.display()))
}

/// A file of arguments, one a line.
fn write(file: &Path, arguments: Vec<String>) -> Result<()> {
    fs::write(file, arguments.join("\n") + "\n")
        .with_context(|| format!("cannot write {}", file.display()))
}

/// Copies all of a folder; a link in it stays one.
pub fn copy_folder(from: &Path, to: &Path) -> Result<()> {
    make_folder(to)?;
    let entries = fs::read_dir(from).with_context(|| format!("cannot list {}", from.display()))?;
    for entry in entries {
        let entry = entry?;
        let place = to.join(entry.file_name());
        let kind = entry.file_type()?;
        if kind.is_symlink() {
            std::os::unix::fs::symlink(fs::read_link(entry.path())?, place)?;
        } else if kind.is_dir() {
            copy_folder(&entry.path(), &place)?;
        } else {
            copy(&entry.path(), &place)?;
        }
    }
    Ok(())
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    // Who builds by time stamps must not build for nothing.
    if let (Ok(old), Ok(new)) = (fs::read(to), fs::read(from))
        && old == new
    {
        return Ok(());
    }
    fs::copy(from, to)
        .with_context(|| format!("cannot copy {} to {}", from.display(), to.display()))?;
    Ok(())
}

/// Writes the headers; the result is the flags by which C code is compiled.
fn headers(ws: &Workspace, include: &Path) -> Result<Vec<String>> {
    let mut cargo = Command::new(build::cargo_program());
    build::clear_cargo_env(&mut cargo);
    cargo
        .args(["run", "--quiet", "--package", "l4re-c-headers", "--"])
        .arg(include)
        .current_dir(&ws.root);
    let flags = build::output_of(&mut cargo, "the C headers were not made".to_owned())?;
    Ok(flags.lines().map(str::to_owned).collect())
}

/// The C compiler's own headers, as `stddef.h`.
fn compiler_headers() -> Result<PathBuf> {
    let compiler = std::env::var_os("CC").unwrap_or_else(|| "cc".into());
    let out = Command::new(&compiler)
        .arg("-print-file-name=include")
        .output();
    let out = out.with_context(|| {
        format!(
            "the C compiler {} cannot be started; install one (Debian: apt-get install gcc), \
             or name it by CC",
            compiler.display()
        )
    })?;
    Ok(PathBuf::from(String::from_utf8_lossy(&out.stdout).trim()))
}
