//! The comparison: what `l4re-sys` defines against what headers define.

use std::fmt;

use l4re_sys::facts::{Const, FLAGS, LAYOUTS, Layout, MODULES, Value};
use l4re_tree::Facts;
use l4re_tree::facts::Type;

use crate::excuses::NEWTYPES;
use crate::probes::{PROBES, Probe};

/// Something that is not the same on both sides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The C name; with a field's behind a dot.
    pub name: String,
    /// Where the headers have it, or are supposed to.
    pub header: String,
    /// Its name in Rust.
    pub rust: String,
    /// What differs.
    pub what: What,
}

/// In what the two sides differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// The headers do not have the name.
    Gone,
    /// Another header has it.
    Moved {
        /// The one that has it in `l4re-sys`.
        from: String,
    },
    /// A number.
    Number {
        /// Of what: a value, a size, …
        of: &'static str,
        /// In the headers.
        theirs: i128,
        /// In `l4re-sys`.
        ours: i128,
    },
}

impl Difference {
    /// Whether it is about something of L4Re's C interface, and not of C++ or the C library.
    pub fn is_of_c(&self) -> bool {
        is_of_c(&self.name, &self.header)
    }
}

fn is_of_c(name: &str, header: &str) -> bool {
    // An expression is asked of trees alone.
    !name.contains("::") && !name.contains('(') && header.starts_with("l4/")
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Difference {
            name, header, rust, ..
        } = self;
        match &self.what {
            What::Gone => write!(f, "{name} is not in the headers; {rust} is it, of {header}"),
            What::Moved { from } => write!(f, "{name} is in {header}; {rust} has it from {from}"),
            What::Number { of, theirs, ours } => {
                write!(f, "{name} ({header}): the {of} is ")?;
                show(f, *theirs)?;
                write!(f, "; {rust} has ")?;
                show(f, *ours)
            }
        }
    }
}

/// Small numbers as people write them; large ones as bits.
fn show(f: &mut fmt::Formatter<'_>, number: i128) -> fmt::Result {
    match number {
        -4096..4096 => write!(f, "{number}"),
        _ => write!(f, "{:#x}", number as u64),
    }
}

/// The result of a comparison.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// How many constants were compared.
    pub constants: usize,
    /// How many structures and types.
    pub types: usize,
    /// What differs.
    pub differences: Vec<Difference>,
}

impl Report {
    /// How many names the headers do not have.
    pub fn gone(&self) -> usize {
        let gone = self.differences.iter();
        gone.filter(|difference| difference.what == What::Gone)
            .count()
    }
}

/// All constants that `l4re-sys` records.
pub fn constants() -> impl Iterator<Item = &'static Const> {
    let modules = MODULES.iter().copied().flatten().copied();
    modules.chain(FLAGS.iter().copied()).flatten()
}

/// Names that L4Re's C headers do not have, each with its header: constants and types of C++,
/// and types of the C library.
#[expect(clippy::type_complexity, reason = "two lists of pairs")]
pub fn cxx_names() -> (Vec<(String, String)>, Vec<(String, String)>) {
    let pair = |(name, header): (&str, &str)| (name.to_owned(), header.to_owned());
    let constants = constants().map(|c| (c.name, c.header));
    let types = LAYOUTS.iter().map(|layout| (layout.name, layout.header));
    (
        (constants.filter(|(name, _)| name.contains("::")).map(pair)).collect(),
        types
            .filter(|(name, header)| !is_of_c(name, header))
            .map(pair)
            .collect(),
    )
}

