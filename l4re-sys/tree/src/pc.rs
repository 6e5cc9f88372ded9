//! The `.pc` files of a tree: what each library needs, and how it is linked.
//!
//! They look like pkg-config's, and that program reads `Requires` and `Cflags` in them. But
//! `Libs` and the `Link_…` variables are written in a language of conditions that L4Re's own
//! linker driver understands and pkg-config tears apart at the spaces
//! (`%{shared:--whole-archive -lx.p --no-whole-archive;:libx.ofl}`). So they are read here.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use crate::tree::Libraries;
use crate::trouble::{Result, Trouble};

/// What is linked into a program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Item {
    /// `-lname`.
    Library {
        /// The name, without `lib` and ending.
        name: String,
        /// All of it, needed or not.
        whole: bool,
    },
    /// `-l:name`: a library by its file's name.
    File {
        /// The file's name.
        name: String,
        /// All of it, needed or not.
        whole: bool,
    },
}

/// The packages that a static program is linked from, in the order that a linker needs: each
/// before those that it uses.
#[derive(Debug)]
pub struct Packages<'t> {
    libraries: &'t Libraries,
    packages: Vec<Package>,
}

/// One `.pc` file.
#[derive(Clone, Debug, Default)]
struct Package {
    name: String,
    /// `Key: value` and `name=value`.
    fields: BTreeMap<String, String>,
}

impl Package {
    fn parse(name: &str, text: &str) -> Package {
        let fields = text.lines().filter_map(|line| {
            let at = line.find([':', '='])?;
            let (key, value) = line.split_at(at);
            Some((key.trim().to_owned(), value[1..].trim().to_owned()))
        });
        Package {
            name: name.to_owned(),
            fields: fields.collect(),
        }
    }

    fn field(&self, key: &str) -> &str {
        self.fields.get(key).map_or("", String::as_str)
    }

    fn requires(&self) -> impl DoubleEndedIterator<Item = &str> {
        let separators = [' ', '\t', ','];
        (self.field("Requires").split(separators)).filter(|name| !name.is_empty())
    }
}

impl<'t> Packages<'t> {
    /// Reads the named packages and all that they require.
    pub fn read(libraries: &'t Libraries, names: &[String]) -> Result<Packages<'t>> {
        let mut reader = Packages {
            libraries,
            packages: Vec::new(),
        };
        let mut seen = BTreeSet::new();
        for name in names.iter().rev() {
            reader.visit(name, None, &mut seen)?;
        }
        reader.packages.reverse();
        Ok(reader)
    }

    /// Puts a package behind everything that it requires (the list is turned round later).
    fn visit(&mut self, name: &str, by: Option<&str>, seen: &mut BTreeSet<String>) -> Result<()> {
        if !seen.insert(name.to_owned()) {
            return Ok(());
        }
        let file = self.libraries.pc.join(format!("{name}.pc"));
        let text = fs::read_to_string(&file).map_err(|_| {
            let by = by.map_or(String::new(), |by| format!(", which {by}.pc requires,"));
            Trouble::new(
                format!("the L4Re build tree has no package {name}{by} or has not built it"),
                "Build the tree to its end, with that package among its sources.",
            )
            .looked_in([file.display()])
        })?;
        let package = Package::parse(name, &text);
        for required in package.requires().rev() {
            self.visit(required, Some(name), seen)?;
        }
        self.packages.push(package);
        Ok(())
    }

    /// The names of the packages, in the order of the link.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.packages.iter().map(|package| package.name.as_str())
    }

    /// What a static program is linked with, in this order.
    pub fn items(&self) -> Result<Vec<Item>> {
        let mut items = Vec::new();
        for field in ["Libs", "Link_Libs"] {
            for package in &self.packages {
                self.items_of(package, field, &mut items)?;
            }
        }
        Ok(items)
    }

    /// What stands before and behind everything in a program, such as `crt1.o`, as paths.
    pub fn start_files(&self) -> Result<Vec<String>> {
        let mut files = Vec::new();
        for field in ["Link_Start", "Link_End"] {
            for package in &self.packages {
                let text = self.expand(package, package.field(field))?;
                files.extend(text.split_whitespace().map(str::to_owned));
            }
        }
        Ok(files)
    }

