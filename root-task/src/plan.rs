//! The boot plan: which programs run, and which gates they share.
//!
//! The plan is the boot module `boot.plan`, text of one statement a line; `#` starts a comment,
//! words are quoted as in a shell:
//!
//! ```text
//! gate calc                                  # a gate that programs share
//! start calc-server -g calc:s -- calc-server # `s`: this one is the server
//! start calc-client -g calc -m 4M -- calc-client --count 3
//! end all                                    # or: end first
//! colour on                                  # log lines in colours (off unless said)
//! ```
//!
//! `start MODULE [-g GATE[=NAME][:RIGHTS]]... [-n NAME] [-m MEMORY] [-l LOADER] [-o kernel]
//! [-p FIRST-LAST]... [-i IRQ]... [-e NAME=VALUE]... [-- ARG...]` starts the ELF file in the boot module. `-g` gives it a gate under NAME (the gate's own if left out). RIGHTS are
//! `s` for the one that serves the gate; `r` or `rw` leave a caller with just these rights, who
//! otherwise has read, write and special, as ned gives them. `-n` names it in the log. `-m` limits its
//! memory, in bytes or with `K`, `M`, `G`. `-l` names the boot module that is started in its place and
//! loads it: L4Re's own `l4re`, which L4Re's C programs need. `-o kernel` makes the kernel's log the
//! program's own, where others have lines with their names before them. `-p` lets it have I/O ports,
//! which it asks the capability `sigma0` for; `-i` lets it bind an interrupt at the capability `icu`:
//! as programs on L4Re's own system do. `-e` sets an environment variable; of two with one name the
//! last counts. The arguments are `argv`, of which the first is the
//! module's name unless given.

use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;
use core::fmt;

use l4re_sys::ObjRights;

/// What the plan says of a program, in memory that is there from the start on.
pub type Text = String;

/// The longest name of a capability that a program can be given.
pub const MAX_CAP_NAME: usize = 16;

/// What is to run.
#[derive(Debug, Default, PartialEq)]
pub struct Plan {
    /// The gates to make.
    pub gates: Vec<String>,
    /// The programs to start, in this order.
    pub starts: Vec<Start>,
    /// When the system ends.
    pub end: End,
    /// Whether log lines are coloured.
    pub colour: bool,
}

/// When the system ends.
#[derive(Debug, Default, PartialEq, Clone, Copy)]
pub enum End {
    /// When all programs have ended.
    #[default]
    All,
    /// When the first of the programs listed has ended.
    First,
}

/// A program to start.
#[derive(Debug, PartialEq)]
pub struct Start {
    /// The boot module that is its ELF file.
    pub module: String,
    /// What the log calls it.
    pub name: String,
    /// `argv`.
    pub args: Vec<String>,
    /// `envp`: `NAME=VALUE`, each name once.
    pub env: Vec<String>,
    /// The gates that it is given.
    pub gates: Vec<Grant>,
    /// Bytes of memory it may take; `None`: what there is.
    pub memory: Option<usize>,
    /// The boot module that is started to load it; `None`: the root task does.
    pub loader: Option<String>,
    /// Whether the kernel's log is its own.
    pub kernel_log: bool,
    /// I/O ports that it may have: first and last.
    pub ports: Vec<(u16, u16)>,
    /// Interrupts that it may bind.
    pub irqs: Vec<u32>,
}

/// A gate given to a program.
#[derive(Debug, PartialEq, Clone)]
pub struct Grant {
    /// Which gate.
    pub gate: String,
    /// The name that the program finds it by.
    pub name: String,
    /// Whether the program may serve it.
    pub server: bool,
    /// The rights of the program's capability.
    pub rights: ObjRights,
}

/// Why a plan is not one.
#[derive(Debug, PartialEq)]
pub struct PlanError {
    /// The line, from 1; 0 if the plan as a whole is meant.
    pub line: usize,
    /// What is wrong.
    pub message: String,
}

impl fmt::Display for PlanError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => write!(f, "boot.plan: {}", self.message),
            line => write!(f, "boot.plan:{line}: {}", self.message),
        }
    }
}

impl Plan {
    /// Reads a plan.
    ///
    /// # Errors
    /// The first line that is not understood, a gate that is not made, or a plan that starts
    /// nothing.
    pub fn parse(text: &[u8]) -> Result<Plan, PlanError> {
        let mut plan = Plan::default();
        for (index, line) in text.split(|&b| b == b'\n').enumerate() {
            let error = |message| PlanError {
                line: index + 1,
                message,
            };
            let line = core::str::from_utf8(line).map_err(|_| error("not UTF-8".to_owned()))?;
            let words = shlex::split(line).ok_or_else(|| error("a quote is not closed".into()))?;
            plan.statement(&words).map_err(error)?;
        }
        if plan.starts.is_empty() {
            return Err(PlanError {
                line: 0,
                message: "starts no program".into(),
            });
        }
        Ok(plan)
    }

