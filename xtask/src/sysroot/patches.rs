//! Changes to the sources of `std`: patch files, each for a range of compiler versions.
//!
//! `xtask/patches/std/NAME.FIRST-LAST.patch` is a unified diff of files below `library`. It is
//! for the compilers from version FIRST to LAST; without LAST, for all newer ones, too. What
//! stands before the first diff is the reason; docs/std.md has the same list, held to the
//! files by a test.

use std::fs;
use std::hash::Hash;
use std::os::unix::fs::symlink;
use std::path::{Component, Path, PathBuf};

use anyhow::{Context, Result};
use diffy::patch_set::{FileOperation, ParseOptions, PatchSet};

use crate::setup::Version;
use crate::status::{self, Failure};

/// Where the patch files are, below the workspace.
pub const FOLDER: &str = "xtask/patches/std";

/// One patch file.
#[derive(Debug, Hash)]
pub struct Patch {
    /// The file's name.
    file: String,
    /// What it is for; the part of the name before the versions.
    name: String,
    first: Version,
    /// None: also for compilers that are newer than any known one.
    last: Option<Version>,
    text: String,
}

impl Patch {
    /// A patch by its file's name and contents.
    fn parse(file: &str, text: String) -> Result<Patch> {
        let parts = file.strip_suffix(".patch").and_then(|rest| {
            let (name, range) = rest.split_once('.')?;
            let (first, last) = range.split_once('-')?;
            let last = match last {
                "" => None,
                last => Some(Version::parse(last)?),
            };
            Some((name.to_owned(), Version::parse(first)?, last))
        });
        let (name, first, last) = parts.with_context(|| {
            format!("{FOLDER}/{file}: a patch is named NAME.FIRST-LAST.patch, LAST may be empty")
        })?;
        Ok(Patch {
            file: file.to_owned(),
            name,
            first,
            last,
            text,
        })
    }

    fn is_for(&self, version: Version) -> bool {
        self.first <= version && self.last.is_none_or(|last| version <= last)
    }

    /// The diffs, each with the file that it changes or makes.
    fn diffs(&self) -> Result<Vec<Diff<'_>>> {
        let set = PatchSet::parse(&self.text, ParseOptions::unidiff());
        let diffs: Vec<Diff> = set
            .map(|diff| {
                let diff = diff?;
                let (file, is_new) = match diff.operation().strip_prefix(1) {
                    FileOperation::Create(file) => (file.into_owned(), true),
                    FileOperation::Modify { modified, .. } => (modified.into_owned(), false),
                    other => anyhow::bail!("neither changes nor makes a file: {other:?}"),
                };
                let inside = Path::new(&file)
                    .components()
                    .all(|part| matches!(part, Component::Normal(_)));
                anyhow::ensure!(inside, "{file} is not below library");
                let patch = diff.into_patch();
                let text = patch.as_text().context("a binary file")?.clone();
                Ok(Diff { file, is_new, text })
            })
            .collect::<Result<_>>()
            .with_context(|| format!("{FOLDER}/{} cannot be read", self.file))?;
        anyhow::ensure!(!diffs.is_empty(), "{FOLDER}/{} has no diff", self.file);
        Ok(diffs)
    }

    /// The text before the first diff, as one line.
    #[cfg(test)]
    fn reason(&self) -> String {
        let head = self.text.split("--- ").next().unwrap_or("");
        head.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    /// The versions in words: `1.95 to 1.98`, or `1.99 and newer`.
    #[cfg(test)]
    fn versions(&self) -> String {
        match self.last {
            Some(last) if last == self.first => last.to_string(),
            Some(last) => format!("{} to {last}", self.first),
            None => format!("{} and newer", self.first),
        }
    }
}

/// The change of one file.
struct Diff<'a> {
    /// The file, below `library`.
    file: String,
    is_new: bool,
    text: diffy::Patch<'a, str>,
}

impl Diff<'_> {
    fn apply(&self, file: &Path) -> Result<String, String> {
        if self.is_new && file.exists() {
            return Err("is there, and the patch makes it".to_owned());
        }
        let text = match self.is_new {
            true => String::new(),
            false => fs::read_to_string(file).map_err(|error| error.to_string())?,
        };
        diffy::apply(&text, &self.text).map_err(|error| error.to_string())
    }
}

/// The patches in a folder that are for this compiler.
pub fn select(folder: &Path, version: Version) -> Result<Vec<Patch>> {
    let mut patches = all(folder)?;
    patches.retain(|patch| patch.is_for(version));
    Ok(patches)
}