    fn items_of(&self, package: &Package, field: &str, items: &mut Vec<Item>) -> Result<()> {
        let text = self.expand(package, package.field(field))?;
        let mut whole = false;
        for word in text.split_whitespace() {
            let item = if let Some(file) = word.strip_prefix("-l:") {
                Item::File {
                    name: file.to_owned(),
                    whole,
                }
            } else if let Some(name) = word.strip_prefix("-l") {
                let name = name.to_owned();
                Item::Library { name, whole }
            } else {
                match word {
                    "--whole-archive" => whole = true,
                    "--no-whole-archive" => whole = false,
                    // The linker used here looks into all libraries as often as it must.
                    "--start-group" | "--end-group" => {}
                    _ => return Err(not_understood(package, word)),
                }
                continue;
            };
            if !items.contains(&item) {
                items.push(item);
            }
        }
        Ok(())
    }

    /// The text for a static program: conditions resolved, files looked up.
    fn expand(&self, package: &Package, text: &str) -> Result<String> {
        let mut out = String::new();
        let mut rest = text;
        while let Some(at) = rest.find('%') {
            out += &rest[..at];
            rest = &rest[at + 1..];
            let unknown = || not_understood(package, &text[text.len() - rest.len() - 1..]);
            if let Some(inner) = rest.strip_prefix('{') {
                let (body, behind) = closed(inner, '{', '}').ok_or_else(unknown)?;
                out += &self.choose(package, body)?;
                rest = behind;
            } else if let Some(inner) = rest.strip_prefix('(') {
                let (name, behind) = closed(inner, '(', ')').ok_or_else(unknown)?;
                // The one variable in use names the folders that are searched anyway.
                if name != "libdir" {
                    return Err(unknown());
                }
                rest = behind;
            } else if let Some(inner) = rest.strip_prefix(':') {
                let (name, arguments) = inner.split_once('(').ok_or_else(unknown)?;
                let (arguments, behind) = closed(arguments, '(', ')').ok_or_else(unknown)?;
                let arguments = self.expand(package, arguments)?;
                let mut words = arguments.split_whitespace();
                let found = match name {
                    "search" => words.find_map(|word| self.libraries.find(word)),
                    "if-exists" => words
                        .map(Into::into)
                        .find(|file: &std::path::PathBuf| file.is_file()),
                    _ => return Err(unknown()),
                };
                out += &found.map_or(String::new(), |file| file.display().to_string());
                rest = behind;
            } else {
                return Err(unknown());
            }
        }
        Ok(out + rest)
    }

    /// Of `condition:text;condition:text;:text` the text of the first condition that holds.
    fn choose(&self, package: &Package, body: &str) -> Result<String> {
        for branch in split(body, ';') {
            let (conditions, text) = split_once(branch, ':')
                .ok_or_else(|| not_understood(package, &format!("%{{{body}}}")))?;
            let holds = |condition: &str| match condition.trim().strip_prefix('!') {
                Some(negated) => negated != OPTION,
                None => condition.trim() == OPTION,
            };
            if conditions.trim().is_empty() || conditions.split('|').any(holds) {
                return self.expand(package, text);
            }
        }
        Ok(String::new())
    }
}

/// The option of the linker driver that is given here, of those that conditions ask for.
const OPTION: &str = "static";

fn not_understood(package: &Package, text: &str) -> Trouble {
    Trouble::new(
        format!(
            "{}.pc of the L4Re build tree has what is not understood here: {text}",
            package.name
        ),
        "The tree is newer or older than this version of l4re-tree; please report it.",
    )
}

/// What stands before the bracket that closes, and what stands behind it.
fn closed(text: &str, open: char, close: char) -> Option<(&str, &str)> {
    let mut depth = 1;
    for (at, c) in text.char_indices() {
        if c == open {
            depth += 1;
        } else if c == close {
            depth -= 1;
        }
        if depth == 0 {
            return Some((&text[..at], &text[at + 1..]));
        }
    }
    None
}

/// Splits at a character outside of all brackets.
fn split(text: &str, at: char) -> Vec<&str> {
    let mut parts = Vec::new();
    let (mut depth, mut start) = (0, 0);
    for (i, c) in text.char_indices() {
        match c {
            '{' | '(' => depth += 1,
            '}' | ')' => depth -= 1,
            _ if c == at && depth == 0 => {
                parts.push(&text[start..i]);
                start = i + 1;
            }
            _ => {}
        }
    }
    parts.push(&text[start..]);
    parts
}

