//! Watches a machine's output: shows it, and decides when and how the boot has ended.

use std::io::{IsTerminal, Read, Write};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use crate::line::{self, Annotator};
use crate::qemu::Machine;
use crate::status;
use crate::symbols::Symbols;
use crate::workspace::Typing;

/// How long QEMU may take to end after the system has said its last word.
const LAST_WORDS: Duration = Duration::from_millis(1500);
const FINAL_LINE: &str = "[root] system ends with status ";

/// What to watch for.
#[derive(Debug, Default)]
pub struct Watch {
    /// End well as soon as this was written.
    pub expect: Option<String>,
    /// End after this time.
    pub timeout: Option<Duration>,
    /// Show the output, and pass the terminal's input on.
    pub show: bool,
    /// ned tells how the programs end, and runs on.
    pub ned: bool,
    /// What is typed.
    pub input: Vec<Typing>,
}

/// How a boot ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// The system told this status.
    Status(u8),
    /// The expected text came.
    Expected,
    /// The time was over.
    TimedOut,
    /// The kernel panicked.
    KernelPanic,
    /// QEMU ended and nothing was told.
    Silent,
}

/// A boot from its first to its last line.
#[derive(Debug)]
pub struct Record {
    /// How it ended.
    pub end: End,
    /// Its output without colours.
    pub lines: Vec<String>,
}

/// Shows a machine's output until it ends.
pub fn watch(mut machine: Machine, symbols: &Symbols, watch: &Watch) -> Result<Record> {
    let mut output = machine.output().context("QEMU has no output")?;
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || {
        let mut buffer = [0; 4096];
        while let Ok(count @ 1..) = output.read(&mut buffer) {
            if sender.send(buffer[..count].to_vec()).is_err() {
                break;
            }
        }
    });
    let mut observer = Observer::new(symbols, watch);
    let mut keyboard = (!watch.input.is_empty()).then(|| machine.input()).flatten();
    let mut terminal = Terminal::new();
    let limit = watch.timeout.map(|timeout| Instant::now() + timeout);
    let mut deadline = limit;
    loop {
        let received = match deadline {
            Some(deadline) => {
                receiver.recv_timeout(deadline.saturating_duration_since(Instant::now()))
            }
            None => receiver.recv().map_err(|_| RecvTimeoutError::Disconnected),
        };
        match received {
            Ok(bytes) => {
                let decided = observer.end.is_some();
                let shown = observer.feed(&bytes);
                if watch.show {
                    terminal.write(&shown)?;
                }
                if observer.end == Some(End::Expected) {
                    break;
                }
                while let Some(text) = observer.due_typing() {
                    if let Some(keyboard) = &mut keyboard {
                        let typed = keyboard.write_all(text.as_bytes());
                        typed.context("cannot type to QEMU")?;
                    }
                }
                if !decided && observer.end.is_some() {
                    deadline = Some(Instant::now() + LAST_WORDS);
                    // Nothing more is to come.
                    if watch.ned {
                        break;
                    }
                }
            }
            Err(RecvTimeoutError::Timeout) => {
                observer.end.get_or_insert(End::TimedOut);
                break;
            }
            Err(RecvTimeoutError::Disconnected) => break,
        }
    }
    if watch.show {
        terminal.finish()?;
    }
    drop(machine);
    let rest = observer.annotator.rest();
    if !rest.is_empty() {
        observer.lines.push(rest);
    }
    Ok(Record {
        end: observer.end.unwrap_or(End::Silent),
        lines: observer.lines,
    })
}

/// Reads the output and decides.
struct Observer<'a> {
    annotator: Annotator<'a>,
    watch: &'a Watch,
    lines: Vec<String>,
    end: Option<End>,
    /// How much was typed, and the line from which on the output counts for the rest.
    typed: (usize, usize),
}

impl<'a> Observer<'a> {
    fn new(symbols: &'a Symbols, watch: &'a Watch) -> Self {
        Observer {
            annotator: Annotator::new(symbols),
            watch,
            lines: Vec::new(),
            end: None,
            typed: (0, 0),
        }
    }

    /// What is to be typed now, if something is.
    fn due_typing(&mut self) -> Option<&'a str> {
        let next = self.watch.input.get(self.typed.0)?;
        let lines = self.lines.get(self.typed.1..).unwrap_or(&[]);
        let written = |line: &String| line.contains(&next.after);
        // A line that is not ended counts for one text only.
        let from = match lines.iter().position(written) {
            Some(at) => self.typed.1 + at + 1,
            None if self.typed.1 <= self.lines.len() && written(&self.annotator.rest()) => {
                self.lines.len() + 1
            }
            None => return None,
        };
        self.typed = (self.typed.0 + 1, from);
        Some(&next.text)
    }

    fn feed(&mut self, bytes: &[u8]) -> Vec<u8> {
        let (shown, lines) = self.annotator.feed(bytes);
        for line in lines {
            self.look_at(&line);
            self.lines.push(line);
        }
        if let Some(text) = &self.watch.expect
            && self.end.is_none()
            && self.annotator.rest().contains(text)
        {
            self.end = Some(End::Expected);
        }
        shown
    }

    fn look_at(&mut self, line: &str) {
        if self.end.is_some() {
            return;
        }
        if let Some(text) = &self.watch.expect
            && line.contains(text)
        {
            self.end = Some(End::Expected);
        } else if let Some(status) = final_status(line, self.watch.ned) {
            self.end = Some(End::Status(status));
        } else if is_kernel_panic(line) {
            self.end = Some(End::KernelPanic);
        }
    }
}

