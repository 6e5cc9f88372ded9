//! Where things stand in the workspace, and what its manifests say.

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use serde::Deserialize;

use crate::build;
use crate::status::{self, Failure};

/// The user programs' target.
pub const TARGET: &str = "x86_64-l4re-uclibc";
/// The target for L4Re that is built into rustc 1.99 and later. Cargo keeps what is built for it in a
/// folder of this name.
pub const BUILT_IN_TARGET: &str = "x86_64-unknown-l4re-uclibc";
/// The kernel's target.
pub const KERNEL_TARGET: &str = "x86_64-unknown-none";

/// The run-time system of programs that the C library of a tree starts.
const TREE_START: &str = "l4re-rt-c";

/// What describes a package.
const MANIFEST: &str = "Cargo.toml";
/// What describes a program in C.
const C_MANIFEST: &str = "program.toml";

/// The checked-out project and its build directory.
#[derive(Debug)]
pub struct Workspace {
    /// Folder of the workspace's `Cargo.toml`.
    pub root: PathBuf,
    /// Cargo's target directory.
    pub target_dir: PathBuf,
    /// For this tool's own files; see [`own_dir`](Workspace::own_dir).
    own_dir: PathBuf,
}

/// Whether a path stays one word in a makefile, in `RUSTFLAGS` and in `CFLAGS`.
pub fn is_plain(path: &Path) -> bool {
    let plain = |c: char| c.is_alphanumeric() || "/._-+@,~".contains(c);
    path.to_str().is_some_and(|path| path.chars().all(plain))
}

/// A folder with a plain path in the place of another: in the user's cache folder, or else where
/// temporary files are kept.
fn plain_dir_for(dir: &Path) -> Result<PathBuf> {
    let mut hasher = DefaultHasher::new();
    dir.hash(&mut hasher);
    let name = format!("{:016x}", hasher.finish());
    let user = rustix::process::geteuid().as_raw();
    let in_home = |home| Path::new(&home).join(".cache");
    let cache = env::var_os("XDG_CACHE_HOME")
        .map(PathBuf::from)
        .or_else(|| env::var_os("HOME").map(in_home))
        .filter(|cache| cache.is_absolute() && is_plain(cache));
    let parent = match cache {
        Some(cache) => cache.join("l4re-rs"),
        None => Path::new("/var/tmp").join(format!("l4re-rs-{user}")),
    };
    let result = parent.join(name);
    let made = fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(&result)
        .and_then(|()| fs::symlink_metadata(&parent));
    // Another user may have made the one among the temporary files.
    match made {
        Ok(meta) if meta.is_dir() && meta.uid() == user => Ok(result),
        Ok(_) => Err(Failure::error(
            status::SETUP,
            format!(
                "{} is another user's\n  It is for builds in {}, whose path has a blank or the like; \
                 remove it, or set XDG_CACHE_HOME",
                parent.display(),
                dir.display()
            ),
        )),
        Err(error) => Err(error).with_context(|| {
            format!(
                "cannot make {}, for builds in {}, whose path has a blank or the like",
                result.display(),
                dir.display()
            )
        }),
    }
}

/// What a package's `Cargo.toml` says, as far as booting it goes.
#[derive(Debug)]
pub struct Package {
    /// The package's name.
    pub name: String,
    /// Its folder.
    pub dir: PathBuf,
    /// Names of its programs.
    pub bins: Vec<String>,
    /// Whether a program of it, or a test, is built on `std`.
    pub std: bool,
    /// The L4Re build tree whose C library such programs get instead of this project's.
    pub libc_of: Option<PathBuf>,
    /// Whether it calls the C library of an L4Re build tree (`l4re-sys`, feature `tree`).
    pub tree: bool,
    /// The tree, if the variable `L4RE_BUILDDIR` names none.
    pub tree_of: Option<PathBuf>,
    /// Its one program, if that is in C.
    pub c: CProgram,
    /// `[package.metadata.l4re]`.
    pub l4re: Metadata,
}

