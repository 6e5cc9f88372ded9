//! `cargo xtask fuzz`: random system calls, or requests to the root task, as many as wanted, of a
//! seed of choice.

use std::path::PathBuf;

use anyhow::{Context, Result};

use crate::boot::Ground;
use crate::build;
use crate::cli::FuzzArgs;
use crate::compare;
use crate::console::Watch;
use crate::run;
use crate::setup::{self, Setup};
use crate::sysroot;
use crate::system::System;
use crate::workspace::{GateRole, Package, Workspace};

/// The folders below `tests/` whose programs make the calls, and the requests.
const CALLS: &str = "fuzz";
const REQUESTS: &str = "requests";
/// The gate by which clients tell that they end.
const JUDGE: &str = "judge";
/// Programs that make requests beside the one that judges.
const CLIENTS: u64 = 4;

/// Boots the programs and shows what they say; the result is their exit status.
pub fn run(ws: &Workspace, args: &FuzzArgs) -> Result<u8> {
    let setup = setup::ensure(ws)?;
    sysroot::ensure(ws, &setup)?;
    if args.compare {
        return compare::run(ws, &setup, args);
    }
    let system = if args.requests {
        requests(ws, &setup, args)?
    } else {
        calls(ws, &setup, args)?
    };
    let ground = Ground::prepare(ws, &setup, &args.ground.checked())?;
    let watch = Watch {
        timeout: args.machine.timeout,
        show: true,
        ned: ground.has_ned(),
        ..Watch::default()
    };
    let record = run::boot(ws, &setup, &ground, &system, &args.machine, &watch)?;
    Ok(run::verdict(&record.end, &watch))
}

fn program(ws: &Workspace, setup: &Setup, folder: &str) -> Result<PathBuf> {
    let package = Package::read(&ws.root.join("tests").join(folder))?;
    let programs = build::test_programs(ws, setup, &package)?;
    (programs.into_iter())
        .find(|(name, _)| name == folder)
        .map(|(_, file)| file)
        .with_context(|| format!("{} has no program {folder}", package.name))
}

fn words(seed: u64, calls: u64) -> Vec<String> {
    ["--seed", &seed.to_string(), "--calls", &calls.to_string()]
        .map(str::to_owned)
        .into()
}

/// One program, which makes system calls.
fn calls(ws: &Workspace, setup: &Setup, args: &FuzzArgs) -> Result<System> {
    let file = program(ws, setup, CALLS)?;
    let mut system = System::of_files(&[file], &words(args.seed, args.calls))?;
    for program in &mut system.programs {
        program.name = CALLS.to_owned();
    }
    Ok(system)
}

/// Programs that make requests and end, and one that makes requests and judges.
fn requests(ws: &Workspace, setup: &Setup, args: &FuzzArgs) -> Result<System> {
    let file = program(ws, setup, REQUESTS)?;
    let share = args.calls / (CLIENTS + 1);
    let mut system = System::of_files(&[file], &words(args.seed, share))?;
    system.gates.push(JUDGE.to_owned());
    // How the clients end is of no account.
    system.end_first = true;
    let Some(first) = system.programs.first_mut() else {
        anyhow::bail!("no program was built");
    };
    let mut client = first.clone();
    first.name = REQUESTS.to_owned();
    first
        .args
        .extend(["--others".to_owned(), CLIENTS.to_string()]);
    first.gates.push((JUDGE.to_owned(), GateRole::Server));
    client.gates.push((JUDGE.to_owned(), GateRole::Client));
    for number in 1..=CLIENTS {
        client.name = format!("client{number}");
        client.args = words(args.seed.wrapping_add(number), share);
        client.args.push("--client".to_owned());
        system.programs.push(client.clone());
    }
    Ok(system)
}
