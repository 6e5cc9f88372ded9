//! uClibc, its backend and the C compiler's own library as one archive.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result};
use object::read::archive::ArchiveFile;
use object::{Object, ObjectSymbol};

use super::one_object::{self, Names, Roots};
use super::{COMPLETE, folder, numbers, succeed};
use crate::setup::{LibcTools, Setup};
use crate::status::{self, Failure};
use crate::workspace::Workspace;

/// What can be seen of the backend. All else of it is its own, so that it meets neither the
/// program's copy of the same crates nor anything of `std`.
const EXPORTS: [&str; 12] = [
    "__l4re_gettimeofday",
    "__l4re_syscall",
    "__l4re_thread_cap",
    "_dl_pagesize",
    "_dl_tls_static_size",
    "_start",
    "l4re_global_env",
    "l4re_initial_stack",
    "l4re_util_cap_alloc",
    "l4re_util_cap_free",
    "pthread_l4_cap",
    "pthread_l4_for_each_thread",
];
/// Files of `uclibc` that are parts of the library as they are.
const SOURCES: [&str; 3] = ["unwind.c", "dl.c", "cxx/library.c"];
/// The entries of system calls, each with its number behind.
const CALLS: &str = "__l4re_call_";
/// This file: how the archive is made is part of what it is.
const TEXT: &str = include_str!("archive.rs");

/// What the backend takes from elsewhere.
const IMPORTS: [&str; 2] = ["__uClibc_main", "main"];

/// What the unwinder takes from elsewhere: where the program's code and tables are.
const UNWINDER_IMPORTS: [&str; 3] = ["__GNU_EH_FRAME_HDR", "__etext", "__executable_start"];

/// How C is compiled: for this target's static programs, on a processor without more than
/// x86-64 has, with frame pointers for backtraces.
pub const CFLAGS: [&str; 9] = [
    // As L4Re's makefiles have it: sources ask by these names.
    "-DARCH_amd64",
    "-DL4API_l4f",
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
    [backend, unwinder]: [&Path; 2],
) -> Result<PathBuf> {
    let sources = SOURCES.map(|name| ws.root.join("uclibc").join(name));
    let library = numbers::complete(ws, setup, tools, room, plain)?;
    let rust = (fs::read(backend)?, fs::read(unwinder)?);
    let arithmetic = compiler_library()?;
    let mut c = vec![fs::read(&arithmetic)?];
    for source in &sources {
        c.push(fs::read(source)?);
    }
    let inputs = (&library, rust, c, EXPORTS, TEXT);
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
    hidden_backend(setup, backend, &object, &library)?;
    let real_unwind = dir.join("l4re-unwinder.o");
    hidden_unwinder(setup, unwinder, &real_unwind)?;
    // The stubs before the real unwinder: a program in C alone takes the former.
    let mut parts = vec![object];
    for (source, name) in sources.iter().zip(SOURCES) {
        let part = dir.join(format!("l4re-{}.o", name.replace('/', "-")));
        succeed(
            compile(tools, &plain.join("include"))
                .args(["-D_GNU_SOURCE", "-Wall", "-Wextra"])
                .arg(source)
                .arg("-o")
                .arg(&part),
            &format!("compiling uclibc/{name}"),
        )?;
        parts.push(part);
    }
    parts.push(real_unwind);
    let archive = dir.join("libc.a");
    fs::copy(&library, &archive)?;
    succeed(
        Command::new("ar").arg("rcs").arg(&archive).args(&parts),
        "making libc.a",
    )?;
    append(&dir, &archive, &arithmetic)?;
    for part in &parts {
        fs::remove_file(part)?;
    }
    std::os::unix::fs::symlink(plain.join("include"), dir.join("include"))?;
    fs::write(dir.join(COMPLETE), "")?;
    Ok(dir)
}

