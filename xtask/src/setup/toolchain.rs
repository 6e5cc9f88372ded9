//! The compiler, with the sources of its standard library.
//!
//! In this order: the active toolchain if it is supported, to which rustup adds `rust-src` if it
//! lacks that; Debian's `rustc-web` with `rust-web-src` if both are there in the same version; then
//! Debian's pair is installed.

use std::env;
use std::ffi::OsString;
use std::fmt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use super::{ENV_MARK, Missing};
use crate::workspace::Workspace;

/// The oldest supported compiler: the workspace's `rust-version`.
pub const OLDEST: &str = env!("CARGO_PKG_RUST_VERSION");
/// How long rustup may take: for some three megabytes, or to find that there is no network.
const RUSTUP_PATIENCE: Duration = Duration::from_secs(300);
const DEBIAN_RUSTC: &str = "/usr/bin/rustc";

/// A compiler with the sources of its standard library.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Toolchain {
    /// The compiler itself, not a proxy.
    pub rustc: PathBuf,
    /// What `rustc -vV` prints.
    pub version: String,
    /// The folder with `core`, `alloc` and `std`.
    pub library: PathBuf,
}

impl Toolchain {
    /// The value that `-vV` gives for `key`.
    fn field(&self, key: &str) -> &str {
        (self.version.lines())
            .find_map(|line| line.strip_prefix(key)?.strip_prefix(": "))
            .unwrap_or("")
    }

    /// The version, as in `1.96.0`.
    pub fn release(&self) -> &str {
        self.field("release")
    }

    /// Whether unstable features are open in it.
    pub fn is_nightly(&self) -> bool {
        ["nightly", "dev"]
            .iter()
            .any(|channel| self.release().ends_with(channel))
    }

    /// The version as a number; an unreadable one is older than all.
    pub fn number(&self) -> Version {
        Version::of_release(self.release()).unwrap_or_default()
    }
}

/// Major and minor number of a compiler.
#[derive(Clone, Copy, Debug, Default, Hash, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version {
    major: u32,
    minor: u32,
}

impl Version {
    /// From `1.95`.
    pub fn parse(text: &str) -> Option<Version> {
        let (major, minor) = text.split_once('.')?;
        Some(Version {
            major: major.parse().ok()?,
            minor: minor.parse().ok()?,
        })
    }

    /// This version and the minor ones after it, up to another.
    pub fn up_to(self, last: Version) -> impl Iterator<Item = Version> {
        let minors = if self.major == last.major {
            self.minor..=last.minor
        } else {
            self.minor..=self.minor
        };
        minors.map(move |minor| Version { minor, ..self })
    }

    /// From a release's name: `1.95.0`, `1.101.0-nightly`.
    pub fn of_release(text: &str) -> Option<Version> {
        let mut parts = text.splitn(3, '.');
        Some(Version {
            major: parts.next()?.parse().ok()?,
            minor: parts.next()?.parse().ok()?,
        })
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

impl fmt::Display for Toolchain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (version, rustc) = (self.field("release"), self.rustc.display());
        write!(f, "rustc {version} with its library sources, {rustc}")
    }
}

/// Why a toolchain will not do.
#[derive(Debug, PartialEq, Eq)]
enum Unfit {
    /// It lacks the sources alone.
    NoSources(String),
    Other(String),
}

/// The first usable toolchain. What the user's own one lacks is added, if rustup manages it.
pub fn find(ws: &Workspace) -> Result<Toolchain, Missing> {
    let mut looked = Vec::new();
    for rustc in candidates() {
        let found = match inspect(ws, &rustc) {
            Err(Unfit::NoSources(_)) if rustup_add(ws, &rustc, "rust-src") => inspect(ws, &rustc),
            found => found,
        };
        match found {
            Ok(toolchain) => {
                // The user's own compiler would have been the first choice.
                for reason in looked {
                    eprintln!("setup: not     {reason}");
                }
                return Ok(toolchain);
            }
            Err(Unfit::NoSources(reason) | Unfit::Other(reason)) => looked.push(reason),
        }
    }
    Err(Missing {
        what: "a Rust compiler with the sources of its standard library (rust-src)",
        looked,
        packages: &["rustc-web", "rust-web-src"],
    })
}

fn candidates() -> Vec<OsString> {
    let mut candidates = vec![active_rustc()];
    if candidates[0] != DEBIAN_RUSTC {
        candidates.push(DEBIAN_RUSTC.into());
    }
    candidates
}

/// The user's compiler; `RUSTC` counts unless this tool has set it itself.
fn active_rustc() -> OsString {
    match env::var_os("RUSTC") {
        Some(rustc) if env::var_os(ENV_MARK).is_none() && !rustc.is_empty() => rustc,
        _ => "rustc".into(),
    }
}

