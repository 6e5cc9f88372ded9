//! An L4Re build directory.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use crate::trouble::{Result, Trouble};

/// The variable that names the build directory.
pub const VARIABLE: &str = "L4RE_BUILDDIR";

/// The architecture of the programs made here, in L4Re's words.
pub const ARCH: &str = "amd64";

/// The C SDK of this project (`cargo xtask sdk`) is known by its link script.
const SDK_SCRIPT: &str = "lib/l4re.ld";

/// A folder that every tree has below `include` as soon as its headers are installed.
const FIRST_HEADER: &str = "l4/sys/types.h";

/// A build directory of the right architecture whose headers are installed.
#[derive(Clone, Debug)]
pub struct Tree {
    dir: PathBuf,
}

/// Where the tree keeps what a static program is linked from.
#[derive(Clone, Debug)]
pub struct Libraries {
    /// Folders with libraries, start files and link scripts, in the order of a search.
    pub dirs: Vec<PathBuf>,
    /// The folder of the `.pc` files.
    pub pc: PathBuf,
}

impl Tree {
    /// The tree that the variable `L4RE_BUILDDIR` names.
    pub fn from_env() -> Result<Tree> {
        match env::var_os(VARIABLE).filter(|dir| !dir.is_empty()) {
            Some(dir) => Tree::open(Path::new(&dir)),
            None => Err(Trouble::new(
                "an L4Re build tree is needed, and the variable L4RE_BUILDDIR is not set",
                "Set it to the tree's build directory, the one of `make O=…`: \
                 export L4RE_BUILDDIR=/path/to/l4/build",
            )),
        }
    }

    /// The tree in `dir`.
    pub fn open(dir: &Path) -> Result<Tree> {
        let dir = dir.canonicalize().map_err(|error| {
            Trouble::new(
                format!("there is no L4Re build tree at {}: {error}", dir.display()),
                "Name the tree's build directory, the one of `make O=…`.",
            )
        })?;
        if dir.join("mk/Makeconf").is_file() && dir.join("pkg").is_dir() {
            return Err(Trouble::new(
                format!("{} is an L4Re source tree, not a build tree", dir.display()),
                "Make a build directory (`make B=DIR`, then `make O=DIR`) and name that.",
            ));
        }
        let config = [".kconfig", ".config.all", ".config"].map(|name| dir.join(name));
        if !config.iter().any(|file| file.is_file()) && !dir.join("include/l4").exists() {
            return Err(Trouble::new(
                format!("{} is not an L4Re build tree", dir.display()),
                "Name the tree's build directory, the one of `make O=…`.",
            )
            .looked_in(config.iter().map(|file| file.display()))
            .looked_in([dir.join("include/l4").display()]));
        }
        let tree = Tree { dir };
        if let Some(arch) = tree.architecture(&config)
            && arch != ARCH
        {
            return Err(Trouble::new(
                format!(
                    "the L4Re build tree {} is for {arch}; the programs made here are for {ARCH}",
                    tree.dir.display()
                ),
                format!("Name a build directory that is configured for {ARCH}."),
            ));
        }
        let header = tree.dir.join("include").join(FIRST_HEADER);
        if !header.is_file() {
            return Err(tree.half_built("L4Re's headers", &[header]));
        }
        Ok(tree)
    }

    /// The build directory.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Whether this is the C SDK of this project: the same folders, with less in them.
    pub fn is_sdk(&self) -> bool {
        self.dir.join(SDK_SCRIPT).is_file()
    }

    /// What the configuration says, or else which libraries there are.
    fn architecture(&self, config: &[PathBuf]) -> Option<String> {
        let in_config = config
            .iter()
            .filter_map(|file| fs::read_to_string(file).ok())
            .find_map(|text| {
                text.lines().find_map(|line| {
                    let (name, value) = line.split_once('=')?;
                    match name.strip_prefix("CONFIG_BUILD_ARCH")? {
                        "" => Some(value.trim_matches('"').to_owned()),
                        arch if value == "y" => Some(arch.strip_prefix('_')?.to_owned()),
                        _ => None,
                    }
                })
            });
        in_config.or_else(|| {
            let systems = self.systems();
            let name = match systems.iter().find(|name| name.starts_with(ARCH)) {
                Some(name) => name,
                None => systems.first()?,
            };
            Some(name.split('_').next()?.to_owned())
        })
    }

    /// Names in `lib`, such as `amd64_gen`.
    fn systems(&self) -> Vec<String> {
        let entries = fs::read_dir(self.dir.join("lib"))
            .into_iter()
            .flatten()
            .flatten();
        let mut names: Vec<String> = entries
            .filter_map(|entry| entry.file_name().into_string().ok())
            .filter(|name| name != "host" && name.contains('_'))
            .collect();
        names.sort();
        names
    }

    /// The folders of headers, the architecture's before the general ones.
    pub fn include_dirs(&self) -> Vec<PathBuf> {
        let include = self.dir.join("include");
        vec![include.join(ARCH), include]
    }

    /// The folder of the C library's headers, if the tree has built one.
    pub fn libc_include_dir(&self) -> Option<PathBuf> {
        ["include/uclibc-ng", "include/uclibc", "libc"]
            .map(|name| self.dir.join(name))
            .into_iter()
            .find(|dir| dir.join("stdio.h").exists())
    }

