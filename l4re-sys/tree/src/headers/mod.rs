//! Header files, and what libclang reads in them.

mod c;
mod cxx;
mod inline;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use clang::diagnostic::{Diagnostic, Severity};
use clang::{Clang, Index, TranslationUnit, Unsaved};

use crate::facts::Facts;
use crate::tree::{ARCH, Tree};
use crate::trouble::{Result, Trouble};

/// The parts of L4Re whose C headers make up the interface, as folders below `l4`.
pub const PARTS: [&str; 9] = [
    "sys",
    "sys/arch",
    "util",
    "util/arch",
    "re",
    "re/c",
    "re/c/util",
    "sigma0",
    "libc_backends",
];

/// The file that libclang is made to believe in.
const MAIN: &str = "l4re-tree-main";

/// Folders with header files, of a tree or of anybody else who has L4Re's C interface.
#[derive(Clone, Debug)]
pub struct Headers {
    /// Roots: `#include <l4/sys/types.h>` is `l4/sys/types.h` in one of them.
    dirs: Vec<PathBuf>,
    /// Roots of the C and C++ libraries.
    system: Vec<PathBuf>,
    /// Whether the headers are a tree's, with its configuration.
    configured: bool,
    /// The C headers, by the names they are included by.
    names: Vec<String>,
    /// Headers that are not C, or not to be included by themselves, each with the reason.
    skipped: Vec<(String, String)>,
}

impl Headers {
    /// A tree's headers.
    pub fn of_tree(clang: &Clang, tree: &Tree) -> Result<Headers> {
        let contrib = tree.dir().join("include/contrib/libstdc++-v3");
        let system = (tree.libc_include_dir().into_iter())
            .chain(Some(contrib).filter(|dir| dir.is_dir()))
            .collect();
        Headers::find(clang, tree.include_dirs(), system, !tree.is_sdk())
    }

    /// Headers in a folder, the architecture's in `amd64` below it.
    pub fn in_folder(clang: &Clang, dir: &Path) -> Result<Headers> {
        let dirs = vec![dir.join(ARCH), dir.to_owned()];
        Headers::find(clang, dirs, Vec::new(), false)
    }

    fn find(
        clang: &Clang,
        mut dirs: Vec<PathBuf>,
        mut system: Vec<PathBuf>,
        configured: bool,
    ) -> Result<Headers> {
        system.extend(compilers_own());
        let looked: Vec<String> = (dirs.iter())
            .map(|dir| dir.join("l4").display().to_string())
            .collect();
        dirs.retain(|dir| dir.join("l4").is_dir());
        let mut headers = Headers {
            configured,
            dirs,
            system,
            names: Vec::new(),
            skipped: Vec::new(),
        };
        for name in headers.candidates() {
            match headers.first_error(clang, &format!("#include <{name}>\n"))? {
                None => headers.names.push(name),
                Some(error) => headers.skipped.push((name, error)),
            }
        }
        if headers.names.is_empty() {
            let mut trouble = Trouble::new(
                "there are no C headers of L4Re",
                "Name the folder that has `l4/sys/types.h` in it.",
            )
            .looked_in(looked);
            if let Some((name, error)) = headers.skipped.first() {
                trouble = trouble.looked_in([format!("{name}: {error}")]);
            }
            return Err(trouble);
        }
        Ok(headers)
    }

    /// Names of all files that may be C headers of the interface.
    fn candidates(&self) -> BTreeSet<String> {
        let mut names = BTreeSet::new();
        for (dir, part) in (self.dirs.iter()).flat_map(|dir| PARTS.map(|part| (dir, part))) {
            let entries = fs::read_dir(dir.join("l4").join(part));
            for entry in entries.into_iter().flatten().flatten() {
                let name = entry.file_name().to_string_lossy().into_owned();
                // Files with underscores in front are parts of others.
                if name.ends_with(".h") && !name.starts_with("__") {
                    names.insert(format!("l4/{part}/{name}"));
                }
            }
        }
        names
    }

    /// The roots of the headers, the architecture's before the general one.
    pub fn dirs(&self) -> &[PathBuf] {
        &self.dirs
    }

    /// The C headers, by the names they are included by.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// What was left out, and why.
    pub fn skipped(&self) -> &[(String, String)] {
        &self.skipped
    }

    /// A C file that includes them all.
    pub fn umbrella(&self) -> String {
        let lines = self.names.iter().map(|name| format!("#include <{name}>\n"));
        lines.collect()
    }

    /// Arguments of a C compiler that finds the headers.
    pub fn arguments(&self) -> Vec<String> {
        let mut args = Vec::new();
        for dir in &self.dirs {
            args.push(format!("-I{}", dir.display()));
        }
        for dir in &self.system {
            args.extend(["-isystem".to_owned(), dir.display().to_string()]);
        }
        if self.configured {
            // As the tree's own makefiles have it.
            args.extend(
                [
                    &format!("-DARCH_{ARCH}"),
                    "-DL4API_l4f",
                    "-D_GNU_SOURCE",
                    "-D_FILE_OFFSET_BITS=64",
                    "-include",
                    "l4/bid_config.h",
                ]
                .map(str::to_owned),
            );
        }
        args
    }

