//! Programs in C.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};

use super::{archive, succeed};
use crate::sdk;
use crate::setup::{self, Setup};
use crate::staticlib;
use crate::workspace::{Package, Workspace};

/// Compiles and links a program in C; the result is the folder it is in.
pub fn program(ws: &Workspace, setup: &Setup, package: &Package) -> Result<PathBuf> {
    let libc = super::ensure(ws, setup)?;
    let tools = setup::libc_tools()?;
    let interface = match package.c.l4re {
        true => Some(sdk::above_libc(ws, setup)?),
        false => None,
    };
    let folder = ws.own_dir().join("c").join(&package.name);
    fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let mut objects = Vec::new();
    for (n, source) in package.c.sources.iter().enumerate() {
        // Two sources in two folders, or in two languages, may have one name.
        let name = source.file_name().unwrap_or_default().display();
        let object = folder.join(format!("{n}-{name}.o"));
        let mut cc = archive::compile(&tools, &libc.join("include"));
        if let Some(interface) = &interface {
            cc.arg("-I").arg(&interface.include);
        }
        cc.args(["-g", "-Wall", "-Wextra"]);
        if package.c.deny_warnings {
            cc.arg("-Werror");
        }
        cc.arg(source).arg("-o").arg(&object);
        let said = succeed(&mut cc, &format!("compiling {}", source.display()))?;
        eprint!("{said}");
        objects.push(object);
    }
    let rust = (package.c.rust.iter())
        .map(|dir| Ok(staticlib::make(ws, setup, dir, None)?.file))
        .collect::<Result<Vec<PathBuf>>>()?;
    let program = folder.join(&package.name);
    let mut linker = linker(setup);
    linker
        .args(link_args(ws)?)
        .arg("-T")
        .arg(ws.target_spec().with_extension("ld"))
        .arg("-o")
        .arg(&program)
        .args(&objects)
        .args(rust)
        .args(interface.map(|interface| interface.library))
        .arg(libc.join("libc.a"));
    succeed(&mut linker, &format!("linking {}", package.name))?;
    Ok(folder)
}

/// The linker, as GNU's.
pub fn linker(setup: &Setup) -> Command {
    let mut linker = Command::new(&setup.linker);
    // `rust-lld` is several linkers.
    if setup.linker.ends_with("rust-lld") {
        linker.args(["-flavor", "gnu"]);
    }
    linker
}

/// What the target's specification tells the linker, and to leave out what is not used.
fn link_args(ws: &Workspace) -> Result<Vec<String>> {
    let file = ws.target_spec();
    let spec = fs::read(&file).with_context(|| format!("cannot read {}", file.display()))?;
    let spec: serde_json::Value = serde_json::from_slice(&spec)?;
    let args = spec["pre-link-args"]["gnu-lld"].as_array();
    let args = args.with_context(|| format!("{} has no pre-link-args", file.display()))?;
    Ok((args.iter())
        .filter_map(|arg| arg.as_str().map(str::to_owned))
        .chain(["--gc-sections".to_owned()])
        .collect())
}
