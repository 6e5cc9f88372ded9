//! The host tool of l4re-rs: finds or installs what a build needs, builds
//! programs, kernel and root task, boots them in QEMU and tests them there.

mod bench;
mod book;
mod boot;
mod build;
mod check_abi;
mod check_libc;
mod cli;
mod compare;
mod console;
mod elf;
mod env;
mod fuzz;
mod interleavings;
mod libc;
mod line;
mod lint;
mod miri;
mod ned;
mod new;
mod plan;
mod qemu;
mod run;
mod safety;
mod script;
mod sdk;
mod setup;
mod staticlib;
mod status;
mod symbols;
mod sysroot;
mod system;
mod tap;
mod test;
mod test_compilers;
mod test_crates;
mod test_sdk;
mod test_settings;
mod test_std;
mod test_tree;
mod uclibc;
mod workspace;

use std::process::ExitCode;

use anyhow::Context;
use clap::Parser;

use cli::{Cli, Command};
use workspace::Workspace;

fn main() -> ExitCode {
    let cli = Cli::parse();
    let started = match cli.cwd {
        Some(dir) => std::env::set_current_dir(&dir)
            .with_context(|| format!("cannot enter {}", dir.display())),
        None => Ok(()),
    };
    match started.and_then(|()| dispatch(cli.command)) {
        Ok(status) => ExitCode::from(status),
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::from(status::of(&error))
        }
    }
}

fn dispatch(command: Command) -> anyhow::Result<u8> {
    let ws = Workspace::locate()?;
    match command {
        Command::Run(args) => run::run(&ws, &args),
        Command::Runner { elf, args } => run::runner(&ws, &elf, args),
        Command::Build(args) => run::build_only(&ws, &args),
        Command::Test(args) => test::run(&ws, &args),
        Command::TestStd(args) => test_std::run(&ws, &args),
        Command::TestCompilers(args) => test_compilers::run(&ws, &args),
        Command::TestCrates(args) => test_crates::run(&ws, &args),
        Command::Interleavings(args) => interleavings::run(&ws, &args),
        Command::Miri(args) => miri::run(&ws, &args),
        Command::Bench(args) => bench::run(&ws, &args),
        Command::Book(args) => book::run(&ws, &args),
        Command::Fuzz(args) => fuzz::run(&ws, &args),
        Command::CheckLibc { l4re } => check_libc::run(&ws, l4re.as_deref()),
        Command::CheckAbi { args } => check_abi::run(&ws, &args),
        Command::Lint => lint::run(&ws),
        Command::Setup => {
            setup::renew(&ws)?;
            Ok(0)
        }
        Command::New { folder } => new::run(&ws, &folder),
        Command::Sdk(args) => sdk::run(&ws, &args),
        Command::Staticlib(args) => staticlib::run(&ws, &args),
        Command::Env(args) => env::print(&ws, &args),
        Command::Libc => {
            let setup = setup::ensure(&ws)?;
            sysroot::ensure(&ws, &setup)?;
            println!("{}", uclibc::ensure(&ws, &setup)?.display());
            Ok(0)
        }
        Command::LinkLine { program, release } => build::link_line(&ws, &program, release),
    }
}
