//! Watches a machine's output: shows it, and decides when and how the boot has ended.

use std::io::{IsTerminal, Read, Write};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use crate::line::Annotator;
use crate::qemu::{Keys, Machine, Stop, Verdict};
use crate::status;
use crate::symbols::Symbols;
use crate::workspace::Typing;

/// How long QEMU may take to end after the system has said its last word.
const LAST_WORDS: Duration = Duration::from_millis(1500);
/// How often is asked whether the system has told how it ended.
const ASK: Duration = Duration::from_millis(250);
/// How many pieces of output may wait to be looked at.
const PIECES: usize = 64;
/// What ned's script prints at its end, behind ned's name.
const FINAL_LINE: &str = "[root] system ends with status ";
/// The name that moe puts before ned's lines.
const NED: &str = "ned";

/// What to watch for.
#[derive(Debug, Default)]
pub struct Watch {
    /// End well as soon as this was written.
    pub expect: Option<String>,
    /// End after this time.
    pub timeout: Option<Duration>,
    /// Show the output, and pass the terminal's input on. What is shown is not kept.
    pub show: bool,
    /// A terminal gets the output as it is: it belongs to a program, or to Fiasco's debugger.
    pub raw: bool,
    /// ned tells how the programs end, in the log, and runs on.
    pub ned: bool,
    /// What is typed.
    pub input: Vec<Typing>,
    /// What the programs' standard input holds, if not what this process's does.
    pub stdin: Option<String>,
}

impl Watch {
    /// Where the serial line's input comes from.
    pub fn keys(&self) -> Keys {
        if !self.input.is_empty() || self.stdin.is_some() {
            Keys::Pipe
        } else if self.show {
            Keys::of_stdin()
        } else {
            Keys::None
        }
    }
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
    /// Its output without colours, if it was not shown.
    pub lines: Vec<String>,
}

/// Shows a machine's output until it ends.
pub fn watch(
    mut machine: Machine,
    verdict: &Verdict,
    symbols: &Symbols,
    watch: &Watch,
) -> Result<Record> {
    let mut output = machine.output().context("QEMU has no output")?;
    // Where the reader of what is shown is slow, the machine waits.
    let (sender, receiver) = mpsc::sync_channel(PIECES);
    std::thread::spawn(move || {
        let mut buffer = [0; 4096];
        while let Ok(count @ 1..) = output.read(&mut buffer) {
            if sender.send(buffer[..count].to_vec()).is_err() {
                break;
            }
        }
    });
    let mut observer = Observer::new(symbols, watch);
    let mut keyboard = machine.input();
    // None if somebody types what is listed.
    let mut stdin: Option<Box<dyn Read + Send>> = match &watch.stdin {
        Some(text) => Some(Box::new(std::io::Cursor::new(text.clone()))),
        None if watch.input.is_empty() => Some(Box::new(std::io::stdin())),
        None => None,
    };
    let mut terminal = Terminal::new();
    let limit = watch.timeout.map(|timeout| Instant::now() + timeout);
    let mut deadline = limit;
    loop {
        let patience = deadline.map(|end| end.saturating_duration_since(Instant::now()));
        match receiver.recv_timeout(patience.map_or(ASK, |left| left.min(ASK))) {
            Ok(bytes) => {
                let shown = observer.feed(&bytes);
                if watch.show {
                    terminal.write(&shown)?;
                }
                if observer.end == Some(End::Expected) {
                    break;
                }
                if observer.is_up
                    && let Some(from) = stdin.take()
                    && let Some(to) = keyboard.take()
                {
                    // It ends with QEMU, or with this process.
                    std::thread::spawn(move || pass_on(from, to));
                }
                while let Some(text) = observer.due_typing() {
                    if let Some(keyboard) = &mut keyboard {
                        let typed = keyboard.write_all(text.as_bytes());
                        typed.context("cannot type to QEMU")?;
                    }
                }
                // With ned nothing more is to come.
                if watch.ned && observer.end.is_some() {
                    break;
                }
            }
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => break,
        }
        if observer.end.is_none()
            && !watch.ned
            && let Some(status) = verdict.status()
        {
            observer.end = Some(End::Status(process_status(status)));
            deadline = Some(Instant::now() + LAST_WORDS);
        }
        if deadline.is_some_and(|deadline| deadline <= Instant::now()) {
            observer.end.get_or_insert(End::TimedOut);
            break;
        }
    }
    if observer.end.is_none() {
        // QEMU has ended by itself.
        observer.end = match (verdict.status(), machine.stop()) {
            (Some(status), _) if !watch.ned => Some(End::Status(process_status(status))),
            (_, Stop::KernelPanic) => Some(End::KernelPanic),
            _ => None,
        };
    }
    if watch.show {
        terminal.finish()?;
    }
    drop(machine);
    let rest = observer.annotator.rest();
    if !rest.is_empty() && !watch.show {
        observer.lines.push(rest);
    }
    Ok(Record {
        end: observer.end.unwrap_or(End::Silent),
        lines: observer.lines,
    })
}

