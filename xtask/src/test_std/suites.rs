//! Which tests there are, and which of them a compiler's library has.

use anyhow::{Context, Result};

use crate::setup::Version;

/// One test program of the toolchain.
pub struct Suite {
    /// Its name here.
    pub name: &'static str,
    /// Where it begins.
    pub root: Root,
    /// Whether `cargo xtask test` has it.
    pub selected: bool,
    /// What of it `cargo xtask test` leaves out, because it takes long.
    pub slow: &'static [&'static str],
    /// Whether it gets a `tmpfs`, to write files.
    pub files: bool,
    /// Tests that are left out; the reasons are in docs/std.md.
    pub skip: &'static [&'static str],
    /// The last version whose library has these tests; none: all have.
    pub last: Option<&'static str>,
}

/// Features that the texts around the tests name, and that older compilers do not know: by the
/// first version that does.
const NEW_FEATURES: [(&str, &str); 1] = [("borrowed_buf_init", "1.96")];

/// A text around tests, without the features that a compiler does not know.
pub fn for_version(text: &str, version: Version) -> String {
    let mut text = text.to_owned();
    for (feature, first) in NEW_FEATURES {
        if Version::parse(first).is_some_and(|first| version < first) {
            text = text.replacen(&format!("{feature}, "), "", 1);
        }
    }
    text
}

/// Where a text says `@FEATURES PATH@`, the features that this file of the library names and the
/// text does not. `read` gives the file.
pub fn with_features(text: &str, read: impl Fn(&str) -> Result<String>) -> Result<String> {
    const BEGIN: &str = "@FEATURES ";
    let Some((before, rest)) = text.split_once(BEGIN) else {
        return Ok(text.to_owned());
    };
    let (path, after) = rest.split_once('@').context("@FEATURES has no end")?;
    let file = read(path)?;
    let own: Vec<&str> = features(text).collect();
    let mut lines = String::new();
    for feature in features(&file).filter(|feature| !own.contains(feature)) {
        lines += &format!("#![feature({feature})]\n");
    }
    Ok(format!("{before}{lines}{after}"))
}

/// The features that a crate's root names.
fn features(text: &str) -> impl Iterator<Item = &str> {
    (text.split("#![feature(").skip(1))
        .filter_map(|rest| Some(rest.split_once(')')?.0))
        .flat_map(|list| list.split(',').map(str::trim))
        .filter(|feature| !feature.is_empty())
}

impl Suite {
    /// Whether the library of this version has these tests.
    pub fn is_in(&self, version: Version) -> bool {
        let last = self.last.and_then(Version::parse);
        last.is_none_or(|last| version <= last)
    }

    /// Its name among all tests.
    pub fn title(&self) -> String {
        format!("std {}", self.name)
    }
}

/// The first file of a test program.
pub enum Root {
    /// Below `library`.
    Library(&'static str),
    /// A text of this project around tests that stand inside the library.
    Inside(&'static str),
    /// The same around a copy of the tests in which one text is replaced.
    Copy {
        text: &'static str,
        of: &'static str,
        find: &'static str,
        replace: &'static str,
    },
}

const fn beside(name: &'static str, root: &'static str) -> Suite {
    suite(name, Root::Library(root))
}

const fn inside(name: &'static str, text: &'static str) -> Suite {
    suite(name, Root::Inside(text))
}

const fn suite(name: &'static str, root: Root) -> Suite {
    Suite {
        name,
        root,
        selected: true,
        slow: &[],
        files: false,
        skip: &[],
        last: None,
    }
}

/// What is run.
pub const SUITES: [Suite; 14] = [
    Suite {
        slow: &["slice::select_nth_unstable", "num::int_sqrt"],
        ..beside("coretests", "coretests/tests/lib.rs")
    },
    Suite {
        slow: &["sort::tests", "str::utf8_char_counts"],
        ..beside("alloctests", "alloctests/tests/lib.rs")
    },
    beside("alloc", "alloctests/lib.rs"),
    Suite {
        slow: &["rwlock::test_rwlock_max_readers"],
        ..inside("sync", include_str!("inside/sync.rs"))
    },
    Suite {
        // Upstream's L4Re cannot tell the number of processors.
        skip: &["available_parallelism"],
        ..beside("thread", "std/tests/thread.rs")
    },
    Suite {
        skip: &["thread_os_id"],
        ..inside("threads", include_str!("inside/thread.rs"))
    },
    beside("thread_local", "std/tests/thread_local/lib.rs"),
    inside("collections", include_str!("inside/collections.rs")),
    Suite {
        root: Root::Copy {
            text: include_str!("inside/fs.rs"),
            of: "std/src/fs/tests.rs",
            find: "dir_entry.0.path()",
            replace: "dir_entry.path()",
        },
        files: true,
        selected: false,
        ..inside("fs", "")
    },
    Suite {
        // Then they stand in `alloctests` and `coretests`.
        last: Some("1.98"),
        ..inside("io", include_str!("inside/io.rs"))
    },
    beside("path", "std/tests/path.rs"),
    Suite {
        skip: &["since_epoch"],
        slow: &["instant_monotonic_concurrent"],
        ..beside("time", "std/tests/time.rs")
    },
    beside("panic", "std/tests/panic.rs"),
    Suite {
        skip: &["test_self_exe_path"],
        ..beside("env", "std/tests/env.rs")
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_feature_is_named_where_the_compiler_knows_it() {
        let text = include_str!("inside/io.rs");
        let features = |version| {
            let text = for_version(text, Version::parse(version).unwrap());
            (
                text.contains("borrowed_buf_init"),
                text.contains("can_vector"),
            )
        };
        assert_eq!(features("1.95"), (false, true));
        assert_eq!(features("1.96"), (true, true));
        // Each name is followed by another, or it would not be taken out.
        let texts = SUITES.iter().filter_map(|suite| match suite.root {
            Root::Library(_) => None,
            Root::Inside(text) | Root::Copy { text, .. } => Some(text),
        });
        let old = Version::parse("1.0").unwrap();
        for text in texts {
            for (feature, _) in NEW_FEATURES {
                assert!(!for_version(text, old).contains(feature), "{text}");
            }
        }
    }

    #[test]
    fn features_are_those_of_the_library() {
        let file = "#![feature(b)]\n#![feature(\n    c, d,\n)]\nmod x;\n";
        let text = "#![feature(a, b)]\n@FEATURES x.rs@\nmod y;\n";
        let got = with_features(text, |path| {
            assert_eq!(path, "x.rs");
            Ok(file.to_owned())
        });
        let due = "#![feature(a, b)]\n#![feature(c)]\n#![feature(d)]\n\nmod y;\n";
        assert_eq!(got.unwrap(), due);
        assert_eq!(with_features("mod y;", |_| panic!()).unwrap(), "mod y;");
    }

    #[test]
    fn a_suite_is_left_out_where_the_library_lacks_it() {
        let io = SUITES.iter().find(|suite| suite.name == "io").unwrap();
        let version = |text| Version::parse(text).unwrap();
        assert!(io.is_in(version("1.98")) && !io.is_in(version("1.99")));
        assert!(SUITES[0].is_in(version("1.99")));
    }
}
