//! What `std`'s sources lack for this target, and the edits that add it.
//!
//! The list in docs/std.md is held to this one by a test.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use anyhow::{Context, Result};

use crate::status::{self, Failure};

/// Compilers whose library sources these edits were made for and tried with.
pub const KNOWN: [&str; 1] = ["1.96"];

/// One place in one file.
pub struct Edit {
    /// The file below `library`.
    pub file: &'static str,
    /// What stands there, exactly once.
    pub find: &'static str,
    /// What is to stand there.
    pub replace: &'static str,
    /// Why; one sentence, as in docs/std.md.
    pub reason: &'static str,
}

/// All edits.
pub const EDITS: [Edit; 9] = [
    Edit {
        file: "std/src/sys/net/connection/mod.rs",
        find: "all(target_family = \"unix\", not(target_os = \"l4re\")),",
        replace: "target_family = \"unix\",",
        reason: "`std::os::unix::net` needs the sockets that are left out for L4Re alone.",
    },
    Edit {
        file: "std/src/sys/io/error/unix.rs",
        find: "                    target_os = \"hurd\",\n                    target_env = \"newlib\",",
        replace: "                    target_os = \"hurd\",\n                    target_os = \"l4re\",\n                    target_env = \"newlib\",",
        reason: "uClibc's `strerror_r` is GNU's; the standard's is `__xpg_strerror_r`.",
    },
    Edit {
        file: "std/src/sys/random/mod.rs",
        find: "        target_os = \"l4re\",\n        target_os = \"nto\",\n    ) => {",
        replace: "        target_os = \"nto\",\n    ) => {",
        reason: "L4Re's own C library has no `/dev/urandom`, so `HashMap` would not work.",
    },
    Edit {
        file: "std/src/sys/random/mod.rs",
        find: "    target_os = \"hermit\" => {",
        replace: "    target_os = \"l4re\" => {\n        mod l4re;\n        pub use l4re::fill_bytes;\n    }\n    target_os = \"hermit\" => {",
        reason: "Random data by `getrandom`, then by the processor.",
    },
    Edit {
        file: "std/src/sys/personality/mod.rs",
        find: "not(target_os = \"espidf\"), not(target_os = \"l4re\"),",
        replace: "not(target_os = \"espidf\"),",
        reason: "Unwinding: the function that tells an unwinder where a panic is caught.",
    },
    Edit {
        file: "panic_unwind/src/lib.rs",
        find: "        // L4Re is unix family but does not yet support unwinding.\n        #[path = \"dummy.rs\"]",
        replace: "        #[path = \"gcc.rs\"]",
        reason: "Unwinding: a panic starts it.",
    },
    Edit {
        file: "std/src/panicking.rs",
        find: "            None => {}\n        }\n    };\n",
        replace: concat!(
            "            None if info.force_no_backtrace() => {}\n",
            "            // SAFETY: the lock is held.\n",
            "            None => unsafe {\n",
            "                crate::backtrace_rs::trace_unsynchronized(|frame| {\n",
            "                    writeln!(err, \"  at {:#018x}\", frame.ip().addr()).is_ok()\n",
            "                })\n",
            "            },\n        }\n    };\n",
        ),
        reason: "A panic prints the addresses of its callers, as in programs without `std`.",
    },
    Edit {
        file: "unwind/src/lib.rs",
        find: "    any(\n        target_os = \"l4re\",\n        target_os = \"none\",",
        replace: "    target_os = \"l4re\" => {\n        mod unwinding;\n        pub use unwinding::*;\n    }\n    any(\n        target_os = \"none\",",
        reason: "Unwinding: by the crate `unwinding`, as on Xous.",
    },
    Edit {
        file: "unwind/Cargo.toml",
        find: "[target.'cfg(target_os = \"xous\")'.dependencies]\n",
        replace: "[target.'cfg(target_os = \"l4re\")'.dependencies]\nunwinding = { version = \"0.2.7\", features = ['rustc-dep-of-std', 'unwinder', 'fde-custom', 'fde-gnu-eh-frame-hdr'], default-features = false }\n\n[target.'cfg(target_os = \"xous\")'.dependencies]\n",
        reason: "Unwinding: that crate, which finds the tables by symbols of the link script.",
    },
];

/// Files that are added.
const ADDED: [(&str, &str); 1] = [(
    "std/src/sys/random/l4re.rs",
    include_str!("../../../uclibc-libc-patch/std/random.rs"),
)];

/// What the edits are, for telling whether a library was built with them.
pub fn fingerprint() -> impl std::hash::Hash {
    let edits = EDITS.map(|edit| (edit.file, edit.find, edit.replace));
    (edits, ADDED)
}

