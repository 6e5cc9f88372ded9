//! The build with an L4Re tree.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process;

use l4re_tree::bindings::{self, Supplied};
use l4re_tree::compile;
use l4re_tree::headers::{self, Headers};
use l4re_tree::pc::{Item, Packages};
use l4re_tree::tree::{Libraries, VARIABLE};
use l4re_tree::{Result, Tree, Trouble};

use crate::compare::{self, Difference, What};
use crate::{Timeout, TimeoutS, consts};

/// The variable that names more packages of the tree to link.
const PACKAGES: &str = "L4RE_PACKAGES";
/// The variable that lets a build go on (`warn`) with a tree that is not as this crate.
const CHECK: &str = "L4RE_ABI_CHECK";

/// Makes everything; ends with the message of what went wrong.
pub fn main() {
    for variable in [VARIABLE, PACKAGES, CHECK, "LIBCLANG_PATH"] {
        println!("cargo::rerun-if-env-changed={variable}");
    }
    // Elsewhere, there is nothing to call: the module is left out.
    if env::var("CARGO_CFG_TARGET_OS").is_ok_and(|os| os == "l4re")
        && let Err(trouble) = make()
    {
        for line in format!("feature `tree`: {trouble}").lines() {
            println!("cargo::error={line}");
        }
        process::exit(1);
    }
}

fn make() -> Result<()> {
    let out = PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default());
    let tree = Tree::from_env()?;
    let libraries = tree.libraries()?;
    let clang = headers::clang()?;
    let headers = Headers::of_tree(&clang, &tree)?;
    for dir in headers.dirs() {
        println!("cargo::rerun-if-changed={}", dir.join("l4").display());
    }
    let mut facts = headers.facts(&clang)?;
    headers.add_inline(&compare::expressions(), &mut facts)?;
    if !tree.is_sdk() {
        let (constants, types) = compare::cxx_names();
        headers.add_cxx(&clang, &constants, &types, &mut facts)?;
    }
    // Only one part of a program at a time may have libclang, and bindgen loads it by itself.
    drop(clang);
    check(&tree, &compare::compare(&facts).differences)?;

    let bindings = bindings::make(&headers, &facts, &supplied(), &out)?;
    for name in &bindings.left_out {
        let why = match facts.of_long_double.contains(name) {
            true => ": Rust has no `long double`",
            false => "",
        };
        println!("cargo::warning=l4re_sys::c has no {name}{why}");
    }
    let file = out.join("c.rs");
    fs::write(&file, &bindings.rust).map_err(|error| Trouble::file("write", &file, &error))?;
    compile::compile(&headers, &bindings.c, "l4re-inline")?;
    println!("cargo::rustc-link-search=native={}", out.display());
    println!("cargo::rustc-link-lib=static=l4re-inline");
    link(&tree, &libraries)
}

/// Fails if the tree has a value or a layout that this crate has otherwise; warns of the rest.
fn check(tree: &Tree, differences: &[Difference]) -> Result<()> {
    let mut wrong = Vec::new();
    for difference in differences {
        let (_, rust) = difference
            .rust
            .split_once("interface::")
            .unwrap_or_default();
        let difference = Difference {
            rust: format!("l4re_sys::{rust}"),
            ..difference.clone()
        };
        match difference.what {
            What::Number { .. } => wrong.push(difference.to_string()),
            // Who does not use it does not miss it; and the C SDK leaves some out.
            What::Gone if tree.is_sdk() => {}
            What::Gone | What::Moved { .. } => println!("cargo::warning={difference}"),
        }
    }
    if wrong.is_empty() {
        return Ok(());
    }
    if env::var(CHECK).is_ok_and(|value| value == "warn") {
        wrong
            .iter()
            .for_each(|line| println!("cargo::warning={line}"));
        return Ok(());
    }
    Err(Trouble::new(
        format!(
            "the interface of the L4Re build tree {} is not the one of l4re-sys, which is of \
             June 2026: {} differences",
            tree.dir().display(),
            wrong.len()
        ),
        format!(
            "Use a tree of that date, or change what is listed in l4re-sys. {CHECK}=warn builds \
             all the same: for programs that use nothing of it."
        ),
    )
    .found(wrong))
}

