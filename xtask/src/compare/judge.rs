//! Holds what happened on two kernels against each other.

use std::collections::BTreeMap;
use std::fmt;

use super::answers::{Step, World};
use super::explained::{self, Effect};

/// The verdict.
#[derive(Debug, Default)]
pub struct Judge {
    /// Calls whose answers were compared.
    pub calls: u64,
    /// Events that were compared.
    pub events: u64,
    /// Worlds that were compared, and those of which that could not be done to the end, with the
    /// reason.
    pub worlds: u64,
    unfinished: BTreeMap<&'static str, u64>,
    /// How often each explanation was needed.
    explained: BTreeMap<&'static str, u64>,
    /// What is not explained.
    pub differences: Vec<Difference>,
}

/// Something that is not explained: the first in its world.
#[derive(Debug)]
pub struct Difference {
    pub world: u64,
    /// What differs.
    pub what: String,
    call: Option<String>,
    pub ours: Option<String>,
    pub theirs: Option<String>,
}

impl Difference {
    /// The call that differs, if it is one.
    pub fn call(&self) -> Option<&str> {
        self.call.as_deref()
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let answer =
            |step: &Option<String>| step.clone().unwrap_or_else(|| "nothing more".to_owned());
        writeln!(f, "world {}, {}", self.world, self.what)?;
        writeln!(f, "  embedded:  {}", answer(&self.ours))?;
        write!(f, "  the other: {}", answer(&self.theirs))
    }
}

impl Judge {
    /// Compares a world of both.
    pub fn compare(&mut self, number: u64, ours: Option<&World>, theirs: Option<&World>) {
        self.worlds += 1;
        let (Some(ours), Some(theirs)) = (ours, theirs) else {
            return self.give_up("told by one kernel only");
        };
        if ours.torn || theirs.torn {
            return self.give_up("lines torn apart");
        }
        let end = |world: &World| world.end.as_ref().map(|(end, _)| end.clone());
        let endless = |world: &World| end(world).as_deref() == Some("endless");
        if endless(ours) && endless(theirs) {
            return self.give_up("a thread that runs without end");
        }
        let count = ours.steps.len().max(theirs.steps.len());
        for at in 0..count {
            let (our_step, their_step) = (ours.steps.get(at), theirs.steps.get(at));
            match our_step {
                Some(Step::Call(_)) => self.calls += 1,
                _ => self.events += 1,
            }
            if our_step == their_step {
                continue;
            }
            match explained::why(our_step, their_step) {
                Some(explained) => {
                    *self.explained.entry(explained.class).or_default() += 1;
                    if explained.effect == Effect::Spoils {
                        return self
                            .give_up("nothing can be compared behind an explained difference");
                    }
                }
                None => return self.differ(number, at, our_step, their_step),
            }
        }
        if ours.end != theirs.end {
            let end = |world: &World| {
                world
                    .end
                    .as_ref()
                    .map(|(end, slots)| format!("ended {end}, slots {slots}"))
            };
            self.differences.push(Difference {
                world: number,
                what: "the end".to_owned(),
                call: None,
                ours: end(ours),
                theirs: end(theirs),
            });
        }
    }

    fn give_up(&mut self, why: &'static str) {
        *self.unfinished.entry(why).or_default() += 1;
    }

    fn differ(&mut self, world: u64, at: usize, ours: Option<&Step>, theirs: Option<&Step>) {
        let who = |step: Option<&Step>| match step {
            Some(Step::Call(call)) => Some(call.who.clone()),
            _ => None,
        };
        let call = who(ours).or_else(|| who(theirs));
        self.differences.push(Difference {
            world,
            what: match &call {
                Some(call) => format!("step {}, call {call}", at + 1),
                None => format!("step {}", at + 1),
            },
            call,
            ours: ours.map(Step::to_string),
            theirs: theirs.map(Step::to_string),
        });
    }
}

impl fmt::Display for Judge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "\n{} worlds, {} calls and {} events compared",
            self.worlds, self.calls, self.events
        )?;
        for (class, count) in &self.explained {
            writeln!(f, "  {count:6} explained: {class}")?;
        }
        for (why, count) in &self.unfinished {
            writeln!(f, "  {count:6} worlds not compared to the end: {why}")?;
        }
        writeln!(f, "{} unexplained differences", self.differences.len())
    }
}

