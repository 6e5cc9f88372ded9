//! Reading TAP, the Test Anything Protocol, from a program's lines in the log.

use crate::symbols;

/// One test case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Case {
    /// Its description.
    pub name: String,
    /// How it went.
    pub outcome: Outcome,
}

/// How a test case went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// `ok`.
    Passed,
    /// `not ok`.
    Failed,
    /// `ok … # SKIP`: it could not be tried here.
    Skipped,
}

/// What a test program reported.
#[derive(Debug, Default)]
pub struct Report {
    /// Its cases in order.
    pub cases: Vec<Case>,
    /// What is wrong with the report itself.
    pub complaints: Vec<String>,
}

/// Reads the report of one program out of the system's log.
pub fn read(program: &str, log: &[String]) -> Report {
    let mut report = Report::default();
    let mut planned = None;
    for line in log {
        let Some(text) = said_by(program, line) else {
            continue;
        };
        if let Some(count) = text
            .strip_prefix("1..")
            .and_then(|count| count.trim().parse::<usize>().ok())
        {
            if planned.replace(count).is_some() {
                report.complaints.push("two plans".to_owned());
            }
        } else if let Some(reason) = text.strip_prefix("Bail out!") {
            report.complaints.push(format!("gave up:{reason}"));
        } else if let Some(rest) = text.strip_prefix("not ok") {
            report.add(rest, Outcome::Failed);
        } else if let Some(rest) = text.strip_prefix("ok") {
            report.add(rest, Outcome::Passed);
        }
    }
    match planned {
        Some(count) if count != report.cases.len() => report.complaints.push(format!(
            "{count} cases planned, {} reported",
            report.cases.len()
        )),
        None => report.complaints.push("no plan (1..N)".to_owned()),
        Some(_) => {}
    }
    report
}

impl Report {
    fn add(&mut self, rest: &str, outcome: Outcome) {
        // "ok" begins many words; a result is followed by a number or a description.
        if !rest.starts_with(' ') && !rest.is_empty() {
            return;
        }
        let rest = rest.trim_start();
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let (number, rest) = rest.split_at(digits);
        if let Ok(number) = number.parse::<usize>()
            && number != self.cases.len() + 1
        {
            self.complaints.push(format!(
                "case {number} comes where {} is due",
                self.cases.len() + 1
            ));
        }
        let text = rest.trim_start().trim_start_matches("- ");
        let (name, directive) = text.split_once(" # ").unwrap_or((text, ""));
        let outcome = match directive.get(..4) {
            Some(word) if word.eq_ignore_ascii_case("skip") => Outcome::Skipped,
            _ => outcome,
        };
        self.cases.push(Case {
            name: name.trim().to_owned(),
            outcome,
        });
    }
}

/// What a program wrote on a line of the log.
pub fn said_by<'l>(program: &str, line: &'l str) -> Option<&'l str> {
    let (name, text) = line.split_once('|')?;
    let name = name.trim();
    let said = name == program || symbols::is_cut(name, program);
    said.then_some(text.strip_prefix(' ').unwrap_or(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(lines: &[&str]) -> Report {
        let log: Vec<String> = lines
            .iter()
            .map(|line| format!("ipc     | {line}"))
            .collect();
        read("ipc", &log)
    }

    #[test]
    fn cases_are_read() {
        let report = report(&[
            "1..3",
            "ok 1 - call",
            "# note",
            "not ok 2 - reply",
            "ok 3 - vcpu # SKIP none",
        ]);
        assert!(report.complaints.is_empty(), "{:?}", report.complaints);
        let outcomes: Vec<Outcome> = report.cases.iter().map(|case| case.outcome).collect();
        assert_eq!(
            outcomes,
            [Outcome::Passed, Outcome::Failed, Outcome::Skipped]
        );
        assert_eq!(report.cases[1].name, "reply");
        assert_eq!(report.cases[2].name, "vcpu");
    }

    #[test]
    fn a_report_that_lacks_something_is_no_success() {
        assert!(!report(&["ok 1 - a"]).complaints.is_empty());
        assert!(!report(&["1..2", "ok 1 - a"]).complaints.is_empty());
        assert!(!report(&["1..1", "ok 2 - a"]).complaints.is_empty());
        assert!(!report(&["1..0", "Bail out! no gate"]).complaints.is_empty());
        assert!(!report(&[]).complaints.is_empty());
    }

    #[test]
    fn a_long_name_is_cut_by_the_log() {
        let log = ["conforma| 1..1", "conforma| ok 1 - a"].map(str::to_owned);
        let report = read("conformance", &log);
        assert!(report.complaints.is_empty(), "{:?}", report.complaints);
        assert_eq!(report.cases.len(), 1);
        let short = ["conform | 1..0", "conforme| 1..0"].map(str::to_owned);
        for line in short {
            assert!(!read("conformance", &[line]).complaints.is_empty());
        }
    }

    #[test]
    fn other_lines_do_not_count() {
        let log = [
            "other | ok 1 - a",
            "ipc | okay then",
            "ok 1 - b",
            "ipc | 1..0",
        ]
        .map(str::to_owned);
        let report = read("ipc", &log);
        assert!(report.cases.is_empty() && report.complaints.is_empty());
    }
}
