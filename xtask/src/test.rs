//! `cargo xtask test`: the host tests, then programs in QEMU.

use std::collections::HashMap;
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result};

use crate::boot::Ground;
use crate::build::{self, Embedded, Profile};
use crate::cli::{MachineArgs, TestArgs};
use crate::console::{End, Record, Watch};
use crate::interleavings;
use crate::line;
use crate::run;
use crate::setup::{self, Setup};
use crate::status;
use crate::sysroot;
use crate::system::System;
use crate::tap::{self, Outcome};
use crate::test_crates;
use crate::test_sdk;
use crate::test_settings;
use crate::test_std;
use crate::test_tree;
use crate::workspace::{Due, Package, TestEntry, Workspace};

/// No test program runs longer, even emulated on a slow computer.
const PATIENCE: Duration = Duration::from_secs(120);

/// How much of the system's log is shown when a test fails.
const LOG_TAIL: usize = 60;
/// The name of the test for the kernel's last words.
const KERNEL_PANIC: &str = "a kernel panic is told with its place";

/// Counts, and prints each result as it comes.
#[derive(Debug, Default)]
struct Tally {
    passed: usize,
    failed: usize,
    skipped: usize,
}

impl Tally {
    fn record(&mut self, name: &str, outcome: Outcome) {
        let word = match outcome {
            Outcome::Passed => {
                self.passed += 1;
                "ok"
            }
            Outcome::Failed => {
                self.failed += 1;
                "FAILED"
            }
            Outcome::Skipped => {
                self.skipped += 1;
                "skipped"
            }
        };
        println!("{word:7} {name}");
    }

    fn fail(&mut self, name: &str, reason: &str, log: &[String]) {
        self.record(name, Outcome::Failed);
        println!("        {reason}");
        show(log);
    }
}

/// Runs the tests; status 0 if there were some and none failed.
pub fn run(ws: &Workspace, args: &TestArgs) -> Result<u8> {
    let mut tally = Tally::default();
    if !args.no_host {
        host(ws, args.filter.as_deref(), &mut tally)?;
    }
    if !args.host
        && let Err(error) = in_qemu(ws, args, &mut tally)
    {
        tally.fail("tests in QEMU", &format!("{error:#}"), &[]);
    }
    if tally.skipped > 0 {
        println!("{} skipped", tally.skipped);
    }
    println!("{} passed, {} failed", tally.passed, tally.failed);
    Ok(if tally.failed == 0 && tally.passed > 0 {
        0
    } else {
        status::OTHER
    })
}

/// `cargo test` of the packages that build on this computer, of examples' libraries, and of the models
/// of threads.
fn host(ws: &Workspace, filter: Option<&str>, tally: &mut Tally) -> Result<()> {
    cargo_test(ws, &[], filter, tally)?;
    let mut libraries = vec!["--lib".to_owned()];
    for example in ws.examples()? {
        let package = ws.example(&example)?;
        if package.l4re.host_tests {
            libraries.extend(["--package".to_owned(), package.name]);
        }
    }
    if libraries.len() > 1 {
        cargo_test(ws, &libraries, filter, tally)?;
    }
    // As many interleavings as a few seconds allow; more: `cargo xtask interleavings`.
    let models = interleavings::tests(ws);
    count_cargo_test(models, "models of threads", filter, tally)
}

fn cargo_test(
    ws: &Workspace,
    args: &[String],
    filter: Option<&str>,
    tally: &mut Tally,
) -> Result<()> {
    let mut cargo = build::host_cargo(ws, "test");
    cargo.args(build::HOST).args(args);
    count_cargo_test(cargo, "host tests", filter, tally)
}

/// Runs `cargo test`, and counts.
fn count_cargo_test(
    mut cargo: Command,
    what: &str,
    filter: Option<&str>,
    tally: &mut Tally,
) -> Result<()> {
    cargo.arg("--no-fail-fast").stderr(Stdio::inherit());
    cargo.args(filter.map(|filter| ["--", filter]).into_iter().flatten());
    let out = cargo.output().context("cannot start cargo")?;
    let text = String::from_utf8_lossy(&out.stdout);
    let (passed, failed) = count_host(&text);
    tally.passed += passed;
    tally.failed += failed;
    println!("{what}: {passed} passed, {failed} failed");
    if !out.status.success() {
        print!("{text}");
        if failed == 0 {
            tally.fail(what, "cargo test ended with an error", &[]);
        }
    }
    Ok(())
}

