//! `cargo xtask env`: settings for the shell.

use std::ffi::OsString;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::build;
use crate::cli::EnvArgs;
use crate::setup::{self, ENV_MARK, Setup};
use crate::sysroot;
use crate::workspace::{BUILT_IN_TARGET, TARGET, Workspace, is_plain};

/// Prints `export` lines with which plain cargo builds for the target.
///
/// All but the compiler's choice are settings of the target alone, so host builds in
/// the same shell stay host builds: what the target needs is added where the compiler is
/// called for it ([`crate::sysroot::compiler`]).
pub fn print(ws: &Workspace, args: &EnvArgs) -> Result<u8> {
    if let Some(lock) = &args.patches {
        print!("{}", patch_entries(ws, lock)?);
        return Ok(0);
    }
    let setup = setup::ensure(ws)?;
    sysroot::ensure(ws, &setup)?;
    let settings = settings(ws, &setup, args.std, args.libc_of.as_deref())?;
    for (name, value) in settings {
        let value = value.to_string_lossy();
        let quoted = shlex::try_quote(&value)?;
        println!("export {name}={quoted}");
    }
    Ok(0)
}

/// Lines for a manifest, by which plain cargo takes the changed copies of a lock file's crates.
fn patch_entries(ws: &Workspace, lock: &Path) -> Result<String> {
    let text =
        fs::read_to_string(lock).with_context(|| format!("cannot read {}", lock.display()))?;
    let home = std::env::var_os("CARGO_HOME")
        .map(PathBuf::from)
        .or_else(|| Some(std::env::home_dir()?.join(".cargo")))
        .context("no home directory, and no CARGO_HOME")?;
    let copies = ws.own_dir().join("crates");
    let entries = sysroot::crates::entries(&ws.root, &copies, &home.join("registry/src"), &text)
        .with_context(|| format!("for {}", lock.display()))?;
    Ok(format!("[patch.crates-io]\n{entries}"))
}

/// The settings, for programs with `std` or without; `tree` has another C library.
pub fn settings(
    ws: &Workspace,
    setup: &Setup,
    std: bool,
    tree: Option<&Path>,
) -> Result<Vec<(String, OsString)>> {
    let mut settings = if std || tree.is_some() {
        build::std_env(ws, setup, tree)?
    } else {
        build::target_env(ws, setup)
    };
    settings.push((ENV_MARK.to_owned(), "1".into()));
    // A workspace elsewhere has no `.cargo/config.toml` that names it.
    let runner = runner(ws)?;
    for target in [TARGET, BUILT_IN_TARGET] {
        settings.push((build::target_key(target, "RUNNER"), OsString::from(&runner)));
    }
    Ok(settings)
}

/// The runner of programs for the target, as cargo takes it from the environment: words without
/// blanks.
fn runner(ws: &Workspace) -> Result<String> {
    let run = ws.root.join("run");
    if is_plain(&run) {
        return Ok(format!("{} --runner", run.display()));
    }
    let file = ws.own_dir().join("runner");
    let run = run.to_str().context("the project's path is not UTF-8")?;
    let script = format!(
        "#!/bin/sh\nexec {} --runner \"$@\"\n",
        shlex::try_quote(run)?
    );
    if fs::read_to_string(&file).is_ok_and(|old| old == script) {
        return Ok(file.display().to_string());
    }
    // Another one may be running it.
    let new = file.with_extension(std::process::id().to_string());
    fs::write(&new, script)
        .and_then(|()| fs::set_permissions(&new, Permissions::from_mode(0o755)))
        .and_then(|()| fs::rename(&new, &file))
        .with_context(|| format!("cannot write {}", file.display()))?;
    Ok(file.display().to_string())
}
