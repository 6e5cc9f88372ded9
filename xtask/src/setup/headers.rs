//! What it takes to read C headers and to compile against them: libclang and a C compiler.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Result;

use super::{Missing, apt, in_path, not_found};

/// Finds libclang and a C compiler, or installs them.
pub fn headers() -> Result<()> {
    let missing = missing();
    if missing.is_empty() {
        return Ok(());
    }
    apt::install(&missing)?;
    let still = self::missing();
    match still.is_empty() {
        true => Ok(()),
        false => Err(not_found(
            &still,
            "It is still missing after the installation.",
        )),
    }
}

fn missing() -> Vec<Missing> {
    let mut missing = Vec::new();
    let folders = library_folders();
    if !folders.iter().any(|folder| has_libclang(folder)) {
        let looked = folders.iter().map(|folder| folder.join("libclang*.so*"));
        missing.push(Missing {
            what: "libclang, which reads C headers",
            looked: looked.map(|path| path.display().to_string()).collect(),
            packages: &["libclang-dev"],
        });
    }
    if in_path("cc").is_none() || in_path("ar").is_none() {
        missing.push(Missing {
            what: "a C compiler (cc, ar)",
            looked: vec![format!("PATH: {}", env::var("PATH").unwrap_or_default())],
            packages: &["gcc", "libc6-dev"],
        });
    }
    missing
}

/// Where libclang may stand: what the user names, then what the system has.
fn library_folders() -> Vec<PathBuf> {
    let mut folders: Vec<PathBuf> = (env::var_os("LIBCLANG_PATH").into_iter())
        .map(PathBuf::from)
        .collect();
    let llvm = fs::read_dir("/usr/lib").into_iter().flatten().flatten();
    let mut of_llvm: Vec<PathBuf> = llvm
        .filter(|entry| entry.file_name().to_string_lossy().starts_with("llvm-"))
        .map(|entry| entry.path().join("lib"))
        .collect();
    of_llvm.sort();
    folders.extend(of_llvm.into_iter().rev());
    for folder in [
        "/usr/lib/x86_64-linux-gnu",
        "/usr/lib64",
        "/usr/local/lib",
        "/usr/lib",
    ] {
        folders.push(folder.into());
    }
    folders
}

fn has_libclang(folder: &Path) -> bool {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.into_iter().any(|entry| is_libclang(&entry.file_name().to_string_lossy()))
        // The variable may name the file itself.
        || folder.is_file()
}

fn is_libclang(name: &str) -> bool {
    let version = name.strip_prefix("libclang");
    // Not `libclang-cpp`, which has another interface.
    version.is_some_and(|rest| !rest.starts_with("-cpp") && rest.contains(".so"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn libclang_has_many_names() {
        for name in ["libclang.so", "libclang-14.so.1", "libclang.so.19"] {
            assert!(is_libclang(name), "{name}");
        }
        for name in ["libclang-cpp.so.14", "libclangAST.a", "libLLVM.so"] {
            assert!(!is_libclang(name), "{name}");
        }
    }

    #[test]
    fn a_folder_with_libclang_is_found() {
        let dir = tempfile::tempdir().unwrap();
        assert!(!has_libclang(dir.path()));
        fs::write(dir.path().join("libclang-99.so.1"), "").unwrap();
        assert!(has_libclang(dir.path()));
    }
}
