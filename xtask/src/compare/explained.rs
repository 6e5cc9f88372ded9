//! The differences that are known: each is a line of `docs/differences.md`.

use super::answers::{Call, Step};

/// A class of differences.
#[derive(Debug)]
pub struct Explained {
    /// The first column of its line in `docs/differences.md`.
    pub class: &'static str,
    /// What it does to the calls behind it.
    pub effect: Effect,
    is: fn(&Call, &Call) -> bool,
}

/// What a difference does to the calls behind it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// Nothing: they are compared.
    Passes,
    /// The two worlds are not the same any more.
    Spoils,
}

const TABLE: &[Explained] = &[
    Explained {
        class: "thread groups",
        effect: Effect::Spoils,
        is: |ours, theirs| {
            ours.name.protocol == "factory"
                && ours.name.operation == Some(protocol(-9))
                && theirs.answer.result() == -19
        },
    },
    Explained {
        class: VIRTUAL,
        effect: Effect::Passes,
        is: |ours, theirs| is_virtual(ours) && both_refuse(ours, theirs),
    },
    Explained {
        class: VIRTUAL,
        effect: Effect::Spoils,
        is: |ours, _| is_virtual(ours),
    },
    Explained {
        class: SEGMENTS,
        effect: Effect::Passes,
        is: |ours, theirs| is_of_segments(ours) && both_refuse(ours, theirs),
    },
    Explained {
        class: SEGMENTS,
        effect: Effect::Spoils,
        is: |ours, _| is_of_segments(ours),
    },
    Explained {
        class: "doorbell IRQ",
        effect: Effect::Spoils,
        is: |ours, _| ours.name.is_for_thread(8),
    },
];

const VIRTUAL: &str = "virtual processors and virtual machines";
const SEGMENTS: &str = "segment tables of threads and tasks (`fiasco_gdt_set`, `fiasco_ldt_set`)";

/// Creation of what virtual machines need, and operations of virtual processors.
fn is_virtual(call: &Call) -> bool {
    let name = &call.name;
    let made = [-16, -25].map(|kind| Some(protocol(kind)));
    (name.protocol == "factory" && made.contains(&name.operation))
        || name.is_for_thread(4)
        || name.is_for_thread(7)
}

fn is_of_segments(call: &Call) -> bool {
    let of_task = call.name.protocol == "task" && call.name.operation == Some(0x11);
    of_task || call.name.is_for_thread(0x10)
}

fn both_refuse(ours: &Call, theirs: &Call) -> bool {
    ours.answer.result() < 0 && theirs.answer.result() < 0
}

/// A protocol's number as a word of a message.
const fn protocol(number: i64) -> u64 {
    number as u64
}

/// Where the second thread runs while the kernel keeps the first one waiting.
const OVERTAKEN: Explained = Explained {
    class: "the end of an object",
    effect: Effect::Spoils,
    is: |ours, _| match ours.name.protocol.as_str() {
        "factory" => true,
        "kobject" => ours.name.operation == Some(0x10),
        "task" => matches!(ours.name.operation, Some(0 | 1)),
        _ => false,
    },
};

/// What a thread runs into that the kernel would not have sent there.
const ASTRAY: Explained = Explained {
    class: "`ex_regs` with an address that no program can have",
    effect: Effect::Spoils,
    is: |ours, _| ours.name.is_for_thread(1) && ours.answer.result() == -22,
};

fn who(step: &Step) -> &str {
    match step {
        Step::Call(call) => &call.who,
        Step::Event { who, .. } => who,
    }
}

/// The explanation of a difference between two steps, ours first.
pub fn why(ours: Option<&Step>, theirs: Option<&Step>) -> Option<&'static Explained> {
    let taken = |ours: &Call, step: &Step| match step {
        Step::Call(call) => {
            call.who == ours.who && call.answer.result() >= 0 && !call.answer.has_error()
        }
        Step::Event { .. } => true,
    };
    if let (Some(Step::Call(call)), Some(other)) = (ours, theirs)
        && (ASTRAY.is)(call, call)
        && taken(call, other)
    {
        return Some(&ASTRAY);
    }
    if let (Some(Step::Call(call)), Some(other)) = (ours, theirs)
        && call.who.starts_with('a')
        && who(other).starts_with('b')
    {
        return Some(&OVERTAKEN).filter(|explained| (explained.is)(call, call));
    }
    let (Some(Step::Call(ours)), Some(Step::Call(theirs))) = (ours, theirs) else {
        return None;
    };
    if ours.who != theirs.who || ours.name != theirs.name {
        return None;
    }
    TABLE.iter().find(|explained| (explained.is)(ours, theirs))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_class_is_a_line_of_the_page() {
        let page = include_str!("../../../docs/differences.md");
        for explained in TABLE.iter().chain([&OVERTAKEN, &ASTRAY]) {
            let start = format!("| {} |", explained.class);
            let lines = page.lines().filter(|line| line.starts_with(&start));
            assert_eq!(lines.count(), 1, "{}", explained.class);
        }
    }
}