/// Compares everything that `l4re-sys` records with what headers define.
pub fn compare(facts: &Facts) -> Report {
    let mut report = Report::default();
    for constant in constants() {
        report.constants += 1;
        one_constant(facts, constant, &mut report.differences);
    }
    for probe in PROBES {
        report.constants += 1;
        report.differences.extend(inline(facts, probe));
    }
    for layout in LAYOUTS {
        report.types += 1;
        structure(facts, layout, &mut report.differences);
    }
    for (rust, name, size) in NEWTYPES {
        report.types += 1;
        let mut add = |header: &str, what| {
            report.differences.push(Difference {
                name: (*name).to_owned(),
                header: header.to_owned(),
                rust: format!("l4re_sys::{rust}"),
                what,
            });
        };
        match facts.layout(name) {
            None => add("l4/sys/types.h", What::Gone),
            Some(theirs) => {
                if let Some(what) = number("size", theirs.size, *size) {
                    add(&theirs.header, what);
                }
            }
        }
    }
    report
}

/// The expressions of [`PROBES`], each with its header.
pub fn expressions() -> Vec<(String, String)> {
    (PROBES.iter())
        .map(|probe| (probe.c.to_owned(), probe.header.to_owned()))
        .collect()
}

fn inline(facts: &Facts, probe: &Probe) -> Option<Difference> {
    let ours = (probe.rust)();
    let what = match facts.inline.get(probe.c) {
        None => What::Gone,
        Some(fact) if fact.value.0 == ours.into() => return None,
        Some(fact) => What::Number {
            of: "value",
            theirs: fact.value.0,
            ours: ours.into(),
        },
    };
    Some(Difference {
        name: probe.c.to_owned(),
        header: probe.header.to_owned(),
        rust: probe.holds.join(", "),
        what,
    })
}

fn number(of: &'static str, theirs: usize, ours: usize) -> Option<What> {
    (theirs != ours).then_some(What::Number {
        of,
        theirs: theirs as i128,
        ours: ours as i128,
    })
}

fn one_constant(facts: &Facts, constant: &Const, differences: &mut Vec<Difference>) {
    let mut add = |header: &str, what| {
        differences.push(Difference {
            name: constant.name.to_owned(),
            header: header.to_owned(),
            rust: constant.rust.to_owned(),
            what,
        });
    };
    let Some(fact) = facts.constant(constant.name) else {
        return add(constant.header, What::Gone);
    };
    let ours = (constant.value)();
    if !same(fact.value.0, ours) {
        let what = What::Number {
            of: match constant.name.contains("::") {
                true => "number",
                false => "value",
            },
            theirs: fact.value.0,
            ours: ours.value,
        };
        add(&fact.header, what);
    }
    if fact.header != constant.header {
        let from = constant.header.to_owned();
        add(&fact.header, What::Moved { from });
    }
}

fn structure(facts: &Facts, layout: &Layout, differences: &mut Vec<Difference>) {
    let mut add = |field: Option<&str>, header: &str, what| {
        differences.push(Difference {
            name: match field {
                Some(field) => format!("{}.{field}", layout.name),
                None => layout.name.to_owned(),
            },
            header: header.to_owned(),
            rust: layout.rust.to_owned(),
            what,
        });
    };
    let Some(theirs) = facts.layout(layout.name) else {
        return add(None, layout.header, What::Gone);
    };
    let Type { align, header, .. } = theirs;
    let whole = [
        number("size", theirs.size, layout.size),
        number("alignment", *align, layout.align),
    ];
    for what in whole.into_iter().flatten() {
        add(None, header, what);
    }
    if header != layout.header {
        let from = layout.header.to_owned();
        add(None, header, What::Moved { from });
    }
    let fields = theirs.fields.as_deref().unwrap_or_default();
    for ours in layout.fields {
        let Some(theirs) = fields.iter().find(|field| field.name == ours.name) else {
            add(Some(ours.name), header, What::Gone);
            continue;
        };
        let both = [
            number("offset", theirs.offset, ours.offset),
            number("size", theirs.size, ours.size),
        ];
        for what in both.into_iter().flatten() {
            add(Some(ours.name), header, what);
        }
    }
}

/// Whether a number of C is the number of Rust: equal in the bits of the Rust type, and no more
/// of it lost than its sign.
pub fn same(c: i128, rust: Value) -> bool {
    let range = 1i128 << rust.bits;
    let fits = (-range / 2..range).contains(&c);
    fits && c.rem_euclid(range) == rust.value.rem_euclid(range)
}
