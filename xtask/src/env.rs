//! `cargo xtask env`: settings for the shell.

use std::ffi::OsString;
use std::path::Path;

use anyhow::Result;

use crate::build;
use crate::cli::EnvArgs;
use crate::setup::{self, ENV_MARK, Setup};
use crate::status::{self, Failure};
use crate::sysroot;
use crate::workspace::{BUILT_IN_TARGET, TARGET, Workspace};

/// Prints `export` lines with which plain cargo builds for the target.
///
/// All but the compiler's choice are settings of the target alone, so host builds in
/// the same shell stay host builds: what the target needs is added where the compiler is
/// called for it ([`crate::sysroot::compiler`]).
pub fn print(ws: &Workspace, args: &EnvArgs) -> Result<u8> {
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
    let runner = format!("{} --runner", ws.root.join("run").display());
    for target in [TARGET, BUILT_IN_TARGET] {
        settings.push((build::target_key(target, "RUNNER"), OsString::from(&runner)));
    }
    let has_blank = |path: &Path| path.to_string_lossy().contains(char::is_whitespace);
    if has_blank(&ws.root) {
        return Err(Failure::error(
            status::SETUP,
            format!(
                "cargo cannot take a runner with blanks from the environment, and the project's path has one: {}\n  Move the project to a path without",
                ws.root.display()
            ),
        ));
    }
    if has_blank(&sysroot::dir(ws, setup)) {
        return Err(Failure::error(
            status::SETUP,
            format!(
                "cargo cannot take flags with blanks from the environment, and the target directory's path has one: {}\n  Set CARGO_TARGET_DIR to a path without, or move the project",
                ws.target_dir.display()
            ),
        ));
    }
    Ok(settings)
}
