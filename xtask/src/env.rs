//! `cargo xtask env`: settings for the shell.

use std::path::Path;

use anyhow::Result;

use crate::build;
use crate::cli::EnvArgs;
use crate::setup::{self, ENV_MARK};
use crate::status::{self, Failure};
use crate::sysroot;
use crate::workspace::{TARGET, Workspace};

/// Prints `export` lines with which plain cargo builds for the target.
///
/// All but the compiler's choice are settings of the target alone, so host builds in
/// the same shell stay host builds.
pub fn print(ws: &Workspace, args: &EnvArgs) -> Result<u8> {
    let setup = setup::ensure(ws)?;
    sysroot::ensure(ws, &setup)?;
    let tree = args.libc_of.as_deref();
    let mut settings = if args.std || tree.is_some() {
        build::std_env(ws, &setup, tree)?
    } else {
        build::target_env(ws, &setup)
    };
    settings.push((ENV_MARK.to_owned(), "1".into()));
    // A workspace elsewhere has no `.cargo/config.toml` that names it.
    let runner = format!("{} --runner", ws.root.join("run").display());
    let key = TARGET.replace('-', "_").to_uppercase();
    settings.push((format!("CARGO_TARGET_{key}_RUNNER"), runner.into()));
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
    if has_blank(&sysroot::dir(ws)) {
        return Err(Failure::error(
            status::SETUP,
            format!(
                "cargo cannot take flags with blanks from the environment, and the target directory's path has one: {}\n  Set CARGO_TARGET_DIR to a path without, or move the project",
                ws.target_dir.display()
            ),
        ));
    }
    // Cargo takes these in place of a target's own flags, not beside them.
    for name in ["RUSTFLAGS", "CARGO_ENCODED_RUSTFLAGS"] {
        if std::env::var_os(name).is_some() {
            eprintln!("env: {name} is unset; with it, cargo would leave out the target's flags");
            println!("unset {name}");
        }
    }
    for (name, value) in settings {
        let value = value.to_string_lossy();
        let quoted = shlex::try_quote(&value)?;
        println!("export {name}={quoted}");
    }
    Ok(0)
}
