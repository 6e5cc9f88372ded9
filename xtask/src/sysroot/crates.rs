//! Changes to crates that do not know L4Re, or as it was: patch files for a series of versions.
//!
//! `patches/crates/NAME-SERIES.patch` is a unified diff of the crate's sources, made to be sent to
//! its authors. What stands before the first diff is the reason. It is for the versions SERIES.*,
//! as cargo takes them one for the other. A build for the target compiles a changed copy where it
//! compiles the registry's sources; docs/std.md has the list, held to the files by a test.

use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result};
use serde::Deserialize;

/// Where the patch files are, below the workspace.
pub const FOLDER: &str = "patches/crates";

/// One patch file.
#[derive(Debug, Hash)]
pub struct Patch {
    /// The crate and its versions: the file's name without `.patch`.
    pub series: String,
    text: String,
}

impl Patch {
    /// Why the crate is changed: what stands before the first empty line.
    #[cfg(test)]
    fn reason(&self) -> String {
        let head = self.text.split("\n\n").next().unwrap_or("");
        head.split_whitespace().collect::<Vec<_>>().join(" ")
    }
}

/// All patches, in order of their names.
pub fn all(root: &Path) -> Result<Vec<Patch>> {
    let folder = root.join(FOLDER);
    let mut patches = Vec::new();
    for entry in
        fs::read_dir(&folder).with_context(|| format!("cannot list {}", folder.display()))?
    {
        let file = entry?.path();
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        let series = name
            .strip_suffix(".patch")
            .with_context(|| format!("{FOLDER}/{name}: a patch is named NAME-SERIES.patch"))?;
        patches.push(Patch {
            series: series.to_owned(),
            text: fs::read_to_string(&file)
                .with_context(|| format!("cannot read {}", file.display()))?,
        });
    }
    patches.sort_by(|one, other| one.series.cmp(&other.series));
    Ok(patches)
}

/// Tells sets of patches apart.
pub fn fingerprint(patches: &[Patch]) -> String {
    let mut hasher = DefaultHasher::new();
    patches.hash(&mut hasher);
    format!("{:016x}", hasher.finish())
}

/// A function for the compiler's script: `changed FILE NAME` makes `arg` the file in the changed copy
/// of the crate whose file of this name it is, if there is a patch for it: for `src/lib.rs` any, for
/// `build.rs` one that changes the build script.
pub fn script(patches: &[Patch], folder: &str, copies: &str) -> String {
    let cases: String = (patches.iter())
        .map(|patch| {
            let mut files = format!("{}.*/src/lib.rs", patch.series);
            if patch.text.contains("\n+++ b/build.rs\n") {
                files += &format!(" | {}.*/build.rs", patch.series);
            }
            format!("    {files}) patch={}.patch ;;\n", patch.series)
        })
        .collect();
    SCRIPT
        .replace("@CASES@", cases.trim_end())
        .replace("@FOLDER@", folder)
        .replace("@COPIES@", copies)
}

/// A lock file, as far as it is read.
#[derive(Deserialize)]
struct Lock {
    package: Vec<Locked>,
}

#[derive(Deserialize)]
struct Locked {
    name: String,
    version: String,
}

/// The entries of `[patch.crates-io]` for what a lock file has: changed copies, made in `copies` of
/// the sources below `registry`.
pub fn entries(root: &Path, copies: &Path, registry: &Path, lock: &str) -> Result<String> {
    let lock: Lock = toml::from_str(lock).context("it is no lock file")?;
    let patches = all(root)?;
    let copies = copies.join(fingerprint(&patches));
    let quote = |path: &Path| -> Result<String> {
        let path = path.to_str().context("a path is not UTF-8")?;
        Ok(shlex::try_quote(path)?.into_owned())
    };
    let function = script(&patches, &quote(&root.join(FOLDER))?, &quote(&copies)?);
    let mut entries = String::new();
    for Locked { name, version } in &lock.package {
        let found = format!("{name}-{version}");
        let patch = (patches.iter()).find(|patch| found.starts_with(&format!("{}.", patch.series)));
        let Some(patch) = patch else { continue };
        let sources = (fs::read_dir(registry).into_iter().flatten().flatten())
            .map(|index| index.path().join(&found))
            .find(|sources| sources.is_dir())
            .with_context(|| format!("the sources of {found} are not here: `cargo fetch` first"))?;
        let out = Command::new("sh")
            .arg("-c")
            .arg(format!(
                "{function}\narg=\nchanged \"$1\" src/lib.rs\necho \"$arg\""
            ))
            .arg("sh")
            .arg(sources.join("src/lib.rs"))
            .stderr(Stdio::inherit())
            .output()
            .context("cannot start sh")?;
        let copy = String::from_utf8(out.stdout)?;
        // That a patch does not fit has been told.
        if let Some(copy) = copy.trim().strip_suffix("/src/lib.rs") {
            let key = patch.series.replace('.', "_");
            let path = toml::Value::String(copy.to_owned());
            entries += &format!("{key} = {{ package = \"{name}\", path = {path} }}\n");
        }
    }
    Ok(entries)
}

const SCRIPT: &str = r#"changed() {
    from=${1%/"$2"}
    found=${from##*/}
    case $found/$2 in
@CASES@
    *) return ;;
    esac
    copy=@COPIES@/$found
    if ! [ -d "$copy" ]; then
        fresh=$copy.$$
        mkdir -p @COPIES@ && cp -r "$from" "$fresh" && chmod -R u+w "$fresh" &&
            patch -s -f -p1 -d "$fresh" <@FOLDER@/$patch >&2 &&
            mv -T "$fresh" "$copy" 2>/dev/null
        rm -rf "$fresh"
    fi
    if [ -d "$copy" ]; then
        arg=$copy/$2
    else
        echo "l4re-rs: patches/crates/$patch does not fit $found, which is compiled without" >&2
    fi
}"#;

