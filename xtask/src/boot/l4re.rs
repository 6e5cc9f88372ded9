//! L4Re's own kernel and servers, from a build tree.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Result;

use crate::ned;
use crate::qemu::Image;
use crate::status::{self, Failure};
use crate::symbols::Symbols;
use crate::system::System;

/// L4Re's servers in start order: what a boot needs, and its arguments.
const SERVERS: [(&str, &str); 4] = [
    ("sigma0", ""),
    ("moe", "rom/boot.cfg"),
    ("l4re", ""),
    ("ned", ""),
];

/// Files of a build tree.
#[derive(Debug)]
pub struct Tree {
    bootstrap: PathBuf,
    fiasco: PathBuf,
    servers: Vec<PathBuf>,
}

impl Tree {
    /// Finds the files below a build directory.
    pub fn find(dir: &Path, fiasco: Option<&Path>) -> Result<Tree> {
        let bins = bin_dirs(dir);
        if bins.is_empty() {
            return Err(Failure::error(
                status::SETUP,
                format!(
                    "{} is not an L4Re build directory for amd64: there is no bin/amd64* in it",
                    dir.display()
                ),
            ));
        }
        let in_bins = |subdirs: &[&str], name: &str| {
            let places: Vec<PathBuf> = (bins.iter())
                .flat_map(|bin| {
                    subdirs
                        .iter()
                        .map(move |subdir| bin.join(subdir).join(name))
                })
                .collect();
            found(name, places, "build it in the tree")
        };
        let fiasco = match fiasco {
            Some(file) => found("the kernel", vec![file.to_owned()], "check --fiasco")?,
            None => {
                let mut places: Vec<PathBuf> = bins.iter().map(|bin| bin.join("fiasco")).collect();
                places.push(dir.join("fiasco"));
                places.extend(dir.parent().into_iter().flat_map(|parent| {
                    [
                        "fiasco/fiasco",
                        "fiasco/build/fiasco",
                        "build-fiasco/fiasco",
                    ]
                    .map(|path| parent.join(path))
                }));
                found("fiasco", places, "name it with --fiasco FILE")?
            }
        };
        Ok(Tree {
            bootstrap: in_bins(&["plain", "l4f", ""], "bootstrap")?,
            fiasco,
            servers: (SERVERS.iter())
                .map(|(name, _)| in_bins(&["l4f", "", "std/l4f"], name))
                .collect::<Result<_>>()?,
        })
    }
}

fn bin_dirs(dir: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(dir.join("bin"))
        .into_iter()
        .flatten()
        .flatten();
    let mut dirs: Vec<PathBuf> = entries
        .filter(|entry| entry.file_name().to_string_lossy().starts_with("amd64"))
        .map(|entry| entry.path())
        .collect();
    dirs.sort();
    dirs
}

fn found(what: &str, places: Vec<PathBuf>, mend: &str) -> Result<PathBuf> {
    match places.iter().find(|place| place.is_file()) {
        Some(place) => Ok(place.clone()),
        None => {
            let mut message = format!("{what} is missing; looked for:");
            for place in &places {
                message += &format!("\n    {}", place.display());
            }
            Err(Failure::error(
                status::SETUP,
                format!("{message}\n  {mend}"),
            ))
        }
    }
}

/// Bootstrap, Fiasco, L4Re's servers, the script and the programs.
pub fn image(tree: &Tree, system: &System, symbols: &mut Symbols) -> Result<Image> {
    let mut image = Image::new(&tree.bootstrap, "bootstrap")?;
    image.add_file("fiasco", &tree.fiasco, "-serial_esc")?;
    for (file, (name, args)) in tree.servers.iter().zip(SERVERS) {
        image.add_file(name, file, args)?;
    }
    image.add_text(ned::MODULE, &ned::write(system))?;
    for program in &system.programs {
        image.add_file(&program.module, &program.elf, "")?;
        symbols.add(&program.name, &program.elf);
    }
    Ok(image)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tree_is_found_and_what_is_missing_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let error = Tree::find(dir.path(), None).unwrap_err();
        assert!(error.to_string().contains("no bin/amd64*"), "{error}");
        for file in [
            "plain/bootstrap",
            "l4f/sigma0",
            "l4f/moe",
            "l4f/l4re",
            "l4f/ned",
        ] {
            let file = dir.path().join("bin/amd64_gen").join(file);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, "").unwrap();
        }
        let error = Tree::find(dir.path(), None).unwrap_err();
        assert_eq!(status::of(&error), status::SETUP);
        assert!(error.to_string().contains("--fiasco FILE"), "{error}");
        fs::write(dir.path().join("fiasco"), "").unwrap();
        assert!(Tree::find(dir.path(), None).is_ok());
    }
}
