//! Building for the targets: cargo, with the settings that they need.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result};
use l4re_tree::tree::VARIABLE;
use serde::Deserialize;

use crate::libc;
use crate::sdk;
use crate::setup::{ENV_MARK, Setup};
use crate::status::{self, Failure};
use crate::sysroot::{self, compiler};
use crate::uclibc;
use crate::workspace::{BUILT_IN_TARGET, KERNEL_TARGET, Package, TARGET, Workspace};

/// The profile of kernel and root task: optimised, with line tables.
pub const SYSTEM_PROFILE: &str = "system";

/// How the user's programs are built.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Profile {
    /// For finding errors.
    Debug,
    /// For speed and size.
    Release,
}

impl Profile {
    /// `--release` or not.
    pub fn new(release: bool) -> Profile {
        if release {
            Profile::Release
        } else {
            Profile::Debug
        }
    }

    /// The name for cargo's `--profile`.
    fn name(self) -> &'static str {
        match self {
            Profile::Debug => "dev",
            Profile::Release => "release",
        }
    }

    /// The folder below the target's.
    fn folder(self) -> &'static str {
        match self {
            Profile::Debug => "debug",
            Profile::Release => "release",
        }
    }
}

/// The two programs that every boot of the embedded system needs.
#[derive(Clone, Debug)]
pub struct Embedded {
    /// The kernel's ELF file.
    pub kernel: PathBuf,
    /// The root task's.
    pub root_task: PathBuf,
}

/// The cargo that started this tool, or the one in `PATH`.
pub fn cargo_program() -> OsString {
    env::var_os("CARGO").unwrap_or_else(|| "cargo".into())
}

/// Runs cargo, and returns what it prints on its standard output; the other goes on to the user.
/// If it fails, `failure` tells what that means.
pub fn output_of(cargo: &mut Command, failure: String) -> Result<String> {
    let out = cargo
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .context("cannot start cargo")?;
    if !out.status.success() {
        return Err(Failure::error(status::BUILD, failure));
    }
    Ok(String::from_utf8_lossy(&out.stdout).into_owned())
}

/// The target of builds for this computer, whatever a user's `build.target` is.
pub const HOST: [&str; 2] = ["--target", "host-tuple"];

/// Cargo for this computer, by the user's own toolchain.
pub fn host_cargo(ws: &Workspace, verb: &str) -> Command {
    let mut cargo = Command::new(cargo_program());
    clear_cargo_env(&mut cargo);
    for name in ["RUSTUP_TOOLCHAIN", "RUSTC"] {
        // In a shell with the project's settings, the compiler is the target's.
        let own = name == "RUSTC" && env::var_os(ENV_MARK).is_some();
        if let Some(value) = env::var_os(name).filter(|_| !own) {
            cargo.env(name, value);
        }
    }
    cargo
        .arg(verb)
        .current_dir(&ws.root)
        .env("CARGO_TARGET_DIR", &ws.target_dir)
        .stdin(Stdio::null());
    cargo
}

/// Takes away what an outer cargo has set for this process alone.
pub fn clear_cargo_env(command: &mut Command) {
    for (name, _) in env::vars_os() {
        if let Some(text) = name.to_str()
            && (text.starts_with("CARGO_PKG_")
                || text.starts_with("CARGO_MANIFEST_")
                || text.starts_with("CARGO_UNSTABLE_")
                || [
                    "CARGO_ENCODED_RUSTFLAGS",
                    "CARGO_CRATE_NAME",
                    "CARGO_BIN_NAME",
                    "CARGO_PRIMARY_PACKAGE",
                    "CARGO_BUILD_TARGET",
                    "CARGO_BUILD_RUSTFLAGS",
                    "RUSTFLAGS",
                    "RUSTC",
                    "RUSTC_BOOTSTRAP",
                    "RUSTDOC",
                    "RUSTUP_TOOLCHAIN",
                ]
                .contains(&text))
        {
            command.env_remove(&name);
        }
    }
}

/// Settings in the environment that let any cargo build for the targets. Builds for this
/// computer stay what they are: the compiler is a script that looks for the target.
pub fn target_env(ws: &Workspace, setup: &Setup) -> Vec<(String, OsString)> {
    let sysroot = sysroot::dir(ws, setup);
    let linker = setup.linker.as_os_str();
    let mut settings = vec![
        ("RUSTC".to_owned(), compiler::rustc(ws, setup).into()),
        ("RUSTDOC".to_owned(), compiler::rustdoc(ws, setup).into()),
        (
            "RUST_TARGET_PATH".to_owned(),
            ws.root.join("targets").into(),
        ),
        (rustflags_key(KERNEL_TARGET), flags(&sysroot).into()),
    ];
    for target in [TARGET, BUILT_IN_TARGET, KERNEL_TARGET] {
        settings.push((target_key(target, "LINKER"), linker.to_owned()));
    }
    settings.extend(flag_settings(&unstable_flags(&sysroot), false));
    settings
}