#[cfg(test)]
mod tests {
    use super::*;

    /// A patch of the series 0.3 of a crate `some`, which replaces `old` by `new` in a file of it.
    fn add_patch(room: &Path, file: &str) {
        fs::create_dir_all(room.join(FOLDER)).unwrap();
        fs::write(
            room.join(FOLDER).join("some-0.3.patch"),
            format!("Because.\n\n--- a/{file}\n+++ b/{file}\n@@ -1 +1 @@\n-old\n+new\n"),
        )
        .unwrap();
    }

    #[test]
    fn the_docs_have_every_patch_with_its_reason() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let page = include_str!("../../../docs/std.md");
        for patch in all(&root).unwrap() {
            let row = format!("| `{}` | {} |", patch.series, patch.reason());
            assert!(page.contains(&row), "docs/std.md lacks the row\n{row}");
        }
    }

    /// What the script's function makes of a file.
    fn changed(room: &Path, file: &Path) -> (String, String) {
        changed_as(room, file, "src/lib.rs")
    }

    /// The same for a file of another name.
    fn changed_as(room: &Path, file: &Path, name: &str) -> (String, String) {
        let patches = all(room).unwrap();
        let folder = room.join(FOLDER);
        let copies = room.join("copies");
        let function = script(&patches, folder.to_str().unwrap(), copies.to_str().unwrap());
        let text = format!("{function}\narg=as-it-was\nchanged \"$1\" \"$2\"\necho \"$arg\"");
        let out = Command::new("sh")
            .args(["-c", &text, "sh"])
            .arg(file)
            .arg(name)
            .output()
            .unwrap();
        assert!(out.status.success());
        (
            String::from_utf8(out.stdout).unwrap().trim().to_owned(),
            String::from_utf8(out.stderr).unwrap(),
        )
    }

    #[test]
    fn a_crate_of_the_series_is_changed_in_a_copy() {
        let room = tempfile::tempdir().unwrap();
        let room = room.path();
        add_patch(room, "src/lib.rs");
        let make = |name: &str, text: &str| {
            let file = room.join("registry").join(name).join("src/lib.rs");
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(&file, text).unwrap();
            file
        };
        let file = make("some-0.3.7", "old\n");
        for _ in 0..2 {
            let (copy, said) = changed(room, &file);
            assert_eq!(
                (fs::read_to_string(&copy).unwrap().as_str(), said.as_str()),
                ("new\n", "")
            );
        }
        assert_eq!(fs::read_to_string(&file).unwrap(), "old\n");
        // Another series, and another crate.
        for name in ["some-0.4.0", "someother-0.3.7"] {
            assert_eq!(
                changed(room, &make(name, "old\n")),
                ("as-it-was".to_owned(), String::new())
            );
        }
        // A build script is changed where a patch changes one.
        let script = file.with_file_name("../build.rs");
        fs::write(&script, "old\n").unwrap();
        let script = script.canonicalize().unwrap();
        assert_eq!(changed_as(room, &script, "build.rs").0, "as-it-was");
        let (as_it_was, said) = changed(room, &make("some-0.3.8", "else\n"));
        assert_eq!(as_it_was, "as-it-was");
        assert!(
            said.contains("some-0.3.patch does not fit some-0.3.8"),
            "{said}"
        );
    }

    #[test]
    fn a_manifest_gets_entries_of_what_its_lock_file_has() {
        let room = tempfile::tempdir().unwrap();
        let room = room.path();
        add_patch(room, "src/lib.rs");
        let registry = room.join("src");
        let lock = "[[package]]\nname = \"some\"\nversion = \"0.3.7\"\n\
                    [[package]]\nname = \"some\"\nversion = \"0.4.0\"\n";
        let copies = room.join("copies");
        let error = entries(room, &copies, &registry, lock).unwrap_err();
        assert!(error.to_string().contains("some-0.3.7"), "{error}");
        let sources = registry.join("index/some-0.3.7/src");
        fs::create_dir_all(&sources).unwrap();
        fs::write(sources.join("lib.rs"), "old\n").unwrap();
        let text = entries(room, &copies, &registry, lock).unwrap();
        let table: toml::Table = toml::from_str(&text).unwrap();
        assert_eq!(table.len(), 1);
        assert_eq!(table["some-0_3"]["package"].as_str(), Some("some"));
        let copy = Path::new(table["some-0_3"]["path"].as_str().unwrap());
        assert_eq!(
            fs::read_to_string(copy.join("src/lib.rs")).unwrap(),
            "new\n"
        );
    }

    #[test]
    fn a_build_script_is_changed_with_its_crate() {
        let room = tempfile::tempdir().unwrap();
        let room = room.path();
        add_patch(room, "build.rs");
        let script = room.join("registry/some-0.3.7/build.rs");
        fs::create_dir_all(script.parent().unwrap()).unwrap();
        fs::write(&script, "old\n").unwrap();
        let (copy, said) = changed_as(room, &script, "build.rs");
        assert_eq!(
            (fs::read_to_string(&copy).unwrap().as_str(), said.as_str()),
            ("new\n", "")
        );
    }
}
