//! Links what a program of the tree's C library begins and ends with. A library cannot tell the
//! linker to take object files, but an archive whose members are all taken.

use std::env;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    // From the build of `l4re-sys`: object files, in their order.
    let start = env::var("DEP_L4RE_START").unwrap_or_default();
    let mut files = start.split(';').filter(|file| !file.is_empty()).peekable();
    if files.peek().is_none() {
        return;
    }
    let mut archive = cc::Build::new();
    // The target's name is no compiler's.
    archive.target("x86_64-unknown-none").cargo_metadata(false);
    for file in files {
        println!("cargo::rerun-if-changed={file}");
        archive.object(file);
    }
    archive.compile("l4re-start");
    let out = env::var("OUT_DIR").unwrap_or_default();
    println!("cargo::rustc-link-search=native={out}");
    println!("cargo::rustc-link-lib=static:+whole-archive,-bundle=l4re-start");
}
