//! The C compiler, for files that include a tree's headers.

use std::env;
use std::path::{Path, PathBuf};

use crate::headers::Headers;
use crate::trouble::{Result, Trouble};

/// How C is compiled, besides the folders of the headers: as the target's Rust code is.
const FLAGS: [&str; 10] = [
    "-O2",
    "-m64",
    "-fno-pic",
    "-fno-pie",
    "-fno-stack-protector",
    "-fno-omit-frame-pointer",
    "-fno-strict-aliasing",
    "-ffunction-sections",
    "-fdata-sections",
    "-nostdinc",
];

/// A compiler that finds the headers, for build scripts.
fn compiler(headers: &Headers) -> Result<cc::Build> {
    println!("cargo::rerun-if-env-changed=CC");
    let mut build = cc::Build::new();
    // The target's name is no compiler's; its code is plain x86-64.
    build
        .target("x86_64-unknown-none")
        .no_default_flags(true)
        .cargo_metadata(false)
        .warnings(false);
    if env::var_os("CC").is_none() {
        build.compiler("cc");
    }
    for flag in FLAGS
        .iter()
        .map(|flag| (*flag).to_owned())
        .chain(headers.arguments())
    {
        build.flag(flag);
    }
    let own = own_headers(&build)?;
    build.flag("-isystem").flag(own);
    Ok(build)
}

/// The compiler's own headers, as `stddef.h`.
fn own_headers(build: &cc::Build) -> Result<PathBuf> {
    let tool = build
        .try_get_compiler()
        .map_err(|error| no_compiler(&error.to_string()))?;
    let out = tool.to_command().arg("-print-file-name=include").output();
    let out = out.map_err(|error| no_compiler(&format!("{}: {error}", tool.path().display())))?;
    let dir = String::from_utf8_lossy(&out.stdout).trim().to_owned();
    match Path::new(&dir).is_dir() {
        true => Ok(dir.into()),
        false => Err(no_compiler(&format!(
            "{} -print-file-name=include",
            tool.path().display()
        ))),
    }
}

/// The message for a compiler that cannot be used.
fn no_compiler(why: &str) -> Trouble {
    Trouble::new(
        "a C compiler, for the functions that are inline in L4Re's headers, is missing",
        "Install one (Debian: apt-get install gcc), or name it by CC.",
    )
    .looked_in([why])
}

/// Compiles a file into the library of this name, in the build script's folder.
pub fn compile(headers: &Headers, file: &Path, library: &str) -> Result<()> {
    let mut build = compiler(headers)?;
    build.file(file).try_compile(library).map_err(|error| {
        Trouble::new(
            format!(
                "the C compiler does not get through {}: {error}",
                file.display()
            ),
            "Its messages stand above. CC names another compiler.",
        )
    })
}
