//! `cargo xtask interleavings`: what threads do at the same time, by a model checker.
//!
//! The models are tests of packages that are empty without `--cfg interleavings`. With it, the crates'
//! atomic operations are the checker's, so everything is built once more, in a folder of its own.

use std::process::Command;

use anyhow::{Context, Result};

use crate::build;
use crate::cli::InterleavingsArgs;
use crate::status;
use crate::workspace::Workspace;

/// The packages that have models.
const PACKAGES: [&str; 2] = ["l4re-interleavings", "uclibc-backend"];
/// How many interleavings of each model are tried by each scheduler, by hand.
const ROUNDS: u64 = 5_000;

/// Cargo for the models: a verb, the packages.
pub fn cargo(ws: &Workspace, verb: &str) -> Command {
    let mut cargo = build::host_cargo(ws, verb);
    cargo
        .args(build::HOST)
        .args(PACKAGES.iter().flat_map(|package| ["--package", package]))
        .env("RUSTFLAGS", "--cfg interleavings")
        .env("CARGO_TARGET_DIR", ws.own_dir().join("interleavings"));
    cargo
}

/// As [`cargo`], for the tests. (The backend's library has none elsewhere, so it is named.)
pub fn tests(ws: &Workspace) -> Command {
    let mut cargo = cargo(ws, "test");
    cargo.args(["--lib", "--tests"]);
    cargo
}

/// Runs the models; status 0 if all interleavings that were tried are right.
pub fn run(ws: &Workspace, args: &InterleavingsArgs) -> Result<u8> {
    let mut cargo = tests(ws);
    cargo
        .args(["--quiet", "--no-fail-fast", "--"])
        .args(&args.models)
        .env(
            "INTERLEAVINGS_ROUNDS",
            args.rounds.unwrap_or(ROUNDS).to_string(),
        )
        .env("INTERLEAVINGS_SEED", args.seed.to_string());
    if let Some(schedule) = &args.replay {
        cargo.env("INTERLEAVINGS_REPLAY", schedule);
    }
    let status = cargo.status().context("cannot start cargo")?;
    Ok(if status.success() { 0 } else { status::OTHER })
}
