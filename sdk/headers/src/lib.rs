//! Makes the C headers of L4Re's interface: from `l4re-sys`, which holds every constant and
//! structure, and from `l4re-c`, which holds every function. What is C's alone (names of types,
//! macros, functions that should be inline) stands in templates, in the folder `sdk/include`.
//!
//! A build script of a package with C code needs no more than
//!
//! ```ignore
//! // A program that is C:
//! l4re_c_headers::program("client", &["src/client.c"]);
//! // A C library that Rust code calls:
//! l4re_c_headers::build().file("src/adler.c").compile("adler");
//! ```

mod c;
mod functions;
mod include;
mod interface;
mod template;

pub use include::reached;
pub use interface::is_of_c;

use anyhow::{Context, Result, bail};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// The folder of the package `l4re-c`.
fn sdk() -> PathBuf {
    let headers = Path::new(env!("CARGO_MANIFEST_DIR"));
    headers.parent().unwrap_or(headers).to_owned()
}

/// All headers: text by path, as in `l4/sys/ipc.h`.
///
/// # Errors
/// A source or template that cannot be read, or holds what is not understood.
pub fn generate() -> Result<BTreeMap<String, String>> {
    let sdk = sdk();
    let sys = sdk.parent().context("the workspace")?.join("l4re-sys/src");
    let interface = interface::read(&sys)?;
    let functions = functions::read(&sdk.join("src"))?;
    let templates = template::read(&sdk.join("include"))?;
    let mut headers = template::fill(&templates, &interface, &functions)?;
    include::complete(&mut headers);
    if let Some(name) = headers.keys().find(|name| !is_of_c(name)) {
        bail!("{name} is no header of L4Re's: it would hide one of the C library's");
    }
    Ok(headers)
}

/// Writes all headers below a folder, those that are not there yet or have changed. Removes
/// headers that are no more.
///
/// # Errors
/// As [`generate`]; a file that cannot be written.
pub fn write(dir: &Path) -> Result<()> {
    let headers = generate()?;
    for (name, text) in &headers {
        let file = dir.join(name);
        // Who builds by time stamps must not build for nothing.
        if fs::read_to_string(&file).is_ok_and(|old| old == *text) {
            continue;
        }
        let folder = file.parent().unwrap_or(dir);
        fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
        fs::write(&file, text).with_context(|| format!("cannot write {}", file.display()))?;
    }
    for old in files(dir, "h")? {
        let name = old.strip_prefix(dir)?.to_string_lossy().into_owned();
        if !headers.contains_key(&name) {
            fs::remove_file(&old).with_context(|| format!("cannot remove {}", old.display()))?;
        }
    }
    Ok(())
}

/// The files below a folder whose names end so, sorted.
pub(crate) fn files(dir: &Path, extension: &str) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut folders = vec![dir.to_owned()];
    while let Some(folder) = folders.pop() {
        let entries = match fs::read_dir(&folder) {
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => continue,
            entries => entries.with_context(|| format!("cannot list {}", folder.display()))?,
        };
        for entry in entries {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|found| found == extension) {
                found.push(path);
            }
        }
    }
    found.sort();
    Ok(found)
}

/// The headers of the few functions of C's standard library that a program without one has.
pub fn freestanding() -> PathBuf {
    sdk().join("freestanding")
}

/// Flags for a C compiler, besides the folder of the headers: as the target's Rust code is
/// compiled.
pub const C_FLAGS: [&str; 12] = [
    "-m64",
    // As L4Re's makefiles have it: sources ask by these names.
    "-DARCH_amd64",
    "-DL4API_l4f",
    "-ffreestanding",
    "-fno-pic",
    "-fno-pie",
    "-mno-red-zone",
    "-fno-stack-protector",
    "-fno-omit-frame-pointer",
    "-ffunction-sections",
    "-fdata-sections",
    "-nostdinc",
];

/// A compiler of C files for the target, for build scripts: it finds the headers, which are
/// written to the script's folder.
///
/// # Panics
/// If the headers cannot be made; the message tells why.
pub fn build() -> cc::Build {
    let out = std::env::var_os("OUT_DIR").expect("a build script has OUT_DIR");
    let dir = Path::new(&out).join("l4re-c-headers");
    if let Err(error) = write(&dir) {
        panic!("the C headers cannot be made: {error:#}");
    }
    let sdk = sdk();
    println!("cargo:rerun-if-env-changed=CC");
    for source in ["include", "freestanding", "src", "../l4re-sys/src"] {
        println!("cargo:rerun-if-changed={}", sdk.join(source).display());
    }
    let mut build = cc::Build::new();
    // The target's name is no compiler's; its code is plain x86-64.
    build.target("x86_64-unknown-none").no_default_flags(true);
    if std::env::var_os("CC").is_none() {
        build.compiler("cc");
    }
    for flag in C_FLAGS {
        build.flag(flag);
    }
    let own = compiler_headers(&build);
    build.flag("-isystem").flag(own);
    build
        .include(dir)
        .include(sdk.join("freestanding"))
        .opt_level(2)
        .debug(true)
        .warnings(true);
    build.extra_warnings(true);
    build
}

/// Compiles C files into one of the package's programs, for build scripts. If the program is all
/// C, its Rust file is `l4re_c::main!();`, and `main` is in one of these.
///
/// # Panics
/// If the headers cannot be made, or the compiler complains; the message tells why.
pub fn program(bin: &str, files: &[impl AsRef<Path>]) {
    for object in objects(files) {
        println!("cargo:rustc-link-arg-bin={bin}={}", object.display());
    }
}

/// Compiles C files into the package's test programs, for build scripts.
///
/// # Panics
/// As [`program`].
pub fn tests(files: &[impl AsRef<Path>]) {
    for object in objects(files) {
        println!("cargo:rustc-link-arg-tests={}", object.display());
    }
}

fn objects(files: &[impl AsRef<Path>]) -> Vec<PathBuf> {
    for file in files {
        println!("cargo:rerun-if-changed={}", file.as_ref().display());
        // Headers beside it.
        if let Some(folder) = file.as_ref().parent() {
            println!("cargo:rerun-if-changed={}", folder.display());
        }
    }
    build().files(files).compile_intermediates()
}

/// The compiler's own headers, as `stddef.h`.
fn compiler_headers(build: &cc::Build) -> PathBuf {
    let mut command = build.get_compiler().to_command();
    let out = command.arg("-print-file-name=include").output();
    let out = out.unwrap_or_else(|error| panic!("{command:?} cannot be started: {error}"));
    PathBuf::from(String::from_utf8_lossy(&out.stdout).trim())
}