    fn statement(&mut self, words: &[String]) -> Result<(), String> {
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        match words[..] {
            [] => Ok(()),
            ["gate", name] => {
                if self.gates.iter().any(|gate| gate == name) {
                    return Err(format!("gate {name:?} is there already"));
                }
                self.gates.push(cap_name(name)?);
                Ok(())
            }
            ["start", module, ref rest @ ..] => {
                let start = Start::parse(module, rest)?;
                for grant in &start.gates {
                    if !self.gates.contains(&grant.gate) {
                        return Err(format!("no line `gate {}` before this one", grant.gate));
                    }
                }
                self.starts.push(start);
                Ok(())
            }
            ["end", "all"] => {
                self.end = End::All;
                Ok(())
            }
            ["end", "first"] => {
                self.end = End::First;
                Ok(())
            }
            ["colour", "on"] => {
                self.colour = true;
                Ok(())
            }
            ["colour", "off"] => {
                self.colour = false;
                Ok(())
            }
            [word, ..] => Err(format!(
                "not understood: {word:?} with its {} words",
                words.len()
            )),
        }
    }
}

impl Start {
    fn parse(module: &str, words: &[&str]) -> Result<Start, String> {
        let mut start = Start {
            module: module.to_owned(),
            name: module.to_owned(),
            args: vec![module.to_owned()],
            env: vec![],
            gates: vec![],
            memory: None,
            loader: None,
            kernel_log: false,
            ports: vec![],
            irqs: vec![],
        };
        let mut words = words.iter().copied();
        while let Some(option) = words.next() {
            if option == "--" {
                let args: Vec<String> = words.by_ref().map(ToOwned::to_owned).collect();
                if !args.is_empty() {
                    start.args = args;
                }
                break;
            }
            let value = words
                .next()
                .ok_or_else(|| format!("{option:?} needs a word after it"))?;
            match option {
                "-g" => start.gates.push(Grant::parse(value)?),
                "-n" => start.name = value.to_owned(),
                "-m" => start.memory = Some(bytes(value)?),
                "-l" => start.loader = Some(value.to_owned()),
                "-o" if value == "kernel" => start.kernel_log = true,
                "-o" => return Err(format!("unknown log {value:?}: kernel")),
                "-p" => start.ports.push(ports(value)?),
                "-i" => {
                    let irq = value.parse();
                    let irq = irq.map_err(|_| format!("{value:?} is no interrupt's number"))?;
                    start.irqs.push(irq);
                }
                "-e" => start.set_variable(value)?,
                _ => return Err(format!("unknown option {option:?} of `start`")),
            }
        }
        Ok(start)
    }

    /// Sets an environment variable, `NAME=VALUE`.
    fn set_variable(&mut self, text: &str) -> Result<(), String> {
        let name = match text.split_once('=') {
            Some((name, _)) if !name.is_empty() => name,
            _ => {
                return Err(format!("{text:?} is no environment variable: NAME=VALUE"));
            }
        };
        let has_name = |variable: &String| variable.split_once('=').is_some_and(|(n, _)| n == name);
        self.env.retain(|variable| !has_name(variable));
        self.env.push(text.to_owned());
        Ok(())
    }
}

impl Grant {
    fn parse(text: &str) -> Result<Grant, String> {
        let (names, rights) = text.split_once(':').unwrap_or((text, ""));
        let (gate, name) = names.split_once('=').unwrap_or((names, names));
        let (server, rights) = match rights {
            "" => (false, ObjRights::RWS),
            "r" => (false, ObjRights::R),
            "w" | "rw" => (false, ObjRights::RW),
            "s" => (true, ObjRights::RWSD),
            _ => return Err(format!("unknown rights {rights:?} in {text:?}: r, rw or s")),
        };
        Ok(Grant {
            gate: gate.to_owned(),
            name: cap_name(name)?,
            server,
            rights,
        })
    }
}

/// A name that fits into the table of a program's initial capabilities.
fn cap_name(name: &str) -> Result<String, String> {
    if name.is_empty() || name.len() > MAX_CAP_NAME {
        return Err(format!("{name:?}: a name has 1 to {MAX_CAP_NAME} bytes"));
    }
    if name == "rom" {
        return Err("\"rom\" is the name of the boot files".into());
    }
    Ok(name.to_owned())
}

/// I/O ports, `FIRST-LAST`, in hexadecimal digits behind `0x`.
fn ports(text: &str) -> Result<(u16, u16), String> {
    let number = |text: &str| u16::from_str_radix(text.strip_prefix("0x")?, 16).ok();
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    match (number(first), number(last)) {
        (Some(first), Some(last)) if first <= last && crate::verdict::is_reserved(first, last) => {
            Err(format!(
                "{text:?}: how the system ends is told by ports among them"
            ))
        }
        (Some(first), Some(last)) if first <= last => Ok((first, last)),
        _ => Err(format!("{text:?} are no I/O ports: 0x70-0x71")),
    }
}