/// A toolchain by its compiler, or why it will not do.
fn inspect(ws: &Workspace, rustc: &OsString) -> Result<Toolchain, Unfit> {
    let name = Path::new(rustc).display();
    let sysroot = PathBuf::from(
        output(ws, rustc, &["--print", "sysroot"])
            .ok_or_else(|| Unfit::Other(format!("{name}: cannot be started")))?,
    );
    let version = output(ws, rustc, &["-vV"])
        .ok_or_else(|| Unfit::Other(format!("{name}: tells no version")))?;
    let toolchain = Toolchain {
        rustc: sysroot.join("bin/rustc"),
        version,
        library: sysroot.join("lib/rustlib/src/rust/library"),
    };
    if Version::of_release(OLDEST).is_none_or(|oldest| toolchain.number() < oldest) {
        return Err(Unfit::Other(format!(
            "{name}: version {} is older than {OLDEST}",
            toolchain.release()
        )));
    }
    if !toolchain.library.join("core/src/lib.rs").is_file() {
        return Err(Unfit::NoSources(format!(
            "{name}: version {} has no library sources in {} (rust-src)",
            toolchain.release(),
            toolchain.library.display()
        )));
    }
    if sysroot == Path::new("/usr") {
        debian_versions_match().map_err(Unfit::Other)?;
    }
    Ok(toolchain)
}

/// Debian's compiler and sources are two packages, so they may differ.
fn debian_versions_match() -> Result<(), String> {
    let query = |package: &str| {
        let out = Command::new("dpkg-query")
            .args(["-W", "-f", "${Version}", package])
            .stderr(Stdio::null())
            .output();
        match out {
            Ok(out) if out.status.success() => String::from_utf8(out.stdout).ok(),
            _ => None,
        }
    };
    match (query("rustc-web"), query("rust-web-src")) {
        (Some(rustc), Some(source)) if rustc == source => Ok(()),
        // Debian's other pair; there the packages depend on one version.
        (None, None) => Ok(()),
        (rustc, source) => Err(format!(
            "{DEBIAN_RUSTC}: rustc-web is {}, rust-web-src is {}; they must be the same",
            rustc.as_deref().unwrap_or("not installed"),
            source.as_deref().unwrap_or("not installed")
        )),
    }
}

fn output(ws: &Workspace, program: &OsString, args: &[&str]) -> Option<String> {
    let out = Command::new(program)
        .args(args)
        .current_dir(&ws.root)
        .stderr(Stdio::null())
        .output()
        .ok()?;
    if !out.status.success() {
        return None;
    }
    Some(String::from_utf8(out.stdout).ok()?.trim_end().to_owned())
}

/// Lets rustup add a component to a compiler's toolchain, if it is one of rustup's; says so if that
/// fails.
pub(super) fn rustup_add(ws: &Workspace, rustc: &OsString, component: &str) -> bool {
    if super::in_path("rustup").is_none() {
        return false;
    }
    let Some(sysroot) = output(ws, rustc, &["--print", "sysroot"]) else {
        return false;
    };
    // rustup knows a toolchain by its folder's name; other compilers are none of its business.
    let sysroot = Path::new(&sysroot);
    let (Some(toolchain), Some("toolchains")) = (
        sysroot.file_name(),
        sysroot.parent().and_then(|dir| dir.file_name()?.to_str()),
    ) else {
        return false;
    };
    eprintln!(
        "setup: adding {component} to {} by rustup",
        toolchain.to_string_lossy()
    );
    let child = Command::new("rustup")
        .args(["component", "add", component, "--toolchain"])
        .arg(toolchain)
        .env("RUSTUP_MAX_RETRIES", "0")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    let added = child.is_ok_and(|child| ends_well(child, RUSTUP_PATIENCE));
    if !added {
        eprintln!(
            "setup: that did not succeed; by hand: rustup component add {component} --toolchain {}",
            toolchain.to_string_lossy()
        );
    }
    added
}

/// Whether a program ends within this time, and with success; past it the program is ended.
fn ends_well(mut child: Child, patience: Duration) -> bool {
    let start = Instant::now();
    while start.elapsed() < patience {
        match child.try_wait() {
            Ok(Some(status)) => return status.success(),
            Ok(None) => std::thread::sleep(Duration::from_millis(50)),
            _ => return false,
        }
    }
    // Past the patience nothing is lost by a failure to end it.
    let _ = child.kill();
    let _ = child.wait();
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    fn toolchain(release: &str) -> Toolchain {
        Toolchain {
            rustc: "/r/bin/rustc".into(),
            version: format!("rustc 1\nbinary: rustc\nrelease: {release}\nLLVM version: 1"),
            library: "/l".into(),
        }
    }

    #[test]
    fn versions_are_read() {
        let version = |major, minor| Version { major, minor };
        assert_eq!(toolchain("1.96.0").number(), version(1, 96));
        assert_eq!(toolchain("1.97.0-nightly").number(), version(1, 97));
        assert_eq!(toolchain("1.100.0-beta.7").number(), version(1, 100));
        assert_eq!(toolchain("x").number(), Version::default());
        assert!(version(1, 99) < version(1, 100));
        assert_eq!(Version::parse("1.95.0"), None);
    }
}
