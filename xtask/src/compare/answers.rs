//! What the program `tests/compare` tells, read back.

use std::collections::BTreeMap;
use std::fmt;

/// Its last line.
pub const LAST: &str = "z";

/// A world of calls.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct World {
    /// What happened, in order.
    pub steps: Vec<Step>,
    /// How it ended, and which slots were filled then. None if that was not told.
    pub end: Option<(String, String)>,
    /// A line could not be read: something else was written in between.
    pub torn: bool,
}

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// A call came back.
    Call(Call),
    /// Something else: to whom (`a`, `b`, or `x` for the echo service), and what.
    Event { who: String, what: String },
}

/// A call that came back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// Thread and number: `a3`.
    pub who: String,
    /// What it was.
    pub name: Name,
    /// What it returned.
    pub answer: Answer,
}

/// What a call was: `destination:protocol.operation/phases`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Name {
    pub dest: String,
    pub protocol: String,
    /// Register 0, if the message has one.
    pub operation: Option<u64>,
    pub phases: u64,
}

/// What a call returned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    pub tag: u64,
    pub label: u64,
    pub error: u64,
    pub digest: u64,
    pub words: [u64; 3],
}

impl Answer {
    /// Whether it is an IPC error.
    pub fn has_error(&self) -> bool {
        self.tag & 0x8000 != 0
    }

    /// The label of the tag: a result or an error code.
    pub fn result(&self) -> i64 {
        self.tag as i64 >> 16
    }
}

impl Name {
    /// Whether it is this operation of threads.
    pub fn is_for_thread(&self, operation: u64) -> bool {
        // Flags stand above.
        self.protocol == "thread"
            && self
                .operation
                .is_some_and(|word| word & 0xffff == operation)
    }

    fn read(text: &str) -> Option<Name> {
        let (dest, rest) = text.split_once(':')?;
        let (rest, phases) = rest.split_once('/')?;
        let (protocol, operation) = rest.split_once('.')?;
        Some(Name {
            dest: dest.to_owned(),
            protocol: protocol.to_owned(),
            operation: match operation {
                "" => None,
                digits => Some(hex(digits)?),
            },
            phases: hex(phases)?,
        })
    }
}

fn hex(digits: &str) -> Option<u64> {
    u64::from_str_radix(digits, 16).ok()
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}.", self.dest, self.protocol)?;
        if let Some(operation) = self.operation {
            write!(f, "{operation:x}")?;
        }
        write!(f, "/{:x}", self.phases)
    }
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.has_error() {
            write!(f, "IPC error {:#x}", self.error)?;
        } else {
            write!(
                f,
                "tag {:#x} (label {}), words {:x?}",
                self.tag,
                self.result(),
                self.words
            )?;
            write!(f, ", all mixed {:x}", self.digest)?;
        }
        write!(f, ", sender's label {:#x}", self.label)
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Step::Call(call) => write!(f, "{} {}: {}", call.who, call.name, call.answer),
            Step::Event { who, what } => write!(f, "{who}: {what}"),
        }
    }
}

/// All worlds that lines tell of.
pub fn read(lines: &[String]) -> BTreeMap<u64, World> {
    let mut worlds: BTreeMap<u64, World> = BTreeMap::new();
    for line in lines {
        let words: Vec<&str> = line.split(' ').collect();
        let (Some(kind @ ("c" | "e" | "w")), Some(Ok(number))) = (
            words.first().copied(),
            words.get(1).map(|number| number.parse::<u64>()),
        ) else {
            continue;
        };
        let world = worlds.entry(number).or_default();
        match (kind, words.get(2..).unwrap_or(&[])) {
            ("w", [end, slots]) => world.end = Some(((*end).to_owned(), (*slots).to_owned())),
            ("e", [order, who, what @ ..]) => {
                let step = Step::Event {
                    who: (*who).to_owned(),
                    what: what.join(" "),
                };
                world.add(order, Some(step));
            }
            ("c", [order, who, name, numbers @ ..]) => {
                world.add(order, call(who, name, numbers).map(Step::Call));
            }
            _ => world.torn = true,
        }
    }
    worlds
}

fn call(who: &str, name: &str, numbers: &[&str]) -> Option<Call> {
    let numbers: Vec<u64> = numbers
        .iter()
        .map(|digits| hex(digits))
        .collect::<Option<_>>()?;
    let [tag, label, error, digest, words @ ..] = numbers.as_slice() else {
        return None;
    };
    Some(Call {
        who: who.to_owned(),
        name: Name::read(name)?,
        answer: Answer {
            tag: *tag,
            label: *label,
            error: *error,
            digest: *digest,
            words: words.try_into().ok()?,
        },
    })
}

impl World {
    /// Adds what happened; each line has its place, so that a lost one is noticed.
    fn add(&mut self, order: &str, step: Option<Step>) {
        match (order.parse::<usize>(), step) {
            (Ok(order), Some(step)) if self.steps.len() + 1 == order => self.steps.push(step),
            _ => self.torn = true,
        }
    }
}

/// The lines that tell a call in words.
pub fn in_words(lines: &[String], call: &str) -> Vec<String> {
    let start = format!("# {call}: ");
    let mut lines = lines.iter().skip_while(|line| !line.starts_with(&start));
    let first = lines.next().map(|line| line.trim_start_matches("# "));
    let rest = lines.map_while(|line| line.strip_prefix("# ").filter(|rest| rest.starts_with(' ')));
    first.into_iter().chain(rest).map(str::to_owned).collect()
}