/// The setting that lets a stable compiler take unstable features, for this project's own tests.
pub fn unlocked() -> (String, OsString) {
    ("RUSTC_BOOTSTRAP".to_owned(), "1".into())
}

/// The flags of programs, for cargo and for the script that is its compiler.
fn flag_settings(flags: &str, std: bool) -> [(String, OsString); 4] {
    [
        (rustflags_key(TARGET), flags.into()),
        (rustflags_key(BUILT_IN_TARGET), flags.into()),
        (compiler::FLAGS.to_owned(), flags.into()),
        (compiler::STD.to_owned(), if std { "1" } else { "" }.into()),
    ]
}

/// The same for programs with `std`, which is built if it must.
///
/// They are linked with the C library of `tree`, an L4Re build tree, or with this project's.
pub fn std_env(
    ws: &Workspace,
    setup: &Setup,
    tree: Option<&Path>,
) -> Result<Vec<(String, OsString)>> {
    let mut words = vec![unstable_flags(&sysroot::std::ensure(ws, setup)?)];
    words.extend(match tree {
        Some(tree) => libc::of_tree(tree, &uclibc::unwinder_object(ws, setup)?)?,
        None => libc::own(ws, setup)?,
    });
    if tree.is_none()
        && let Some(tools) = crate::setup::find_cxx()
    {
        let dir = crate::uclibc::cxx::ensure(ws, &tools)?;
        words.push(format!("-Lnative={}", dir.display()));
    }
    // Cargo does not look at changes to crates; other ones are another flag.
    let patches = sysroot::crates::all(&ws.root)?;
    let mark = sysroot::crates::fingerprint(&patches);
    words.push(format!("--check-cfg=cfg(l4re_patches_{mark})"));
    let of_std = flag_settings(&words.join(" "), true);
    let mut settings = target_env(ws, setup);
    settings.retain(|(name, _)| of_std.iter().all(|(other, _)| name != other));
    settings.extend(of_std);
    if tree.is_none() {
        settings.extend(c_env(ws, setup)?);
    }
    Ok(settings)
}

/// Settings for crates that compile C by the crate `cc`, which else takes this computer's headers.
fn c_env(ws: &Workspace, setup: &Setup) -> Result<Vec<(String, OsString)>> {
    let include = crate::uclibc::ensure(ws, setup)?.join("include");
    let tools = crate::setup::libc_tools()?;
    let flags = format!(
        "-m64 -fno-pic -fno-pie -fno-stack-protector -nostdinc -isystem {} -isystem {}",
        include.display(),
        tools.compiler_headers.display()
    );
    let cxx = cxx_flags(ws, &flags)?;
    let of = |target: &str| {
        let name = target.replace('-', "_");
        let cxx = (cxx.iter()).flat_map({
            let name = name.clone();
            move |flags| {
                [
                    (format!("CXX_{name}"), "c++".into()),
                    (format!("CXXFLAGS_{name}"), OsString::from(flags)),
                ]
            }
        });
        [
            (format!("CC_{name}"), "cc".into()),
            (format!("AR_{name}"), "ar".into()),
            (format!("CFLAGS_{name}"), OsString::from(&flags)),
        ]
        .into_iter()
        .chain(cxx)
    };
    Ok([TARGET, BUILT_IN_TARGET].into_iter().flat_map(of).collect())
}

/// The flags for C++, behind which those for C come: the C++ library's headers include the C
/// library's by their order. `None` without a C++ compiler.
fn cxx_flags(ws: &Workspace, of_c: &str) -> Result<Option<String>> {
    let Some(tools) = crate::setup::find_cxx() else {
        return Ok(None);
    };
    let ours = crate::uclibc::cxx::ensure(ws, &tools)?.join("include");
    let dirs = [&ours].into_iter().chain(&tools.headers);
    let dirs: String = dirs
        .map(|dir| format!("-isystem {} ", dir.display()))
        .collect();
    Ok(Some(dirs + of_c))
}

