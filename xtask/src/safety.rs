//! Finds SAFETY comments that state no invariant and only refer to another comment or to the caller.

use std::fs;
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::workspace::Workspace;

/// How a SAFETY comment begins that only refers to another one.
const REFERENCES: [&str; 6] = [
    "as above",
    "as in ",
    "as for ",
    "as the ",
    "the same as",
    "see ",
];

/// The SAFETY comments without an invariant in the checkout's Rust files, as `file:line: text`.
///
/// # Errors
/// Git does not list the files, or one cannot be read.
pub fn without_invariant(ws: &Workspace) -> Result<Vec<String>> {
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
            lines_without_invariant(&text)
                .map(|(number, line)| format!("{name}:{number}: {}", line.trim())),
        );
    }
    Ok(found)
}

/// The lines of a file that begin a SAFETY comment without an invariant, counted from 1.
fn lines_without_invariant(text: &str) -> impl Iterator<Item = (usize, &str)> {
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
    fn a_comment_that_only_refers_to_another_is_found() {
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
        let lines: Vec<_> = lines_without_invariant(&text)
            .map(|(number, _)| number)
            .collect();
        assert_eq!(lines, [3, 5, 7]);
    }
}