fn split_once(text: &str, at: char) -> Option<(&str, &str)> {
    let first = split(text, at)[0];
    Some((first, text[first.len()..].strip_prefix(at)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    fn libraries(dir: &Path, packages: &[(&str, &str)]) -> Libraries {
        let pc = dir.join("pc");
        fs::create_dir_all(&pc).unwrap();
        for (name, text) in packages {
            fs::write(pc.join(format!("{name}.pc")), text).unwrap();
        }
        Libraries {
            dirs: vec![dir.to_owned()],
            pc,
        }
    }

    fn library(name: &str) -> Item {
        let name = name.to_owned();
        Item::Library { name, whole: false }
    }

    fn read<'l>(libraries: &'l Libraries, names: &[&str]) -> Result<Packages<'l>> {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        Packages::read(libraries, &names)
    }

    #[test]
    fn users_come_before_what_they_use() {
        let dir = tempfile::tempdir().unwrap();
        let libraries = libraries(
            dir.path(),
            &[
                ("all", "Requires: cxx, libc\n"),
                (
                    "cxx",
                    "Libs: -lcxx\nRequires: libc threads\nLink_Libs= -lcxx\n",
                ),
                (
                    "libc",
                    "Libs: -lc\nRequires: sys\nLink_Libs= %{static|pie:-lc}\n",
                ),
                ("threads", "Libs: -lthreads\nRequires: sys"),
                (
                    "sys",
                    "Libs: %{-no-c:%{shared:--whole-archive -ls.p --no-whole-archive;:s.ofl}}",
                ),
                ("gcc", "Libs: -lgcc"),
            ],
        );
        let packages = read(&libraries, &["all", "gcc"]).unwrap();
        assert_eq!(
            packages.items().unwrap(),
            ["cxx", "threads", "c", "gcc"].map(library)
        );
        assert_eq!(
            packages.names().collect::<Vec<_>>(),
            ["all", "cxx", "threads", "libc", "sys", "gcc"]
        );
    }

    #[test]
    fn conditions_and_files() {
        let dir = tempfile::tempdir().unwrap();
        for name in ["crt1.o", "crtT.o", "crtn.o"] {
            fs::write(dir.path().join(name), "").unwrap();
        }
        let libraries = libraries(
            dir.path(),
            &[
                (
                    "start",
                    "Link_Start= %{no|shared:; :%:search(crt1%{static:;pie:.p;:.s}.o %(libdir))} \
                     %{static:%:if-exists(%:search(crtT.o %(libdir)) %:search(crt.o %(libdir)));:x}\n\
                     Link_End= %:search(crtn%{shared:.s}.o %(libdir))\n",
                ),
                (
                    "whole",
                    "Libs: --whole-archive -la -l:b.ofl --no-whole-archive -lc",
                ),
                ("odd", "Libs: %<what\n"),
                ("flag", "Libs: -u symbol\n"),
            ],
        );
        let at = |name: &str| dir.path().join(name).display().to_string();
        assert_eq!(
            read(&libraries, &["start"]).unwrap().start_files().unwrap(),
            [at("crt1.o"), at("crtT.o"), at("crtn.o")]
        );
        let items = read(&libraries, &["whole"]).unwrap().items().unwrap();
        assert_eq!(
            items,
            [
                Item::Library {
                    name: "a".to_owned(),
                    whole: true
                },
                Item::File {
                    name: "b.ofl".to_owned(),
                    whole: true
                },
                library("c"),
            ]
        );
        for name in ["odd", "flag"] {
            let error = read(&libraries, &[name]).unwrap().items().unwrap_err();
            assert!(error.to_string().contains(&format!("{name}.pc")), "{error}");
        }
    }

    #[test]
    fn a_missing_package_is_told_with_who_wants_it() {
        let dir = tempfile::tempdir().unwrap();
        let libraries = libraries(dir.path(), &[("a", "Requires: b\n")]);
        let text = read(&libraries, &["a"]).unwrap_err().to_string();
        assert!(
            text.contains("no package b, which a.pc requires,"),
            "{text}"
        );
        assert!(text.contains("pc/b.pc"), "{text}");
    }
}
