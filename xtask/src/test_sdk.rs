//! The C SDK as a user has it: the documented command on a machine without a linker of its own,
//! both C libraries' headers, and programs of several sources.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};

use crate::sdk;
use crate::setup::Setup;
use crate::uclibc;
use crate::workspace::{Package, Workspace};

/// How the names of the cases begin.
pub const NAME: &str = "C SDK: ";

/// The name of a case, and why it failed, if it did.
type Verdict = (String, Option<String>);

/// All headers of the interface beside those of the C library that had the same names once.
const HEADERS: &str = "\
#include <signal.h>
#include <sys/time.h>
#include <l4/re/env.h>
#include <l4/sys/thread.h>
#include <l4/util/util.h>
static void handler(int number) { (void)number; }
int main(void)
{
  struct sigaction action = { .sa_handler = handler };
  struct itimerval timer = { .it_value = { .tv_sec = 1 } };
  return action.sa_handler != handler || timer.it_value.tv_sec != 1 || !l4re_env();
}
";

/// Tries all of it.
pub fn run(ws: &Workspace, setup: &Setup) -> Result<Vec<Verdict>> {
    let dir = tempfile::tempdir()?;
    let dir = dir.path();
    let sdk = dir.join("sdk");
    sdk::make(ws, setup, &sdk, false)?;
    let cases: [(&str, Result<()>); 3] = [
        (
            "a program is linked without a linker in PATH",
            linked(&sdk, dir),
        ),
        (
            "two sources of one name make two objects",
            one_name(ws, setup, dir),
        ),
        (
            "a warning of the compiler is none of the build's",
            warned(ws, setup, dir),
        ),
    ];
    Ok((cases.into_iter())
        .map(|(name, done)| {
            (
                format!("{NAME}{name}"),
                done.err().map(|e| format!("{e:#}")),
            )
        })
        .collect())
}

/// The command of docs/c.md, with a PATH that has the compiler and the assembler alone.
fn linked(sdk: &Path, dir: &Path) -> Result<()> {
    let path = dir.join("bin");
    fs::create_dir(&path)?;
    for tool in ["cc", "as"] {
        let found = std::env::var_os("PATH").and_then(|path| {
            (std::env::split_paths(&path))
                .map(|dir| dir.join(tool))
                .find(|file| file.exists())
        });
        symlink(
            found.with_context(|| format!("no {tool}"))?,
            path.join(tool),
        )?;
    }
    let source = dir.join("hello.c");
    fs::write(&source, HEADERS)?;
    for kind in ["", "-small"] {
        if kind == "-small" {
            let text = "#include <l4/re/env.h>\nint main(void) { return !l4re_env(); }\n";
            fs::write(&source, text)?;
        }
        let mut cc = Command::new(path.join("cc"));
        cc.env("PATH", &path)
            .arg(format!("@{}", sdk.join(format!("cflags{kind}")).display()))
            .args(["-Wall", "-Wextra", "-Werror", "-O2"])
            .arg(&source)
            .arg(format!("@{}", sdk.join(format!("libs{kind}")).display()))
            .arg("-o")
            .arg(dir.join("hello"));
        let out = cc.output().context("cannot start cc")?;
        anyhow::ensure!(
            out.status.success(),
            "cc @cflags{kind}: {}",
            String::from_utf8_lossy(&out.stderr)
        );
    }
    Ok(())
}

/// A package of C sources in a folder.
fn package(dir: &Path, name: &str, sources: &[(&str, &str)]) -> Result<Package> {
    let dir = dir.join(name);
    let mut list = Vec::new();
    for (file, text) in sources {
        let file_path = dir.join(file);
        fs::create_dir_all(file_path.parent().unwrap_or(&dir))?;
        fs::write(file_path, text)?;
        list.push(format!("{file:?}"));
    }
    let manifest = format!(
        "[package]\nname = {name:?}\n\n[c]\nsources = [{}]\n",
        list.join(", ")
    );
    fs::write(dir.join("program.toml"), manifest)?;
    Package::read(&dir)
}

fn one_name(ws: &Workspace, setup: &Setup, dir: &Path) -> Result<()> {
    let part = |name: &str| format!("int {name}(void);\nint {name}(void) {{ return 1; }}\n");
    let (one, two) = (part("one"), part("two"));
    let main = "int one(void), two(void);\nint main(void) { return one() + two() - 2; }\n";
    let sources = [
        ("a/part.c", one.as_str()),
        ("b/part.c", two.as_str()),
        ("main.c", main),
    ];
    let package = package(dir, "sdk-one-name", &sources)?;
    uclibc::program(ws, setup, &package).map(drop)
}

fn warned(ws: &Workspace, setup: &Setup, dir: &Path) -> Result<()> {
    let main = "int main(void) { int unused; return 0; }\n";
    let package = package(dir, "sdk-warned", &[("main.c", main)])?;
    uclibc::program(ws, setup, &package).map(drop)
}