/// The settings that a package needs beyond those of every program.
fn settings_of(
    ws: &Workspace,
    setup: &Setup,
    package: &Package,
) -> Result<Vec<(String, OsString)>> {
    if package.l4re.cxx {
        crate::setup::cxx_tools()?;
    }
    let mut settings = match package.std {
        true => std_env(ws, setup, package.libc_of.as_deref())?,
        false => Vec::new(),
    };
    if package.tree {
        settings.push(tree_env(ws, setup, package.tree_of.as_deref())?);
    }
    if package.l4re.unstable {
        settings.push(unlocked());
    }
    Ok(settings)
}

/// The L4Re build tree for programs that call its C library: the one of the environment, or
/// this one, or else the C SDK, which is built if it must.
pub fn tree_env(ws: &Workspace, setup: &Setup, tree: Option<&Path>) -> Result<(String, OsString)> {
    crate::setup::headers()?;
    let named = env::var_os(VARIABLE).filter(|dir| !dir.is_empty());
    let dir = match (named, tree) {
        (Some(dir), _) => PathBuf::from(dir),
        (None, Some(tree)) => tree.to_owned(),
        (None, None) => {
            let dir = ws.own_dir().join("sdk");
            fs::create_dir_all(ws.own_dir())?;
            // Another command may be at it.
            let lock = fs::File::create(ws.own_dir().join("sdk.lock"))?;
            lock.lock()?;
            sdk::make(ws, setup, &dir, false)?;
            dir
        }
    };
    let dir = std::path::absolute(dir)?;
    Ok((VARIABLE.to_owned(), dir.into_os_string()))
}

fn flags(sysroot: &Path) -> String {
    format!("-Cforce-frame-pointers=yes --sysroot={}", sysroot.display())
}

/// The target's own specification is unstable, whatever the compiler's channel.
fn unstable_flags(sysroot: &Path) -> String {
    format!("-Zunstable-options {}", flags(sysroot))
}

/// A variable of the user's for programs. `run` gives it another name, or the host tool would
/// be built with it.
fn of_user(name: &str) -> Option<String> {
    ([format!("L4RE_RS_{name}"), name.to_owned()].iter())
        .find_map(|name| env::var(name).ok())
        .filter(|value| !value.trim().is_empty())
}

/// Adds flags for the compiler to those that a command has for a target.
pub fn add_flags(cargo: &mut Command, target: &str, flags: &str) {
    let key = rustflags_key(target);
    let old = (cargo.get_envs())
        .find_map(|(name, value)| value.filter(|_| name == key.as_str()))
        .unwrap_or_default();
    let mut all = old.to_owned();
    all.push(" ");
    all.push(flags);
    cargo.env(key, all);
}

fn rustflags_key(target: &str) -> String {
    target_key(target, "RUSTFLAGS")
}

/// The variable for one of cargo's settings of a target.
pub fn target_key(target: &str, setting: &str) -> String {
    let target = target.replace('-', "_").to_uppercase();
    format!("CARGO_TARGET_{target}_{setting}")
}

/// Cargo for one of the targets.
pub fn cargo(ws: &Workspace, setup: &Setup, verb: &str, target: &str) -> Command {
    let mut cargo = Command::new(cargo_program());
    clear_cargo_env(&mut cargo);
    cargo
        .arg(verb)
        .args(["--target", target])
        .current_dir(&ws.root)
        .envs(target_env(ws, setup))
        .env("CARGO_TARGET_DIR", &ws.target_dir)
        .stdin(Stdio::null());
    cargo
}

/// Says that something takes a while, if it was never built before.
fn announce(what: &str, result: &Path) {
    if !result.exists() {
        eprintln!("run: building {what}");
    }
}

fn succeed(mut cargo: Command, what: &str) -> Result<()> {
    let status = cargo
        .status()
        .with_context(|| format!("cannot start cargo to build {what}"))?;
    if status.success() {
        Ok(())
    } else {
        Err(Failure::error(
            status::BUILD,
            format!("{what} did not build"),
        ))
    }
}

/// Where cargo leaves the user's programs in a target directory.
pub fn program_folder(target_dir: &Path, profile: Profile) -> PathBuf {
    target_dir.join(TARGET).join(profile.folder())
}

/// Builds all programs of a package, and those of other examples that its system has; the result
/// is the folder they are in.
pub fn programs(
    ws: &Workspace,
    setup: &Setup,
    package: &Package,
    profile: Profile,
) -> Result<PathBuf> {
    let folder = own_programs(ws, setup, package, profile)?;
    for entry in &package.l4re.programs {
        if let Some(example) = &entry.example {
            let mut other = ws.example(example)?;
            other.libc_of.clone_from(&package.libc_of);
            other.tree_of.clone_from(&package.tree_of);
            let there = own_programs(ws, setup, &other, profile)?;
            // Cargo has one folder for all packages of a workspace.
            if there != folder {
                let (from, to) = (there.join(&entry.bin), folder.join(&entry.bin));
                fs::copy(&from, &to).with_context(|| format!("cannot copy {}", from.display()))?;
            }
        }
    }
    Ok(folder)
}

