//! Arguments for `unsafe` code that name no invariant: `// SAFETY: as above` and the like.

use std::fs;
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::workspace::Workspace;

/// Where an argument begins that only refers to another one.
const REFERENCES: [&str; 6] = [
    "as above",
    "as in ",
    "as for ",
    "as the ",
    "the same as",
    "see ",
];

/// Each comment of the checkout's Rust files that argues nothing, as `file:line: text`.
///
/// # Errors
/// Git does not list the files, or one cannot be read.
pub fn empty_arguments(ws: &Workspace) -> Result<Vec<String>> {
    let listed = Command::new("git")
        .current_dir(&ws.root)
        .args(["ls-files", "-z", "*.rs"])
        .output()
        .context("cannot start git")?;
    ensure!(
        listed.status.success(),
        "git does not list the files of {}: {}",
        ws.root.display(),
        String::from_utf8_lossy(&listed.stderr).trim()
    );
    let mut found = Vec::new();
    for name in String::from_utf8_lossy(&listed.stdout).split_terminator('\0') {
        let path = ws.root.join(name);
        // Removed, and not yet committed.
        if !path.exists() {
            continue;
        }
        let text =
            fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
        found.extend(
            empty_lines(&text).map(|(number, line)| format!("{name}:{number}: {}", line.trim())),
        );
    }
    Ok(found)
}

/// The lines of a file that begin an argument without an invariant, counted from 1.
fn empty_lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    (1..).zip(text.lines()).filter(|(_, line)| {
        line.trim_start()
            .strip_prefix("// SAFETY:")
            .is_some_and(|argument| {
                let argument = argument.trim_start().to_lowercase();
                REFERENCES.iter().any(|start| argument.starts_with(start))
                    || argument.contains("vouch")
            })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_argument_that_only_refers_to_another_is_found() {
        // Not spelled out, as this file is read, too.
        let text: String = [
            "the page is mapped for good (`init`).",
            "as above.",
            "As in `find`.",
            "the caller vouches for it.",
            "as many words are there (contract of this function).",
        ]
        .map(|argument| format!("\t// SAFETY: {argument}\nlet as_above = 1;\n"))
        .concat();
        let lines: Vec<_> = empty_lines(&text).map(|(number, _)| number).collect();
        assert_eq!(lines, [3, 5, 7]);
    }
}