/// Macros that are values of C's structures.
fn supplied() -> Vec<Supplied> {
    let both = |name, value: Timeout| Supplied {
        name,
        rust_type: "l4_timeout_t",
        rust: format!("l4_timeout_t {{ raw: {:#x} }}", value.0),
        c: "({}).raw",
        value: value.0.into(),
    };
    let one = |name, value: TimeoutS| Supplied {
        name,
        rust_type: "l4_timeout_s",
        rust: format!("l4_timeout_s {{ t: {:#x} }}", value.0),
        c: "({}).t",
        value: value.0.into(),
    };
    vec![
        one("L4_IPC_TIMEOUT_0", TimeoutS::ZERO),
        one("L4_IPC_TIMEOUT_NEVER", TimeoutS::NEVER),
        both("L4_IPC_NEVER", Timeout::NEVER),
        both("L4_IPC_RECV_TIMEOUT_0", Timeout::RECV_ZERO),
        both("L4_IPC_SEND_TIMEOUT_0", Timeout::SEND_ZERO),
        both("L4_IPC_BOTH_TIMEOUT_0", Timeout::BOTH_ZERO),
        Supplied {
            name: "L4_INVALID_PTR",
            rust_type: "*mut ::core::ffi::c_void",
            rust: format!(
                "::core::ptr::without_provenance_mut({:#x})",
                consts::INVALID_ADDR
            ),
            c: "(unsigned long)({})",
            value: consts::INVALID_ADDR,
        },
    ]
}

/// Links the tree's libraries, and tells dependents (`DEP_L4RE_START`) what a program begins
/// and ends with.
fn link(tree: &Tree, libraries: &Libraries) -> Result<()> {
    let more = env::var(PACKAGES).unwrap_or_default();
    let names = (tree.standard_packages().iter().copied())
        .chain(more.split([' ', ',']).filter(|name| !name.is_empty()))
        .map(str::to_owned);
    // Users stand before what they use.
    let names: Vec<String> = names.collect();
    let packages = Packages::read(libraries, &names)?;
    for dir in &libraries.dirs {
        println!("cargo::rustc-link-search=native={}", dir.display());
    }
    println!("cargo::rerun-if-changed={}", libraries.pc.display());
    for item in packages.items()? {
        let (file, whole, name, verbatim) = match &item {
            Item::Library { name, whole } => (format!("lib{name}.a"), whole, name, ""),
            Item::File { name, whole } => (name.clone(), whole, name, ",+verbatim"),
        };
        let file = libraries.find(&file).ok_or_else(|| {
            Trouble::new(
                format!("the L4Re build tree has no {file}, which its packages want"),
                format!("Build it to its end: make O={}", tree.dir().display()),
            )
            .looked_in(
                libraries
                    .dirs
                    .iter()
                    .map(|dir| dir.join(&file).display().to_string()),
            )
        })?;
        // Cargo does not look at libraries by itself.
        println!("cargo::rerun-if-changed={}", file.display());
        let whole = if *whole { ",+whole-archive" } else { "" };
        println!("cargo::rustc-link-lib=static:-bundle{verbatim}{whole}={name}");
    }
    let start = packages.start_files()?;
    let start: Vec<&String> = (start.iter())
        .filter(|file| !brackets_frames(Path::new(file)))
        .collect();
    for file in &start {
        println!("cargo::rerun-if-changed={file}");
    }
    let start: Vec<&str> = start.iter().map(|file| file.as_str()).collect();
    println!("cargo::metadata=START={}", start.join(";"));
    Ok(())
}

/// Whether a start file is there for what stands between it and its counterpart: tables of
/// frames and constructors. The target's link script has symbols for these.
fn brackets_frames(file: &Path) -> bool {
    let name = file.file_name().and_then(|name| name.to_str());
    name.is_some_and(|name| name.starts_with("crtbegin") || name.starts_with("crtend"))
}