/// Ends the programs' standard input; as typed on a terminal, where it is `Ctrl-d`.
const END: u8 = 4;
/// Says that the next character is no sign; `Ctrl-v` on a terminal.
const LITERAL: u8 = 0x16;

/// Writes all of `from` to the serial line, and then that it has ended.
///
/// # Errors
/// One of the two cannot be read or written; the machine may have ended.
fn pass_on(mut from: impl Read, mut to: impl Write) -> std::io::Result<()> {
    let mut buffer = [0; 4096];
    loop {
        match from.read(&mut buffer) {
            Ok(0) => break,
            Ok(count) => to.write_all(&as_typed(buffer.get(..count).unwrap_or(&[])))?,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    to.write_all(&[END])
}

/// Bytes in such a way that the reader of a terminal gets just these.
fn as_typed(bytes: &[u8]) -> Vec<u8> {
    let is_sign = |byte: u8| matches!(byte, END | LITERAL | b'\r');
    (bytes.iter())
        .flat_map(|&byte| is_sign(byte).then_some(LITERAL).into_iter().chain([byte]))
        .collect()
}

/// Reads the output and decides.
struct Observer<'a> {
    annotator: Annotator<'a>,
    watch: &'a Watch,
    lines: Vec<String>,
    end: Option<End>,
    /// Whether the kernel reads the serial line: what came before it did so is lost. Ours does
    /// with the first word it writes, Fiasco long before the first server writes one.
    is_up: bool,
    /// How many texts of `watch.input` were waited for, and how many of those were given out.
    typed: (usize, usize),
    /// Whether the line that is not ended had such a text: it counts for one only.
    has_counted: bool,
}

impl<'a> Observer<'a> {
    fn new(symbols: &'a Symbols, watch: &'a Watch) -> Self {
        Observer {
            annotator: Annotator::new(symbols, watch.raw && std::io::stdout().is_terminal()),
            watch,
            lines: Vec::new(),
            end: None,
            is_up: false,
            typed: (0, 0),
            has_counted: false,
        }
    }

    /// What is to be typed now, if something is.
    fn due_typing(&mut self) -> Option<&'a str> {
        let (found, given) = self.typed;
        if given == found {
            return None;
        }
        self.typed.1 += 1;
        (self.watch.input.get(given)).map(|typing| typing.text.as_str())
    }

    /// Whether a line, ended or not, has the text that is waited for next.
    fn is_awaited(&mut self, line: &str) -> bool {
        let next = self.watch.input.get(self.typed.0);
        let found = next.is_some_and(|next| line.contains(&next.after));
        self.typed.0 += usize::from(found);
        found
    }

    fn feed(&mut self, bytes: &[u8]) -> Vec<u8> {
        let (shown, lines) = self.annotator.feed(bytes);
        for line in lines {
            self.look_at(&line);
            if !std::mem::take(&mut self.has_counted) {
                self.is_awaited(&line);
            }
            if !self.watch.show {
                self.lines.push(line);
            }
        }
        let rest = self.annotator.rest();
        self.is_up |= by_server(&rest);
        if !self.has_counted {
            self.has_counted = self.is_awaited(&rest);
        }
        if let Some(text) = &self.watch.expect
            && self.end.is_none()
            && rest.contains(text)
        {
            self.end = Some(End::Expected);
        }
        shown
    }

    fn look_at(&mut self, line: &str) {
        self.is_up |= by_server(line);
        if self.end.is_some() {
            return;
        }
        if let Some(text) = &self.watch.expect
            && line.contains(text)
        {
            self.end = Some(End::Expected);
        } else if self.watch.ned
            && let Some(status) = status_by_ned(line)
        {
            self.end = Some(End::Status(process_status(status)));
        }
    }
}

