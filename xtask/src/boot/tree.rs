//! L4Re's own kernel and servers, from a build tree.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Result;

use crate::ned;
use crate::qemu::Image;
use crate::status::{self, Failure};
use crate::system::System;

/// L4Re's servers above sigma0, in the order of their modules, with their arguments.
const SERVERS: [(&str, &str); 3] = [("moe", "rom/boot.cfg"), ("l4re", ""), ("ned", "")];

/// Files of a build tree.
#[derive(Clone, Debug)]
pub struct Tree {
    /// Bootstrap and Fiasco, where they are wanted.
    kernel: Option<(PathBuf, PathBuf)>,
    sigma0: PathBuf,
    servers: Vec<PathBuf>,
}

impl Tree {
    /// Finds the files below a build directory; those of the kernel only if it is wanted.
    pub fn find(dir: &Path, fiasco: Option<&Path>, with_kernel: bool) -> Result<Tree> {
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
        let in_servers = |name: &str| in_bins(&["l4f", "", "std/l4f"], name);
        let kernel = match with_kernel {
            true => Some((
                in_bins(&["plain", "l4f", ""], "bootstrap")?,
                find_fiasco(dir, &bins, fiasco)?,
            )),
            false => None,
        };
        Ok(Tree {
            kernel,
            sigma0: in_servers("sigma0")?,
            servers: (SERVERS.iter())
                .map(|(name, _)| in_servers(name))
                .collect::<Result<_>>()?,
        })
    }

    /// An image with bootstrap and Fiasco.
    pub fn fiasco(&self) -> Result<Image> {
        let Some((bootstrap, fiasco)) = &self.kernel else {
            anyhow::bail!("Fiasco was not looked for");
        };
        let mut image = Image::new(bootstrap, "bootstrap")?;
        image.add_file("fiasco", fiasco, "-serial_esc")?;
        Ok(image)
    }

    /// Adds sigma0.
    pub fn sigma0(&self, image: &mut Image) -> Result<()> {
        image.add_file("sigma0", &self.sigma0, "")
    }

    /// Adds moe, l4re and ned, with a script that starts the system.
    pub fn servers(&self, image: &mut Image, system: &System) -> Result<()> {
        for (file, (name, args)) in self.servers.iter().zip(SERVERS) {
            image.add_file(name, file, args)?;
        }
        match &system.script {
            Some(script) => image.add_text(ned::MODULE, script),
            None => image.add_text(ned::MODULE, &ned::write(system)),
        }
    }
}

/// The kernel that is named, or one in or beside the tree.
fn find_fiasco(dir: &Path, bins: &[PathBuf], named: Option<&Path>) -> Result<PathBuf> {
    if let Some(file) = named {
        return found("the kernel", vec![file.to_owned()], "check --fiasco");
    }
    let beside = [
        "fiasco/fiasco",
        "fiasco/build/fiasco",
        "build-fiasco/fiasco",
    ];
    let mut places: Vec<PathBuf> = bins.iter().map(|bin| bin.join("fiasco")).collect();
    places.push(dir.join("fiasco"));
    let parent = dir.parent().into_iter();
    places.extend(parent.flat_map(|parent| beside.map(|path| parent.join(path))));
    found("fiasco", places, "name it with --fiasco FILE")
}

/// A program that the tree has built.
pub fn program_of_tree(dir: &Path, name: &str) -> Option<PathBuf> {
    (bin_dirs(dir).iter())
        .flat_map(|bin| ["l4f", "", "std/l4f"].map(|subdir| bin.join(subdir).join(name)))
        .find(|file| file.is_file())
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tree_is_found_and_what_is_missing_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let error = Tree::find(dir.path(), None, true).unwrap_err();
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
        assert!(Tree::find(dir.path(), None, false).is_ok());
        let error = Tree::find(dir.path(), None, true).unwrap_err();
        assert_eq!(status::of(&error), status::SETUP);
        assert!(error.to_string().contains("--fiasco FILE"), "{error}");
        fs::write(dir.path().join("fiasco"), "").unwrap();
        assert!(Tree::find(dir.path(), None, true).is_ok());
    }
}
