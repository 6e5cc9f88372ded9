//! The C++ compiler and its library, for crates and packages with C++.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::Result;

use super::{Missing, apt, not_found};

/// The library's file.
const LIBRARY: &str = "libstdc++.a";
/// What the compiler writes before and behind the folders that it looks for headers in.
const LIST: (&str, &str) = ("#include <...> search starts here:", "End of search list.");

/// GCC's C++ library.
#[derive(Debug)]
pub struct CxxTools {
    /// The folders of its headers, in the compiler's order.
    pub headers: Vec<PathBuf>,
    /// The library with which programs are linked.
    pub library: PathBuf,
}

/// Finds it, or installs it.
pub fn ensure() -> Result<CxxTools> {
    find().map_or_else(
        || {
            let missing = [Missing {
                what: "a C++ compiler with GCC's library",
                looked: vec![format!("c++ -print-file-name={LIBRARY}")],
                packages: &["g++"],
            }];
            apt::install(&missing)?;
            find().ok_or_else(|| not_found(&missing, "It is still missing after the installation."))
        },
        Ok,
    )
}

/// Finds it; a program without C++ needs none.
pub fn find() -> Option<CxxTools> {
    let name = format!("-print-file-name={LIBRARY}");
    let (library, _) = ask(&[&name])?;
    let library = PathBuf::from(library.trim_end());
    // The compiler gives the name back if there is no such file.
    if !library.is_absolute() || !library.is_file() {
        return None;
    }
    let (_, said) = ask(&["-E", "-v", "-x", "c++", "/dev/null"])?;
    let headers = header_folders(&said);
    (!headers.is_empty()).then_some(CxxTools { headers, library })
}

/// What the compiler prints, and what it says besides.
fn ask(args: &[&str]) -> Option<(String, String)> {
    let out = (Command::new("c++").args(args).env("LC_ALL", "C"))
        .stdin(Stdio::null())
        .output()
        .ok()?;
    let text = |bytes| String::from_utf8(bytes).ok();
    out.status
        .success()
        .then_some((text(out.stdout)?, text(out.stderr)?))
}

/// Of the folders that the compiler lists, those of the C++ library.
fn header_folders(said: &str) -> Vec<PathBuf> {
    let is_cxx = |dir: &Path| dir.iter().any(|part| part == "c++");
    (said.lines())
        .skip_while(|line| *line != LIST.0)
        .skip(1)
        .take_while(|line| *line != LIST.1)
        .map(|line| PathBuf::from(line.trim_start()))
        .filter(|dir| is_cxx(dir))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_librarys_headers_are_told_from_the_c_librarys() {
        let said = "ignoring nonexistent directory \"/usr/local/include/c++\"\n\
                    #include \"...\" search starts here:\n\
                    #include <...> search starts here:\n \
                    /usr/include/c++/12\n \
                    /usr/include/x86_64-linux-gnu/c++/12\n \
                    /usr/lib/gcc/x86_64-linux-gnu/12/include\n \
                    /usr/include\n\
                    End of search list.\n \
                    /c++/behind\n";
        let folders = [
            "/usr/include/c++/12",
            "/usr/include/x86_64-linux-gnu/c++/12",
        ];
        assert_eq!(header_folders(said), folders.map(PathBuf::from));
        assert!(header_folders("").is_empty());
    }
}
