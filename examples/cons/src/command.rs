//! The commands of the prompt: names and arguments are those of L4Re's `cons`.

use crate::console::{Console, Id};
use crate::glob;
use crate::grep;
use crate::mux::Cons;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

/// Wipes the screen.
pub const CLEAR: &[u8] = b"\x1b[H\x1b[2J";
/// Lines that `tail` shows unless told.
const TAIL: usize = 20;

/// A command's function: the multiplexer, the screen, the command and its arguments.
type Run = fn(&mut Cons, usize, &[&str]) -> Result<(), String>;

struct Command {
    name: &'static str,
    help: &'static str,
    /// Whether its first argument is a console.
    console: bool,
    run: Run,
}

const fn command(name: &'static str, help: &'static str, console: bool, run: Run) -> Command {
    Command {
        name,
        help,
        console,
        run,
    }
}

const COMMANDS: [Command; 19] = [
    command("c", "", true, connect),
    command("cat", "all that is kept of a client's text", true, cat),
    command("clear", "wipe the screen", false, clear),
    command(
        "connect",
        "give a client screen and keyboard",
        true,
        connect,
    ),
    command("drop", "forget a client that is gone", true, drop_kept),
    command(
        "grep",
        "lines with a text: grep [-nwicv] [-A|-B|-C N] TEXT [CLIENT]",
        false,
        grep::run,
    ),
    command("help", "this list", false, help),
    command("hide", "do not show a client's text", true, hide),
    command("hideall", "do not show any client's text", false, hide_all),
    command("info", "what this is", false, info),
    command("keep", "keep a client's text when it is gone", true, keep),
    command("key", "a key to connect by: key CLIENT KEY", true, key),
    command("kick", "", true, kick),
    command("list", "the clients: list [-l] [PATTERN...]", false, list),
    command("ls", "", false, list),
    command("show", "show a client's text", true, show),
    command("showall", "show all clients' text", false, show_all),
    command(
        "tail",
        "the last lines of a client's text: tail CLIENT [N]",
        true,
        tail,
    ),
    command(
        "timestamp",
        "the time before each line: timestamp CLIENT [off]",
        true,
        timestamp,
    ),
];

/// The names of all commands.
pub fn names() -> impl Iterator<Item = &'static str> {
    COMMANDS.iter().map(|command| command.name)
}

/// Whether a console's name comes next, after these words.
pub fn takes_console(name: &str, words: &[&str]) -> bool {
    match COMMANDS.iter().find(|command| command.name == name) {
        Some(command) if command.console => words.len() == 1,
        Some(command) if command.name == "grep" => {
            words
                .iter()
                .skip(1)
                .filter(|word| !word.starts_with('-'))
                .count()
                == 1
        }
        _ => false,
    }
}

/// Runs what was typed.
pub fn run(cons: &mut Cons, mux: usize, line: &str) {
    let words: Vec<&str> = line.split_whitespace().collect();
    let Some(name) = words.first() else {
        return;
    };
    let result = match COMMANDS.iter().find(|command| command.name == *name) {
        Some(command) => (command.run)(cons, mux, &words),
        None => Err(String::from("no such command; `help` lists them")),
    };
    if let Err(error) = result {
        say(cons, mux, &format!("{name}: {error}\n"));
    }
}

/// Says something on a screen.
pub fn say(cons: &mut Cons, mux: usize, text: &str) {
    if let Some(mux) = cons.muxes.get_mut(mux) {
        mux.say(text);
    }
}

/// The console that an argument names.
pub fn named<'c>(cons: &'c Cons, args: &[&str], at: usize) -> Result<&'c Console, String> {
    let name = args.get(at).ok_or("which client?")?;
    let found = cons
        .consoles
        .iter()
        .find(|console| console.label() == *name);
    found.ok_or_else(|| format!("there is no client {name}"))
}

fn id_of(cons: &Cons, args: &[&str]) -> Result<Id, String> {
    named(cons, args, 1).map(|console| console.id)
}

fn console_of<'c>(cons: &'c mut Cons, args: &[&str]) -> Result<&'c mut Console, String> {
    let id = id_of(cons, args)?;
    cons.console(id).ok_or_else(String::new)
}

fn connect(cons: &mut Cons, mux: usize, args: &[&str]) -> Result<(), String> {
    let id = id_of(cons, args)?;
    cons.connect(mux, id);
    Ok(())
}

/// Shows text of a client, and ends its last line.
fn show_text(cons: &mut Cons, mux: usize, text: &[u8]) {
    if let Some(mux) = cons.muxes.get_mut(mux) {
        mux.put(text);
        if !text.is_empty() && !text.ends_with(b"\n") {
            mux.put(b"\r\n");
        }
    }
}

fn cat(cons: &mut Cons, mux: usize, args: &[&str]) -> Result<(), String> {
    let text = named(cons, args, 1)?.history.tail(usize::MAX);
    show_text(cons, mux, &text);
    Ok(())
}