/// `[package.metadata.l4re]`: a system of several programs.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Metadata {
    /// Names of the IPC gates that the programs share.
    #[serde(default)]
    pub gates: Vec<String>,
    /// The programs in start order; without it, every program of the package.
    #[serde(default)]
    pub programs: Vec<ProgramEntry>,
    /// What `cargo xtask test` starts and expects.
    #[serde(default)]
    pub tests: Vec<TestEntry>,
    /// Whether the package's library is tested on the host, too.
    #[serde(default)]
    pub host_tests: bool,
    /// Whether it uses unstable features of the compiler.
    #[serde(default)]
    pub unstable: bool,
    /// Whether it compiles C++, so that set-up looks for a compiler.
    #[serde(default)]
    pub cxx: bool,
    /// Environment variables of all its programs.
    #[serde(default)]
    pub env: Variables,
    /// The size of their first threads' stacks.
    pub stack_size: Option<StackSize>,
}

/// The size of a first thread's stack in bytes: a number, or one with `K`, `M` or `G`.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(try_from = "AnySize")]
pub struct StackSize(pub u64);

#[derive(Deserialize)]
#[serde(untagged)]
enum AnySize {
    Number(u64),
    Text(String),
}

impl TryFrom<AnySize> for StackSize {
    type Error = String;

    fn try_from(size: AnySize) -> std::result::Result<Self, String> {
        let bytes = match &size {
            AnySize::Number(number) => Some(*number),
            AnySize::Text(text) => {
                let (digits, shift) = match text.char_indices().last() {
                    Some((at, 'K')) => (&text[..at], 10),
                    Some((at, 'M')) => (&text[..at], 20),
                    Some((at, 'G')) => (&text[..at], 30),
                    _ => (text.as_str(), 0),
                };
                let number = digits.parse::<u64>().ok();
                number.and_then(|number| number.checked_mul(1 << shift))
            }
        };
        match bytes {
            Some(bytes @ 0x1_0000..=0x4000_0000) => Ok(StackSize(bytes)),
            _ => Err("a stack has 64K to 1G: \"64M\", or a number of bytes".to_owned()),
        }
    }
}

/// Environment variables, by name.
pub type Variables = BTreeMap<String, Value>;

/// The value of an environment variable: a text, a number or a truth value in the manifest.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(from = "AnyValue")]
pub struct Value(pub String);

#[derive(Deserialize)]
#[serde(untagged)]
enum AnyValue {
    Text(String),
    Number(i64),
    Truth(bool),
}

impl From<AnyValue> for Value {
    fn from(value: AnyValue) -> Value {
        Value(match value {
            AnyValue::Text(text) => text,
            AnyValue::Number(number) => number.to_string(),
            AnyValue::Truth(truth) => truth.to_string(),
        })
    }
}

/// Says what is wrong with a variable, if something is.
pub fn check_variable(name: &str, value: &str) -> Result<(), String> {
    if name.is_empty() || name.contains('=') {
        return Err(format!("{name:?} is no name of an environment variable"));
    }
    // A string in C ends with a zero byte, a statement of the boot plan with its line.
    match [name, value]
        .into_iter()
        .find(|text| text.contains(['\0', '\n']))
    {
        Some(text) => Err(format!(
            "the environment variable {name:?} has a zero byte or a line break: {text:?}"
        )),
        None => Ok(()),
    }
}

/// One started program in `[[package.metadata.l4re.programs]]`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ProgramEntry {
    /// Which of the package's programs.
    pub bin: String,
    /// The example whose program it is, if it is another's.
    pub example: Option<String>,
    /// Its name in the log; the program's own by default.
    pub name: Option<String>,
    /// Its arguments.
    #[serde(default)]
    pub args: Vec<String>,
    /// The shared gates it gets.
    #[serde(default)]
    pub gates: BTreeMap<String, GateRole>,
    /// Where its log goes.
    #[serde(default)]
    pub log: Log,
    /// The I/O ports that it may use: `"0x70"`, `"0x70-0x71"`.
    #[serde(default)]
    pub io_ports: Vec<Ports>,
    /// The interrupts that it may bind.
    #[serde(default)]
    pub irqs: Vec<u32>,
    /// Its environment variables, beside the package's.
    #[serde(default)]
    pub env: Variables,
    /// The size of its first thread's stack.
    pub stack_size: Option<StackSize>,
}

