//! `cargo xtask bench`: what IPC costs, in instructions, and whether it still does.
//!
//! QEMU counts instructions, so that the numbers repeat exactly; they depend on the
//! compiler, not on the computer.

use std::fs;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, bail};

use crate::boot::Ground;
use crate::build::{self, Profile};
use crate::cli::{BenchArgs, GroundArgs, MachineArgs};
use crate::console::{End, Watch};
use crate::run;
use crate::setup;
use crate::status;
use crate::sysroot;
use crate::system::System;
use crate::workspace::Workspace;

/// The examples that measure; of the second and third, one program.
const KERNEL: &str = "ipcbench";
const INTERFACE: (&str, &str) = ("calc", "calc-bench");
const LIBRARY: (&str, &str) = ("std-threads", "std-bench");
/// The program of `KERNEL`'s that has the kernel work as long as it can, the row, and what the timed
/// kernel writes before the number.
const STAYS: (&str, &str, &str) = ("latency", "irq-off", "[kernel] longest stay: ");
/// The page that holds the table.
const PAGE: &str = "docs/performance.md";
/// The lines around the table in the page.
const START: &str = "<!-- table: cargo xtask bench -->";
const STOP: &str = "<!-- end of table -->";
/// Room for thousands of kernel objects.
const MEMORY: u64 = 1 << 30;
/// A run of some hundred million instructions, emulated.
const PATIENCE: Duration = Duration::from_secs(300);
/// A count that is more than this much above the page's, in per cent, is a fault.
const TOLERANCE: u64 = 2;

/// What is measured: its name in the output, what it is, the most it should be, and what
/// L4Re's own kernel needs for the same program (performance build of June 2026, its
/// kernel isolation switched on; measured by `--l4re`).
const ROWS: [(&str, &str, Option<u64>, &str); 12] = [
    (
        "ipc-intra",
        "one-way IPC within an address space",
        Some(290),
        "580",
    ),
    ("ipc-inter", "one-way IPC between two", Some(305), "672"),
    ("syscall", "system call that does nothing", Some(75), "158"),
    (
        "ipc-intra-2000",
        "`ipc-intra` beside 2,000 threads and gates",
        Some(290),
        "580",
    ),
    (
        "ipc-inter-2000",
        "`ipc-inter` beside 2,000 threads and gates",
        Some(305),
        "672",
    ),
    ("calc-empty", "round trip of empty messages", None, "1,177"),
    (
        "calc-by-hand",
        "round trip of what `calc.sub` sends, by hand",
        None,
        "1,180",
    ),
    ("calc-sub", "`calc.sub` by its interface", None, "1,233"),
    (
        ADDED.0,
        "what client, server loop and dispatch add to that",
        Some(59),
        "53",
    ),
    (
        "malloc-free",
        "`malloc` and `free` of 64 bytes, with two threads once",
        Some(200),
        "–",
    ),
    (
        "mutex",
        "lock and unlock of a `pthread_mutex_t` that nobody else wants",
        Some(60),
        "–",
    ),
    (
        STAYS.1,
        "longest time with interrupts off, whatever programs do",
        Some(20_000),
        "–",
    ),
];

/// A row that is the difference of two others: its name, the larger one, the smaller one.
const ADDED: (&str, &str, &str) = ("calc-added", "calc-sub", "calc-by-hand");

/// A result: the name of its row, and instructions per operation.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Count {
    name: String,
    instructions: u64,
}

/// Measures, prints, and compares with the page or rewrites it.
pub fn run(ws: &Workspace, args: &BenchArgs) -> Result<u8> {
    let counts = measure(ws, &args.ground)?;
    if args.json {
        for count in &counts {
            println!(
                "{}",
                serde_json::json!({ "name": count.name, "instructions": count.instructions })
            );
        }
    } else {
        print!("{}", table(&counts));
    }
    let page = ws.root.join(PAGE);
    let text =
        fs::read_to_string(&page).with_context(|| format!("cannot read {}", page.display()))?;
    if args.check {
        return check(&counts, &recorded(&text));
    }
    if !args.json && args.ground.l4re.is_none() {
        write(&page, &text, &counts)?;
    }
    Ok(0)
}

fn measure(ws: &Workspace, ground: &GroundArgs) -> Result<Vec<Count>> {
    let setup = setup::ensure(ws)?;
    sysroot::ensure(ws, &setup)?;
    let built = |example: &str| {
        let package = ws.example(example)?;
        let folder = build::programs(ws, &setup, &package, Profile::Release)?;
        anyhow::Ok((package, folder))
    };
    let (package, folder) = built(KERNEL)?;
    let kernel = System::of_package(&package, &folder, &[])?;
    let stays = System::of_files(&[folder.join(STAYS.0)], &[])?;
    let (_, folder) = built(INTERFACE.0)?;
    let interface = System::of_files(&[folder.join(INTERFACE.1)], &[])?;
    let (_, folder) = built(LIBRARY.0)?;
    let library = System::of_files(&[folder.join(LIBRARY.1)], &[])?;
    let timed = match ground.l4re {
        None => Some(Ground::prepare(ws, &setup, &ground.timed())?),
        Some(_) => None,
    };
    let ground = Ground::prepare(ws, &setup, ground)?;
    let machine = MachineArgs {
        mem: Some(MEMORY),
        count: true,
        ..MachineArgs::default()
    };
    let watch = Watch {
        timeout: Some(PATIENCE),
        ned: ground.has_ned(),
        ..Watch::default()
    };
    let mut counts = Vec::new();
    let systems = [
        (KERNEL, kernel, Some(&ground)),
        (INTERFACE.1, interface, Some(&ground)),
        (LIBRARY.1, library, Some(&ground)),
        (STAYS.0, stays, timed.as_ref()),
    ];
    for (name, system, ground) in systems {
        let Some(ground) = ground else { continue };
        let record = run::boot(ws, &setup, ground, &system, &machine, &watch)?;
        if record.end != End::Status(0) {
            let lines = record.lines.join("\n");
            bail!("{name} did not end with status 0:\n{lines}");
        }
        counts.extend(record.lines.iter().filter_map(|line| parse(line)));
    }
    let of = |name| {
        counts
            .iter()
            .find(|c| c.name == name)
            .map(|c| c.instructions)
    };
    if let (Some(whole), Some(part)) = (of(ADDED.1), of(ADDED.2)) {
        counts.push(Count {
            name: ADDED.0.to_owned(),
            instructions: whole.saturating_sub(part),
        });
    }
    for (name, ..) in ROWS {
        // Only our kernel can tell it.
        if name == STAYS.1 && timed.is_none() {
            continue;
        }
        if !counts.iter().any(|count| count.name == name) {
            bail!("no line was printed for {name}");
        }
    }
    Ok(counts)
}