fn tail(cons: &mut Cons, mux: usize, args: &[&str]) -> Result<(), String> {
    let lines = match args.get(2) {
        None => TAIL,
        Some(word) => word
            .parse()
            .map_err(|_| format!("{word} is not a number"))?,
    };
    let text = named(cons, args, 1)?.history.tail(lines);
    show_text(cons, mux, &text);
    Ok(())
}

fn clear(cons: &mut Cons, mux: usize, _: &[&str]) -> Result<(), String> {
    if let Some(mux) = cons.muxes.get_mut(mux) {
        mux.put(CLEAR);
    }
    Ok(())
}

fn drop_kept(cons: &mut Cons, _: usize, args: &[&str]) -> Result<(), String> {
    let console = console_of(cons, args)?;
    console.style.keep = false;
    if console.dead {
        let id = console.id;
        cons.remove(id);
    }
    Ok(())
}

fn help(cons: &mut Cons, mux: usize, _: &[&str]) -> Result<(), String> {
    let mut text = String::new();
    for command in COMMANDS.iter().filter(|command| !command.help.is_empty()) {
        text += &format!("{:>15} - {}\n", command.name, command.help);
    }
    text += "\nWhile a client is connected, after Ctrl-E:\n";
    for (key, does) in [
        (".", "back to the prompt"),
        ("e", "Ctrl-E for the client"),
        ("c", "Ctrl-C for the client"),
        ("z", "Ctrl-Z for the client"),
        ("q", "Escape for the client"),
        ("l", "a break for the client"),
    ] {
        text += &format!("{key:>15} - {does}\n");
    }
    text += "\nAt any time, after Ctrl-E:\n";
    text += "              h - hide all clients but the one connected\n";
    text += "              s - show all clients\n";
    for console in &cons.consoles {
        if let Some(key) = console.style.key {
            text += &format!("{:>15} - connect {}\n", char::from(key), console.label());
        }
    }
    say(cons, mux, &text);
    Ok(())
}

fn info(cons: &mut Cons, mux: usize, _: &[&str]) -> Result<(), String> {
    say(
        cons,
        mux,
        "cons: consoles of several clients on one terminal\n",
    );
    Ok(())
}

fn show(cons: &mut Cons, mux: usize, args: &[&str]) -> Result<(), String> {
    let id = id_of(cons, args)?;
    cons.show(mux, id);
    Ok(())
}

fn show_all(cons: &mut Cons, mux: usize, _: &[&str]) -> Result<(), String> {
    cons.show_all(mux);
    Ok(())
}

fn hide(cons: &mut Cons, _: usize, args: &[&str]) -> Result<(), String> {
    let id = id_of(cons, args)?;
    cons.hide(id);
    Ok(())
}

fn hide_all(cons: &mut Cons, mux: usize, _: &[&str]) -> Result<(), String> {
    cons.hide_all(mux, None);
    Ok(())
}

fn keep(cons: &mut Cons, _: usize, args: &[&str]) -> Result<(), String> {
    console_of(cons, args)?.style.keep = true;
    Ok(())
}

fn key(cons: &mut Cons, _: usize, args: &[&str]) -> Result<(), String> {
    let key = args.get(2).and_then(|word| word.bytes().next());
    let key = key.ok_or("which client, and which key?")?;
    console_of(cons, args)?.style.key = Some(key);
    Ok(())
}

fn kick(cons: &mut Cons, _: usize, args: &[&str]) -> Result<(), String> {
    console_of(cons, args)?.trigger();
    Ok(())
}

fn timestamp(cons: &mut Cons, _: usize, args: &[&str]) -> Result<(), String> {
    console_of(cons, args)?.style.timestamp = args.get(2) != Some(&"off");
    Ok(())
}

fn list(cons: &mut Cons, mux: usize, args: &[&str]) -> Result<(), String> {
    let args = args.get(1..).unwrap_or(&[]);
    let long = args.contains(&"-l");
    let patterns: Vec<&str> = args
        .iter()
        .copied()
        .filter(|a| !a.starts_with('-'))
        .collect();
    let wanted = |console: &&Console| {
        patterns.is_empty() || patterns.iter().any(|p| glob::fits(p, &console.name))
    };
    let mut consoles: Vec<&Console> = cons.consoles.iter().filter(wanted).collect();
    consoles.sort_by(|a, b| a.name.cmp(&b.name));
    let mut text = String::new();
    for console in consoles {
        let key = match console.style.key {
            Some(key) => format!("({})", char::from(key)),
            None => String::from("   "),
        };
        let screen = console.shown_on.and_then(|mux| cons.muxes.get(mux));
        text += &format!(
            "{:>14} {key} [{:>8}] out:{:5}/{:6} in:{:5}/{:5}",
            console.label(),
            screen.map_or("", |mux| &mux.name),
            console.history.lines,
            console.history.total,
            console.input.lines,
            console.input.total,
        );
        if console.dead {
            text += " [X]";
        }
        if long {
            let attr = console.attr;
            text += &format!(
                " pend={} attr:o={:o},i={:o},l={:o}",
                console.input.pending(),
                attr.o_flags,
                attr.i_flags,
                attr.l_flags,
            );
        }
        text.push('\n');
    }
    say(cons, mux, &text);
    Ok(())
}