/// Where the log of a program goes.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum Log {
    /// To the system's, with the program's name before each line.
    #[default]
    Lines,
    /// To the kernel's as it is, and what is typed comes from there.
    Kernel,
}

/// I/O ports: the first and the last.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(try_from = "String")]
pub struct Ports(pub u16, pub u16);

impl TryFrom<String> for Ports {
    type Error = String;

    fn try_from(text: String) -> std::result::Result<Self, String> {
        let number = |text: &str| match text.strip_prefix("0x") {
            Some(digits) => u16::from_str_radix(digits, 16).ok(),
            None => text.parse().ok(),
        };
        let (first, last) = text.split_once('-').unwrap_or((&text, &text));
        match (number(first), number(last)) {
            (Some(first), Some(last)) if first <= last => Ok(Ports(first, last)),
            _ => Err(format!("{text:?} are no I/O ports: \"0x70-0x71\" are")),
        }
    }
}

impl std::fmt::Display for Ports {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:#x}-{:#x}", self.0, self.1)
    }
}

/// What a program may do with a shared gate.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum GateRole {
    /// Receive from it.
    Server,
    /// Send to it.
    Client,
}

/// One test run in `[[package.metadata.l4re.tests]]`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct TestEntry {
    /// Arguments of the (first) program.
    #[serde(default)]
    pub args: Vec<String>,
    /// The status that the system must end with.
    #[serde(default)]
    pub status: u8,
    /// Texts that the output must hold, those of one program in this order.
    #[serde(default)]
    pub expect: Vec<String>,
    /// Texts that just one line of the output must hold.
    #[serde(default)]
    pub once: Vec<String>,
    /// What is due instead where L4Re's moe and ned run the programs.
    pub on_ned: Option<Due>,
    /// What is typed, one after the other.
    #[serde(default)]
    pub input: Vec<Typing>,
    /// What standard input holds, instead of what is typed.
    pub stdin: Option<String>,
    /// What the machine's clock starts with, as `--date`.
    pub date: Option<String>,
    /// Environment variables of all programs, as `--env`.
    #[serde(default)]
    pub env: Variables,
}

/// Something to be typed.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Typing {
    /// When this text has been written since the last time.
    pub after: String,
    /// What is typed.
    pub text: String,
}

/// What a test run must end with, and write.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Due {
    /// The status that the system must end with.
    #[serde(default)]
    pub status: u8,
    /// Texts that the output must hold, those of one program in this order.
    #[serde(default)]
    pub expect: Vec<String>,
    /// Texts that just one line of the output must hold.
    #[serde(default)]
    pub once: Vec<String>,
}

impl TestEntry {
    /// What is due on our root task, or on ned.
    pub fn due(&self, on_ned: bool) -> Due {
        match &self.on_ned {
            Some(due) if on_ned => due.clone(),
            _ => Due {
                status: self.status,
                expect: self.expect.clone(),
                once: self.once.clone(),
            },
        }
    }
}