/// All patches in a folder, in order of their names.
fn all(folder: &Path) -> Result<Vec<Patch>> {
    let mut patches = Vec::new();
    for entry in
        fs::read_dir(folder).with_context(|| format!("cannot list {}", folder.display()))?
    {
        let entry = entry?;
        let name = entry.file_name();
        let text = fs::read_to_string(entry.path())
            .with_context(|| format!("cannot read {}", entry.path().display()))?;
        patches.push(Patch::parse(&name.to_string_lossy(), text)?);
    }
    patches.sort_by(|one, other| one.file.cmp(&other.file));
    Ok(patches)
}

/// Makes a copy of the library's sources with the patches; what no patch changes is linked.
///
/// `release` is the compiler's version, `newest` the newest one that the patches were tried with.
pub fn apply(
    patches: &[Patch],
    library: &Path,
    copy: &Path,
    release: &str,
    newest: &str,
) -> Result<()> {
    if copy.exists() {
        fs::remove_dir_all(copy)?;
    }
    fs::create_dir_all(copy)?;
    let mut changes = Vec::new();
    for patch in patches {
        changes.extend(patch.diffs()?.into_iter().map(|diff| (patch, diff)));
    }
    let changed = |name: &Path| {
        (changes.iter())
            .any(|(_, diff)| Path::new(&diff.file).iter().next() == Some(name.as_os_str()))
    };
    for entry in
        fs::read_dir(library).with_context(|| format!("cannot list {}", library.display()))?
    {
        let entry = entry?;
        let name = PathBuf::from(entry.file_name());
        let to = copy.join(&name);
        if changed(&name) {
            copy_folder(&entry.path(), &to)?;
        } else {
            symlink(entry.path(), &to)?;
        }
    }
    for (patch, diff) in &changes {
        let file = copy.join(&diff.file);
        let text = (diff.apply(&file))
            .map_err(|why| does_not_apply(patch, &diff.file, &why, release, newest))?;
        if let Some(dir) = file.parent() {
            fs::create_dir_all(dir)?;
        }
        fs::write(&file, text).with_context(|| format!("cannot write {}", file.display()))?;
    }
    Ok(())
}

