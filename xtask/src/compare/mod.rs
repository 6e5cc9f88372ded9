//! `cargo xtask fuzz --compare`: the same system calls on two kernels, and where their answers
//! differ.

mod answers;
mod explained;
mod judge;

use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::Result;

use crate::boot::Ground;
use crate::build;
use crate::cli::{FuzzArgs, GroundArgs};
use crate::console::Watch;
use crate::run;
use crate::setup::Setup;
use crate::status::{self, Failure};
use crate::system::System;
use crate::tap;
use crate::workspace::{Package, Workspace};
use answers::World;
use judge::{Difference, Judge};

/// The folder below `tests/` whose program makes the calls, and the program's name.
const PROGRAM: &str = "compare";
/// How many differences are told with their calls in words.
const SHOWN: usize = 5;

/// One of the two systems.
struct Side<'a> {
    ws: &'a Workspace,
    setup: &'a Setup,
    args: &'a FuzzArgs,
    ground: Ground,
    file: &'a PathBuf,
}

impl Side<'_> {
    /// What the program wrote, with more arguments.
    fn boot(&self, more: &[String]) -> Result<Vec<String>> {
        let (seed, calls) = (self.args.seed.to_string(), self.args.calls.to_string());
        let mut words = ["--seed", &seed, "--calls", &calls]
            .map(str::to_owned)
            .to_vec();
        words.extend_from_slice(more);
        let mut system = System::of_files(std::slice::from_ref(self.file), &words)?;
        for program in &mut system.programs {
            program.name = PROGRAM.to_owned();
        }
        let watch = Watch {
            timeout: self.args.machine.timeout,
            ned: self.ground.has_ned(),
            ..Watch::default()
        };
        let machine = &self.args.machine;
        let record = run::boot(self.ws, self.setup, &self.ground, &system, machine, &watch)?;
        let status = run::verdict(&record.end, &watch);
        let lines: Vec<String> = (record.lines.iter())
            .filter_map(|line| tap::said_by(PROGRAM, line))
            .map(str::to_owned)
            .collect();
        if status != 0 || !lines.iter().any(|line| line == answers::LAST) {
            let tail = record.lines.len().saturating_sub(20);
            let log = record.lines.get(tail..).unwrap_or(&[]).join("\n    ");
            return Err(Failure::error(
                status::OTHER,
                format!(
                    "the calls were not all made (status {status}); the log ends with\n    {log}"
                ),
            ));
        }
        Ok(lines)
    }

    fn worlds(&self, more: &[String]) -> Result<BTreeMap<u64, World>> {
        Ok(answers::read(&self.boot(more)?))
    }
}

/// Boots both systems and compares; status 0 if all that differs is explained.
pub fn run(ws: &Workspace, setup: &Setup, args: &FuzzArgs) -> Result<u8> {
    if args.ground.l4re.is_none() {
        return Err(Failure::error(
            status::USAGE,
            "--compare holds the embedded system against another: name an L4Re build tree by --l4re DIR",
        ));
    }
    let package = Package::read(&ws.root.join("tests").join(PROGRAM))?;
    let programs = build::test_programs(ws, setup, &package)?;
    let Some((_, file)) = programs.iter().find(|(name, _)| name == PROGRAM) else {
        anyhow::bail!("{} has no program {PROGRAM}", package.name);
    };
    let side = |ground: &GroundArgs| -> Result<Side> {
        let ground = Ground::prepare(ws, setup, ground)?;
        Ok(Side {
            ws,
            setup,
            args,
            ground,
            file,
        })
    };
    let ours = side(&GroundArgs::default().checked())?;
    let theirs = side(&args.ground)?;

    println!("seed {}, {} calls", args.seed, args.calls);
    let (our_worlds, their_worlds) = (ours.worlds(&[])?, theirs.worlds(&[])?);
    let mut judge = Judge::default();
    for number in our_worlds
        .keys()
        .chain(their_worlds.keys().filter(|n| !our_worlds.contains_key(n)))
    {
        judge.compare(*number, our_worlds.get(number), their_worlds.get(number));
    }
    for difference in judge.differences.iter().take(SHOWN) {
        tell(&ours, &theirs, difference)?;
    }
    for difference in judge.differences.iter().skip(SHOWN) {
        println!("{difference}");
    }
    print!("{judge}");
    Ok(if judge.differences.is_empty() && judge.calls > 0 {
        0
    } else {
        status::OTHER
    })
}

/// Tells a difference: where it is, the call in words, and both answers.
fn tell(ours: &Side, theirs: &Side, difference: &Difference) -> Result<()> {
    println!("\nseed {}, {difference}", ours.args.seed);
    if let Some(call) = difference.call() {
        let more = [
            "--world".to_owned(),
            difference.world.to_string(),
            "--show".to_owned(),
        ];
        // One that came back on one kernel only is told in words there.
        let mut words = answers::in_words(&ours.boot(&more)?, call);
        if words.is_empty() {
            words = answers::in_words(&theirs.boot(&more)?, call);
        }
        for line in words {
            println!("  {line}");
        }
    }
    Ok(())
}