/// Makes a copy of the library's sources with the edits; `release` is the compiler's.
pub fn apply(library: &Path, copy: &Path, release: &str) -> Result<()> {
    if copy.exists() {
        fs::remove_dir_all(copy)?;
    }
    fs::create_dir_all(copy)?;
    let edited = |name: &str| {
        (EDITS.iter().map(|edit| edit.file))
            .chain(ADDED.iter().map(|added| added.0))
            .any(|file| file.split('/').next() == Some(name))
    };
    for entry in
        fs::read_dir(library).with_context(|| format!("cannot list {}", library.display()))?
    {
        let entry = entry?;
        let name = entry.file_name();
        let to = copy.join(&name);
        if name.to_str().is_some_and(edited) {
            copy_folder(&entry.path(), &to)?;
        } else {
            symlink(entry.path(), &to)?;
        }
    }
    for edit in &EDITS {
        let file = copy.join(edit.file);
        let text = fs::read_to_string(&file)
            .map_err(|error| not_as_known(edit, release, &error.to_string()))?;
        let text = edited_text(edit, &text).map_err(|why| not_as_known(edit, release, &why))?;
        fs::write(&file, text)?;
    }
    for (file, text) in ADDED {
        fs::write(copy.join(file), text)?;
    }
    Ok(())
}

fn edited_text(edit: &Edit, text: &str) -> Result<String, String> {
    match text.matches(edit.find).count() {
        1 => Ok(text.replacen(edit.find, edit.replace, 1)),
        0 => Err("the text to replace is not there".to_owned()),
        times => Err(format!("the text to replace is there {times} times")),
    }
}

fn not_as_known(edit: &Edit, release: &str, why: &str) -> anyhow::Error {
    Failure::error(
        status::SETUP,
        format!(
            "the standard library of rustc {release} cannot be prepared for this target\n  \
             library/{}: {why}:\n    {}\n  \
             what the edit is for: {}\n  \
             The edits are those for rustc {}. Use such a compiler: \
             rustup toolchain install {} --component rust-src, or on Debian: \
             apt-get install rustc-web rust-web-src",
            edit.file,
            edit.find.trim().replace('\n', "\n    "),
            edit.reason,
            KNOWN.join(", "),
            KNOWN[KNOWN.len() - 1],
        ),
    )
}

fn copy_folder(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_folder(&entry.path(), &target)?;
        } else {
            // Not with the source's permissions: it may be read-only.
            fs::write(&target, fs::read(entry.path())?)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_edit_applies_to_one_place_only() {
        let edit = &EDITS[0];
        let once = format!("a {} b", edit.find);
        assert_eq!(
            edited_text(edit, &once),
            Ok(format!("a {} b", edit.replace))
        );
        assert!(edited_text(edit, "").is_err());
        assert!(edited_text(edit, &once.repeat(2)).is_err());
    }

    #[test]
    fn an_unknown_library_is_told_with_the_file_and_what_mends_it() {
        let text = not_as_known(&EDITS[1], "1.99.0", "the text to replace is not there");
        let text = format!("{text}");
        for part in [
            "1.99.0",
            EDITS[1].file,
            "rustc 1.96",
            "rustup toolchain install",
        ] {
            assert!(text.contains(part), "{text}");
        }
    }

    /// A library of which only the places of the edits are there.
    fn library(dir: &Path) {
        for edit in &EDITS {
            let file = dir.join(edit.file);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            let before = fs::read_to_string(&file).unwrap_or_default();
            fs::write(&file, format!("{before}{}\n", edit.find)).unwrap();
        }
        for (file, _) in ADDED {
            fs::create_dir_all(dir.join(file).parent().unwrap()).unwrap();
        }
        fs::create_dir(dir.join("vendor")).unwrap();
    }

    #[test]
    fn a_library_that_reads_as_expected_is_copied_with_the_edits() {
        let room = tempfile::tempdir().unwrap();
        let (source, copy) = (room.path().join("library"), room.path().join("copy"));
        library(&source);
        apply(&source, &copy, "1.96.0").unwrap();
        for edit in &EDITS {
            let text = fs::read_to_string(copy.join(edit.file)).unwrap();
            assert!(text.contains(edit.replace), "{}", edit.file);
            let kept = fs::read_to_string(source.join(edit.file)).unwrap();
            assert!(kept.contains(edit.find), "{}", edit.file);
        }
        assert!(copy.join("vendor").is_symlink());
    }

    #[test]
    fn a_library_that_reads_otherwise_is_refused_with_the_place() {
        for edit in &EDITS {
            let room = tempfile::tempdir().unwrap();
            let (source, copy) = (room.path().join("library"), room.path().join("copy"));
            library(&source);
            let file = source.join(edit.file);
            let text = fs::read_to_string(&file).unwrap();
            fs::write(&file, text.replacen(edit.find, "something else", 1)).unwrap();
            let error = format!("{:#}", apply(&source, &copy, "1.99.0").unwrap_err());
            for part in [
                "rustc 1.99.0",
                edit.file,
                edit.reason,
                "rustup toolchain install",
            ] {
                assert!(error.contains(part), "{error}");
            }
        }
    }

    #[test]
    fn the_docs_list_every_edit_with_its_reason() {
        let page = include_str!("../../../docs/std.md");
        for edit in &EDITS {
            let row = format!("| `{}` | {} |", edit.file, edit.reason);
            assert!(page.contains(&row), "docs/std.md lacks: {row}");
        }
        for (file, _) in ADDED {
            assert!(page.contains(file), "docs/std.md lacks {file}");
        }
    }
}