/// One sentence that names the patch, the file of `std`, and what to do.
fn does_not_apply(
    patch: &Patch,
    file: &str,
    why: &str,
    release: &str,
    newest: &str,
) -> anyhow::Error {
    let mend = match Version::of_release(release) {
        Some(version) => format!(
            "add {FOLDER}/{}.{version}-.patch, made against that file, and end the range of the old one before {version}",
            patch.name
        ),
        None => "make one against that file".to_owned(),
    };
    Failure::error(
        status::SETUP,
        format!(
            "{FOLDER}/{} does not apply to library/{file} of rustc {release} ({why}): {mend}; \
             or use rustc {newest}: rustup toolchain install {newest} --component rust-src",
            patch.file
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

    const CHANGE: &str = "Why it is.\n\n--- a/std/src/a.rs\n+++ b/std/src/a.rs\n\
        @@ -1,3 +1,3 @@\n one\n-two\n+2\n three\n";
    const NEW: &str = "A file.\n\n--- /dev/null\n+++ b/std/src/new/b.rs\n@@ -0,0 +1,1 @@\n+new\n";

    fn folder() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("patches/std")
    }

    fn version(text: &str) -> Version {
        Version::parse(text).unwrap()
    }

    fn patch(file: &str, text: &str) -> Patch {
        Patch::parse(file, text.to_owned()).unwrap()
    }

    /// A library of one file, with a folder that no patch touches.
    fn library(text: &str) -> (tempfile::TempDir, PathBuf, PathBuf) {
        let room = tempfile::tempdir().unwrap();
        let (source, copy) = (room.path().join("library"), room.path().join("copy"));
        fs::create_dir_all(source.join("std/src")).unwrap();
        fs::create_dir(source.join("vendor")).unwrap();
        fs::write(source.join("std/src/a.rs"), text).unwrap();
        (room, source, copy)
    }

    #[test]
    fn a_patch_is_for_the_versions_in_its_name() {
        let old = patch("a.1.95-1.98.patch", CHANGE);
        let new = patch("a.1.99-.patch", CHANGE);
        let fits = |patch: &Patch| {
            ["1.94", "1.95", "1.98", "1.99", "1.150"].map(|text| patch.is_for(version(text)))
        };
        assert_eq!(fits(&old), [false, true, true, false, false]);
        assert_eq!(fits(&new), [false, false, false, true, true]);
        assert_eq!(old.versions(), "1.95 to 1.98");
        assert_eq!(new.versions(), "1.99 and newer");
        assert_eq!(old.reason(), "Why it is.");
        for name in [
            "a.patch",
            "a.1.95.patch",
            "a.x-.patch",
            "a.1.95-1.x.patch",
            "a.1.95-1.98",
        ] {
            assert!(Patch::parse(name, CHANGE.to_owned()).is_err(), "{name}");
        }
    }

    #[test]
    fn a_library_that_reads_as_expected_is_copied_with_the_patches() {
        // Also where the place has moved.
        let (_room, source, copy) = library("zero\none\ntwo\nthree\n");
        let patches = [patch("a.1.95-.patch", CHANGE), patch("b.1.95-.patch", NEW)];
        apply(&patches, &source, &copy, "1.96.0", "1.99.1").unwrap();
        let read = |file: &str| fs::read_to_string(copy.join(file)).unwrap();
        assert_eq!(read("std/src/a.rs"), "zero\none\n2\nthree\n");
        assert_eq!(read("std/src/new/b.rs"), "new\n");
        assert!(copy.join("vendor").is_symlink());
        let kept = fs::read_to_string(source.join("std/src/a.rs")).unwrap();
        assert_eq!(kept, "zero\none\ntwo\nthree\n");
    }

    #[test]
    fn a_patch_that_does_not_apply_is_named_with_the_file_and_what_to_do() {
        let (_room, source, copy) = library("one\n2\nthree\n");
        let patches = [patch("words.1.99-.patch", CHANGE)];
        let error = apply(&patches, &source, &copy, "1.102.0-nightly", "1.99.1").unwrap_err();
        assert_eq!(status::of(&error), status::SETUP);
        let text = format!("{error:#}");
        for part in [
            "xtask/patches/std/words.1.99-.patch does not apply",
            "library/std/src/a.rs",
            "rustc 1.102.0-nightly",
            "words.1.102-.patch",
            "rustup toolchain install 1.99.1",
        ] {
            assert!(text.contains(part), "{text}");
        }
        assert!(!text.contains('\n'), "one sentence: {text}");
    }

    #[test]
    fn a_patch_stays_within_the_library_and_makes_no_file_twice() {
        let outside = NEW.replace("std/src/new", "../out");
        assert!(patch("a.1.95-.patch", &outside).diffs().is_err());
        assert!(patch("a.1.95-.patch", "no diff\n").diffs().is_err());
        let (_room, source, copy) = library("one\n");
        let patches = [patch("a.1.95-.patch", &NEW.replace("new/b.rs", "a.rs"))];
        assert!(apply(&patches, &source, &copy, "1.99.1", "1.99.1").is_err());
    }

    /// For each change there is one patch file a version, none is overlooked.
    #[test]
    fn the_ranges_of_one_change_do_not_overlap() {
        let patches = all(&folder()).unwrap();
        assert!(!patches.is_empty());
        for (index, one) in patches.iter().enumerate() {
            assert!(!one.reason().is_empty(), "{}", one.file);
            one.diffs().unwrap();
            assert!(
                one.last.is_none_or(|last| one.first <= last),
                "{}",
                one.file
            );
            for other in &patches[index + 1..] {
                let apart = one.name != other.name
                    || one.last.is_some_and(|last| last < other.first)
                    || other.last.is_some_and(|last| last < one.first);
                assert!(apart, "{} and {}", one.file, other.file);
            }
        }
    }

    #[test]
    fn the_docs_list_every_patch_with_its_reason() {
        let page = include_str!("../../../docs/std.md");
        let patches = all(&folder()).unwrap();
        for patch in &patches {
            let (name, versions) = (&patch.name, patch.versions());
            let row = format!("| `{name}` | {versions} | {} |", patch.reason());
            assert!(page.contains(&row), "docs/std.md lacks: {row}");
        }
        let rows = page.lines().filter(|line| {
            patches
                .iter()
                .any(|patch| line.starts_with(&format!("| `{}` | 1.", patch.name)))
        });
        assert_eq!(
            rows.count(),
            patches.len(),
            "docs/std.md lists what is no patch"
        );
    }
}