impl Workspace {
    /// Finds the workspace that this tool was built in.
    pub fn locate() -> Result<Workspace> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"))
            .parent()
            .context("xtask has no parent folder")?
            .to_owned();
        let from_env = ["CARGO_TARGET_DIR", "CARGO_BUILD_TARGET_DIR"]
            .into_iter()
            .find_map(env::var_os)
            .filter(|dir| !dir.is_empty());
        let target_dir = match from_env {
            Some(dir) => std::path::absolute(dir)?,
            None => root.join("target"),
        };
        let own_dir = match target_dir.join("xtask") {
            dir if is_plain(&dir) => dir,
            dir => plain_dir_for(&dir)?,
        };
        Ok(Workspace {
            root,
            target_dir,
            own_dir,
        })
    }

    /// The user programs' target specification.
    pub fn target_spec(&self) -> PathBuf {
        self.root.join("targets").join(format!("{TARGET}.json"))
    }

    /// The newest compiler that this project was tried with, as in `1.99.1`.
    pub fn newest_compiler(&self) -> Result<String> {
        Ok(self.toolchains()?.newest_rust)
    }

    /// The compilers that the workspace's manifest names.
    pub fn toolchains(&self) -> Result<Toolchains> {
        let file = self.root.join(MANIFEST);
        let text =
            fs::read_to_string(&file).with_context(|| format!("cannot read {}", file.display()))?;
        let manifest: RootManifest =
            toml::from_str(&text).with_context(|| format!("in {}", file.display()))?;
        Ok(manifest.workspace.metadata.l4re)
    }

    /// A folder for this tool's own files: in the target directory, or elsewhere if that one's path
    /// has blanks or other characters at which `make` and cargo's variables part a text.
    pub fn own_dir(&self) -> &Path {
        &self.own_dir
    }

    /// Where cargo builds a package: its workspace's folder and target directory.
    ///
    /// A package of this workspace is built here; another one is where its own workspace says.
    pub fn home_of(&self, package: &Package) -> Result<(PathBuf, PathBuf)> {
        let own = || Ok((self.root.clone(), self.target_dir.clone()));
        let rooms = ["examples", "tests"].map(|room| self.root.join(room));
        if (package.dir.parent()).is_some_and(|room| rooms.iter().any(|own| own == room)) {
            return own();
        }
        let mut cargo = Command::new(build::cargo_program());
        cargo
            .args(["metadata", "--no-deps", "--format-version", "1"])
            .current_dir(&package.dir);
        let failure = format!("cargo cannot read the package in {}", package.dir.display());
        let metadata: CargoMetadata =
            serde_json::from_str(&build::output_of(&mut cargo, failure)?)?;
        if metadata.workspace_root == self.root {
            return own();
        }
        Ok((package.dir.clone(), metadata.target_directory))
    }

    /// Names of all examples, sorted.
    pub fn examples(&self) -> Result<Vec<String>> {
        self.folders_with_manifest("examples")
    }

    /// Names of all test packages' folders, sorted.
    pub fn test_folders(&self) -> Result<Vec<String>> {
        self.folders_with_manifest("tests")
    }

    fn folders_with_manifest(&self, room: &str) -> Result<Vec<String>> {
        let dir = self.root.join(room);
        let mut names = Vec::new();
        for entry in fs::read_dir(&dir).with_context(|| format!("cannot list {}", dir.display()))? {
            let entry = entry?;
            // A package with a lock file of its own is no member.
            if has_manifest(&entry.path())
                && !entry.path().join("Cargo.lock").is_file()
                && let Ok(name) = entry.file_name().into_string()
            {
                names.push(name);
            }
        }
        names.sort();
        Ok(names)
    }

    /// An example by its name.
    pub fn example(&self, name: &str) -> Result<Package> {
        let known = self.examples()?;
        if !known.iter().any(|example| example == name) {
            return Err(Failure::error(
                status::UNKNOWN_EXAMPLE,
                unknown_example(name, &known),
            ));
        }
        Package::read(&self.root.join("examples").join(name))
    }
}

impl Package {
    /// Reads `Cargo.toml` in `dir`, or a C program's `program.toml`.
    pub fn read(dir: &Path) -> Result<Package> {
        let c = dir.join(C_MANIFEST);
        let file = if c.is_file() { c } else { dir.join(MANIFEST) };
        let text =
            fs::read_to_string(&file).with_context(|| format!("cannot read {}", file.display()))?;
        Package::parse(&text, dir).with_context(|| format!("in {}", file.display()))
    }

