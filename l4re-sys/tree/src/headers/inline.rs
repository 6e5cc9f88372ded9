//! Asks inline functions, by a program that the C compiler makes of the headers.

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::Headers;
use crate::facts::{Constant, Number};
use crate::trouble::{Result, Trouble};

/// A folder that goes with its value.
struct Folder(PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        // What stays behind is in the system's folder for such files.
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// The values of expressions, each with the header to include.
pub(super) fn values(
    headers: &Headers,
    expressions: &[(String, String)],
) -> Result<BTreeMap<String, Constant>> {
    let folder = Folder(env::temp_dir().join(format!("l4re-inline-{}", std::process::id())));
    let dir = &folder.0;
    let wrong = |error| Trouble::file("write", dir, &error);
    fs::create_dir_all(dir).map_err(wrong)?;
    let mut found = BTreeMap::new();
    for (expression, header) in expressions {
        // One that the headers do not have any more is no reason to lose the others.
        if let Some(value) = value(headers, dir, expression, header).map_err(wrong)? {
            let constant = Constant {
                header: header.clone(),
                value: Number(value.into()),
            };
            found.insert(expression.clone(), constant);
        }
    }
    if found.is_empty() && !expressions.is_empty() {
        return Err(Trouble::new(
            "the C compiler makes no program of the headers' inline functions",
            "Install a C compiler (Debian: apt-get install gcc), or name it with CC.",
        )
        .looked_in([compiler()]));
    }
    Ok(found)
}

fn compiler() -> String {
    env::var("CC").unwrap_or_else(|_| "cc".to_owned())
}

/// One value; none if it does not compile.
fn value(
    headers: &Headers,
    dir: &Path,
    expression: &str,
    header: &str,
) -> std::io::Result<Option<u64>> {
    let (source, program) = (dir.join("probe.c"), dir.join("probe"));
    // A parts' header is included by the one that it is a part of.
    let text = format!(
        "#include <l4/sys/types.h>\n#include <l4/sys/utcb.h>\n#include <{header}>\n\
         int printf(const char *, ...);\n\
         int main(void) {{ printf(\"%llu\", (unsigned long long)({expression})); return 0; }}\n"
    );
    fs::write(&source, text)?;
    let made = Command::new(compiler())
        .args(["-O1", "-w", "-m64", "-std=gnu11"])
        .args(headers.arguments())
        .arg(&source)
        .arg("-o")
        .arg(&program)
        .stdin(Stdio::null())
        .output();
    if !made.is_ok_and(|made| made.status.success()) {
        return Ok(None);
    }
    let out = Command::new(&program).stdin(Stdio::null()).output()?;
    Ok(String::from_utf8_lossy(&out.stdout).parse().ok())
}
