//! What went wrong: what was looked for, where, and what mends it.

use std::fmt;

/// A result with [`Trouble`].
pub type Result<T> = std::result::Result<T, Trouble>;

/// Something that was not found or not understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trouble {
    what: String,
    looked: Vec<String>,
    found: Vec<String>,
    mend: String,
}

impl Trouble {
    /// What is wrong, and what mends it.
    pub fn new(what: impl Into<String>, mend: impl Into<String>) -> Trouble {
        Trouble {
            what: what.into(),
            looked: Vec::new(),
            found: Vec::new(),
            mend: mend.into(),
        }
    }

    /// With the places that were looked at.
    pub fn looked_in<T: fmt::Display>(mut self, places: impl IntoIterator<Item = T>) -> Trouble {
        self.looked
            .extend(places.into_iter().map(|place| place.to_string()));
        self
    }

    /// With a list of what is wrong.
    pub fn found(mut self, lines: impl IntoIterator<Item = String>) -> Trouble {
        self.found.extend(lines);
        self
    }

    /// What is wrong with a file that cannot be read or written.
    pub fn file(verb: &str, path: &std::path::Path, error: &std::io::Error) -> Trouble {
        Trouble::new(
            format!("cannot {verb} {}: {error}", path.display()),
            "Check the path and its permissions.",
        )
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)?;
        if !self.looked.is_empty() {
            write!(f, "; looked for:")?;
            for place in &self.looked {
                write!(f, "\n    {place}")?;
            }
        }
        for line in &self.found {
            write!(f, "\n    {line}")?;
        }
        write!(f, "\n  {}", self.mend)
    }
}

impl std::error::Error for Trouble {}