fn own_programs(
    ws: &Workspace,
    setup: &Setup,
    package: &Package,
    profile: Profile,
) -> Result<PathBuf> {
    if !package.c.sources.is_empty() {
        return crate::uclibc::program(ws, setup, package);
    }
    let (dir, target_dir) = ws.home_of(package)?;
    let folder = program_folder(&target_dir, profile);
    let mut cargo = cargo(ws, setup, "build", TARGET);
    cargo.envs(settings_of(ws, setup, package)?);
    if let Some(flags) = of_user("RUSTFLAGS") {
        add_flags(&mut cargo, TARGET, &flags);
    }
    if let Some(unlocked) = of_user("RUSTC_BOOTSTRAP") {
        cargo.env("RUSTC_BOOTSTRAP", unlocked);
    }
    cargo
        .current_dir(dir)
        .env("CARGO_TARGET_DIR", target_dir)
        .args(["--quiet", "--bins", "--package", &package.name])
        .args(["--profile", profile.name()]);
    if let Some(program) = package.bins.first() {
        announce(&package.name, &folder.join(program));
    }
    succeed(cargo, &package.name)?;
    Ok(folder)
}

/// Builds a package of this workspace that is a static library; the result is its file.
pub fn static_library(
    ws: &Workspace,
    setup: &Setup,
    package: &str,
    library: &str,
    profile: Profile,
) -> Result<PathBuf> {
    let file = program_folder(&ws.target_dir, profile).join(format!("lib{library}.a"));
    let mut cargo = cargo(ws, setup, "build", TARGET);
    cargo
        .args(["--quiet", "--package", package])
        .args(["--profile", profile.name()]);
    announce(package, &file);
    succeed(cargo, package)?;
    Ok(file)
}

/// The profile of the kernel that checks its own state: its feature `checks`.
const CHECKED_PROFILE: &str = "checked";
/// The profile of the kernel that tells how long it kept interrupts off: its feature `stays`.
const TIMED_PROFILE: &str = "timed";

/// How the embedded kernel is built.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Build {
    /// As it is shipped.
    #[default]
    Plain,
    /// It checks its own state after every system call, and stops at what it finds.
    Checked,
    /// It tells at its end how long it kept interrupts off at most.
    Timed,
}

impl Build {
    /// The kernel's profile and its feature.
    fn profile(self) -> (&'static str, Option<&'static str>) {
        match self {
            Build::Plain => (SYSTEM_PROFILE, None),
            Build::Checked => (CHECKED_PROFILE, Some("checks")),
            Build::Timed => (TIMED_PROFILE, Some("stays")),
        }
    }
}

/// Builds the kernel, in this way, and the root task, at the same time.
pub fn embedded(ws: &Workspace, setup: &Setup, kernel: Build) -> Result<Embedded> {
    let build = |package: &'static str, target: &'static str, way: Build| {
        let (profile, feature) = way.profile();
        let mut cargo = cargo(ws, setup, "build", target);
        cargo
            .args(["--quiet", "--bin", package, "--package", package])
            .args(["--profile", profile]);
        if let Some(feature) = feature {
            cargo.args(["--features", feature]);
        }
        let result = ws.target_dir.join(target).join(profile).join(package);
        announce(package, &result);
        succeed(cargo, package)?;
        Ok::<_, anyhow::Error>(result)
    };
    let (kernel, root_task) = std::thread::scope(|scope| {
        let kernel = scope.spawn(|| build("kernel", KERNEL_TARGET, kernel));
        let root_task = build("root-task", TARGET, Build::Plain);
        (kernel.join(), root_task)
    });
    let kernel =
        kernel.map_err(|_| anyhow::anyhow!("the thread that built the kernel panicked"))?;
    Ok(Embedded {
        kernel: kernel?,
        root_task: root_task?,
    })
}

/// Builds a test package; the result is its test programs by name.
pub fn test_programs(
    ws: &Workspace,
    setup: &Setup,
    package: &Package,
) -> Result<Vec<(String, PathBuf)>> {
    if !package.c.sources.is_empty() {
        let folder = crate::uclibc::program(ws, setup, package)?;
        return Ok(vec![(package.name.clone(), folder.join(&package.name))]);
    }
    let mut cargo = cargo(ws, setup, "test", TARGET);
    cargo.envs(settings_of(ws, setup, package)?);
    let package = &package.name;
    cargo
        .args(["--quiet", "--no-run", "--package", package])
        .args(["--message-format", "json-render-diagnostics"]);
    let messages = output_of(&mut cargo, format!("{package} did not build"))?;
    Ok(executables(&messages))
}