    fn parse(text: &str, dir: &Path) -> Result<Package> {
        let manifest: Manifest = toml::from_str(text)?;
        let mut bins: Vec<String> = manifest.bin.into_iter().map(|bin| bin.name).collect();
        // Cargo finds these by itself.
        if dir.join("src/main.rs").is_file() && bins.is_empty() {
            bins.push(manifest.package.name.clone());
        }
        let mut found = programs_in(&dir.join("src/bin"));
        found.retain(|name| !bins.contains(name));
        bins.extend(found);
        let mut c = manifest.c;
        for path in c.sources.iter_mut().chain(&mut c.rust) {
            *path = dir.join(&*path);
        }
        if !c.sources.is_empty() {
            bins = vec![manifest.package.name.clone()];
        }
        let package = Package {
            name: manifest.package.name,
            dir: dir.to_owned(),
            bins,
            std: needs_std(dir),
            libc_of: None,
            tree: manifest.dependencies.contains_key(TREE_START)
                || (manifest.dependencies.get("l4re-sys")).is_some_and(Dependency::has_tree),
            tree_of: None,
            c,
            l4re: manifest.package.metadata.l4re,
        };
        for program in &package.l4re.programs {
            if let Some(gate) =
                (program.gates.keys()).find(|gate| !package.l4re.gates.contains(gate))
            {
                anyhow::bail!(
                    "program `{}` wants a gate `{gate}` that `gates` does not list",
                    program.bin
                );
            }
        }
        let programs = package.l4re.programs.iter().map(|program| &program.env);
        let tests = package.l4re.tests.iter().map(|test| &test.env);
        for (name, Value(value)) in (programs.chain(tests).chain([&package.l4re.env])).flatten() {
            check_variable(name, value).map_err(anyhow::Error::msg)?;
        }
        Ok(package)
    }
}

/// The part of `cargo metadata` that counts here.
#[derive(Deserialize)]
struct CargoMetadata {
    workspace_root: PathBuf,
    target_directory: PathBuf,
}

/// The part of the workspace's own manifest that counts here.
#[derive(Deserialize)]
struct RootManifest {
    workspace: RootWorkspace,
}

#[derive(Deserialize)]
struct RootWorkspace {
    metadata: RootMetadata,
}

#[derive(Deserialize)]
struct RootMetadata {
    l4re: Toolchains,
}

/// Compilers, by their names as rustup has them.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Toolchains {
    /// The newest one that this project was tried with.
    pub newest_rust: String,
    /// The one whose Miri is used.
    pub miri_rust: String,
}

#[derive(Deserialize)]
struct Manifest {
    package: ManifestPackage,
    #[serde(default)]
    bin: Vec<ManifestBin>,
    #[serde(default)]
    dependencies: BTreeMap<String, Dependency>,
    #[serde(default)]
    c: CProgram,
}

/// A dependency: a version, or a table.
#[derive(Deserialize)]
#[serde(untagged)]
enum Dependency {
    Version(#[expect(dead_code, reason = "tells it from a table")] String),
    Table {
        #[serde(default)]
        features: Vec<String>,
    },
}

impl Dependency {
    fn has_tree(&self) -> bool {
        matches!(self, Dependency::Table { features } if features.iter().any(|name| name == "tree"))
    }
}

/// A program in C.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct CProgram {
    /// Its sources; none: the package is no program in C.
    #[serde(default)]
    pub sources: Vec<PathBuf>,
    /// Whether it uses L4Re's C interface besides the C library.
    #[serde(default)]
    pub l4re: bool,
    /// Whether a warning of the compiler ends the build.
    #[serde(default)]
    pub deny_warnings: bool,
    /// Folders of packages of Rust, static libraries that it is linked with.
    #[serde(default)]
    pub rust: Vec<PathBuf>,
}

#[derive(Deserialize)]
struct ManifestPackage {
    name: String,
    #[serde(default)]
    metadata: ManifestMetadata,
}

#[derive(Default, Deserialize)]
struct ManifestMetadata {
    #[serde(default)]
    l4re: Metadata,
}

#[derive(Deserialize)]
struct ManifestBin {
    name: String,
}

/// Whether one of the crates' first files lacks `#![no_std]`.
fn needs_std(dir: &Path) -> bool {
    let below = |folder: &str| {
        let entries = fs::read_dir(dir.join(folder)).into_iter().flatten();
        entries.flatten().map(|entry| match entry.path() {
            path if path.is_dir() => path.join("main.rs"),
            path => path,
        })
    };
    let roots = ["src/main.rs", "src/lib.rs"].map(|file| dir.join(file));
    let without =
        |text: &str| !(text.lines()).any(|line| line.starts_with("#![") && line.contains("no_std"));
    (roots
        .into_iter()
        .chain(below("src/bin"))
        .chain(below("tests")))
    .filter(|file| file.extension().is_some_and(|ext| ext == "rs"))
    .filter_map(|file| fs::read_to_string(file).ok())
    .any(|text| without(&text))
}