#[cfg(test)]
mod tests {
    use super::super::answers;
    use super::*;

    fn world(lines: &[&str]) -> World {
        let lines: Vec<String> = lines.iter().map(|line| (*line).to_owned()).collect();
        answers::read(&lines).remove(&7).unwrap()
    }

    fn judge(ours: &[&str], theirs: &[&str]) -> Judge {
        let mut judge = Judge::default();
        judge.compare(7, Some(&world(ours)), Some(&world(theirs)));
        judge
    }

    const CALL: &str = "c 7 1 a0 task:task.2/3 10000 0 0 0 0 0 0";
    const END: &str = "w 7 done 1.";

    #[test]
    fn the_same_is_the_same() {
        let lines = [CALL, "e 7 2 a fault 5004", END];
        let judge = judge(&lines, &lines);
        assert!(judge.differences.is_empty());
        assert_eq!((judge.calls, judge.events, judge.worlds), (1, 1, 1));
        assert!(judge.unfinished.is_empty());
    }

    #[test]
    fn the_first_difference_of_a_world_is_told() {
        let other = "c 7 1 a0 task:task.2/3 0 0 0 0 0 0 0";
        let more = "c 7 2 b0 irq:irq./3 0 0 0 0 0 0 0";
        let found = judge(&[CALL, more, END], &[other, END]);
        assert_eq!(found.differences.len(), 1);
        let text = found.differences[0].to_string();
        assert_eq!(found.differences[0].call(), Some("a0"));
        for part in ["world 7, step 1, call a0", "label 1)", "label 0)"] {
            assert!(text.contains(part), "{text}");
        }
        for theirs in [
            &[CALL, END][..],
            &[CALL, "e 7 2 a cancel", END],
            &[CALL, "c 7 2 b0 irq:irq./3 8000 0 3 0 0 0 0", END],
            &[CALL, "c 7 2 b0 irq:irq./3 0 0 0 1 0 0 0", END],
            &[CALL, more, "w 7 done 3."],
            &[CALL, more, "w 7 stuck 1."],
        ] {
            assert_eq!(
                judge(&[CALL, more, END], theirs).differences.len(),
                1,
                "{theirs:?}"
            );
        }
    }

    #[test]
    fn what_is_explained_is_counted() {
        let make = |answer: &str| {
            format!("c 7 1 a0 factory:factory.fffffffffffffff0/3 {answer} 0 0 0 0 0 0")
        };
        let (ours, theirs) = (make("ffffffffffed0000"), make("40"));
        let other = "c 7 2 a1 task:task.2/3 0 0 0 0 0 0 0";
        let found = judge(&[&ours, END], &[&theirs, other, END]);
        assert!(found.differences.is_empty());
        assert_eq!(found.explained.values().sum::<u64>(), 1);
        assert_eq!(found.unfinished.values().sum::<u64>(), 1);
        // Both refuse it, for other reasons: what follows counts.
        let theirs = make("ffffffffffda0000");
        let found = judge(&[&ours, END], &[&theirs, other, END]);
        assert_eq!(found.explained.values().sum::<u64>(), 1);
        assert_eq!(found.differences.len(), 1);
    }

    #[test]
    fn what_cannot_be_read_is_not_compared() {
        for torn in [
            &["c 7 1 a0 task:task.2/3 10000 0 0 0 0 0", END][..],
            &["c 7 2 a0 task:task.2/3 10000 0 0 0 0 0 0", END],
            &["c 7 1 a0 task 10000 0 0 0 0 0 0", END],
        ] {
            let found = judge(torn, &[CALL, END]);
            assert_eq!((found.calls, found.differences.len()), (0, 0));
            assert_eq!(found.unfinished.values().sum::<u64>(), 1);
        }
        let mut one = Judge::default();
        one.compare(7, Some(&world(&[CALL, END])), None);
        assert_eq!(one.unfinished.values().sum::<u64>(), 1);
    }

    #[test]
    fn a_call_is_found_in_words() {
        let lines = [
            "# a1: to task",
            "#     words [1]",
            "c 7 1 a1 x",
            "# a11: to irq",
        ];
        let lines = lines.map(str::to_owned);
        assert_eq!(
            answers::in_words(&lines, "a1"),
            ["a1: to task", "    words [1]"]
        );
    }
}
