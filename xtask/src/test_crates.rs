//! `cargo xtask test-crates`: programs that let well-known crates do their work, in QEMU.
//!
//! They are the programs of `tests/crates`, a package of its own with a lock file of its own. Its
//! manifest tells which need a server of files or somebody who types, and which cannot do their
//! work here, with the reason. The table in docs/std.md is held to it by a test.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use serde::Deserialize;

use crate::boot::Ground;
use crate::build::{self, Profile};
use crate::cli::{MachineArgs, TestCratesArgs};
use crate::console::{End, Watch};
use crate::run;
use crate::setup::{self, Setup};
use crate::status;
use crate::sysroot;
use crate::system::System;
use crate::test_std::files_beside;
use crate::workspace::{TARGET, Typing, Workspace};

/// Where the package is, below the workspace.
const FOLDER: &str = "tests/crates";
/// What the programs' names begin with.
const PREFIX: &str = "crates-";
/// For each of the programs, emulated on a slow computer.
const PATIENCE: Duration = Duration::from_secs(300);
/// The programs are not optimised, and some are large.
const MEMORY: u64 = 512 << 20;
/// The last line of a program that has done its work.
const DONE: &str = "| ok";

/// What the package's manifest says.
#[derive(Debug, Deserialize)]
pub struct Manifest {
    package: ManifestPackage,
    bin: Vec<Bin>,
    features: BTreeMap<String, Vec<String>>,
    dependencies: BTreeMap<String, Dependency>,
}

#[derive(Debug, Deserialize)]
struct ManifestPackage {
    metadata: Metadata,
}

#[derive(Debug, Deserialize)]
struct Metadata {
    crates: Crates,
}

/// `[package.metadata.crates]`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Crates {
    /// Those that `cargo xtask test` has.
    fast: Vec<String>,
    /// Those that need a server of files.
    files: Vec<String>,
    /// What is typed when the program has written `> `.
    typed: BTreeMap<String, String>,
    /// Those that cannot do their work, and why.
    cannot: BTreeMap<String, String>,
    /// Those of which it is not known yet.
    untried: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Bin {
    name: String,
    required_features: Vec<String>,
}

#[derive(Debug, Deserialize)]
struct Dependency {
    version: String,
}

/// One program.
#[derive(Clone, Debug)]
pub struct Case {
    /// The crate's name, with what tells it apart where there are several.
    pub name: String,
    feature: String,
    #[cfg_attr(not(test), expect(dead_code, reason = "for the docs"))]
    version: String,
    files: bool,
    typed: Option<String>,
    /// Why it cannot do its work.
    cannot: Option<String>,
    /// Whether that is not known yet.
    untried: bool,
}

impl Manifest {
    fn read(root: &Path) -> Result<Manifest> {
        let file = root.join(FOLDER).join("Cargo.toml");
        let text =
            fs::read_to_string(&file).with_context(|| format!("cannot read {}", file.display()))?;
        toml::from_str(&text).with_context(|| format!("in {}", file.display()))
    }

    fn cases(&self) -> Result<Vec<Case>> {
        let crates = &self.package.metadata.crates;
        let cases = self.bin.iter().map(|bin| {
            let name = (bin.name.strip_prefix(PREFIX))
                .with_context(|| format!("{}: not named {PREFIX}NAME", bin.name))?;
            let feature = bin.required_features.first().context("no feature")?;
            let subject = (self.features.get(feature))
                .and_then(|list| list.first()?.strip_prefix("dep:"))
                .with_context(|| format!("{feature}: begins with no crate"))?;
            let version = (self.dependencies.get(subject))
                .and_then(|dependency| dependency.version.strip_prefix('='))
                .with_context(|| format!("{subject}: no pinned version"))?;
            Ok(Case {
                name: name.to_owned(),
                feature: feature.clone(),
                version: version.to_owned(),
                files: crates.files.iter().any(|other| other == name),
                typed: crates.typed.get(name).cloned(),
                cannot: crates.cannot.get(name).cloned(),
                untried: crates.untried.iter().any(|other| other == name),
            })
        });
        cases.collect()
    }
}