/// Reads `… bench NAME COUNT`, and the timed kernel's last line.
fn parse(line: &str) -> Option<Count> {
    if let Some(stay) = line.strip_prefix(STAYS.2) {
        return Some(Count {
            name: STAYS.1.to_owned(),
            instructions: stay.split(' ').next()?.parse().ok()?,
        });
    }
    let (_, rest) = line.split_once("| bench ")?;
    let (name, count) = rest.trim().split_once(' ')?;
    Some(Count {
        name: name.to_owned(),
        instructions: count.parse().ok()?,
    })
}

/// The table as the page has it.
fn table(counts: &[Count]) -> String {
    let mut text =
        String::from("| name | what | instructions | at most | Fiasco |\n|---|---|---|---|---|\n");
    for count in counts {
        let row = ROWS.iter().find(|row| row.0 == count.name);
        let (what, most, fiasco) = row.map_or(("", None, "–"), |row| (row.1, row.2, row.3));
        let most = most.map_or("–".to_owned(), |most| most.to_string());
        text += &format!(
            "| `{}` | {what} | {} | {most} | {fiasco} |\n",
            count.name, count.instructions
        );
    }
    text
}

/// The counts in the page's table.
fn recorded(page: &str) -> Vec<Count> {
    (page.lines())
        .filter_map(|line| {
            let mut cells = line.strip_prefix("| `")?.split(" | ");
            let name = cells.next()?.trim_end_matches('`').to_owned();
            let instructions = cells.nth(1)?.trim().parse().ok()?;
            Some(Count { name, instructions })
        })
        .collect()
}

/// Status 0 if no count is much above what the page says, or above its limit.
fn check(counts: &[Count], recorded: &[Count]) -> Result<u8> {
    let mut good = true;
    for count in counts {
        let before = recorded.iter().find(|r| r.name == count.name);
        let limit = ROWS
            .iter()
            .find(|row| row.0 == count.name)
            .and_then(|row| row.2);
        match before {
            None => {
                eprintln!(
                    "bench: {} is not in {PAGE}: run `cargo xtask bench`",
                    count.name
                );
                good = false;
            }
            Some(before) if count.instructions * 100 > before.instructions * (100 + TOLERANCE) => {
                eprintln!(
                    "bench: {} needs {} instructions, {} before (by over {TOLERANCE} % more)",
                    count.name, count.instructions, before.instructions
                );
                good = false;
            }
            Some(_) => {}
        }
        if let Some(limit) = limit.filter(|limit| count.instructions > *limit) {
            eprintln!(
                "bench: {} needs {} instructions, at most {limit} are due",
                count.name, count.instructions
            );
            good = false;
        }
    }
    Ok(if good { 0 } else { status::OTHER })
}

fn write(path: &Path, page: &str, counts: &[Count]) -> Result<()> {
    let (before, rest) = page
        .split_once(START)
        .with_context(|| format!("{PAGE} has no line {START:?}"))?;
    let (_, after) = rest
        .split_once(STOP)
        .with_context(|| format!("{PAGE} has no line {STOP:?}"))?;
    let text = format!("{before}{START}\n{}{STOP}{after}", table(counts));
    if text != page {
        fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))?;
        eprintln!("bench: {PAGE} has the new numbers");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(name: &str, instructions: u64) -> Count {
        Count {
            name: name.to_owned(),
            instructions,
        }
    }

    #[test]
    fn results_are_found_in_the_log() {
        assert_eq!(
            parse("local   | bench ipc-intra 173"),
            Some(count("ipc-intra", 173))
        );
        assert_eq!(parse("local   | workbench ipc-intra 173"), None);
        assert_eq!(parse("local   | bench ipc-intra many"), None);
    }

    #[test]
    fn the_page_keeps_what_the_table_says() {
        let counts = [count("ipc-intra", 173), count("syscall", 70)];
        assert_eq!(recorded(&table(&counts)), counts);
    }

    #[test]
    fn two_per_cent_are_forgiven() {
        let before = [count("x", 1000)];
        assert_eq!(check(&[count("x", 1020)], &before).unwrap(), 0);
        assert_ne!(check(&[count("x", 1021)], &before).unwrap(), 0);
        assert_ne!(
            check(&[count("syscall", 76)], &[count("syscall", 76)]).unwrap(),
            0,
            "the limit counts"
        );
        assert_ne!(
            check(&[count("new", 1)], &before).unwrap(),
            0,
            "not recorded"
        );
    }
}