/// Appends the members of an archive to another. None is replaced: where both define a name, a
/// program gets the one that was there before.
fn append(dir: &Path, archive: &Path, other: &Path) -> Result<()> {
    let room = dir.join("members");
    fs::create_dir(&room)?;
    succeed(
        (Command::new("ar").arg("x").arg(other)).current_dir(&room),
        "taking an archive apart",
    )?;
    let mut members = Vec::new();
    for member in fs::read_dir(&room)? {
        members.push(member?.path());
    }
    members.sort();
    succeed(
        Command::new("ar").arg("qcs").arg(archive).args(&members),
        "appending to libc.a",
    )?;
    fs::remove_dir_all(&room)?;
    Ok(())
}

/// The C compiler's own library, for arithmetic that the processor does not have.
fn compiler_library() -> Result<PathBuf> {
    let out = Command::new("cc")
        .arg("-print-libgcc-file-name")
        .stdin(Stdio::null())
        .output()
        .context("cannot start cc")?;
    let file = PathBuf::from(String::from_utf8_lossy(&out.stdout).trim_end());
    if Path::new(&file).is_file() {
        Ok(file)
    } else {
        Err(Failure::error(
            status::SETUP,
            "cc does not tell where its libgcc.a is: `cc -print-libgcc-file-name`".to_owned(),
        ))
    }
}

/// The C compiler, for programs of this target.
pub fn compile(tools: &LibcTools, include: &Path) -> Command {
    let mut cc = Command::new("cc");
    cc.args(["-c", "-O2"])
        .args(CFLAGS)
        .arg("-isystem")
        .arg(include)
        .arg("-isystem")
        .arg(&tools.compiler_headers);
    cc
}

/// Makes one object file of the unwinder, of which others see the functions alone.
pub fn hidden_unwinder(setup: &Setup, unwinder: &Path, object: &Path) -> Result<()> {
    const RAISE: &str = "_Unwind_RaiseException";
    let names = one_object::make(
        setup,
        unwinder,
        Roots::Names(&[RAISE]),
        &["_Unwind_*"],
        object,
    )?;
    if names.defined.iter().any(|name| name == RAISE) && names.needed == UNWINDER_IMPORTS {
        return Ok(());
    }
    Err(Failure::error(
        status::BUILD,
        format!("the unwinder needs {UNWINDER_IMPORTS:?} and has {RAISE}; but it is {names:?}"),
    ))
}

/// Makes one object file of the backend, and fails unless it exports and imports just what it
/// should, and has an entry for each system call of the library's.
fn hidden_backend(setup: &Setup, backend: &Path, object: &Path, libc: &Path) -> Result<()> {
    let roots = Roots::Names(&["_start", "__l4re_syscall"]);
    let calls = format!("{CALLS}*");
    let seen: Vec<&str> = EXPORTS.into_iter().chain([calls.as_str()]).collect();
    let Names { defined, needed } = one_object::make(setup, backend, roots, &seen, object)?;
    let (entries, defined): (Vec<String>, Vec<String>) =
        (defined.into_iter()).partition(|name| name.starts_with(CALLS));
    let fail = |what: String| Err(Failure::error(status::BUILD, what));
    if defined != EXPORTS || needed != IMPORTS {
        return fail(format!(
            "the C library's backend exports {defined:?} and imports {needed:?}; due are {EXPORTS:?} and {IMPORTS:?}"
        ));
    }
    let data = fs::read(libc)?;
    let archive = ArchiveFile::parse(&*data).context("uClibc-ng's libc.a is no archive")?;
    for member in archive.members() {
        let Ok(file) = object::File::parse(member?.data(&*data)?) else {
            continue;
        };
        for symbol in file.symbols().filter(|symbol| symbol.is_undefined()) {
            let name = symbol.name()?;
            if name.starts_with(CALLS) && !entries.iter().any(|entry| entry == name) {
                return fail(format!(
                    "uClibc-ng makes a system call that the backend has no entry for: {name}"
                ));
            }
        }
    }
    Ok(())
}