/// The sum of libtest's result lines.
fn count_host(output: &str) -> (usize, usize) {
    let count = |line: &str, word: &str| -> usize {
        (line.split("; "))
            .filter_map(|part| part.trim_end_matches('.').strip_suffix(word))
            .filter_map(|part| {
                part.rsplit(' ')
                    .find(|word| !word.is_empty())?
                    .parse::<usize>()
                    .ok()
            })
            .sum()
    };
    (output.lines())
        .filter_map(|line| line.strip_prefix("test result: "))
        .fold((0, 0), |(passed, failed), line| {
            (
                passed + count(line, " passed"),
                failed + count(line, " failed"),
            )
        })
}

/// The folders of `tests/` that try the kernel: on the one that checks its own state.
const OF_THE_KERNEL: &[&str] = &["compare", "conformance", "fuzz", "pressure"];

fn in_qemu(ws: &Workspace, args: &TestArgs, tally: &mut Tally) -> Result<()> {
    let setup = setup::ensure(ws)?;
    sysroot::ensure(ws, &setup)?;
    let ground = Ground::prepare(ws, &setup, &args.ground)?;
    let suite = Suite {
        ws,
        setup: &setup,
        ground: &ground,
    };
    let wanted = |name: &str| {
        args.filter
            .as_deref()
            .is_none_or(|filter| name.contains(filter))
    };
    for example in ws.examples()? {
        let mut package = ws.example(&example)?;
        package.tree_of.clone_from(&args.ground.l4re);
        let title = format!("example {example}");
        if let Err(error) = suite.described(&title, &package, &wanted, tally) {
            tally.fail(&title, &format!("{error:#}"), &[]);
        }
    }
    if let Ground::Embedded(embedded) = &ground
        && wanted(KERNEL_PANIC)
    {
        suite.kernel_panic(embedded, &mut *tally)?;
    }
    if matches!(ground, Ground::Embedded(_)) {
        let mut verdicts = Vec::new();
        if wanted(test_tree::NAME) {
            verdicts.extend(test_tree::run(ws, &setup)?);
        }
        if wanted(test_settings::NAME) {
            verdicts.extend(test_settings::run(ws, &setup)?);
        }
        if wanted(test_sdk::NAME) {
            verdicts.extend(test_sdk::run(ws, &setup)?);
        }
        for (name, failure) in verdicts {
            match failure {
                None => tally.record(&name, Outcome::Passed),
                Some(reason) => tally.fail(&name, &reason, &[]),
            }
        }
    }
    let mut checked = None;
    for folder in ws.test_folders()? {
        let mut package = Package::read(&ws.root.join("tests").join(&folder))?;
        package.tree_of.clone_from(&args.ground.l4re);
        if !package.l4re.tests.is_empty() {
            let title = format!("tests/{folder}");
            if let Err(error) = suite.described(&title, &package, &wanted, tally) {
                tally.fail(&title, &format!("{error:#}"), &[]);
            }
        } else if wanted(&folder) {
            let of_kernel = OF_THE_KERNEL.contains(&folder.as_str());
            if of_kernel && checked.is_none() {
                checked = Some(Ground::prepare(ws, &setup, &args.ground.checked())?);
            }
            let suite = Suite {
                ground: checked.as_ref().filter(|_| of_kernel).unwrap_or(&ground),
                ..suite
            };
            if let Err(error) = suite.package(&package, tally) {
                tally.fail(&folder, &format!("{error:#}"), &[]);
            }
        }
    }
    test_crates::run_selection(
        ws,
        &setup,
        &ground,
        &wanted,
        &mut |case, done| match &done.complaint {
            None => tally.record(&case.title(), Outcome::Passed),
            Some(complaint) => tally.fail(&case.title(), complaint, &done.lines),
        },
    )?;
    test_std::run_selection(ws, &setup, &ground, &wanted, &mut |suite, done| {
        let passed = done.counts.passed;
        match &done.complaint {
            None => tally.record(
                &format!("{}, {passed} tests", suite.title()),
                Outcome::Passed,
            ),
            Some(complaint) => {
                let lines: Vec<String> = done.telling().cloned().collect();
                tally.fail(&suite.title(), complaint, &lines);
            }
        }
    })
}

#[derive(Clone, Copy)]
struct Suite<'a> {
    ws: &'a Workspace,
    setup: &'a Setup,
    ground: &'a Ground,
}

