//! Faults of uClibc-ng's that are mended: patch files, each with its reason in front.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use diffy::patch_set::{FileOperation, ParseOptions, PatchSet};

use crate::status::{self, Failure};

/// Where the patch files are, below the workspace.
const FOLDER: &str = "xtask/patches/uclibc";

/// The patches, each as its file's name and contents, in the order in which they are applied.
pub fn read(root: &Path) -> Result<Vec<(String, String)>> {
    let folder = root.join(FOLDER);
    let mut patches = Vec::new();
    let entries =
        fs::read_dir(&folder).with_context(|| format!("cannot list {}", folder.display()))?;
    for entry in entries {
        let file = entry?.path();
        let text =
            fs::read_to_string(&file).with_context(|| format!("cannot read {}", file.display()))?;
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        patches.push((name.into_owned(), text));
    }
    patches.sort();
    Ok(patches)
}

/// Makes the changes in the sources in `dir`.
pub fn apply(patches: &[(String, String)], dir: &Path) -> Result<()> {
    for (name, text) in patches {
        let mut changes = 0;
        for diff in PatchSet::parse(text, ParseOptions::unidiff()) {
            let diff = diff.with_context(|| format!("{FOLDER}/{name} cannot be read"))?;
            let FileOperation::Modify { modified, .. } = diff.operation().strip_prefix(1) else {
                anyhow::bail!("{FOLDER}/{name} does not change a file");
            };
            let file = dir.join(&*modified);
            let old = fs::read_to_string(&file)
                .with_context(|| format!("cannot read {}", file.display()))?;
            let patch = diff.into_patch();
            let patch = patch.as_text().context("a patch of what is no text")?;
            let new = diffy::apply(&old, patch).map_err(|why| {
                Failure::error(
                    status::BUILD,
                    format!(
                        "{FOLDER}/{name} does not apply to {} ({why}): this uClibc-ng is another \
                         than the one that the changes were made for",
                        file.display()
                    ),
                )
            })?;
            fs::write(&file, new)?;
            changes += 1;
        }
        anyhow::ensure!(changes > 0, "{FOLDER}/{name} has no diff");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHANGE: &str =
        "Why.\n\n--- a/libc/a.c\n+++ b/libc/a.c\n@@ -1,3 +1,3 @@\n one\n-two\n+2\n three\n";

    fn applied(text: &str, patch: &str) -> Result<String> {
        let dir = tempfile::tempdir()?;
        let file = dir.path().join("libc/a.c");
        fs::create_dir(dir.path().join("libc"))?;
        fs::write(&file, text)?;
        apply(&[("p.patch".to_owned(), patch.to_owned())], dir.path())?;
        Ok(fs::read_to_string(file)?)
    }

    #[test]
    fn a_patch_that_does_not_fit_stops_the_build() {
        assert_eq!(
            applied("zero\none\ntwo\nthree\n", CHANGE).unwrap(),
            "zero\none\n2\nthree\n"
        );
        let error = applied("one\n2\nthree\n", CHANGE).unwrap_err();
        assert_eq!(status::of(&error), status::BUILD);
        assert!(
            error.to_string().contains("p.patch does not apply"),
            "{error}"
        );
        assert!(applied("one\n", "nothing\n").is_err());
    }

    #[test]
    fn each_patch_has_a_reason() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        let patches = read(root).unwrap();
        assert!(!patches.is_empty());
        for (name, text) in patches {
            assert!(!text.starts_with("---"), "{name}");
        }
    }
}