/// Builds and boots all programs, or those that are named; status 0 if all went as the manifest
/// says.
pub fn run(ws: &Workspace, args: &TestCratesArgs) -> Result<u8> {
    let mut cases = Manifest::read(&ws.root)?.cases()?;
    for name in &args.names {
        if !cases.iter().any(|case| case.name == *name) {
            bail!("there is no program for a crate {name} in {FOLDER}");
        }
    }
    cases.retain(|case| args.names.is_empty() || args.names.contains(&case.name));
    let setup = setup::ensure(ws)?;
    sysroot::ensure(ws, &setup)?;
    let ground = Ground::prepare(ws, &setup, &args.ground)?;
    let (mut works, mut unexpected) = (0, 0);
    run_cases(ws, &setup, &ground, &cases, &mut |case, done| {
        works += usize::from(done.complaint.is_none());
        let as_due = case.untried || done.complaint.is_some() == case.cannot.is_some();
        unexpected += usize::from(!as_due);
        let result = match (&done.complaint, &case.cannot) {
            (None, None) => "works".to_owned(),
            (Some(complaint), None) if case.untried => complaint.clone(),
            (None, Some(_)) => "works, and the manifest says that it cannot".to_owned(),
            (Some(complaint), None) => format!("FAILED: {complaint}"),
            (Some(_), Some(reason)) => format!("cannot: {reason}"),
        };
        println!("{:16} {result} ({} s)", case.name, done.took.as_secs());
        if !as_due {
            done.show();
        }
    })?;
    let all = cases.len();
    println!("{works} of {all} crates do their work, {unexpected} not as the manifest says");
    Ok(if unexpected == 0 { 0 } else { status::OTHER })
}

/// Builds and boots those that `cargo xtask test` has, and whose name is wanted.
pub fn run_selection(
    ws: &Workspace,
    setup: &Setup,
    ground: &Ground,
    wanted: &dyn Fn(&str) -> bool,
    each: &mut dyn FnMut(&Case, &Done),
) -> Result<()> {
    let manifest = Manifest::read(&ws.root)?;
    let fast = &manifest.package.metadata.crates.fast;
    let mut cases = manifest.cases()?;
    cases.retain(|case| fast.contains(&case.name) && wanted(&case.title()));
    if cases.is_empty() {
        return Ok(());
    }
    run_cases(ws, setup, ground, &cases, each)
}

impl Case {
    /// Its name among the other tests'.
    pub fn title(&self) -> String {
        format!("crate {}", self.name)
    }
}

/// What came of a program.
pub struct Done {
    /// What is wrong.
    pub complaint: Option<String>,
    /// The compiler's messages, or the system's log.
    pub lines: Vec<String>,
    took: Duration,
}

impl Done {
    fn show(&self) {
        let left_out = self.lines.len().saturating_sub(40);
        for line in &self.lines[left_out..] {
            println!("        > {line}");
        }
    }
}

fn run_cases(
    ws: &Workspace,
    setup: &Setup,
    ground: &Ground,
    cases: &[Case],
    each: &mut dyn FnMut(&Case, &Done),
) -> Result<()> {
    let settings = build::std_env(ws, setup, None)?;
    let tmpfs = match cases.iter().any(|case| case.files) {
        true => Some(build::programs(
            ws,
            setup,
            &ws.example("tmpfs")?,
            Profile::Release,
        )?),
        false => None,
    };
    // Cargo builds one after the other, and what is built boots meanwhile.
    let at_once = thread::available_parallelism().map_or(1, usize::from);
    let next = AtomicUsize::new(0);
    thread::scope(|scope| {
        let (ended, results) = mpsc::channel();
        for _ in 0..at_once {
            let ended = ended.clone();
            let (next, settings, tmpfs) = (&next, &settings, tmpfs.as_deref());
            scope.spawn(move || {
                while let Some(case) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let start = Instant::now();
                    let done = one(ws, setup, ground, settings, tmpfs, case);
                    let done = done.map(|(complaint, lines)| Done {
                        complaint,
                        lines,
                        took: start.elapsed(),
                    });
                    if ended.send((case, done)).is_err() {
                        return;
                    }
                }
            });
        }
        drop(ended);
        for (case, done) in results {
            each(case, &done?);
        }
        Ok(())
    })
}

/// What is wrong with a program, and the lines that tell.
type Outcome = (Option<String>, Vec<String>);

