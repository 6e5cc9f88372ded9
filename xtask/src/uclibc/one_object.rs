//! A static library of Rust as one object file of which only a few names can be seen, so that it
//! meets neither another library of Rust in the same program nor the C library.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};
use object::{Object, ObjectSymbol};

use super::program::linker;
use super::succeed;
use crate::setup::Setup;

/// What others see of an object file, and what it takes from them, each sorted.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Names {
    /// The names that it defines.
    pub defined: Vec<String>,
    /// The names that it needs; a weak one may be missing.
    pub needed: Vec<String>,
}

/// What of the library becomes part of the object file.
#[derive(Clone, Copy, Debug)]
pub enum Roots<'a> {
    /// What these names need.
    Names(&'a [&'a str]),
    /// All.
    All,
}

/// Makes the object file from a library. `seen` are names, or patterns as in `l4_*`.
pub fn make(
    setup: &Setup,
    library: &Path,
    roots: Roots<'_>,
    seen: &[impl AsRef<str>],
    object: &Path,
) -> Result<Names> {
    let linked = object.with_extension("linked.o");
    let mut link = linker(setup);
    link.arg("-r");
    match roots {
        Roots::Names(names) => link.args(names.iter().flat_map(|name| ["-u", name])),
        Roots::All => link.arg("--whole-archive"),
    };
    let what = library.display();
    succeed(
        link.arg(library).arg("-o").arg(&linked),
        &format!("linking {what}"),
    )?;
    let mut hide = Command::new("objcopy");
    // With no names at all, none would be hidden.
    hide.args(["--wildcard", "--keep-global-symbol=__l4re_no_such_name"]);
    for name in seen {
        hide.arg(format!("--keep-global-symbol={}", name.as_ref()));
    }
    // Bit code of the Rust libraries: of no use to a linker any more.
    hide.args(["-R", ".llvmbc", "-R", ".llvmcmd"]);
    succeed(
        hide.arg(&linked).arg(object),
        &format!("hiding the names of {what}"),
    )?;
    fs::remove_file(&linked)?;
    names(object)
}

/// Makes a static library with just such an object file: of what the names in `roots` need, or of
/// all that a library of Rust holds if there are none.
pub fn library(
    setup: &Setup,
    rust: &Path,
    roots: &[String],
    seen: &[impl AsRef<str>],
    library: &Path,
) -> Result<Names> {
    let object = library.with_extension("o");
    let roots: Vec<&str> = roots.iter().map(String::as_str).collect();
    let roots = match roots.as_slice() {
        [] => Roots::All,
        names => Roots::Names(names),
    };
    let names = make(setup, rust, roots, seen, &object)?;
    let old = fs::remove_file(library);
    match old {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            return Err(error).with_context(|| format!("cannot replace {}", library.display()));
        }
        _ => {}
    }
    succeed(
        Command::new("ar").arg("rcsD").arg(library).arg(&object),
        &format!("making {}", library.display()),
    )?;
    fs::remove_file(&object)?;
    Ok(names)
}

/// The names of an object file.
pub fn names(file: &Path) -> Result<Names> {
    let data = fs::read(file)?;
    let object = object::File::parse(&*data)
        .with_context(|| format!("{} is no object file", file.display()))?;
    let mut names = Names::default();
    for symbol in object.symbols().filter(|symbol| symbol.is_global()) {
        let list = if symbol.is_undefined() {
            &mut names.needed
        } else {
            &mut names.defined
        };
        list.push(symbol.name()?.to_owned());
    }
    names.defined.sort_unstable();
    names.needed.sort_unstable();
    Ok(names)
}
