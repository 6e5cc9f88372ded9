//! Numbers with fractions: what uClibc-ng computes with too few digits, by musl's functions
//! (`uclibc/math.c` has the list, and how).

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use object::read::archive::ArchiveFile;
use object::{Object, ObjectSymbol};

use super::archive::compile;
use super::one_object::{self, Roots};
use super::{COMPLETE, folder, succeed};
use crate::setup::{LibcTools, Setup};
use crate::status::{self, Failure};
use crate::workspace::Workspace;

/// How the names of musl's functions begin, so that they meet no others.
const PREFIX: &str = "__musl_";
/// Members of musl's library that need its threads: what they have is not asked of musl.
const WITHOUT: [&str; 1] = ["__errno_location.lo"];
/// A table of addresses that the linker makes.
const TABLE: &str = "_GLOBAL_OFFSET_TABLE_";
/// What the object takes from the rest of the C library, and from the linker.
const IMPORTS: [&str; 3] = [TABLE, "__errno_location", "signgam"];
/// This file: how the library is made is part of what it is.
const TEXT: &str = include_str!("numbers.rs");

/// uClibc's library with musl's functions in it.
pub fn complete(
    ws: &Workspace,
    setup: &Setup,
    tools: &LibcTools,
    room: &Path,
    plain: &Path,
) -> Result<PathBuf> {
    let source = ws.root.join("uclibc/math.c");
    let inputs = (plain, fs::read(&tools.musl)?, fs::read(&source)?, TEXT);
    let dir = folder(room, "numbers", inputs);
    let library = dir.join("libc.a");
    if dir.join(COMPLETE).exists() {
        return Ok(library);
    }
    if dir.exists() {
        fs::remove_dir_all(&dir)?;
    }
    fs::create_dir_all(&dir)?;
    // The functions of C come first: what they need of musl's follows.
    let parts = dir.join("parts.a");
    fs::copy(&tools.musl, &parts)
        .with_context(|| format!("cannot copy {}", tools.musl.display()))?;
    succeed(
        Command::new("ar").arg("d").arg(&parts).args(WITHOUT),
        "taking musl apart",
    )?;
    // The linker's own table keeps its name.
    let table = format!("--redefine-sym={PREFIX}{TABLE}={TABLE}");
    for names in [format!("--prefix-symbols={PREFIX}"), table] {
        succeed(
            Command::new("objcopy").arg(names).arg(&parts),
            "naming musl's functions",
        )?;
    }
    let functions = dir.join("math.o");
    succeed(
        compile(tools, &plain.join("include"))
            // A function is not to be made of itself.
            .args(["-fno-builtin", "-Wall", "-Wextra", "-Werror"])
            .arg(&source)
            .arg("-o")
            .arg(&functions),
        "compiling uclibc/math.c",
    )?;
    let names = one_object::names(&functions)?.defined;
    succeed(
        Command::new("ar").arg("rcs").arg(&parts).arg(&functions),
        "adding uclibc/math.c",
    )?;
    let object = dir.join("l4re-numbers.o");
    let roots: Vec<&str> = names.iter().map(String::as_str).collect();
    let made = one_object::make(setup, &parts, Roots::Names(&roots), &names, &object)?;
    if made.needed != IMPORTS {
        return fail(format!(
            "what is taken of {} needs {:?}; due are {IMPORTS:?}",
            tools.musl.display(),
            made.needed
        ));
    }
    let plain = plain.join("lib/libc.a");
    let replaced = replaced(&plain, &names)?;
    fs::copy(&plain, &library)?;
    succeed(
        Command::new("ar").arg("d").arg(&library).args(&replaced),
        "leaving out what is replaced",
    )?;
    succeed(
        Command::new("ar").arg("rcs").arg(&library).arg(&object),
        "adding musl's functions",
    )?;
    for file in [&parts, &functions, &object] {
        fs::remove_file(file)?;
    }
    fs::write(dir.join(COMPLETE), "")?;
    Ok(library)
}

/// The members of a library that define these names. Each member must define nothing else, and
/// each name must be defined by one.
fn replaced(library: &Path, names: &[String]) -> Result<BTreeSet<String>> {
    let names: BTreeSet<&str> = names.iter().map(String::as_str).collect();
    let data = fs::read(library)?;
    let archive = ArchiveFile::parse(&*data).context("uClibc-ng's libc.a is no archive")?;
    let mut replaced = BTreeSet::new();
    for member in archive.members() {
        let member = member?;
        let Ok(file) = object::File::parse(member.data(&*data)?) else {
            continue;
        };
        let defined: BTreeSet<&str> = (file.symbols())
            .filter(|symbol| symbol.is_global() && !symbol.is_undefined())
            .map(|symbol| symbol.name())
            .collect::<object::Result<_>>()?;
        if defined.is_disjoint(&names) {
            continue;
        }
        let name = String::from_utf8_lossy(member.name()).into_owned();
        let lost: Vec<_> = defined.difference(&names).collect();
        if !lost.is_empty() {
            return fail(format!(
                "uClibc-ng's {name} has {lost:?}, too, which uclibc/math.c lacks"
            ));
        }
        replaced.insert(name);
    }
    Ok(replaced)
}

fn fail<T>(what: String) -> Result<T> {
    Err(Failure::error(status::BUILD, what))
}