/// Whether a folder holds a package, or a program in C.
pub fn has_manifest(dir: &Path) -> bool {
    [MANIFEST, C_MANIFEST]
        .iter()
        .any(|name| dir.join(name).is_file())
}

/// Names of the programs in `src/bin`, sorted.
fn programs_in(dir: &Path) -> Vec<String> {
    let entries = fs::read_dir(dir).into_iter().flatten().flatten();
    let mut names: Vec<String> = entries
        .map(|entry| entry.path())
        .filter(|path| {
            path.extension().is_some_and(|ext| ext == "rs") || path.join("main.rs").is_file()
        })
        .filter_map(|path| Some(path.file_stem()?.to_str()?.to_owned()))
        .collect();
    names.sort();
    names
}

fn unknown_example(name: &str, known: &[String]) -> String {
    let nearest = (known.iter())
        .map(|example| (strsim::jaro_winkler(name, example), example))
        .filter(|(likeness, _)| *likeness > 0.75)
        .max_by(|a, b| a.0.total_cmp(&b.0));
    let mut message = format!("there is no example `{name}`, and no file of that name");
    if let Some((_, example)) = nearest {
        message += &format!("; did you mean `{example}`?");
    }
    message += &format!("\n  examples: {}", known.join(", "));
    message
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_with_blanks_gets_a_folder_without() {
        assert!(is_plain("/home/ü/l4re-rs/target/xtask".as_ref()));
        for dir in [
            "/a b/target/xtask",
            "/a\tb",
            "/it's",
            "/a$b",
            "/a#b",
            "/a:b",
        ] {
            assert!(!is_plain(dir.as_ref()), "{dir}");
            let own = plain_dir_for(dir.as_ref()).unwrap();
            assert!(is_plain(&own) && own.is_dir(), "{}", own.display());
            assert_eq!(plain_dir_for(dir.as_ref()).unwrap(), own);
            fs::remove_dir(own).unwrap();
        }
    }

    #[test]
    fn a_package_of_one_program() {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir_all(dir.path().join("src/bin/b")).unwrap();
        for file in [
            "src/main.rs",
            "src/bin/a.rs",
            "src/bin/b/main.rs",
            "src/bin/notes.txt",
        ] {
            fs::write(dir.path().join(file), "").unwrap();
        }
        let text = "[package]\nname = 'hello'";
        let package = Package::parse(text, dir.path()).unwrap();
        assert_eq!(package.bins, ["hello", "a", "b"]);
        fs::remove_dir_all(dir.path().join("src/bin")).unwrap();
        let package = Package::parse(text, dir.path()).unwrap();
        assert_eq!(package.bins, ["hello"]);
        assert!(package.l4re.programs.is_empty());
    }

    #[test]
    fn a_package_of_two_programs_and_a_gate() {
        let text = r#"
            [package]
            name = "two"
            [[bin]]
            name = "server"
            [[bin]]
            name = "client"
            [package.metadata.l4re]
            gates = ["calc"]
            [[package.metadata.l4re.programs]]
            bin = "server"
            gates = { calc = "server" }
            [[package.metadata.l4re.programs]]
            bin = "client"
            gates = { calc = "client" }
            args = ["8", "5"]
            [[package.metadata.l4re.tests]]
            expect = ["8 - 5 = 3"]
        "#;
        let package = Package::parse(text, Path::new("/nowhere")).unwrap();
        assert_eq!(package.bins, ["server", "client"]);
        assert_eq!(package.l4re.programs[1].gates["calc"], GateRole::Client);
        assert_eq!(package.l4re.tests[0].status, 0);
        assert_eq!(package.l4re.programs[0].log, Log::Lines);
        let unknown = text.replace("gates = [\"calc\"]", "gates = []");
        assert!(Package::parse(&unknown, Path::new("/nowhere")).is_err());
    }

    #[test]
    fn a_program_with_devices() {
        let text = r#"
            [package]
            name = "rtc"
            [[package.metadata.l4re.programs]]
            bin = "rtc"
            log = "kernel"
            io-ports = ["0x70-0x71", "128"]
            irqs = [8]
        "#;
        let package = Package::parse(text, Path::new("/nowhere")).unwrap();
        let program = &package.l4re.programs[0];
        assert_eq!((program.log, &program.irqs[..]), (Log::Kernel, &[8][..]));
        assert_eq!(program.io_ports, [Ports(0x70, 0x71), Ports(128, 128)]);
        assert_eq!(program.io_ports[0].to_string(), "0x70-0x71");
        for wrong in ["0x71-0x70", "", "0x10000", "x"] {
            let text = text.replace("0x70-0x71", wrong);
            assert!(
                Package::parse(&text, Path::new("/nowhere")).is_err(),
                "{wrong}"
            );
        }
    }

    #[test]
    fn environment_variables() {
        let text = r#"
            [package]
            name = "p"
            [package.metadata.l4re.env]
            RUST_LOG = "debug"
            LEVEL = 3
            [[package.metadata.l4re.programs]]
            bin = "p"
            env = { QUIET = true }
        "#;
        let package = Package::parse(text, Path::new("/nowhere")).unwrap();
        assert_eq!(package.l4re.env["RUST_LOG"], Value("debug".to_owned()));
        assert_eq!(package.l4re.env["LEVEL"], Value("3".to_owned()));
        let own = &package.l4re.programs[0].env;
        assert_eq!(own["QUIET"], Value("true".to_owned()));
        for wrong in [
            "\"A=B\" = \"\"",
            "A = \"\\u0000\"",
            "A = \"x\\ny\"",
            "A = [1]",
        ] {
            let text = text.replace("LEVEL = 3", wrong);
            assert!(
                Package::parse(&text, Path::new("/nowhere")).is_err(),
                "{wrong}"
            );
        }
    }

    #[test]
    fn stack_sizes() {
        let text = "[package]\nname = 'p'\n[package.metadata.l4re]\nstack-size = '64M'";
        let size = |size: &str| {
            let text = text.replace("'64M'", size);
            let package = Package::parse(&text, Path::new("/nowhere"));
            package.ok().and_then(|package| package.l4re.stack_size)
        };
        assert_eq!(size("'64M'"), Some(StackSize(64 << 20)));
        assert_eq!(size("65536"), Some(StackSize(64 << 10)));
        for wrong in [
            "'63K'",
            "0",
            "-1",
            "'2G'",
            "'99999999999999G'",
            "''",
            "'M'",
            "'1m'",
        ] {
            assert_eq!(size(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_program_in_c() {
        let text = "[package]\nname = 'c'\n[c]\nsources = ['main.c']";
        let package = Package::parse(text, Path::new("/nowhere")).unwrap();
        assert_eq!(package.bins, ["c"]);
        assert_eq!(package.c.sources, [Path::new("/nowhere/main.c")]);
        assert!(!package.c.l4re && package.c.rust.is_empty());
    }

    #[test]
    fn the_target_specification_carries_its_link_script() {
        let ws = Workspace::locate().unwrap();
        let spec = fs::read(ws.target_spec()).unwrap();
        let spec: serde_json::Value = serde_json::from_slice(&spec).unwrap();
        let script = fs::read_to_string(ws.target_spec().with_extension("ld")).unwrap();
        assert_eq!(
            spec["link-script"], script,
            "copy the file's text into the specification's `link-script`"
        );
    }

    #[test]
    fn an_unknown_example_names_the_nearest_and_all() {
        let known = ["faulty".to_owned(), "hello".to_owned()];
        let message = unknown_example("helo", &known);
        assert!(message.contains("did you mean `hello`?"), "{message}");
        assert!(message.contains("faulty, hello"), "{message}");
        assert!(!unknown_example("zzz", &known).contains("did you mean"));
    }
}
