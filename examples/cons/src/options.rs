//! What the command line says, and what clients ask for. Names and meanings are those of L4Re's
//! `cons`.

use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

/// Bytes that are kept of what a client writes, unless said.
const BUFFER: usize = 40_960;
/// The least and the most that can be asked for.
const BUFFERS: (usize, usize) = (512, 16 << 20);
/// After so many milliseconds a line that is not ended is shown, unless said.
const LINE_MS: u64 = 50;

/// What a client's console is like.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Style {
    /// Its text is shown from the start.
    pub show: bool,
    /// It stays when the client is gone.
    pub keep: bool,
    /// Lines are shown when they are whole.
    pub line_buffering: bool,
    /// After so many milliseconds they are shown anyway.
    pub line_ms: u64,
    /// Lines begin with the time.
    pub timestamp: bool,
    /// The key that connects to it.
    pub key: Option<u8>,
    /// Bytes that are kept of what the client writes.
    pub buffer: usize,
}

impl Default for Style {
    fn default() -> Self {
        Style {
            show: false,
            keep: false,
            line_buffering: true,
            line_ms: LINE_MS,
            timestamp: false,
            key: None,
            buffer: BUFFER,
        }
    }
}

impl Style {
    /// Takes an option that a client asks for. One that is unknown is none.
    pub fn take(&mut self, option: &str, default_buffer: usize) {
        match option {
            "show" => self.show = true,
            "hide" => self.show = false,
            "keep" => self.keep = true,
            "no-keep" => self.keep = false,
            "line-buffering" => self.line_buffering = true,
            "no-line-buffering" => self.line_buffering = false,
            "timestamp" => self.timestamp = true,
            "no-timestamp" => self.timestamp = false,
            _ => {
                let Some((name, value)) = option.split_once('=') else {
                    return;
                };
                match name {
                    "key" => self.key = value.bytes().next(),
                    "bufsz" => {
                        let size = value.parse().unwrap_or(0);
                        self.buffer = if size < BUFFERS.0 {
                            default_buffer
                        } else {
                            size.min(BUFFERS.1)
                        };
                    }
                    "line-buffered-ms" => self.line_ms = value.parse().unwrap_or(self.line_ms),
                    _ => {}
                }
            }
        }
    }
}

/// A multiplexer to make.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct MuxOptions {
    /// What its prompt says.
    pub name: String,
    /// The capabilities of its terminals; the log is meant by the empty name.
    pub frontends: Vec<String>,
    /// Clients that it connects to when they come.
    pub connect: Vec<String>,
}

/// The command line.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// The multiplexers.
    pub muxes: Vec<MuxOptions>,
    /// What clients get that ask for nothing.
    pub style: Style,
    /// End when as many clients have come, and are gone.
    pub clients: Option<usize>,
}

/// Options that take a value: the letter, the word.
const VALUED: [(char, &str); 7] = [
    ('B', "defaultbufsize"),
    ('c', "autoconnect"),
    ('f', "frontend"),
    ('m', "mux"),
    ('n', "defaultname"),
    ('V', "virtio-device-frontend"),
    ('1', "line-buffering-ms"),
];
/// Options that take none.
const PLAIN: [(char, &str); 4] = [
    ('a', "show-all"),
    ('k', "keep"),
    ('l', "no-line-buffering"),
    ('t', "timestamp"),
];
/// This one is not L4Re's.
const CLIENTS: &str = "clients";

impl Options {
    /// Reads the command line, without the program's name.
    ///
    /// # Errors
    /// A sentence about what is wrong.
    pub fn parse<'a>(args: impl IntoIterator<Item = &'a str>) -> Result<Self, String> {
        let mut options = Options::default();
        // Of the multiplexer that there is without `--mux`.
        let mut default = MuxOptions {
            name: "cons".to_owned(),
            frontends: [String::new()].into(),
            connect: Vec::new(),
        };
        let mut args = args.into_iter();
        while let Some(arg) = args.next() {
            let mut pairs: Vec<(char, Option<&str>)> = Vec::new();
            if let Some(word) = arg.strip_prefix("--") {
                let (word, value) = match word.split_once('=') {
                    Some((word, value)) => (word, Some(value)),
                    None => (word, None),
                };
                let named = |(_, name): &&(char, &str)| *name == word;
                if let Some((letter, _)) = PLAIN.iter().find(named) {
                    pairs.push((*letter, None));
                } else if let Some((letter, _)) = VALUED.iter().find(named) {
                    pairs.push((*letter, value.or_else(|| args.next())));
                } else if word == CLIENTS {
                    let value = value.or_else(|| args.next());
                    options.clients = Some(number(word, value)?);
                } else {
                    return Err(format!("unknown option --{word}"));
                }
            } else if let Some(letters) = arg.strip_prefix('-') {
                // Letters in one word; the first that takes a value takes the rest for it.
                for (at, letter) in letters.char_indices() {
                    if VALUED.iter().any(|(known, _)| *known == letter) && letter != '1' {
                        let rest = letters.get(at + letter.len_utf8()..).unwrap_or("");
                        let value = Some(rest).filter(|rest| !rest.is_empty());
                        pairs.push((letter, value.or_else(|| args.next())));
                        break;
                    }
                    if !PLAIN.iter().any(|(known, _)| *known == letter) {
                        return Err(format!("unknown option -{letter}"));
                    }
                    pairs.push((letter, None));
                }
            } else {
                return Err(format!("{arg:?} is no option"));
            }
            for (letter, value) in pairs {
                options.take(letter, value, &mut default)?;
            }
        }
        if options.muxes.is_empty() {
            options.muxes.push(default);
        }
        Ok(options)
    }

    fn take(
        &mut self,
        letter: char,
        value: Option<&str>,
        default: &mut MuxOptions,
    ) -> Result<(), String> {
        let text = || {
            value
                .map(ToOwned::to_owned)
                .ok_or_else(|| format!("-{letter} needs a value"))
        };
        let no_mux = || format!("-{letter} needs a multiplexer: --mux before it");
        match letter {
            'a' => self.style.show = true,
            'k' => self.style.keep = true,
            'l' => self.style.line_buffering = false,
            't' => self.style.timestamp = true,
            '1' => self.style.line_ms = number("line-buffering-ms", value)?,
            'B' => {
                let size: usize = number("defaultbufsize", value)?;
                self.style.buffer = size.clamp(BUFFERS.0, BUFFERS.1);
            }
            'n' => default.name = text()?,
            'm' => self.muxes.push(MuxOptions {
                name: text()?,
                ..MuxOptions::default()
            }),
            'f' => (self.muxes.last_mut().ok_or_else(no_mux)?.frontends).push(text()?),
            'c' => (self.muxes.last_mut().unwrap_or(default).connect).push(text()?),
            _ => return Err(format!("-{letter}: there are no terminals by virtio here")),
        }
        Ok(())
    }
}