impl Suite<'_> {
    fn boot(&self, system: &System) -> Result<Record> {
        self.boot_test(system, &TestEntry::default())
    }

    fn boot_test(&self, system: &System, test: &TestEntry) -> Result<Record> {
        let watch = Watch {
            timeout: Some(PATIENCE),
            ned: self.ground.has_ned(),
            input: test.input.clone(),
            stdin: test.stdin.clone(),
            ..Watch::default()
        };
        let machine = MachineArgs {
            date: test.date.clone(),
            ..MachineArgs::default()
        };
        run::boot(self.ws, self.setup, self.ground, system, &machine, &watch)
    }

    /// The tests that a package's manifest describes.
    fn described(
        &self,
        title: &str,
        package: &Package,
        wanted: &dyn Fn(&str) -> bool,
        tally: &mut Tally,
    ) -> Result<()> {
        let tests: Vec<(String, &TestEntry)> = (package.l4re.tests.iter())
            .map(|test| {
                let name = format!("{title} {}", test.args.join(" "));
                (name.trim_end().to_owned(), test)
            })
            .filter(|(name, _)| wanted(name))
            .collect();
        if tests.is_empty() {
            return Ok(());
        }
        let folder = build::programs(self.ws, self.setup, package, Profile::Debug)?;
        for (name, test) in tests {
            let mut system = System::of_package(package, &folder, &test.args)?;
            system.set_variables(&test.env);
            let record = self.boot_test(&system, test)?;
            match misses(&test.due(self.ground.has_ned()), &record) {
                None => tally.record(&name, Outcome::Passed),
                Some(reason) => tally.fail(&name, &reason, &record.lines),
            }
        }
        Ok(())
    }

    /// The kernel gives up when its root task is no program, and says where.
    fn kernel_panic(&self, embedded: &Embedded, tally: &mut Tally) -> Result<()> {
        let suite = Suite {
            ground: &Ground::Embedded(Embedded {
                root_task: self.ws.root.join("Cargo.toml"),
                ..embedded.clone()
            }),
            ..*self
        };
        let record = suite.boot(&System::default())?;
        let placed =
            |line: &String| line.contains("[kernel]   at 0x") && line.contains(" at kernel/src/");
        match (&record.end, record.lines.iter().any(placed)) {
            (End::KernelPanic, true) => tally.record(KERNEL_PANIC, Outcome::Passed),
            (End::KernelPanic, false) => {
                tally.fail(
                    KERNEL_PANIC,
                    "no place in the kernel's sources is told",
                    &record.lines,
                );
            }
            (end, _) => tally.fail(KERNEL_PANIC, &describe(end), &record.lines),
        }
        Ok(())
    }

    /// Every program of a package in `tests/`.
    fn package(&self, package: &Package, tally: &mut Tally) -> Result<()> {
        let programs = build::test_programs(self.ws, self.setup, package)?;
        if programs.is_empty() {
            tally.fail(&package.name, "the package has no test programs", &[]);
        }
        for (name, file) in programs {
            let mut system = System::of_files(&[file], &[])?;
            for program in &mut system.programs {
                program.name.clone_from(&name);
            }
            system.settle(&package.l4re);
            let record = self.boot(&system)?;
            report(&name, &record, tally);
        }
        Ok(())
    }
}

/// Takes over a test program's cases, and holds its end against them.
fn report(name: &str, record: &Record, tally: &mut Tally) {
    let report = tap::read(name, &record.lines);
    for case in &report.cases {
        tally.record(&format!("{name}: {}", case.name), case.outcome);
    }
    let failed = report
        .cases
        .iter()
        .any(|case| case.outcome == Outcome::Failed);
    let mut complaints = report.complaints;
    match (&record.end, failed) {
        (End::Status(0), false) => {}
        (End::Status(0), true) => {
            complaints.push("ended with status 0 in spite of failures".to_owned())
        }
        (End::Status(_), true) => {}
        (end, _) => complaints.push(describe(end)),
    }
    if !complaints.is_empty() {
        tally.fail(name, &complaints.join("; "), &record.lines);
    } else if failed {
        show(&record.lines);
    }
}

/// Shows the end of a system's log, without what went well.
fn show(log: &[String]) {
    let log: Vec<&String> = log.iter().filter(|line| !line.contains("| ok ")).collect();
    let left_out = log.len().saturating_sub(LOG_TAIL);
    if left_out > 0 {
        println!("        > … {left_out} lines before");
    }
    for line in &log[left_out..] {
        println!("        > {line}");
    }
}