/// Builds test programs of a package that is not the workspace's.
pub fn outside_tests(
    ws: &Workspace,
    setup: &Setup,
    package: &Package,
    tests: &[&str],
) -> Result<Vec<(String, PathBuf)>> {
    let mut cargo = cargo(ws, setup, "test", TARGET);
    cargo
        .envs(std_env(ws, setup, package.libc_of.as_deref())?)
        .envs([unlocked()])
        .current_dir(&package.dir)
        .env("CARGO_TARGET_DIR", package.dir.join("target"))
        .args(["--quiet", "--no-run"])
        .args(["--message-format", "json-render-diagnostics"])
        .args(tests.iter().flat_map(|test| ["--test", test]));
    let failure = format!("{} did not build", tests.join(", "));
    Ok(executables(&output_of(&mut cargo, failure)?))
}

#[derive(Deserialize)]
struct Artifact {
    target: ArtifactTarget,
    executable: Option<PathBuf>,
}

#[derive(Deserialize)]
struct ArtifactTarget {
    name: String,
}

fn executables(messages: &str) -> Vec<(String, PathBuf)> {
    (messages.lines())
        .filter(|line| line.contains("\"compiler-artifact\""))
        .filter_map(|line| serde_json::from_str::<Artifact>(line).ok())
        .filter_map(|artifact| Some((artifact.target.name, artifact.executable?)))
        .collect()
}

/// Prints the command line by which rustc calls the linker for a program.
pub fn link_line(ws: &Workspace, program: &str, release: bool) -> Result<u8> {
    let setup = crate::setup::ensure(ws)?;
    sysroot::ensure(ws, &setup)?;
    let package = package_of(ws, program)?;
    let mut cargo = cargo(ws, &setup, "rustc", TARGET);
    cargo
        .envs(settings_of(ws, &setup, &package)?)
        .args(["--quiet", "--package", &package.name, "--bin", program])
        .args(["--profile", Profile::new(release).name()])
        .args(["--", "--print", "link-args"]);
    // An up-to-date program is not linked again; a setting that changes nothing makes it so.
    let nonce = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)?
        .as_nanos();
    cargo.arg(format!("--cfg=link_line_{nonce}"));
    for line in output_of(&mut cargo, format!("{program} did not build"))?.lines() {
        println!("{}", without_settings(line));
    }
    Ok(0)
}

/// A shell command without the settings of its environment (`NAME="value" …`) before it.
fn without_settings(line: &str) -> &str {
    let mut rest = line;
    loop {
        let name = rest
            .find(|c: char| !c.is_ascii_alphanumeric() && c != '_')
            .unwrap_or(0);
        let value = rest[name..].strip_prefix("=\"");
        match value.and_then(|value| value.split_once("\" ")) {
            Some((_, behind)) if name > 0 => rest = behind,
            _ => return rest,
        }
    }
}

/// The package that a program belongs to: an example, or the root task.
fn package_of(ws: &Workspace, program: &str) -> Result<Package> {
    for example in ws.examples()? {
        let package = Package::read(&ws.root.join("examples").join(&example))?;
        if package.bins.iter().any(|bin| bin == program) {
            return Ok(package);
        }
    }
    if program == "root-task" {
        return Package::read(&ws.root.join("root-task"));
    }
    ws.example(program)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_told_from_its_settings() {
        let line = "LC_ALL=\"C\" PATH=\"/a b:/c\" \"/bin/ld\" \"-o\" \"x=\"";
        assert_eq!(without_settings(line), "\"/bin/ld\" \"-o\" \"x=\"");
        assert_eq!(without_settings("ld -o x"), "ld -o x");
        assert_eq!(without_settings(""), "");
    }

    #[test]
    fn executables_are_read_from_cargo_messages() {
        let messages = concat!(
            r#"{"reason":"compiler-artifact","target":{"name":"lib"},"executable":null}"#,
            "\n",
            r#"{"reason":"compiler-artifact","target":{"name":"ipc"},"executable":"/t/ipc-1"}"#,
            "\n",
            r#"{"reason":"build-finished","success":true}"#,
        );
        assert_eq!(
            executables(messages),
            [("ipc".to_owned(), PathBuf::from("/t/ipc-1"))]
        );
    }
}
