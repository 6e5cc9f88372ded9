//! `cargo xtask fuzz`: random system calls, as many as wanted, of a seed of choice.

use anyhow::{Context, Result};

use crate::boot::Ground;
use crate::build;
use crate::cli::FuzzArgs;
use crate::console::Watch;
use crate::run;
use crate::setup;
use crate::sysroot;
use crate::system::System;
use crate::workspace::{Package, Workspace};

/// The folder below `tests/` whose program makes the calls.
const FOLDER: &str = "fuzz";

/// Boots the program and shows what it says; the result is its exit status.
pub fn run(ws: &Workspace, args: &FuzzArgs) -> Result<u8> {
    let setup = setup::ensure(ws)?;
    sysroot::ensure(ws, &setup)?;
    let package = Package::read(&ws.root.join("tests").join(FOLDER))?;
    let programs = build::test_programs(ws, &setup, &package)?;
    let (_, file) = (programs.into_iter())
        .find(|(name, _)| name == FOLDER)
        .with_context(|| format!("{} has no program {FOLDER}", package.name))?;
    let words = [
        "--seed".to_owned(),
        args.seed.to_string(),
        "--calls".to_owned(),
        args.calls.to_string(),
    ];
    let mut system = System::of_files(&[file], &words)?;
    for program in &mut system.programs {
        program.name = FOLDER.to_owned();
    }
    let ground = Ground::prepare(ws, &setup, &args.ground)?;
    let watch = Watch {
        timeout: args.machine.timeout,
        show: true,
        ned: ground.has_ned(),
        ..Watch::default()
    };
    let record = run::boot(ws, &setup, &ground, &system, &args.machine, &watch)?;
    Ok(run::verdict(&record.end, &watch))
}