    /// The packages that every program is linked with, by their `.pc` files.
    pub fn standard_packages(&self) -> &'static [&'static str] {
        match self.is_sdk() {
            true => &["stdlibs"],
            // The compiler's libraries stand in no other package's requirements.
            false => &["stdlibs", "libpthread", "libgcc", "libgcc_eh"],
        }
    }

    /// Libraries and `.pc` files; an error if the tree has not got so far yet.
    pub fn libraries(&self) -> Result<Libraries> {
        let lib = self.dir.join("lib");
        let mut dirs = Vec::new();
        for system in self.systems().iter().filter(|name| name.starts_with(ARCH)) {
            // Today's trees have a level for variants, of which `std` is the usual one.
            for variant in ["std", ""] {
                for api in ["l4f", "plain"] {
                    dirs.push(lib.join(system).join(variant).join(api));
                }
                dirs.push(lib.join(system).join(variant));
            }
        }
        dirs.retain(|dir| dir.is_dir());
        let pc = self.dir.join("pc");
        if self.is_sdk() {
            let libraries = Libraries {
                dirs: vec![lib],
                pc,
            };
            return match libraries.find("libc.a") {
                Some(_) => Ok(libraries),
                None => Err(self.half_sdk(libraries.dirs)),
            };
        }
        let libraries = Libraries { dirs, pc };
        for (what, name) in [("the C library", "libc.a"), ("start files", "crt1.o")] {
            if libraries.find(name).is_none() {
                let mut places: Vec<PathBuf> =
                    libraries.dirs.iter().map(|dir| dir.join(name)).collect();
                if places.is_empty() {
                    places.push(lib.join(format!("{ARCH}_gen/std/l4f")).join(name));
                }
                return Err(self.half_built(what, &places));
            }
        }
        let libc = libraries.pc.join("libc.pc");
        if !libc.is_file() {
            return Err(self.half_built("what the C library needs", &[libc]));
        }
        Ok(libraries)
    }

    /// The message for an SDK without a C library.
    fn half_sdk(&self, dirs: Vec<PathBuf>) -> Trouble {
        Trouble::new(
            format!("the C SDK {} has no C library", self.dir.display()),
            "Make it whole, without --small: cargo xtask sdk",
        )
        .looked_in(
            dirs.iter()
                .map(|dir| dir.join("libc.a").display().to_string()),
        )
    }

    /// The message for something that a build to the end would have made.
    fn half_built(&self, what: &str, places: &[PathBuf]) -> Trouble {
        Trouble::new(
            format!(
                "the L4Re build tree {} is not built to the end: {what} is missing",
                self.dir.display()
            ),
            format!(
                "Build it: make O={} (in L4Re's source tree)",
                self.dir.display()
            ),
        )
        .looked_in(places.iter().map(|place| place.display()))
    }
}

impl Libraries {
    /// A library, a start file or a script by its name.
    pub fn find(&self, name: &str) -> Option<PathBuf> {
        self.dirs
            .iter()
            .map(|dir| dir.join(name))
            .find(|file| file.is_file())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A build directory with empty files of these names.
    fn dir(files: &[&str]) -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        for file in files {
            let file = dir.path().join(file);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, "").unwrap();
        }
        dir
    }

    fn message<T: std::fmt::Debug>(result: Result<T>) -> String {
        result.unwrap_err().to_string()
    }

    #[test]
    fn what_is_no_tree_is_told() {
        let text = message(Tree::open(Path::new("/no/such/tree")));
        assert!(
            text.contains("/no/such/tree") && text.contains("make O="),
            "{text}"
        );
        let text = message(Tree::open(dir(&["x"]).path()));
        assert!(
            text.contains("is not an L4Re build tree; looked for:"),
            "{text}"
        );
        assert!(text.contains("/.kconfig"), "{text}");
        let text = message(Tree::open(dir(&["mk/Makeconf", "pkg/Makefile"]).path()));
        assert!(text.contains("source tree, not a build tree"), "{text}");
    }

    #[test]
    fn another_architecture_is_told() {
        let tree = dir(&["include/l4/sys/types.h"]);
        for (config, arch) in [
            ("CONFIG_BUILD_ARCH_arm64=y\n", "arm64"),
            ("CONFIG_X=y\nCONFIG_BUILD_ARCH=\"riscv\"\n", "riscv"),
        ] {
            fs::write(tree.path().join(".kconfig"), config).unwrap();
            let text = message(Tree::open(tree.path()));
            assert!(text.contains(&format!("is for {arch};")), "{text}");
        }
        fs::write(tree.path().join(".kconfig"), "CONFIG_BUILD_ARCH_amd64=y\n").unwrap();
        assert!(Tree::open(tree.path()).is_ok());
        let text = message(Tree::open(
            dir(&["include/l4/sys/types.h", "lib/mips_32r2/x"]).path(),
        ));
        assert!(text.contains("is for mips;"), "{text}");
    }

    #[test]
    fn a_tree_that_is_not_finished_is_told() {
        let text = message(Tree::open(dir(&[".kconfig"]).path()));
        assert!(text.contains("L4Re's headers is missing"), "{text}");
        assert!(text.contains("include/l4/sys/types.h"), "{text}");
        assert!(text.contains("make O="), "{text}");

        let mut files = vec!["include/l4/sys/types.h", "lib/host/x"];
        for (file, what) in [
            ("lib/amd64_gen/std/l4f/libc.a", "libc.a"),
            ("lib/amd64_gen/std/plain/crt1.o", "crt1.o"),
            ("pc/libc.pc", "pc/libc.pc"),
        ] {
            let text = message(Tree::open(dir(&files).path()).unwrap().libraries());
            assert!(text.contains("not built to the end"), "{text}");
            assert!(text.contains(what), "{text}");
            files.push(file);
        }
        let built = dir(&files);
        let libraries = Tree::open(built.path()).unwrap().libraries().unwrap();
        assert!(libraries.find("crt1.o").is_some());
        assert!(libraries.find("crt2.o").is_none());
    }
}
