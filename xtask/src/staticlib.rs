//! `cargo xtask staticlib`: a package of Rust as a static library for C programs.
//!
//! What others see of it are the functions and variables that the package, or one that it
//! depends on, gives a name of C (`#[unsafe(no_mangle)]`). All else is hidden: `memcpy` and its
//! kin, which the C library has, too; and what each library of Rust brings along, so that a
//! program may have several.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result};
use serde::Deserialize;

use crate::build;
use crate::cli::StaticlibArgs;
use crate::setup::{self, Setup};
use crate::status::{self, Failure};
use crate::sysroot;
use crate::uclibc;
use crate::workspace::{Package, TARGET, Workspace};

/// Makes the library, and prints its file and its names.
pub fn run(ws: &Workspace, args: &StaticlibArgs) -> Result<u8> {
    let setup = setup::ensure(ws)?;
    sysroot::ensure(ws, &setup)?;
    let made = make(ws, &setup, &args.folder, args.out.as_deref())?;
    println!("{}: {}", made.file.display(), made.names.join(" "));
    Ok(0)
}

/// A static library.
pub struct Made {
    /// Its file.
    pub file: PathBuf,
    /// The names that others see.
    pub names: Vec<String>,
}

/// Makes the library of the package in a folder. It is left as it is if it would be the same.
pub fn make(ws: &Workspace, setup: &Setup, dir: &Path, out: Option<&Path>) -> Result<Made> {
    let dir = (dir.canonicalize())
        .with_context(|| format!("there is no folder {} with a package", dir.display()))?;
    let package = Package::read(&dir)?;
    let rust = build(ws, setup, &package)?;
    let file = match out {
        Some(file) => std::path::absolute(file)?,
        None => rust.with_extension("hidden.a"),
    };
    let names = named(&rust)?;
    if names.is_empty() {
        return Err(Failure::error(
            status::BUILD,
            format!(
                "the package {} has no function with a name of C: mark one by #[unsafe(no_mangle)]",
                package.name
            ),
        ));
    }
    let fresh = file.with_extension("new.a");
    let seen = uclibc::library(setup, &rust, &names, &names, &fresh)?;
    let old = fs::read(&file).ok();
    if old.is_some_and(|old| fs::read(&fresh).is_ok_and(|new| new == old)) {
        fs::remove_file(&fresh)?;
    } else {
        fs::rename(&fresh, &file).with_context(|| format!("cannot write {}", file.display()))?;
    }
    Ok(Made {
        file,
        names: seen.defined,
    })
}

/// Builds the package; the result is cargo's archive.
fn build(ws: &Workspace, setup: &Setup, package: &Package) -> Result<PathBuf> {
    let (dir, target_dir) = ws.home_of(package)?;
    let mut cargo = build::cargo(ws, setup, "build", TARGET);
    cargo
        .current_dir(dir)
        .env("CARGO_TARGET_DIR", target_dir)
        .args(["--quiet", "--lib", "--release", "--package", &package.name])
        .args(["--message-format", "json-render-diagnostics"]);
    let text = build::output_of(&mut cargo, format!("{} did not build", package.name))?;
    archive(&text).ok_or_else(|| {
        Failure::error(
            status::BUILD,
            format!(
                "the package {} is no static library: its Cargo.toml needs\n  [lib]\n  crate-type = [\"staticlib\"]",
                package.name
            ),
        )
    })
}

#[derive(Deserialize)]
struct Artifact {
    target: Target,
    filenames: Vec<PathBuf>,
}

#[derive(Deserialize)]
struct Target {
    crate_types: Vec<String>,
}

/// The static library that cargo's messages tell of.
fn archive(messages: &str) -> Option<PathBuf> {
    (messages.lines())
        .filter(|line| line.contains("\"compiler-artifact\""))
        .filter_map(|line| serde_json::from_str::<Artifact>(line).ok())
        .filter(|artifact| artifact.target.crate_types.iter().any(|t| t == "staticlib"))
        .flat_map(|artifact| artifact.filenames)
        .find(|file| file.extension().is_some_and(|extension| extension == "a"))
}

/// The names of C that Rust code in an archive defines.
fn named(archive: &Path) -> Result<Vec<String>> {
    let out = Command::new("nm")
        .args(["--defined-only", "--extern-only", "--no-sort"])
        .arg(archive)
        .stdin(Stdio::null())
        .output()
        .context("cannot start nm; Debian's package binutils has it")?;
    if !out.status.success() {
        return Err(Failure::error(
            status::BUILD,
            String::from_utf8_lossy(&out.stderr).into_owned(),
        ));
    }
    let mut names = names_in(&String::from_utf8_lossy(&out.stdout));
    names.sort();
    names.dedup();
    Ok(names)
}

/// The same in what `nm` prints: a line for each member of the archive, and for each name.
fn names_in(listing: &str) -> Vec<String> {
    let mut ours = true;
    let mut names = Vec::new();
    for line in listing.lines() {
        if let Some(member) = line.strip_suffix(':') {
            // The compiler's own library: `memcpy` and arithmetic.
            ours = !member.contains("compiler_builtins");
            continue;
        }
        let mut words = line.split_whitespace().skip(1);
        let (Some(kind), Some(name)) = (words.next(), words.next()) else {
            continue;
        };
        let strong = matches!(kind, "T" | "D" | "B" | "R");
        let rusts = ["_R", "_ZN", "__rust", "rust_"];
        if ours && strong && !rusts.iter().any(|start| name.starts_with(start)) {
            names.push(name.to_owned());
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_c_are_told_from_others() {
        let listing = "
notes-1.notes.o:
0000000000000000 T notes_add
0000000000000000 D notes_table
0000000000000000 W strlen
0000000000000000 T _RNvCs1_5notes3add
0000000000000000 T rust_begin_unwind
0000000000000000 T __rust_alloc

compiler_builtins-2.o:
0000000000000000 T memcpy
0000000000000000 T __udivti3
";
        assert_eq!(names_in(listing), ["notes_add", "notes_table"]);
    }

    #[test]
    fn the_archive_is_found() {
        let messages = concat!(
            r#"{"reason":"compiler-artifact","target":{"crate_types":["lib"]},"filenames":["/t/libl4re.rlib"]}"#,
            "\n",
            r#"{"reason":"compiler-artifact","target":{"crate_types":["staticlib"]},"filenames":["/t/libnotes.a"]}"#,
        );
        assert_eq!(archive(messages), Some(PathBuf::from("/t/libnotes.a")));
        assert_eq!(archive(messages.lines().next().unwrap()), None);
    }
}