/// A number of bytes, with `K`, `M` or `G`.
fn bytes(text: &str) -> Result<usize, String> {
    let (digits, shift) = match text.as_bytes().last() {
        Some(b'K' | b'k') => (&text[..text.len() - 1], 10),
        Some(b'M' | b'm') => (&text[..text.len() - 1], 20),
        Some(b'G' | b'g') => (&text[..text.len() - 1], 30),
        _ => (text, 0),
    };
    let number: usize = digits
        .parse()
        .map_err(|_| format!("{text:?} is not a size"))?;
    number
        .checked_mul(1 << shift)
        .ok_or_else(|| format!("{text:?} is too large"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(text: &str) -> String {
        alloc::string::ToString::to_string(&Plan::parse(text.as_bytes()).unwrap_err())
    }

    #[test]
    fn a_whole_plan() {
        let plan = Plan::parse(
            b"# two tasks\n\
              gate calc\n\
              start server -g calc:s\n\
              start client -g calc=svc:w -n cl -m 4M -- client 'a b' \"c\\\"d\"\n\
              end first\n\
              colour on",
        )
        .unwrap();
        assert_eq!(plan.gates, ["calc"]);
        assert_eq!((plan.end, plan.colour), (End::First, true));
        assert_eq!(plan.starts[0].args, ["server"]);
        assert!(plan.starts[0].gates[0].server);
        let client = &plan.starts[1];
        assert_eq!(client.name, "cl");
        assert_eq!(client.args, ["client", "a b", "c\"d"]);
        assert_eq!(client.memory, Some(4 << 20));
        assert_eq!(
            client.gates,
            [Grant {
                gate: "calc".into(),
                name: "svc".into(),
                server: false,
                rights: ObjRights::RW
            }]
        );
    }

    #[test]
    fn environment_variables() {
        let plan = Plan::parse(b"start p -e A=1 -e 'B=x = y' -e C= -e A=2 -- p").unwrap();
        assert_eq!(plan.starts[0].env, ["B=x = y", "C=", "A=2"]);
        for bad in [
            "start p -e A",
            "start p -e =1",
            "start p -e ''",
            "start p -e",
        ] {
            assert!(error(bad).starts_with("boot.plan:1: "), "{bad}");
        }
    }

    #[test]
    fn devices() {
        let plan = Plan::parse(b"start d -o kernel -p 0x70-0x71 -p 0x80 -i 8 -i 9").unwrap();
        let start = &plan.starts[0];
        assert!(start.kernel_log);
        assert_eq!(start.ports, [(0x70, 0x71), (0x80, 0x80)]);
        assert_eq!(start.irqs, [8, 9]);
    }

    #[test]
    fn errors_name_the_line() {
        assert_eq!(
            error("\nstart a -g x\n"),
            "boot.plan:2: no line `gate x` before this one"
        );
        assert_eq!(error("start 'a"), "boot.plan:1: a quote is not closed");
        assert_eq!(
            error("start a -g"),
            "boot.plan:1: \"-g\" needs a word after it"
        );
        assert_eq!(
            error("gate rom"),
            "boot.plan:1: \"rom\" is the name of the boot files"
        );
        assert_eq!(
            error("start a -m 20000000000G"),
            "boot.plan:1: \"20000000000G\" is too large"
        );
        assert_eq!(
            error("gate a\ngate a"),
            "boot.plan:2: gate \"a\" is there already"
        );
        assert_eq!(
            error("gate 12345678901234567"),
            "boot.plan:1: \"12345678901234567\": a name has 1 to 16 bytes"
        );
        assert_eq!(
            error("start a -p 0x71-0x70"),
            "boot.plan:1: \"0x71-0x70\" are no I/O ports: 0x70-0x71"
        );
        assert_eq!(
            error("start a -p 0xe0-0xff"),
            "boot.plan:1: \"0xe0-0xff\": how the system ends is told by ports among them"
        );
        assert_eq!(
            error("start a -i x"),
            "boot.plan:1: \"x\" is no interrupt's number"
        );
        assert_eq!(
            error("start a -o x"),
            "boot.plan:1: unknown log \"x\": kernel"
        );
        assert_eq!(error("# nothing"), "boot.plan: starts no program");
        assert_eq!(
            error("frobnicate"),
            "boot.plan:1: not understood: \"frobnicate\" with its 1 words"
        );
    }

    #[test]
    fn no_bytes_are_too_strange() {
        let mut seed = 7u64;
        for _ in 0..if cfg!(miri) { 50 } else { 5000 } {
            let text: Vec<u8> = (0..40)
                .map(|_| {
                    seed = seed
                        .wrapping_mul(6364136223846793005)
                        .wrapping_add(1442695040888963407);
                    b"start gate -g:=sw'\"\\\n #\xffM9 end."[(seed >> 40) as usize % 31]
                })
                .collect();
            let _ = Plan::parse(&text);
        }
    }
}
