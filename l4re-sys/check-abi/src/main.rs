//! The command behind `cargo xtask check-abi`.

use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;

use check_abi::{OWN_DATE, changes, compare, cover, own_facts};
use clap::{Args, Parser};
use l4re_tree::headers::{self, Headers};
use l4re_tree::{Facts, Result, Tree, Trouble};

/// Compares everything that l4re-sys defines with header files, and prints what differs.
///
/// Ends with status 0 if nothing does, with 1 if something does, with 72 if there is nothing to
/// compare with.
#[derive(Debug, Parser)]
#[command(name = "check-abi", bin_name = "cargo xtask check-abi")]
struct Cli {
    #[command(flatten)]
    with: With,
    /// Write what the headers define into a file, in the form of l4re-sys/data.
    #[arg(long, value_name = "FILE", requires = "sources")]
    write: Option<PathBuf>,
    /// The headers of the folder may have a part of the interface only.
    #[arg(long, requires = "headers")]
    partly: bool,
    /// Also list what became different since June 2026 and l4re-sys does not define.
    #[arg(long)]
    all: bool,
}

/// What to compare with; with nothing, what the headers of June 2026 define.
#[derive(Args, Debug)]
#[group(id = "sources", multiple = false)]
struct With {
    /// The headers of an L4Re build tree.
    #[arg(long, value_name = "DIR")]
    l4re: Option<PathBuf>,
    /// The C headers in a folder; what only C++ or the C library defines is not due there.
    #[arg(long, value_name = "DIR")]
    headers: Option<PathBuf>,
    /// A file that --write made.
    #[arg(long, value_name = "FILE")]
    facts: Option<PathBuf>,
}

/// Something is missing; `xtask` has the same status for it.
const SETUP: u8 = 72;

fn main() -> ExitCode {
    match run(&Cli::parse()) {
        Ok(status) => ExitCode::from(status),
        Err(trouble) => {
            eprintln!("error: {trouble}");
            ExitCode::from(SETUP)
        }
    }
}

fn run(cli: &Cli) -> Result<u8> {
    let own = own_facts()?;
    let facts = read(&cli.with)?;
    if let Some(file) = &cli.write {
        let facts = facts.as_ref().unwrap_or(&own);
        fs::write(file, facts.text()).map_err(|error| Trouble::file("write", file, &error))?;
        println!("written: {}", file.display());
    }
    let name = match &cli.with {
        With {
            l4re: Some(path), ..
        }
        | With {
            headers: Some(path),
            ..
        }
        | With {
            facts: Some(path), ..
        } => path.display().to_string(),
        _ => format!("the headers of {OWN_DATE}"),
    };
    let folder = cli.with.headers.is_some();
    let report = compare::compare(facts.as_ref().unwrap_or(&own));
    let complaints = cover::complaints(cover::own_crate())?;
    let mut failed = complaints.len();
    let mut absent = 0;
    for complaint in complaints {
        println!("{complaint}");
    }
    for difference in &report.differences {
        // C headers do not have what is C++'s, and with `--partly` not everything else.
        let is_excused = cli.partly || !difference.is_of_c();
        if folder && difference.what == compare::What::Gone && is_excused {
            absent += 1;
            continue;
        }
        failed += 1;
        println!("{difference}");
    }
    if cli.all
        && let Some(facts) = &facts
    {
        println!("since {OWN_DATE}:");
        for line in changes::list(&own, facts) {
            println!("  {line}");
        }
    }
    let absent = match (folder, cli.partly) {
        (true, true) => format!(", {absent} not in these headers"),
        (true, false) => format!(", {absent} not due in C headers alone"),
        _ => String::new(),
    };
    println!(
        "{} constants and {} types of l4re-sys, {name}: {failed} differences{absent}",
        report.constants, report.types
    );
    if failed > 0 && (cli.with.l4re.is_some() || cli.with.facts.is_some()) {
        println!(
            "l4re-sys is of {OWN_DATE}. Where the tree is of another date, either use a tree of \
             that date, or change what is listed in l4re-sys; docs/tree.md tells how."
        );
    }
    Ok(u8::from(failed > 0))
}

/// What there is to compare with, other than the own facts.
fn read(with: &With) -> Result<Option<Facts>> {
    if let Some(file) = &with.facts {
        let text = fs::read_to_string(file).map_err(|error| Trouble::file("read", file, &error))?;
        return Ok(Some(Facts::parse(&text, &file.display().to_string())?));
    }
    let tree = with.l4re.as_deref().map(Tree::open).transpose()?;
    if tree.is_none() && with.headers.is_none() {
        return Ok(None);
    }
    let clang = headers::clang()?;
    let headers = match (&tree, &with.headers) {
        (Some(tree), _) => Headers::of_tree(&clang, tree)?,
        (None, Some(dir)) => Headers::in_folder(&clang, dir)?,
        (None, None) => return Ok(None),
    };
    let mut facts = headers.facts(&clang)?;
    if tree.is_some() {
        let (constants, types) = compare::cxx_names();
        headers.add_cxx(&clang, &constants, &types, &mut facts)?;
        headers.add_inline(&compare::expressions(), &mut facts)?;
    }
    for (name, error) in headers.skipped() {
        // A tree has headers for C++ beside those for C.
        if tree.is_none() {
            eprintln!("left out: {name}: {error}");
        }
    }
    Ok(Some(facts))
}
