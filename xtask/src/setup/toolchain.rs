//! The compiler, with the sources of its standard library.
//!
//! In this order: the active toolchain if it has `rust-src`; Debian's `rustc-web`
//! with `rust-web-src` if both are there in the same version; then what can be
//! installed: `rust-src` by rustup, or Debian's pair.

use std::env;
use std::ffi::OsString;
use std::fmt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use super::{ENV_MARK, Missing};
use crate::workspace::Workspace;

/// The first compiler version that reads this project's target specification.
const OLDEST: (u32, u32) = (1, 95);
/// How long rustup may try to reach its server.
const RUSTUP_PATIENCE: Duration = Duration::from_secs(60);
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

    /// The version as `(major, minor)`.
    fn number(&self) -> (u32, u32) {
        let mut parts = self.field("release").split('.').map(str::parse);
        match (parts.next(), parts.next()) {
            (Some(Ok(major)), Some(Ok(minor))) => (major, minor),
            _ => (0, 0),
        }
    }
}

impl fmt::Display for Toolchain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (version, rustc) = (self.field("release"), self.rustc.display());
        write!(f, "rustc {version} with its library sources, {rustc}")
    }
}

/// The first usable toolchain.
pub fn find(ws: &Workspace) -> Result<Toolchain, Missing> {
    let mut looked = Vec::new();
    for rustc in candidates() {
        match inspect(ws, &rustc) {
            Ok(toolchain) => return Ok(toolchain),
            Err(reason) => looked.push(reason),
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
fn inspect(ws: &Workspace, rustc: &OsString) -> Result<Toolchain, String> {
    let name = Path::new(rustc).display();
    let sysroot = PathBuf::from(
        output(ws, rustc, &["--print", "sysroot"])
            .ok_or_else(|| format!("{name}: cannot be started"))?,
    );
    let version = output(ws, rustc, &["-vV"]).ok_or_else(|| format!("{name}: tells no version"))?;
    let toolchain = Toolchain {
        rustc: sysroot.join("bin/rustc"),
        version,
        library: sysroot.join("lib/rustlib/src/rust/library"),
    };
    if toolchain.number() < OLDEST {
        let (major, minor) = OLDEST;
        return Err(format!(
            "{name}: version {} is older than {major}.{minor}",
            toolchain.field("release")
        ));
    }
    if !toolchain.library.join("core/src/lib.rs").is_file() {
        return Err(format!(
            "{name}: no library sources in {}",
            toolchain.library.display()
        ));
    }
    if sysroot == Path::new("/usr") {
        debian_versions_match()?;
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

/// Lets rustup add `rust-src` if a toolchain is what is missing. True if that was done;
/// what is missing else tells that it was tried.
pub(super) fn try_rustup(ws: &Workspace, missing: &mut Missing) -> bool {
    if !missing.packages.contains(&"rustc-web") {
        return false;
    }
    if rustup_add(ws, "rust-src") && inspect(ws, &active_rustc()).is_ok() {
        return true;
    }
    missing
        .looked
        .push("rustup's server: `rustup component add rust-src` did not succeed".to_owned());
    false
}

/// Lets rustup add a component to the active toolchain, if it is one of rustup's.
pub(super) fn rustup_add(ws: &Workspace, component: &str) -> bool {
    if super::in_path("rustup").is_none() {
        return false;
    }
    let Some(sysroot) = output(ws, &active_rustc(), &["--print", "sysroot"]) else {
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
    let Ok(mut child) = child else { return false };
    let start = Instant::now();
    while start.elapsed() < RUSTUP_PATIENCE {
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
        assert_eq!(toolchain("1.96.0").number(), (1, 96));
        assert_eq!(toolchain("1.97.0-nightly").number(), (1, 97));
        assert_eq!(toolchain("x").number(), (0, 0));
    }
}
