//! `cargo xtask check-libc`: the `libc` module against headers of C, and against the crate that
//! the registry has.

mod released;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};
use object::{Object, ObjectSection, ObjectSymbol};
use uclibc_libc_patch::Probe;
use uclibc_libc_patch::own::{self, Exception};

use crate::setup;
use crate::status::{self, Failure};
use crate::uclibc;
use crate::workspace::Workspace;

/// Compares every constant, type and function; status 0 if all are as the headers say.
///
/// Without a tree the headers are those of this project's uClibc-ng, an older version: what it
/// lacks and what differs must be as `own` lists it.
pub fn run(ws: &Workspace, tree: Option<&Path>) -> Result<u8> {
    let headers = match tree {
        Some(tree) => Headers::of_tree(tree)?,
        None => Headers::own(ws)?,
    };
    let scratch = tempfile::tempdir()?;
    let mut probe = Probe::new();
    let all = probe.len();
    let mut lacking = match tree {
        Some(_) => Excuses::new(&own::FOREIGN),
        None => Excuses::new(&own::LACKING),
    };
    let mut different = match tree {
        Some(_) => Excuses::new(&[]),
        None => Excuses::new(&own::DIFFERENT),
    };
    let mut complaints = Vec::new();
    let table = loop {
        match compile(&headers, &probe, scratch.path())? {
            Ok(object) => break table_of(&object)?,
            Err(messages) => {
                let lines = wrong_lines(&messages);
                let named: Vec<_> = (lines.iter())
                    .filter_map(|(line, why)| {
                        let (name, what) = probe.line(*line)?;
                        Some((name, format!("{what}: {why}")))
                    })
                    .collect();
                // Else it is not about single things.
                if named.is_empty() {
                    bail!("the headers do not compile:\n{messages}");
                }
                for (name, complaint) in named {
                    if !lacking.covers(name) {
                        complaints.push(complaint);
                    }
                }
                let lines: Vec<usize> = lines.into_iter().map(|(line, _)| line).collect();
                probe = probe.without(&lines);
            }
        }
    };
    for difference in probe.differences(&table) {
        if !different.covers(&difference.name) {
            complaints.push(format!(
                "{}: {:#x}, the headers have {:#x}",
                difference.what, difference.ours, difference.theirs
            ));
        }
    }
    complaints.extend(lacking.unused());
    complaints.extend(different.unused());
    if tree.is_none() {
        complaints.extend(against_released(ws)?);
    }
    for complaint in &complaints {
        println!("{complaint}");
    }
    println!(
        "{} are not in these headers or declared otherwise, {} differ, as known",
        lacking.count, different.count
    );
    println!("{all} things compared, {} differences", complaints.len());
    Ok(if complaints.is_empty() {
        0
    } else {
        status::OTHER
    })
}

/// What the registry's crate has and the module lacks, or has otherwise without being known.
fn against_released(ws: &Workspace) -> Result<Vec<String>> {
    let found = released::compare(ws, &setup::ensure(ws)?)?;
    let mut known = Excuses::new(&own::RELEASED);
    let mut complaints = Vec::new();
    for (name, why) in &found.differences {
        if !known.covers(name) {
            complaints.push(format!("{name}, of libc {}: {why}", found.version));
        }
    }
    complaints.extend(known.unused());
    println!(
        "all {} names of libc {} are there, {} are not as in L4Re's headers, as known",
        found.names, found.version, known.count
    );
    Ok(complaints)
}

/// Exceptions, and which of them were met.
struct Excuses {
    list: &'static [Exception],
    met: Vec<String>,
    count: usize,
}

impl Excuses {
    fn new(list: &'static [Exception]) -> Excuses {
        Excuses {
            list,
            met: Vec::new(),
            count: 0,
        }
    }

    fn covers(&mut self, name: &str) -> bool {
        let covers = own::find(self.list, name).is_some();
        if covers {
            self.count += 1;
            self.met.push(name.to_owned());
        }
        covers
    }

    /// Names in the list that need not be there.
    fn unused(&self) -> Vec<String> {
        (self.list.iter())
            .flat_map(|exception| exception.names)
            .filter(|pattern| !self.met.iter().any(|name| own::fits(pattern, name)))
            .map(|pattern| format!("{pattern}: an exception, and is not met"))
            .collect()
    }
}

/// How the compiler finds the headers.
#[derive(Debug)]
struct Headers {
    flags: Vec<String>,
}

