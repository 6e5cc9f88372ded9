//! What the C library is built from and with.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;

use super::{Missing, apt, in_path, not_found};

/// Where Debian's package leaves the sources.
const SOURCES: &str = "/usr/src";
/// Where musl's library may be.
const MUSL: [&str; 2] = [
    "/usr/lib/x86_64-linux-musl/libc.a",
    "/usr/lib/musl/lib/libc.a",
];
/// Where the kernel's headers may be, of which uClibc takes three folders.
const HEADERS: [&str; 2] = ["/usr/include/x86_64-linux-gnu", "/usr/include"];

/// What the C library is built from and with.
#[derive(Debug)]
pub struct LibcTools {
    /// uClibc-ng's sources.
    pub source: PathBuf,
    /// musl's library, for numbers with fractions.
    pub musl: PathBuf,
    /// The kernel's `asm`, `asm-generic` and `linux`.
    pub kernel_headers: [PathBuf; 3],
    /// The C compiler's own headers.
    pub compiler_headers: PathBuf,
    /// What the C compiler says of itself.
    pub version: String,
}

/// Finds them, and installs what is missing.
pub fn ensure() -> Result<LibcTools> {
    search().or_else(|missing| {
        apt::install(&missing)?;
        search()
            .map_err(|missing| not_found(&missing, "It is still missing after the installation."))
    })
}

fn search() -> Result<LibcTools, Vec<Missing>> {
    let mut missing = Vec::new();
    let source = source();
    if source.is_none() {
        missing.push(Missing {
            what: "the sources of uClibc-ng",
            looked: vec![format!("{SOURCES}/uClibc-ng-*.tar.xz")],
            packages: &["uclibc-source"],
        });
    }
    let musl = MUSL.map(Path::new).into_iter().find(|file| file.is_file());
    if musl.is_none() {
        missing.push(Missing {
            what: "musl's library, which the C library's mathematics is taken from",
            looked: MUSL.map(str::to_owned).to_vec(),
            packages: &["musl-dev"],
        });
    }
    let headers = ["asm", "asm-generic", "linux"].map(|name| {
        (HEADERS.iter())
            .map(|dir| Path::new(dir).join(name))
            .find(|dir| dir.is_dir())
    });
    if headers.iter().any(Option::is_none) {
        missing.push(Missing {
            what: "Linux's headers, which uClibc-ng's include",
            looked: HEADERS.map(str::to_owned).to_vec(),
            packages: &["linux-libc-dev"],
        });
    }
    for (tool, package) in [
        ("cc", &["gcc"]),
        ("make", &["make"]),
        ("ar", &["binutils"]),
        ("xz", &["xz-utils"]),
        ("patch", &["patch"]),
    ] {
        if in_path(tool).is_none() {
            missing.push(Missing {
                what: "a tool to build the C library with",
                looked: vec![format!("{tool} in PATH")],
                packages: package,
            });
        }
    }
    if let (Some(source), Some(musl), [Some(asm), Some(generic), Some(linux)], true) =
        (source, musl, headers, missing.is_empty())
        && let (Some(version), Some(include)) =
            (ask_cc("--version"), ask_cc("-print-file-name=include"))
    {
        return Ok(LibcTools {
            source,
            musl: musl.to_owned(),
            kernel_headers: [asm, generic, linux],
            compiler_headers: include.trim_end().into(),
            version,
        });
    }
    if missing.is_empty() {
        missing.push(Missing {
            what: "a C compiler that answers",
            looked: vec!["cc --version".to_owned()],
            packages: &["gcc"],
        });
    }
    Err(missing)
}

fn source() -> Option<PathBuf> {
    let mut found: Vec<PathBuf> = (fs::read_dir(SOURCES).ok()?.flatten())
        .map(|entry| entry.path())
        .filter(|path| {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            name.starts_with("uClibc-ng-") && name.ends_with(".tar.xz")
        })
        .collect();
    found.sort();
    found.pop()
}

fn ask_cc(question: &str) -> Option<String> {
    let out = Command::new("cc").arg(question).output().ok()?;
    (out.status.success()).then(|| String::from_utf8_lossy(&out.stdout).into_owned())
}