    /// Arguments of clang for a language.
    pub fn clang_arguments(&self, language: &str, standard: &str) -> Vec<String> {
        let mut args: Vec<String> = [
            "-x",
            language,
            standard,
            "--target=x86_64-unknown-linux-gnu",
            // Not this computer's libraries; but the compiler's own headers.
            "-nostdlibinc",
            "-ferror-limit=0",
            "-w",
        ]
        .map(str::to_owned)
        .to_vec();
        args.extend(self.arguments());
        args
    }

    /// Everything that the C headers define.
    pub fn facts(&self, clang: &Clang) -> Result<Facts> {
        c::read(self, clang)
    }

    /// Adds what C++ headers say of names that only C++ has: constants and types, each with
    /// the header to include.
    pub fn add_cxx(
        &self,
        clang: &Clang,
        constants: &[(String, String)],
        types: &[(String, String)],
        facts: &mut Facts,
    ) -> Result<()> {
        facts.cxx = cxx::read(self, clang, constants, types)?;
        Ok(())
    }

    /// Adds the values of expressions with inline functions, each with the header to include.
    /// Those that do not compile are left out.
    pub fn add_inline(&self, expressions: &[(String, String)], facts: &mut Facts) -> Result<()> {
        facts.inline = inline::values(self, expressions)?;
        Ok(())
    }

    /// The name of a file among the headers, such as `l4/sys/arch/utcb.h`.
    fn name_of(&self, file: &Path) -> Option<String> {
        let name = self
            .dirs
            .iter()
            .find_map(|dir| file.strip_prefix(dir).ok())?;
        Some(name.to_str()?.to_owned())
    }

    /// The first error that C has with a text.
    fn first_error(&self, clang: &Clang, text: &str) -> Result<Option<String>> {
        let index = Index::new(clang, false, false);
        let args = self.clang_arguments("c", "-std=gnu11");
        let unit = parse(&index, text, "c", &args)?;
        Ok(errors(&unit)
            .map(|error| {
                let at = error.get_location().get_file_location();
                match at.file {
                    Some(file) => format!(
                        "{}:{}: {}",
                        file.get_path().display(),
                        at.line,
                        error.get_text()
                    ),
                    None => error.get_text(),
                }
            })
            .next())
    }
}

/// The folder of the C compiler's own headers, as `stddef.h`, which L4Re's include. A libclang
/// without clang has none. Who has no C compiler is told so by the first header that needs one.
fn compilers_own() -> Option<PathBuf> {
    let compiler = std::env::var_os("CC").unwrap_or_else(|| "cc".into());
    let out = std::process::Command::new(compiler)
        .arg("-print-file-name=include")
        .output()
        .ok()?;
    let dir = PathBuf::from(String::from_utf8(out.stdout).ok()?.trim());
    dir.is_dir().then_some(dir)
}

/// Loads libclang.
pub fn clang() -> Result<Clang> {
    Clang::new().map_err(|error| {
        let path = std::env::var("LIBCLANG_PATH");
        let place = match &path {
            Ok(path) => format!("LIBCLANG_PATH={path}"),
            Err(_) => "the system's library folders and llvm-config's (LIBCLANG_PATH is not set)"
                .to_owned(),
        };
        Trouble::new(
            format!("libclang, which reads the C headers, is missing ({error})"),
            "Install it (Debian: apt-get install libclang-dev), or name its folder with LIBCLANG_PATH.",
        )
        .looked_in([place])
    })
}

/// Lets libclang read a text.
fn parse<'i>(
    index: &'i Index<'i>,
    text: &str,
    suffix: &str,
    args: &[String],
) -> Result<TranslationUnit<'i>> {
    let name = format!("{MAIN}.{suffix}");
    let file = Unsaved::new(&name, text);
    index
        .parser(name)
        .arguments(args)
        .unsaved(&[file])
        .detailed_preprocessing_record(true)
        .parse()
        .map_err(|error| {
            Trouble::new(
                format!("libclang does not get through the headers: {error}"),
                "Try another version of libclang (LIBCLANG_PATH names its folder).",
            )
        })
}

fn errors<'u>(unit: &'u TranslationUnit<'u>) -> impl Iterator<Item = Diagnostic<'u>> {
    let all = unit.get_diagnostics().into_iter();
    all.filter(|diagnostic| diagnostic.get_severity() >= Severity::Error)
}

/// The lines of the main file that an error is about, directly or as the place from where what
/// is wrong was used.
fn bad_lines(unit: &TranslationUnit<'_>) -> BTreeSet<u32> {
    fn collect(diagnostic: &Diagnostic<'_>, lines: &mut BTreeSet<u32>) {
        let at = diagnostic.get_location().get_expansion_location();
        let name = at.file.map(|file| file.get_path());
        if name.is_some_and(|name| name.with_extension("") == Path::new(MAIN)) {
            lines.insert(at.line);
        }
        for child in diagnostic.get_children() {
            collect(&child, lines);
        }
    }
    let mut lines = BTreeSet::new();
    for error in errors(unit) {
        collect(&error, &mut lines);
    }
    lines
}