/// The status in the root task's last line; ned's lines have ned's name before them.
fn final_status(line: &str, ned: bool) -> Option<u8> {
    let line = line.trim();
    let line = if ned {
        line.split_once('|')
            .map_or(line, |(_, text)| text.trim_start())
    } else {
        line
    };
    let number: i64 = line.strip_prefix(FINAL_LINE)?.trim().parse().ok()?;
    // A process's status has eight bits; what is lost there must not look like success.
    Some(match u8::try_from(number & 0xff) {
        Ok(0) if number != 0 => status::OTHER,
        Ok(status) => status,
        Err(_) => status::OTHER,
    })
}

fn is_kernel_panic(line: &str) -> bool {
    line.trim_start()
        .strip_prefix(line::KERNEL)
        .is_some_and(|text| text.trim_start().to_ascii_lowercase().starts_with("panic"))
}

/// Standard output: colours only for a terminal, and there the carriage returns too.
struct Terminal {
    is_terminal: bool,
    strip: anstream::StripStream<std::io::Stdout>,
    at_line_start: bool,
}

impl Terminal {
    fn new() -> Terminal {
        Terminal {
            is_terminal: std::io::stdout().is_terminal(),
            strip: anstream::StripStream::new(std::io::stdout()),
            at_line_start: true,
        }
    }

    fn write(&mut self, bytes: &[u8]) -> Result<()> {
        if let Some(last) = bytes.last() {
            self.at_line_start = *last == b'\n';
        }
        let done = if self.is_terminal {
            let mut out = std::io::stdout();
            out.write_all(bytes).and_then(|()| out.flush())
        } else {
            let kept: Vec<u8> = bytes
                .iter()
                .copied()
                .filter(|byte| *byte != b'\r')
                .collect();
            self.strip
                .write_all(&kept)
                .and_then(|()| self.strip.flush())
        };
        done.context("cannot write the system's output")
    }

    /// The prompt after us starts on a line of its own.
    fn finish(&mut self) -> Result<()> {
        if self.at_line_start {
            Ok(())
        } else {
            self.write(b"\r\n")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn observe(output: &str, watch: &Watch) -> Option<End> {
        let symbols = Symbols::default();
        let mut observer = Observer::new(&symbols, watch);
        observer.feed(output.as_bytes());
        observer.end
    }

    #[test]
    fn the_root_task_tells_the_status() {
        let watch = Watch::default();
        let end = observe(
            "hello | hi\r\n[root] system ends with status 101\r\n",
            &watch,
        );
        assert_eq!(end, Some(End::Status(101)));
        let lie = "hello | [root] system ends with status 0\r\n";
        assert_eq!(observe(lie, &watch), None);
        assert_eq!(
            final_status("[root] system ends with status 256", false),
            Some(1)
        );
        assert_eq!(
            final_status("[root] system ends with status -1", false),
            Some(255)
        );
    }

    #[test]
    fn ned_tells_it_under_its_own_name() {
        let line = "ned     | [root] system ends with status 3";
        assert_eq!(final_status(line, true), Some(3));
        assert_eq!(
            final_status("[root] system ends with status 3", true),
            Some(3)
        );
    }

    #[test]
    fn expected_text_may_be_a_prompt() {
        let watch = Watch {
            expect: Some("name?".to_owned()),
            ..Watch::default()
        };
        assert_eq!(observe("your name? ", &watch), Some(End::Expected));
        assert_eq!(observe("your nam", &watch), None);
    }

    #[test]
    fn what_is_typed_waits_for_its_text() {
        let typing = |after: &str, text: &str| Typing {
            after: after.to_owned(),
            text: text.to_owned(),
        };
        let watch = Watch {
            input: vec![typing("name?", "a"), typing("name?", "b"), typing("x", "c")],
            ..Watch::default()
        };
        let symbols = Symbols::default();
        let mut observer = Observer::new(&symbols, &watch);
        observer.feed(b"first\nyour name");
        assert_eq!(observer.due_typing(), None);
        observer.feed(b"? ");
        assert_eq!(observer.due_typing(), Some("a"));
        assert_eq!(observer.due_typing(), None);
        observer.feed(b"a\nname?\nx");
        assert_eq!(observer.due_typing(), Some("b"));
        assert_eq!(observer.due_typing(), Some("c"));
        assert_eq!(observer.due_typing(), None);
    }

    #[test]
    fn a_kernel_panic_is_seen() {
        let watch = Watch::default();
        assert_eq!(
            observe("[kernel] panicked at x\n", &watch),
            Some(End::KernelPanic)
        );
        assert_eq!(observe("hello | [kernel] panicked at x\n", &watch), None);
    }
}
