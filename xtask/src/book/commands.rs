//! The commands of a page: run one after the other, as a reader would, in one shell.
//!
//! * A block ```` ```console ```` holds commands (`$ …`, which go on where a line ends in `\`) and
//!   below each what it prints. `…` on a line of its own stands for any lines, within a line for
//!   any text. What comes before the first line due is left out; so is what comes behind the
//!   last, if a `…` follows it. Lines of two programs may come in another order.
//! * `status=N` is the exit status of the block's last command; of all others, 0 is due.
//! * `needs=NAME` leaves the block out unless the variable is set.
//! * Any block with `file=PATH` is a file: it is written where it stands on the page.
//!
//! A shell begins in the project's folder. `~/` is a folder of its own for each page, and
//! `target/` cargo's target directory.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result};

use super::page::{Block, Page};
use crate::build;
use crate::line;
use crate::workspace::Workspace;

/// A page's commands together run no longer than this many seconds.
const PATIENCE: &str = "1800";
/// Begins the lines that part the output of one command from the next one's.
const MARK: &str = "\u{1}xtask book ";

/// A command and what is due of it.
#[derive(Debug, Default, PartialEq, Eq)]
struct Step {
    line: usize,
    command: String,
    status: u8,
    output: Vec<String>,
}

/// Runs a page's commands: each by its name, with what is wrong.
pub fn check(ws: &Workspace, page: &Page) -> Result<Vec<(String, Option<String>)>> {
    let home = ws.own_dir().join("book-home");
    if home.exists() {
        fs::remove_dir_all(&home).with_context(|| format!("cannot remove {}", home.display()))?;
    }
    fs::create_dir_all(&home).with_context(|| format!("cannot make {}", home.display()))?;
    let places = [
        ("~/", format!("{}/", home.display())),
        (" target/", format!(" {}/", ws.target_dir.display())),
        ("@target/", format!("@{}/", ws.target_dir.display())),
    ];
    let place = |text: &str| {
        let mut text = text.to_owned();
        for (from, to) in &places {
            text = text.replace(from, to);
        }
        text
    };
    let mut script = String::new();
    let mut steps = Vec::new();
    let mut skipped = Vec::new();
    for block in &page.blocks {
        if let Some(path) = block.attribute("file") {
            let path = place(path);
            script += &format!("cat >{} <<'end of file'\n", shlex::try_quote(&path)?);
            script += &block.text;
            script += "end of file\n";
        }
        if block.language != "console" {
            continue;
        }
        if let Some(name) = block.attribute("needs")
            && std::env::var_os(name).is_none_or(|value| value.is_empty())
        {
            skipped.push(format!(
                "{}:{}: skipped: {name} is not set",
                page.name, block.line
            ));
            continue;
        }
        for step in read_steps(block) {
            // The mark tells where the output ends, and the status.
            script += &format!(
                "{{ {}\n}} </dev/null\nprintf '\\n{MARK}%s\\n' \"$?\"\n",
                place(&step.command)
            );
            steps.push(step);
        }
    }
    for line in skipped {
        println!("        {line}");
    }
    if steps.is_empty() {
        return Ok(Vec::new());
    }
    let output = run(ws, &home, &script)?;
    let mut rest = output.as_str();
    let mut results = Vec::new();
    for step in steps {
        let name = format!("{}:{}: {}", page.name, step.line, first_line(&step.command));
        let Some((text, behind)) = rest.split_once(MARK) else {
            results.push((
                name,
                Some(format!("it was not reached, or did not end:\n{rest}")),
            ));
            rest = "";
            continue;
        };
        let (status, behind) = behind.split_once('\n').unwrap_or((behind, ""));
        rest = behind;
        results.push((name, fault(&step, status, text)));
    }
    Ok(results)
}

fn first_line(command: &str) -> &str {
    command.lines().next().unwrap_or(command)
}

/// Runs a script of the shell; the result is what it prints.
fn run(ws: &Workspace, home: &Path, script: &str) -> Result<String> {
    let file = home.with_extension("sh");
    fs::write(&file, format!("exec 2>&1\n{script}"))
        .with_context(|| format!("cannot write {}", file.display()))?;
    let mut shell = Command::new("timeout");
    build::clear_cargo_env(&mut shell);
    let out = shell
        .args([PATIENCE, "bash", "--noprofile", "--norc"])
        .arg(&file)
        .current_dir(&ws.root)
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .context("cannot start `timeout` and `bash`, which run the commands of a page")?;
    Ok(String::from_utf8_lossy(&out.stdout).into_owned())
}