impl Headers {
    fn own(ws: &Workspace) -> Result<Headers> {
        let setup = setup::ensure(ws)?;
        let include = uclibc::ensure(ws, &setup)?.join("include");
        Ok(Headers {
            flags: vec![
                "-nostdinc".to_owned(),
                "-w".to_owned(),
                format!("-I{}", include.display()),
                "-isystem".to_owned(),
                compiler_headers()?,
            ],
        })
    }

    fn of_tree(tree: &Path) -> Result<Headers> {
        let include = std::path::absolute(tree)?.join("include");
        let libc = include.join("uclibc-ng");
        if !libc.join("pthread.h").is_file() {
            return Err(Failure::error(
                status::SETUP,
                format!(
                    "no headers of L4Re's uClibc: looked for {}/pthread.h\n  \
                     Name an L4Re build directory (the O= of its make), built with uClibc-ng",
                    libc.display()
                ),
            ));
        }
        let mut flags: Vec<String> = ["-nostdinc", "-DARCH_amd64", "-DL4API_l4f", "-w"]
            .map(str::to_owned)
            .to_vec();
        for folder in [include.join("amd64"), include.clone(), libc] {
            flags.push(format!("-I{}", folder.display()));
        }
        flags.extend(["-isystem".to_owned(), compiler_headers()?]);
        let settings = include.join("l4/bid_config.h");
        flags.extend(["-include".to_owned(), settings.display().to_string()]);
        Ok(Headers { flags })
    }
}

fn compiler_headers() -> Result<String> {
    let out = Command::new("cc")
        .arg("-print-file-name=include")
        .output()
        .context("cannot start cc, the C compiler")?;
    Ok(String::from_utf8(out.stdout)?.trim().to_owned())
}

/// The object file's bytes, or the compiler's messages.
fn compile(headers: &Headers, probe: &Probe, scratch: &Path) -> Result<Result<Vec<u8>, String>> {
    let (source, object): (PathBuf, PathBuf) = (scratch.join("probe.c"), scratch.join("probe.o"));
    fs::write(&source, probe.source())?;
    let out = Command::new("cc")
        .args(&headers.flags)
        .args(["-fmax-errors=0", "-fno-diagnostics-show-caret", "-c", "-o"])
        .args([&object, &source])
        .env("LC_ALL", "C")
        .stdin(Stdio::null())
        .output()
        .context("cannot start cc, the C compiler")?;
    if !out.status.success() {
        return Ok(Err(String::from_utf8_lossy(&out.stderr).into_owned()));
    }
    Ok(Ok(fs::read(object)?))
}

/// Lines of the probe with an error, and the error.
fn wrong_lines(messages: &str) -> Vec<(usize, String)> {
    let mut lines: Vec<(usize, String)> = (messages.lines())
        .filter_map(|message| {
            let rest = message.strip_prefix("probe:")?;
            let (line, rest) = rest.split_once(':')?;
            let (_, why) = rest.split_once("error: ")?;
            Some((line.parse().ok()?, why.to_owned()))
        })
        .collect();
    lines.dedup_by_key(|(line, _)| *line);
    lines
}

fn table_of(object: &[u8]) -> Result<Vec<u64>> {
    let file = object::File::parse(object)?;
    let symbol = file
        .symbol_by_name(Probe::TABLE)
        .context("the compiled probe has no table")?;
    let section = symbol
        .section_index()
        .context("the probe's table is in no section")?;
    let data = file
        .section_by_index(section)?
        .data_range(symbol.address(), symbol.size())?
        .context("the probe's table has no bytes")?;
    let (words, _) = data.as_chunks();
    Ok((words.iter())
        .map(|word| u64::from_le_bytes(*word))
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_are_told_by_line() {
        let messages = "probe:12:3: error: 'A' undeclared\nprobe:12:9: error: b\n\
                        /x/y.h:1: note: c\nprobe:70:1: error: d";
        assert_eq!(
            wrong_lines(messages),
            [(12, "'A' undeclared".to_owned()), (70, "d".to_owned())]
        );
    }

    #[test]
    fn a_folder_without_headers_is_told() {
        let empty = tempfile::tempdir().unwrap();
        let error = format!("{}", Headers::of_tree(empty.path()).unwrap_err());
        assert!(error.contains("uclibc-ng/pthread.h"), "{error}");
    }
}
