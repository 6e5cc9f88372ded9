//! `cargo xtask sdk`: what builds C programs for the target without cargo.
//!
//! | in the folder | |
//! |---|---|
//! | `include/` | the headers of L4Re's C interface |
//! | `freestanding/` | headers of the few functions of C's standard library that there are |
//! | `lib/libl4re.a` | the functions, and the start of a program |
//! | `lib/l4re.ld` | the link script |
//! | `cflags`, `libs` | arguments for compiler and linker: `cc @cflags hello.c @libs -o hello` |

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result};

use crate::build::{self, Profile};
use crate::cli::SdkArgs;
use crate::setup::{self, Setup};
use crate::status::{self, Failure};
use crate::sysroot;
use crate::workspace::Workspace;

/// Makes the SDK, and says how to use it.
pub fn run(ws: &Workspace, args: &SdkArgs) -> Result<u8> {
    let setup = setup::ensure(ws)?;
    sysroot::ensure(ws, &setup)?;
    let dir = match &args.out {
        Some(dir) => std::path::absolute(dir)?,
        None => ws.target_dir.join("sdk"),
    };
    make(ws, &setup, &dir)?;
    let dir = dir.display();
    println!("the C SDK is in {dir}; to build and boot a program with it:");
    println!("  cc @{dir}/cflags hello.c @{dir}/libs -o hello && ./run hello");
    Ok(0)
}

/// Makes the SDK in a folder.
pub fn make(ws: &Workspace, setup: &Setup, dir: &Path) -> Result<()> {
    let include = dir.join("include");
    let flags = headers(ws, &include)?;
    let freestanding = dir.join("freestanding");
    let lib = dir.join("lib");
    for folder in [&freestanding, &lib] {
        fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    }
    for header in ["stdio.h", "stdlib.h", "string.h"] {
        let from = ws.root.join("sdk/freestanding").join(header);
        copy(&from, &freestanding.join(header))?;
    }
    let archive = lib.join("libl4re.a");
    copy(&build::c_library(ws, setup, Profile::Release)?, &archive)?;
    let script = lib.join("l4re.ld");
    copy(&ws.target_spec().with_extension("ld"), &script)?;

    let mut compile = flags;
    compile.push("-isystem".to_owned());
    compile.push(quoted(&compiler_headers()?));
    for folder in [&include, &freestanding] {
        compile.push(format!("-I{}", quoted(folder)));
    }
    let link = [
        "-fuse-ld=lld".to_owned(),
        "-nostdlib".to_owned(),
        "-static".to_owned(),
        "-no-pie".to_owned(),
        "-Wl,--gc-sections,-znorelro,-znognustack,-zmax-page-size=0x1000".to_owned(),
        format!("-Wl,-T,{}", quoted(&script)),
        quoted(&archive),
    ];
    fs::write(dir.join("cflags"), compile.join("\n") + "\n")?;
    fs::write(dir.join("libs"), link.join("\n") + "\n")?;
    Ok(())
}

/// A path in a file of arguments.
fn quoted(path: &Path) -> String {
    let text = path.display().to_string();
    text.replace('\\', "\\\\").replace(' ', "\\ ")
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    fs::copy(from, to)
        .with_context(|| format!("cannot copy {} to {}", from.display(), to.display()))?;
    Ok(())
}

/// Writes the headers; the result is the flags by which C code is compiled.
fn headers(ws: &Workspace, include: &Path) -> Result<Vec<String>> {
    let mut cargo = Command::new(build::cargo_program());
    build::clear_cargo_env(&mut cargo);
    let out = cargo
        .args(["run", "--quiet", "--package", "l4re-c-headers", "--"])
        .arg(include)
        .current_dir(&ws.root)
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .context("cannot start cargo")?;
    if !out.status.success() {
        return Err(Failure::error(
            status::BUILD,
            "the C headers were not made".to_owned(),
        ));
    }
    let flags = String::from_utf8_lossy(&out.stdout);
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
