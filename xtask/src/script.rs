//! A ned script of the user's: which files it needs as boot modules, and where they are.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::boot;
use crate::build::{self, Profile};
use crate::elf;
use crate::setup::Setup;
use crate::status::{self, Failure};
use crate::system::System;
use crate::workspace::Workspace;

/// Whether a file is such a script, by its name.
pub fn is_script(file: &Path) -> bool {
    let extension = file.extension().unwrap_or_default();
    extension == "cfg" || extension == "lua"
}

/// The system that a script starts. Each `rom/NAME` in it is one of `named` (files, or programs of
/// examples, by their names), or stands beside the script, is a program of the tree, or one of an
/// example, in this order.
pub fn system(
    ws: &Workspace,
    setup: &Setup,
    tree: &Path,
    script: &Path,
    named: &[PathBuf],
    profile: Profile,
) -> Result<System> {
    let text =
        fs::read_to_string(script).with_context(|| format!("cannot read {}", script.display()))?;
    let places = Places {
        ws,
        setup,
        tree,
        script,
        named,
        profile,
    };
    let mut system = System::default();
    for name in modules(&text) {
        let file = places.find(name)?;
        // What is no static program the tree's loader may know all the same.
        if elf::check(&file).is_ok() {
            system.add_named(&file, name)?;
        } else {
            system.files.push((name.to_owned(), file));
        }
    }
    system.script = Some(text);
    Ok(system)
}

/// Where modules may be.
struct Places<'a> {
    ws: &'a Workspace,
    setup: &'a Setup,
    tree: &'a Path,
    script: &'a Path,
    named: &'a [PathBuf],
    profile: Profile,
}

impl Places<'_> {
    fn find(&self, name: &str) -> Result<PathBuf> {
        let Places { tree, script, .. } = self;
        let is_it =
            |file: &&PathBuf| file.is_file() && file.file_name().is_some_and(|own| own == name);
        let beside = script.with_file_name(name);
        if let Some(file) = self.named.iter().find(is_it) {
            return Ok(file.clone());
        }
        let examples = self.ws.examples()?;
        let is_named = |example: &&String| {
            (self.named.iter()).any(|file| file.to_str() == Some(example.as_str()))
        };
        if let Some(file) = self.program(examples.iter().filter(is_named), name)? {
            return Ok(file);
        }
        if beside.is_file() {
            return Ok(beside);
        }
        if let Some(file) = boot::program_of_tree(tree, name) {
            return Ok(file);
        }
        self.program(examples.iter(), name)?.ok_or_else(|| {
            Failure::error(
                status::NO_FILE,
                format!(
                    "{} wants rom/{name}, which is nowhere; looked for:\n    a file of that name on the command line\n    {}\n    \
                     {}/bin/amd64*/l4f/{name}\n    a program of an example\n  Name the file behind the script",
                    script.display(),
                    beside.display(),
                    tree.display()
                ),
            )
        })
    }

    /// The program of one of these examples, built now.
    fn program<'e>(
        &self,
        examples: impl Iterator<Item = &'e String>,
        name: &str,
    ) -> Result<Option<PathBuf>> {
        for example in examples {
            let package = self.ws.example(example)?;
            if package.bins.iter().any(|bin| bin == name) {
                let folder = build::programs(self.ws, self.setup, &package, self.profile)?;
                return Ok(Some(folder.join(name)));
            }
        }
        Ok(None)
    }
}

/// The names behind `rom/` in a script, without those in comments.
fn modules(text: &str) -> BTreeSet<&str> {
    let code = |line: &'_ str| line.find("--").unwrap_or(line.len());
    let lines = text.lines().map(|line| &line[..code(line)]);
    lines
        .flat_map(|line| line.split("rom/").skip(1))
        .map(|rest| {
            let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && !"._-+".contains(c));
            &rest[..end.unwrap_or(rest.len())]
        })
        .filter(|name| !name.is_empty())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modules_are_what_the_script_names() {
        let text = "local ld = L4.default_loader;\n\
                    ld:start({ caps = {} }, \"rom/cons -a rom/cons.conf\");\n\
                    -- ld:start({}, \"rom/not-this\");\n\
                    ld:start({}, \"rom/hello one\"):wait();";
        let found: Vec<&str> = modules(text).into_iter().collect();
        assert_eq!(found, ["cons", "cons.conf", "hello"]);
        assert!(modules("rom/").is_empty());
    }

    #[test]
    fn scripts_are_known_by_their_names() {
        assert!(is_script(Path::new("a/x.cfg")));
        assert!(!is_script(Path::new("a/cfg")) && !is_script(Path::new("hello")));
    }
}