fn one(
    ws: &Workspace,
    setup: &Setup,
    ground: &Ground,
    settings: &[(String, std::ffi::OsString)],
    tmpfs: Option<&Path>,
    case: &Case,
) -> Result<Outcome> {
    match build_one(ws, setup, settings, case)? {
        Ok(elf) => boot(ws, setup, ground, tmpfs, &elf, case),
        Err(messages) => Ok((Some("does not build".to_owned()), messages)),
    }
}

/// The program's file, or the compiler's messages.
fn build_one(
    ws: &Workspace,
    setup: &Setup,
    settings: &[(String, std::ffi::OsString)],
    case: &Case,
) -> Result<Result<PathBuf, Vec<String>>> {
    // Beside the other builds, which it must not wait for, nor they for it.
    let target_dir = ws.own_dir().join("test-crates");
    let program = format!("{PREFIX}{}", case.name);
    let mut cargo = build::cargo(ws, setup, "build", TARGET);
    let out = cargo
        .envs(settings.iter().cloned())
        .current_dir(ws.root.join(FOLDER))
        .env("CARGO_TARGET_DIR", &target_dir)
        .args(["--quiet", "--locked", "--bin", &program])
        .args(["--features", &case.feature])
        .output()
        .context("cannot start cargo")?;
    Ok(if out.status.success() {
        Ok(build::program_folder(&target_dir, Profile::Debug).join(program))
    } else {
        let messages = String::from_utf8_lossy(&out.stderr);
        Err(messages.lines().map(str::to_owned).collect())
    })
}

fn boot(
    ws: &Workspace,
    setup: &Setup,
    ground: &Ground,
    tmpfs: Option<&Path>,
    elf: &Path,
    case: &Case,
) -> Result<Outcome> {
    let mut system = System::of_files(&[elf.to_owned()], &[])?;
    let tmpfs = tmpfs.filter(|_| case.files);
    if let Some(folder) = tmpfs {
        files_beside(&mut system, folder)?;
    }
    let machine = MachineArgs {
        mem: Some(MEMORY),
        ..MachineArgs::default()
    };
    let typed = case.typed.iter().map(|text| Typing {
        after: "> ".to_owned(),
        text: text.clone(),
    });
    let watch = Watch {
        timeout: Some(PATIENCE),
        ned: ground.has_ned(),
        // The server goes on.
        expect: tmpfs.map(|_| format!("{PREFIX}{}: exited with", case.name)),
        input: typed.collect(),
        ..Watch::default()
    };
    let record = run::boot(ws, setup, ground, &system, &machine, &watch)?;
    let did = record.lines.iter().any(|line| line.ends_with(DONE));
    let complaint = match (&record.end, did) {
        (End::Status(0) | End::Expected, true) => None,
        (End::Status(0) | End::Expected, false) => {
            Some("ended before its work was done".to_owned())
        }
        (end, _) => Some(format!("ended with {end:?}")),
    };
    Ok((complaint, record.lines))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_docs_have_every_crate_with_its_result() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let cases = Manifest::read(&root).unwrap().cases().unwrap();
        let page = include_str!("../../docs/std.md");
        let mut missing = Vec::new();
        for case in &cases {
            let result = match &case.cannot {
                _ if case.untried => "not known yet |".to_owned(),
                None => "works |".to_owned(),
                Some(reason) => format!("no: {reason} |"),
            };
            let row = format!("| `{}` | {} | {result}", case.name, case.version);
            if !page.contains(&row) {
                missing.push(row);
            }
        }
        assert!(
            missing.is_empty(),
            "docs/std.md lacks\n{}",
            missing.join("\n")
        );
        let works = (cases.iter())
            .filter(|case| case.cannot.is_none() && !case.untried)
            .count();
        let sum = format!("{works} of {} crates", cases.len());
        assert!(page.contains(&sum), "docs/std.md does not say {sum:?}");
    }

    #[test]
    fn every_name_in_the_manifest_is_a_program() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let manifest = Manifest::read(&root).unwrap();
        let cases = manifest.cases().unwrap();
        let crates = &manifest.package.metadata.crates;
        let named = (crates.fast.iter().chain(&crates.files))
            .chain(&crates.untried)
            .chain(crates.typed.keys())
            .chain(crates.cannot.keys());
        for name in named {
            assert!(cases.iter().any(|case| case.name == *name), "{name}");
        }
    }
}