/// The commands of a block, and what is due of each.
fn read_steps(block: &Block) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    let mut goes_on = false;
    for (number, line) in block.text.lines().enumerate() {
        if goes_on && let Some(step) = steps.last_mut() {
            step.command += "\n";
            step.command += line;
        } else if let Some(command) = line.strip_prefix("$ ") {
            steps.push(Step {
                line: block.line + number,
                command: command.to_owned(),
                ..Step::default()
            });
        } else if let Some(step) = steps.last_mut() {
            step.output.push(line.trim_end().to_owned());
            continue;
        } else {
            continue;
        }
        goes_on = line.ends_with('\\');
    }
    if let (Some(last), Some(status)) = (steps.last_mut(), block.attribute("status")) {
        last.status = status.parse().unwrap_or(u8::MAX);
    }
    steps
}

/// What is wrong with how a command ended.
fn fault(step: &Step, status: &str, output: &str) -> Option<String> {
    let lines: Vec<&str> = output.trim_end().lines().map(str::trim_end).collect();
    let tell = |what: String| {
        let tail = &lines[lines.len().saturating_sub(40)..];
        Some(format!("{what}; it printed:\n{}", tail.join("\n")))
    };
    if status != step.status.to_string() {
        return tell(format!("status {} is due, got {status}", step.status));
    }
    let mut due: Vec<&str> = step.output.iter().map(String::as_str).collect();
    while due.last().is_some_and(|line| line.is_empty()) {
        due.pop();
    }
    if due.is_empty() {
        return None;
    }
    if sources_match(&due, &lines) {
        None
    } else {
        tell(format!("what is due did not come:\n{}\n", due.join("\n")))
    }
}

const ANY: &str = "…";

/// Whether what is due of each program is there, in order.
fn sources_match(due: &[&str], lines: &[&str]) -> bool {
    let sources: BTreeSet<&str> = (due.iter())
        .filter(|line| line.trim() != ANY)
        .map(|line| line::source(line))
        .collect();
    sources.iter().all(|&source| {
        let of = |line: &&&str| line.trim() == ANY || line::source(line) == source;
        let due: Vec<&str> = due.iter().filter(of).copied().collect();
        let lines: Vec<&str> = lines.iter().filter(of).copied().collect();
        (0..=lines.len()).any(|from| lines_match(&due, &lines[from..]))
    })
}

/// Whether `lines` are all that is due, in order.
fn lines_match(due: &[&str], lines: &[&str]) -> bool {
    match due.split_first() {
        None => lines.is_empty(),
        Some((&first, rest)) if first.trim() == ANY => {
            (0..=lines.len()).any(|from| lines_match(rest, &lines[from..]))
        }
        Some((first, rest)) => lines
            .split_first()
            .is_some_and(|(line, others)| line_matches(first, line) && lines_match(rest, others)),
    }
}

/// Whether a line is what is due, where `…` is any text.
fn line_matches(due: &str, line: &str) -> bool {
    let mut parts = due.split(ANY);
    let Some(mut rest) = line.strip_prefix(parts.next().unwrap_or_default()) else {
        return false;
    };
    let parts: Vec<&str> = parts.collect();
    let Some((last, middle)) = parts.split_last() else {
        return rest.is_empty();
    };
    for part in middle {
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block(text: &str) -> Block {
        super::Page::new("p", &format!("```console,status=3\n{text}\n```\n"))
            .blocks
            .remove(0)
    }

    #[test]
    fn a_block_is_commands_and_what_they_print() {
        let steps = read_steps(&block("$ a \\\n    b\none\n\n$ c"));
        assert_eq!(steps.len(), 2);
        assert_eq!(steps[0].command, "a \\\n    b");
        assert_eq!(steps[0].output, ["one", ""]);
        assert_eq!((steps[0].status, steps[0].line), (0, 2));
        assert_eq!((steps[1].status, steps[1].line), (3, 6));
    }

    #[test]
    fn output_is_held_to_what_is_due() {
        let ok = |due: &str, output: &str| {
            let step = &read_steps(&block(&format!("$ x\n{due}")))[0];
            fault(step, "3", output).is_none()
        };
        assert!(ok("", "anything"));
        assert!(ok("a\nb", "noise\na\nb\n"));
        assert!(!ok("a\nb", "a\nx\nb\n"));
        assert!(!ok("a\nb", "a\nb\nmore\n"));
        assert!(ok("a\n…\nb\n…", "a\nx\ny\nb\nmore\n"));
        assert!(ok("took … ms at 0x…", "took 12 ms at 0x33"));
        assert!(!ok("took … ms", "took 12 s"));
        assert!(!ok("a", ""));
        assert!(ok("p | a\n[root] q: b", "[root] q: b\np | a"));
        assert!(!ok("p | a\np | b", "p | b\np | a"));
    }

    #[test]
    fn the_status_is_held_to_what_is_due() {
        let step = &read_steps(&block("$ x"))[0];
        assert!(fault(step, "3", "").is_none());
        assert!(fault(step, "0", "").is_some());
    }
}
