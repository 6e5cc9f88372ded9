//! What the build of `l4re-sys` with feature `tree` says when it cannot be: each message, as a
//! user gets it from cargo.

use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result};
use l4re_tree::tree::VARIABLE;

use crate::build;
use crate::sdk;
use crate::setup::Setup;
use crate::workspace::{TARGET, Workspace};

/// One build: its settings, and what must come of it.
struct Case {
    name: &'static str,
    /// The value of `L4RE_BUILDDIR`; without, it is not set.
    tree: Option<PathBuf>,
    /// One more variable.
    setting: Option<(&'static str, OsString)>,
    builds: bool,
    /// What cargo must print.
    due: &'static [&'static str],
}

/// The name of a case, and why it failed, if it did.
pub type Verdict = (String, Option<String>);

/// How the names of the cases begin.
pub const NAME: &str = "feature tree: ";

/// Tries all of it.
pub fn run(ws: &Workspace, setup: &Setup) -> Result<Vec<Verdict>> {
    let sdk = PathBuf::from(build::tree_env(ws, setup, None)?.1);
    let dir = tempfile::tempdir()?;
    let bindings = (format!("{NAME}bindings say what C does"), bindings(ws)?);
    (cases(dir.path(), &sdk)?.into_iter())
        .map(|case| Ok((format!("{NAME}{}", case.name), attempt(ws, setup, &case)?)))
        .chain([Ok(bindings)])
        .collect()
}

/// The test of the bindings, which needs libclang.
fn bindings(ws: &Workspace) -> Result<Option<String>> {
    let mut cargo = Command::new(build::cargo_program());
    build::clear_cargo_env(&mut cargo);
    cargo
        .args(["test", "--quiet", "--package", "l4re-tree"])
        .args(["--features", "bindings", "--test", "bindings"])
        .current_dir(&ws.root)
        .stdin(Stdio::null());
    let out = cargo.output().context("cannot start cargo")?;
    let text = String::from_utf8_lossy(&out.stdout) + String::from_utf8_lossy(&out.stderr);
    Ok((!out.status.success()).then(|| text.into_owned()))
}

/// The cases; `sdk` is a tree with which the build succeeds.
fn cases(dir: &Path, sdk: &Path) -> Result<Vec<Case>> {
    let arm = tree(&dir.join("arm"), "arm64")?;
    let half = tree(&dir.join("half"), "amd64")?;
    let change = |name, header, old, new| changed(&dir.join(name), sdk, header, old, new);
    let (irq, no_irq) = ("L4_PROTO_IRQ = -1,", "L4_PROTO_IRQ = -3,");
    let other = change("other", "types.h", irq, no_irq)?;
    let (zero, no_zero) = ("((l4_timeout_s){0x400})", "((l4_timeout_s){0x800})");
    let timeout = change("timeout", "__timeout.h", zero, no_zero)?;
    let empty = dir.join("empty");
    fs::create_dir(&empty)?;
    let case = |name, tree, due| Case {
        name,
        tree,
        setting: None,
        builds: false,
        due,
    };
    Ok(vec![
        case(
            "no tree is named",
            None,
            &[
                "the variable L4RE_BUILDDIR is not set",
                "export L4RE_BUILDDIR=/path/to/l4/build",
            ],
        ),
        case(
            "there is no tree",
            Some(dir.join("nowhere")),
            &["there is no L4Re build tree at", "the one of `make O=…`"],
        ),
        case(
            "no tree is there",
            Some(empty.clone()),
            &["is not an L4Re build tree; looked for:", ".kconfig"],
        ),
        case(
            "another architecture",
            Some(arm),
            &["is for arm64; the programs made here are for amd64"],
        ),
        case(
            "half a tree",
            Some(half),
            &[
                "is not built to the end: the C library is missing",
                "/libc.a",
                "Build it: make O=",
            ],
        ),
        Case {
            setting: Some(("LIBCLANG_PATH", empty.into())),
            ..case(
                "no libclang",
                Some(sdk.to_path_buf()),
                &[
                    "libclang, which reads the C headers, is missing",
                    "LIBCLANG_PATH=",
                    "apt-get install libclang-dev",
                ],
            )
        },
        case(
            "another interface",
            Some(other.clone()),
            &[
                "L4_PROTO_IRQ (l4/sys/types.h): the value is -3; l4re_sys::proto::IRQ has -1",
                "L4RE_ABI_CHECK=warn",
            ],
        ),
        Case {
            setting: Some(("L4RE_ABI_CHECK", "warn".into())),
            builds: true,
            ..case(
                "another interface, all the same",
                Some(other),
                &[
                    "warning: l4re-sys",
                    "the value is -3; l4re_sys::proto::IRQ has -1",
                ],
            )
        },
        case(
            "another value of a macro that bindgen leaves out",
            Some(timeout),
            &["L4_IPC_TIMEOUT_0 is not 0x400, which l4re-sys has"],
        ),
        Case {
            setting: Some(("L4RE_PACKAGES", "libnowhere".into())),
            ..case(
                "a package that there is not",
                Some(sdk.to_path_buf()),
                &["has no package libnowhere", "pc/libnowhere.pc"],
            )
        },
    ])
}

/// A tree that has got as far as its first header.
fn tree(dir: &Path, arch: &str) -> Result<PathBuf> {
    let headers = dir.join("include/l4/sys");
    fs::create_dir_all(&headers)?;
    fs::write(headers.join("types.h"), "")?;
    fs::write(
        dir.join(".kconfig"),
        format!("CONFIG_BUILD_ARCH=\"{arch}\"\n"),
    )?;
    Ok(dir.to_owned())
}

/// The SDK with one change in a header.
fn changed(dir: &Path, sdk: &Path, header: &str, old: &str, new: &str) -> Result<PathBuf> {
    sdk::copy_folder(&sdk.join("include"), &dir.join("include"))?;
    for name in ["lib", "libc", "pc"] {
        symlink(sdk.join(name), dir.join(name))?;
    }
    let header = dir.join("include/l4/sys").join(header);
    let text = fs::read_to_string(&header)?;
    anyhow::ensure!(text.contains(old), "{} lacks {old}", header.display());
    fs::write(&header, text.replace(old, new))?;
    Ok(dir.to_owned())
}

/// Why a case fails, if it does.
fn attempt(ws: &Workspace, setup: &Setup, case: &Case) -> Result<Option<String>> {
    let mut cargo = build::cargo(ws, setup, "check", TARGET);
    cargo.args(["--package", "l4re-sys", "--features", "tree"]);
    for variable in [VARIABLE, "L4RE_ABI_CHECK", "L4RE_PACKAGES"] {
        cargo.env_remove(variable);
    }
    cargo.envs(case.tree.iter().map(|tree| (VARIABLE, tree)));
    cargo.envs(case.setting.iter().map(|(name, value)| (name, value)));
    let out = (cargo.stdout(Stdio::null()).output()).context("cannot start cargo")?;
    let text = String::from_utf8_lossy(&out.stderr);
    if out.status.success() != case.builds {
        let what = if case.builds { "failed" } else { "succeeded" };
        return Ok(Some(format!("the build {what}:\n{text}")));
    }
    let missing = case.due.iter().find(|due| !text.contains(*due));
    Ok(missing.map(|due| format!("the output lacks {due:?}:\n{text}")))
}
