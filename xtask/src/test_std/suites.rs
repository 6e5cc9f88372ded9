//! Which tests there are.

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
}

impl Suite {
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
    Suite {
        name,
        root: Root::Library(root),
        selected: true,
        slow: &[],
        files: false,
        skip: &[],
    }
}

const fn inside(name: &'static str, text: &'static str) -> Suite {
    Suite {
        name,
        root: Root::Inside(text),
        selected: true,
        slow: &[],
        files: false,
        skip: &[],
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
    beside("thread", "std/tests/thread.rs"),
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
    inside("io", include_str!("inside/io.rs")),
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