/// Whether a server wrote a line, the first ones of which bear these names.
fn by_server(line: &str) -> bool {
    ["[root]", "MOE", "Ned", "ned"]
        .iter()
        .any(|name| line.starts_with(name))
}

/// The status in ned's last line. Ned writes to the kernel's log, where no name stands before a
/// line, or moe puts ned's name there; before programs' lines moe puts theirs.
fn status_by_ned(line: &str) -> Option<i64> {
    let text = match line.split_once('|') {
        Some((name, text)) if name.trim() == NED => text.trim_start(),
        Some(_) => return None,
        None => line,
    };
    let number = text.strip_prefix(FINAL_LINE)?;
    number.trim().parse().ok()
}

/// A process's status has eight bits; what is lost there must not look like success.
fn process_status(number: i64) -> u8 {
    match u8::try_from(number & 0xff) {
        Ok(0) if number != 0 => status::OTHER,
        Ok(status) => status,
        Err(_) => status::OTHER,
    }
}

/// Standard output: colours only for a terminal, and there carriage returns before line feeds.
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
            // QEMU has switched the terminal's own translation off.
            let lines: Vec<&[u8]> = bytes.split(|byte| *byte == b'\n').collect();
            let mut out = std::io::stdout();
            out.write_all(&lines.join(&b"\r\n"[..]))
                .and_then(|()| out.flush())
        } else {
            self.strip
                .write_all(bytes)
                .and_then(|()| self.strip.flush())
        };
        done.context("cannot write the system's output")
    }

    /// The prompt after us starts on a line of its own.
    fn finish(&mut self) -> Result<()> {
        if self.at_line_start {
            Ok(())
        } else {
            self.write(b"\n")
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
    fn no_text_in_the_log_is_a_verdict() {
        let watch = Watch::default();
        for line in [
            "[root] system ends with status 0\r\n",
            "hello | [root] system ends with status 0\r\n",
            "hello | \r[root] system ends with status 0\r\n",
            "[kernel] panicked at x\n",
        ] {
            assert_eq!(observe(line, &watch), None);
        }
        assert_eq!(process_status(101), 101);
        assert_eq!(process_status(256), 1);
        assert_eq!(process_status(-1), 255);
    }

    #[test]
    fn ned_tells_it_and_no_program_under_its_name() {
        let watch = Watch {
            ned: true,
            ..Watch::default()
        };
        for line in [
            "[root] system ends with status 3\r\n",
            "ned     | [root] system ends with status 3\r\n",
        ] {
            assert_eq!(observe(line, &watch), Some(End::Status(3)));
        }
        for line in [
            " [root] system ends with status 3\r\n",
            "p       | [root] system ends with status 3\r\n",
            "p       | \r[root] system ends with status 3\r\n",
            "p       | ned     | [root] system ends with status 3\r\n",
            "p       | \rned     | [root] system ends with status 3\r\n",
        ] {
            assert_eq!(observe(line, &watch), None);
        }
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
    fn what_is_shown_is_not_kept() {
        let symbols = Symbols::default();
        for show in [false, true] {
            let watch = Watch {
                show,
                ..Watch::default()
            };
            let mut observer = Observer::new(&symbols, &watch);
            assert!(!observer.is_up);
            observer.feed(b"[root] one\ntwo\nthree");
            assert!(observer.is_up);
            assert_eq!(observer.lines.len(), if show { 0 } else { 2 });
        }
    }

    #[test]
    fn what_is_piped_arrives_as_it_is_and_ends() {
        let mut line = Vec::new();
        pass_on(&b"a\r\n\x04\x16b"[..], &mut line).unwrap();
        assert_eq!(line, b"a\x16\r\n\x16\x04\x16\x16b\x04");
    }
}
