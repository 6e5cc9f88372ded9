//! The C library that programs with `std` are linked with: flags for the compiler.

use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};

use anyhow::Result;

use crate::setup::Setup;
use crate::status::{self, Failure};
use crate::uclibc;
use crate::workspace::Workspace;

/// This project's own: one archive with all that a program needs, start code too.
pub fn own(ws: &Workspace, setup: &Setup) -> Result<Vec<String>> {
    // Cargo does not look at libraries; a changed one is in another folder, and so a changed flag.
    let folder = uclibc::ensure(ws, setup)?;
    Ok(vec![format!("-Lnative={}", folder.display())])
}

/// What a static program of the tree begins with, links and ends with.
const BEGIN: [&str; 2] = ["crt1.o", "crti.o"];
const LIBRARIES: [&str; 4] = ["supc++", "pthread", "gcc", "gcc_eh"];
const END: &str = "crtn.o";

/// That of an L4Re build tree, with its start code. The unwinder is this project's.
pub fn of_tree(tree: &Path, unwinder: &Path) -> Result<Vec<String>> {
    let tree = std::path::absolute(tree)?;
    let (kernel, plain) = library_folders(&tree)?;
    let object = |name: &str| format!("-Clink-arg={}", plain.join(name).display());
    let mut words = vec![
        format!("-Lnative={}", kernel.display()),
        format!("-Lnative={}", plain.display()),
    ];
    words.extend(BEGIN.map(object));
    words.push(format!("-Clink-arg={}", unwinder.display()));
    words.push("-Clink-arg=-Bstatic".to_owned());
    words.extend(LIBRARIES.map(|name| format!("-Clink-arg=-l{name}")));
    words.push(object(END));
    // Cargo does not look at libraries; a changed one is a changed flag.
    words.push(format!(
        "-Cmetadata=libc{:016x}",
        age(&kernel.join("libc.a"))?
    ));
    Ok(words)
}

/// The folders with `libc.a` and with `crt1.o`.
fn library_folders(tree: &Path) -> Result<(PathBuf, PathBuf)> {
    let lib = tree.join("lib");
    let folders = fs::read_dir(&lib).into_iter().flatten().flatten();
    let mut found: Vec<(PathBuf, PathBuf)> = folders
        .filter(|entry| entry.file_name().to_string_lossy().starts_with("amd64"))
        .map(|entry| entry.path().join("std"))
        .map(|std| (std.join("l4f"), std.join("plain")))
        .filter(|(kernel, plain)| kernel.join("libc.a").is_file() && plain.join("crt1.o").is_file())
        .collect();
    found.sort();
    found.into_iter().next().ok_or_else(|| {
        Failure::error(
            status::SETUP,
            format!(
                "no C library for amd64 in {}\n  looked for: {}/amd64*/std/l4f/libc.a and plain/crt1.o\n  \
                 Name an L4Re build directory (the O= of its make), built with uClibc-ng",
                tree.display(),
                lib.display()
            ),
        )
    })
}

fn age(file: &Path) -> Result<u64> {
    let meta = file.metadata()?;
    let mut hasher = DefaultHasher::new();
    (file, meta.len(), meta.modified()?).hash(&mut hasher);
    Ok(hasher.finish())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tree_is_known_by_its_library() {
        let tree = tempfile::tempdir().unwrap();
        let unwinder = Path::new("/unwinder.o");
        let error = format!("{}", of_tree(tree.path(), unwinder).unwrap_err());
        assert!(error.contains("std/l4f/libc.a"), "{error}");
        let std = tree.path().join("lib/amd64_gen/std");
        for folder in ["l4f", "plain"] {
            fs::create_dir_all(std.join(folder)).unwrap();
        }
        fs::write(std.join("l4f/libc.a"), "1").unwrap();
        fs::write(std.join("plain/crt1.o"), "").unwrap();
        let words = of_tree(tree.path(), unwinder).unwrap();
        let start = words.iter().position(|word| word.ends_with("crt1.o"));
        let end = words.iter().position(|word| word.ends_with("crtn.o"));
        assert!(start.is_some() && start < end, "{words:?}");
        fs::write(std.join("l4f/libc.a"), "12").unwrap();
        assert_ne!(of_tree(tree.path(), unwinder).unwrap(), words);
    }
}
