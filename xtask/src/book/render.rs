//! Rendering the book, by mdbook.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::{Context, Result};

use super::BOOK;
use crate::build;
use crate::status::{self, Failure};
use crate::workspace::Workspace;

/// The version that is installed where there is none.
const VERSION: &str = "0.5";

/// Renders the book to `book` in the target directory, and opens it if so wished.
pub fn run(ws: &Workspace, open: bool) -> Result<u8> {
    let mdbook = find(ws)?;
    let result = ws.target_dir.join("book");
    let mut command = Command::new(mdbook);
    command
        .args(["build", BOOK, "--dest-dir"])
        .arg(&result)
        .args(open.then_some("--open"))
        .current_dir(&ws.root)
        .stdin(Stdio::null());
    let status = command.status().context("cannot start mdbook")?;
    if !status.success() {
        return Err(Failure::error(status::OTHER, "mdbook failed"));
    }
    println!("{}", result.join("index.html").display());
    Ok(0)
}

/// The installed mdbook, or one that is installed into the target directory: it takes minutes.
fn find(ws: &Workspace) -> Result<OsString> {
    let there = |program: &OsString| {
        Command::new(program)
            .arg("--version")
            .stdin(Stdio::null())
            .output()
            .is_ok_and(|out| out.status.success())
    };
    let installed = OsString::from("mdbook");
    if there(&installed) {
        return Ok(installed);
    }
    let folder: PathBuf = ws.own_dir().join("mdbook");
    let own = folder.join("bin/mdbook").into_os_string();
    if there(&own) {
        return Ok(own);
    }
    eprintln!("book: installing mdbook (once; it takes some minutes)");
    let mut cargo = Command::new(build::cargo_program());
    build::clear_cargo_env(&mut cargo);
    let status = cargo
        .args([
            "install",
            "--quiet",
            "--locked",
            "mdbook",
            "--version",
            VERSION,
        ])
        .args(["--no-default-features", "--features", "search", "--root"])
        .arg(&folder)
        .env_remove("CARGO_TARGET_DIR")
        .stdin(Stdio::null())
        .status()
        .context("cannot start cargo")?;
    if !status.success() {
        return Err(Failure::error(
            status::SETUP,
            "mdbook is not installed, and `cargo install mdbook` failed\n  The pages in docs/ can be read as they are",
        ));
    }
    Ok(own)
}
