//! `cargo xtask new`: a package to begin with, in a folder of the user's.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};
use serde::Deserialize;

use crate::workspace::Workspace;

/// The files, as they are for a package of the name [`NAME`].
const TEMPLATE: [(&str, &str); 4] = [
    ("Cargo.toml", include_str!("../template/Cargo.toml")),
    ("src/lib.rs", include_str!("../template/src/lib.rs")),
    (
        "src/bin/greeter-server.rs",
        include_str!("../template/src/bin/greeter-server.rs"),
    ),
    (
        "src/bin/greeter-client.rs",
        include_str!("../template/src/bin/greeter-client.rs"),
    ),
];
const NAME: &str = "greeter";
/// Names by which a program reaches the compiler's libraries, or those of the template.
const LIBRARIES: [&str; 7] = ["alloc", "core", "l4re", "proc_macro", "rt", "std", "test"];
/// What stands for the folder of this project.
const PROJECT: &str = "@l4re-rs@";

/// Makes a package in `dir`, which must not be there yet, or be empty.
pub fn run(ws: &Workspace, dir: &Path) -> Result<u8> {
    let name = package_name(dir)?;
    if own_packages(ws)?.contains(&name) {
        bail!("a package cannot be named `{name}`: one of this project's has this name");
    }
    let taken = fs::read_dir(dir).is_ok_and(|mut entries| entries.next().is_some());
    if taken || dir.is_file() {
        bail!(
            "{} is there already, and is not an empty folder",
            dir.display()
        );
    }
    let project = ws
        .root
        .to_str()
        .context("the project's path is not UTF-8")?;
    for (path, text) in TEMPLATE {
        let (path, text) = fill(path, text, &name, project);
        let file = dir.join(path);
        let folder = file.parent().context("a file has a folder")?;
        fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
        fs::write(&file, text).with_context(|| format!("cannot write {}", file.display()))?;
        println!("{}", file.display());
    }
    println!("boot it: {}/run {}", project, dir.display());
    Ok(0)
}

/// A file of the template, for a package of another name.
fn fill(path: &str, text: &str, name: &str, project: &str) -> (String, String) {
    let in_source = name.replace('-', "_");
    let text = if path.ends_with(".rs") {
        text.replace(NAME, &in_source)
    } else {
        // A TOML string: what ends it, or begins an escape, is escaped.
        let project = project.replace('\\', "\\\\").replace('"', "\\\"");
        text.replace(NAME, name).replace(PROJECT, &project)
    };
    (path.replace(NAME, name), text)
}

/// The folder's name, which has to be one that a package can have.
fn package_name(dir: &Path) -> Result<String> {
    let name = dir.file_name().and_then(|name| name.to_str());
    let good = |name: &&str| {
        name.starts_with(|c: char| c.is_ascii_lowercase())
            && (name.chars())
                .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || "-_".contains(c))
    };
    let name = name.filter(good).with_context(|| {
        format!(
            "the package takes its name from the folder, and {} does not end in one: small letters, digits, `-` and `_`, beginning with a letter",
            dir.display()
        )
    })?;
    if LIBRARIES.contains(&name) {
        bail!("a package cannot be named `{name}`: a library has this name");
    }
    // The programs say `use NAME::…`. `gen` is a keyword since edition 2024, which syn takes for
    // a name.
    let in_source = name.replace('-', "_");
    if in_source == "gen" || syn::parse_str::<syn::Ident>(&in_source).is_err() {
        bail!("a package cannot be named `{name}`: it is a keyword of Rust");
    }
    Ok(name.to_owned())
}

/// Names of the packages of this project. Cargo's lock file cannot hold two packages of one name
/// and version that both come from folders.
fn own_packages(ws: &Workspace) -> Result<Vec<String>> {
    #[derive(Deserialize)]
    struct Lock {
        package: Vec<Entry>,
    }
    #[derive(Deserialize)]
    struct Entry {
        name: String,
        source: Option<String>,
    }
    let file = ws.root.join("Cargo.lock");
    let text =
        fs::read_to_string(&file).with_context(|| format!("cannot read {}", file.display()))?;
    let lock: Lock =
        toml::from_str(&text).with_context(|| format!("cannot read {}", file.display()))?;
    let own = lock.package.into_iter().filter(|p| p.source.is_none());
    Ok(own.map(|package| package.name).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_goes_where_it_belongs() {
        let (path, text) = fill(TEMPLATE[2].0, TEMPLATE[2].1, "my-server", "/p");
        assert_eq!(path, "src/bin/my-server-server.rs");
        assert!(text.contains("use my_server::Greet;"), "{text}");
        let (_, text) = fill(TEMPLATE[0].0, TEMPLATE[0].1, "my-server", "/a \"b\"");
        assert!(text.contains("name = \"my-server\""), "{text}");
        assert!(text.contains("bin = \"my-server-client\""), "{text}");
        assert!(text.contains("path = \"/a \\\"b\\\"/rt\""), "{text}");
        for (path, text) in TEMPLATE {
            let (path, text) = fill(path, text, "x", "/p");
            assert!(!path.contains(NAME) && !text.contains(NAME) && !text.contains(PROJECT));
        }
    }

    #[test]
    fn names_that_no_package_can_have_are_refused() {
        for bad in [
            "/", "a/..", "a/B", "a/1x", "a/x y", "std", "rt", "match", "gen", "yield", "self",
        ] {
            assert!(package_name(Path::new(bad)).is_err(), "{bad}");
        }
        assert_eq!(
            package_name(Path::new("a/my-server2")).unwrap(),
            "my-server2"
        );
    }

    #[test]
    fn names_of_the_projects_packages_are_known() {
        let own = own_packages(&Workspace::locate().unwrap()).unwrap();
        for name in ["l4re-rt", "l4re-sys", "xtask"] {
            assert!(own.iter().any(|own| own == name), "{name}");
        }
        assert!(!own.iter().any(|own| own == "serde"));
    }
}