fn describe(end: &End) -> String {
    match end {
        End::Status(status) => format!("ended with status {status}"),
        End::TimedOut => format!("did not end within {} s", PATIENCE.as_secs()),
        End::KernelPanic => "the kernel panicked".to_owned(),
        End::Silent => "the machine stopped without a status".to_owned(),
        End::Expected => "the expected text came".to_owned(),
    }
}

/// What a boot owes to its description.
fn misses(due: &Due, record: &Record) -> Option<String> {
    if record.end != End::Status(due.status) {
        return Some(format!(
            "status {} is due; {}",
            due.status,
            describe(&record.end)
        ));
    }
    for text in &due.once {
        let lines = record.lines.iter().filter(|line| line.contains(text));
        match lines.count() {
            1 => {}
            count => return Some(format!("{text:?} is in {count} lines, not in one")),
        }
    }
    let mut read: HashMap<&str, (usize, usize)> = HashMap::new();
    (due.expect.iter())
        .find(|text| {
            let found = record.lines.iter().enumerate().find_map(|(number, line)| {
                let (first, column) = *read.entry(line::source(line)).or_default();
                let from = if number == first { column } else { 0 };
                let at = (number >= first).then(|| line[from..].find(text.as_str()))??;
                Some((line::source(line), (number, from + at + text.len())))
            });
            read.extend(found);
            found.is_none()
        })
        .map(|text| format!("the output lacks {text:?}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(end: End, lines: &[&str]) -> Record {
        Record {
            end,
            lines: lines.iter().map(|line| (*line).to_owned()).collect(),
        }
    }

    #[test]
    fn libtest_results_are_summed() {
        let output = "test result: ok. 12 passed; 0 failed; 1 ignored; 0 measured\n\
                      x\ntest result: FAILED. 3 passed; 2 failed; 0 ignored";
        assert_eq!(count_host(output), (15, 2));
        assert_eq!(count_host(""), (0, 0));
    }

    #[test]
    fn expected_texts_come_in_order() {
        let test = Due {
            status: 3,
            expect: vec!["a".to_owned(), "b".to_owned()],
            ..Due::default()
        };
        assert_eq!(misses(&test, &record(End::Status(3), &["xa", "b"])), None);
        assert_eq!(misses(&test, &record(End::Status(3), &["ab"])), None);
        assert!(misses(&test, &record(End::Status(3), &["ba"])).is_some());
        assert!(misses(&test, &record(End::Status(3), &["b", "a"])).is_some());
        assert!(misses(&test, &record(End::Status(0), &["a", "b"])).is_some());
        assert!(misses(&test, &record(End::Silent, &["a", "b"])).is_some());
    }

    #[test]
    fn programs_write_in_any_order() {
        let test = Due {
            status: 0,
            expect: vec!["a".to_owned(), "b".to_owned(), "x: exited".to_owned()],
            ..Due::default()
        };
        let of = |lines: &[&str]| misses(&test, &record(End::Status(0), lines));
        assert_eq!(of(&["[root] x: exited", "p | a", "p | b"]), None);
        assert_eq!(of(&["q | b", "[root] x: exited", "p | a"]), None);
        assert!(of(&["p | b", "[root] x: exited", "p | a"]).is_some());
    }

    #[test]
    fn what_is_due_once_is_there_once() {
        let test = Due {
            once: vec!["x".to_owned()],
            ..Due::default()
        };
        let of = |lines: &[&str]| misses(&test, &record(End::Status(0), lines));
        assert_eq!(of(&["a", "x y"]), None);
        assert!(of(&["a"]).is_some());
        assert!(of(&["x", "a", "x"]).is_some());
    }

    #[test]
    fn a_program_that_dies_fails_though_its_cases_passed() {
        let mut tally = Tally::default();
        report(
            "t",
            &record(End::Status(139), &["t | 1..1", "t | ok 1 - a"]),
            &mut tally,
        );
        assert_eq!((tally.passed, tally.failed), (1, 1));
        let mut tally = Tally::default();
        report(
            "t",
            &record(End::Status(0), &["t | 1..1", "t | ok 1 - a"]),
            &mut tally,
        );
        assert_eq!((tally.passed, tally.failed), (1, 0));
    }
}
