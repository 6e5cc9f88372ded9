//! Searching what clients have written.

use crate::command::{named, say};
use crate::mux::Cons;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

#[derive(Default)]
struct Search<'a> {
    text: Option<&'a str>,
    client: Option<u64>,
    numbers: bool,
    words: bool,
    any_case: bool,
    count: bool,
    invert: bool,
    before: usize,
    after: usize,
}

impl<'a> Search<'a> {
    fn parse(cons: &Cons, args: &[&'a str]) -> Result<Self, String> {
        let mut search = Search::default();
        let mut at = 1;
        while let Some(&arg) = args.get(at) {
            match arg.strip_prefix('-') {
                Some(letters) => {
                    for (place, letter) in letters.char_indices() {
                        let last = place + letter.len_utf8() == letters.len();
                        match letter {
                            'n' => search.numbers = true,
                            'w' => search.words = true,
                            'i' => search.any_case = true,
                            'c' => search.count = true,
                            'v' => search.invert = true,
                            'A' | 'B' | 'C' => {
                                at += 1;
                                let number = args.get(at).filter(|_| last);
                                let number = number.and_then(|word| word.parse().ok());
                                let lines = number.ok_or_else(|| {
                                    format!("behind -{letter} comes a number of lines")
                                })?;
                                if letter != 'A' {
                                    search.before = lines;
                                }
                                if letter != 'B' {
                                    search.after = lines;
                                }
                            }
                            _ => return Err(format!("unknown option -{letter}")),
                        }
                    }
                }
                None if search.text.is_none() => search.text = Some(arg),
                None => search.client = Some(named(cons, args, at)?.id),
            }
            at += 1;
        }
        if search.text.is_none() {
            return Err(String::from("for which text?"));
        }
        Ok(search)
    }

    fn fits(&self, line: &[u8]) -> bool {
        let text = self.text.unwrap_or("").as_bytes();
        let same = |window: &[u8]| match self.any_case {
            true => window.eq_ignore_ascii_case(text),
            false => window == text,
        };
        let is_letter = |at: Option<usize>| {
            let byte = at.and_then(|at| line.get(at));
            byte.is_some_and(u8::is_ascii_alphanumeric)
        };
        let found = line
            .windows(text.len().max(1))
            .enumerate()
            .any(|(at, window)| {
                let alone = !is_letter(at.checked_sub(1)) && !is_letter(Some(at + text.len()));
                same(window) && (!self.words || alone)
            });
        found != self.invert
    }
}

/// The command `grep`.
pub fn run(cons: &mut Cons, mux: usize, args: &[&str]) -> Result<(), String> {
    let search = Search::parse(cons, args)?;
    let mut out = String::new();
    for console in &cons.consoles {
        if search.client.is_some_and(|client| client != console.id) {
            continue;
        }
        let tag = |mark: char| match search.client {
            Some(_) => String::new(),
            None => format!("{}{mark}", console.name),
        };
        let lines = console.history.each_line();
        let hits: Vec<usize> = (lines.iter().enumerate())
            .filter(|(_, line)| search.fits(line))
            .map(|(number, _)| number)
            .collect();
        if search.count {
            out += &format!("{}{}\n", tag(':'), hits.len());
            continue;
        }
        let mut last = None;
        let mut next_hit = hits.iter().copied().peekable();
        let mut behind = 0;
        for (number, line) in lines.iter().enumerate() {
            let hit = next_hit.next_if_eq(&number).is_some();
            if hit {
                behind = search.after + 1;
            }
            let ahead = next_hit
                .peek()
                .is_some_and(|hit| hit - number <= search.before);
            if behind == 0 && !ahead {
                continue;
            }
            behind = behind.saturating_sub(1);
            let gap = last.is_some_and(|last| last + 1 != number);
            if gap && search.before + search.after > 0 {
                out += "--\n";
            }
            last = Some(number);
            let mark = if hit { ':' } else { '-' };
            out += &tag(mark);
            if search.numbers {
                out += &format!("{}{mark}", number + 1);
            }
            out += &String::from_utf8_lossy(line);
            out.push('\n');
        }
    }
    say(cons, mux, &out);
    Ok(())
}