fn number<T: core::str::FromStr>(name: &str, value: Option<&str>) -> Result<T, String> {
    let value = value.unwrap_or("");
    value
        .parse()
        .map_err(|_| format!("--{name}: {value:?} is not a number"))
}

/// A colour by its letter, bright if it is a capital one, or as its number.
pub fn colour(name: &str) -> u8 {
    let Some(first) = name.bytes().next() else {
        return 7;
    };
    let letter = |l: &u8| *l == first.to_ascii_lowercase();
    let colour = b"nrgybmcw".iter().position(letter).unwrap_or(0) as u8;
    colour | u8::from(colour_is_bright(first)) << 3
}

fn colour_is_bright(letter: u8) -> bool {
    letter.is_ascii_uppercase() && b"NRGYBMCW".contains(&letter)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_said() {
        let options = Options::parse([]).unwrap();
        assert_eq!(options.style, Style::default());
        assert_eq!(options.muxes[0].name, "cons");
        assert_eq!(options.muxes[0].frontends, [""]);
    }

    #[test]
    fn letters_and_words() {
        let line = "-ak -m guests -f fe -c vm1 --mux=admin -c cli --frontend log2 -tlB100 --line-buffering-ms 7";
        let options = Options::parse(line.split(' ')).unwrap();
        assert!(options.style.show && options.style.keep && options.style.timestamp);
        assert!(!options.style.line_buffering);
        assert_eq!((options.style.line_ms, options.style.buffer), (7, 512));
        let [guests, admin] = &options.muxes[..] else {
            panic!("{options:?}");
        };
        assert_eq!(
            (guests.name.as_str(), &guests.frontends[..]),
            ("guests", &["fe".to_owned()][..])
        );
        assert_eq!(
            (admin.name.as_str(), &admin.frontends[..]),
            ("admin", &["log2".to_owned()][..])
        );
        assert_eq!(
            (&guests.connect[..], &admin.connect[..]),
            (&["vm1".to_owned()][..], &["cli".to_owned()][..])
        );
        let named = Options::parse(["-n", "boss", "--autoconnect", "x"]).unwrap();
        assert_eq!(
            (named.muxes[0].name.as_str(), named.muxes[0].connect.len()),
            ("boss", 1)
        );
    }

    #[test]
    fn what_is_wrong_is_told() {
        for line in [
            "-x",
            "--frob",
            "-f fe",
            "-B",
            "-B x",
            "word",
            "-m",
            "-m a -V v",
            "--clients x",
        ] {
            assert!(Options::parse(line.split(' ')).is_err(), "{line}");
        }
    }

    #[test]
    fn styles() {
        let mut style = Style::default();
        for option in [
            "show",
            "keep",
            "key=xy",
            "bufsz=1000",
            "timestamp",
            "line-buffered-ms=9",
            "frob",
            "frob=1",
            "no-line-buffering",
        ] {
            style.take(option, 600);
        }
        let expected = Style {
            show: true,
            keep: true,
            line_buffering: false,
            line_ms: 9,
            timestamp: true,
            key: Some(b'x'),
            buffer: 1000,
        };
        assert_eq!(style, expected);
        for (option, size) in [
            ("bufsz=99999999999", 16 << 20),
            ("bufsz=5", 600),
            ("bufsz=", 600),
        ] {
            style.take(option, 600);
            assert_eq!(style.buffer, size, "{option}");
        }
        for option in [
            "hide",
            "no-keep",
            "key=",
            "no-timestamp",
            "line-buffering",
            "",
        ] {
            style.take(option, 600);
        }
        assert!(!style.show && !style.keep && !style.timestamp && style.key.is_none());
    }

    #[test]
    fn colours() {
        assert_eq!(["g", "Red", "", "?", "white"].map(colour), [2, 9, 7, 0, 7]);
    }
}
