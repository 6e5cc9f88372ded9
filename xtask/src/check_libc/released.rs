//! The `libc` module against the crate that the registry has: which names it lacks, and what has
//! another value, type or layout. The compiler tells, for this target.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use serde::Deserialize;
use syn::{ForeignItem, Item, Visibility};

use crate::build;
use crate::setup::Setup;
use crate::sysroot;
use crate::workspace::{TARGET, Workspace};

/// What a name stands for, as far as it is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Constant,
    Type,
    Other,
}

/// What was found.
#[derive(Debug)]
pub struct Comparison {
    /// The crate's version.
    pub version: String,
    /// How many of its names are public.
    pub names: usize,
    /// A name, and in which way it is not as in the crate.
    pub differences: Vec<(String, String)>,
}

/// Compares the module with the crate of this workspace's lock file.
pub fn compare(ws: &Workspace, setup: &Setup) -> Result<Comparison> {
    sysroot::ensure(ws, setup)?;
    let (version, source) = released(ws)?;
    let scratch = tempfile::tempdir()?;
    let compiler = Compiler {
        ws,
        setup,
        scratch: scratch.path(),
    };
    let expanded = compiler.output(&source, "2021", &["-Zunpretty=expanded"])?;
    let file = syn::parse_file(&expanded).context("the expanded crate libc is not understood")?;
    let mut names = BTreeMap::new();
    collect(&file.items, &mut names);

    compiler.library(&source, "2021", "released")?;
    compiler.library(
        &ws.root.join("uclibc-libc-patch/src/lib.rs"),
        "2024",
        "module",
    )?;
    // Items of private modules are not the crate's.
    let hidden = compiler.refused(
        names
            .keys()
            .map(|name| format!("use released::{name} as _;")),
    )?;
    let mut index = 0;
    names.retain(|_, _| {
        index += 1;
        !hidden.contains_key(&(index - 1))
    });
    let mut differences = Vec::new();
    let all: Vec<(String, Kind)> = names.into_iter().collect();
    let lacking = compiler.refused(
        all.iter()
            .map(|(name, _)| format!("use module::{name} as _;")),
    )?;
    for (index, (name, _)) in all.iter().enumerate() {
        if lacking.contains_key(&index) {
            differences.push((name.clone(), "is not in the module".to_owned()));
        }
    }
    // One thing at a time: behind an error of types no value is looked at.
    let claims: [(Claim, &str); 3] = [
        (same_type, "has another type"),
        (same_value, "has another value"),
        (same_size, "has another size"),
    ];
    for (claim, why) in claims {
        let (claims, subjects): (Vec<String>, Vec<&String>) = (all.iter())
            .filter(|(name, _)| !differences.iter().any(|(known, _)| known == name))
            .filter_map(|(name, kind)| Some((claim(name, *kind)?, name)))
            .unzip();
        let refused = compiler.refused(claims.into_iter())?;
        let refused = (refused.into_iter())
            // A pointer's value is not seen.
            .filter(|(_, message)| !message.contains("cannot be cast"))
            .map(|(index, _)| (subjects[index].clone(), why.to_owned()));
        let refused: Vec<_> = refused.collect();
        differences.extend(refused);
    }
    Ok(Comparison {
        version,
        names: all.len(),
        differences,
    })
}

/// Makes a line of a thing's name and kind, if there is something to say of it.
type Claim = fn(&str, Kind) -> Option<String>;

/// A line that the compiler takes if a constant has the same type in both.
fn same_type(name: &str, kind: Kind) -> Option<String> {
    (kind == Kind::Constant)
        .then(|| format!("const _: () = same_type(&released::{name}, &module::{name});"))
}

/// One that it takes if a constant has the same value.
fn same_value(name: &str, kind: Kind) -> Option<String> {
    (kind == Kind::Constant).then(|| {
        format!("const _: () = assert!(released::{name} as i128 == module::{name} as i128);")
    })
}

/// One that it takes if a type has the same layout.
fn same_size(name: &str, kind: Kind) -> Option<String> {
    (kind == Kind::Type).then(|| {
        format!(
            "const _: () = assert!(size_of::<released::{name}>() == size_of::<module::{name}>() \
             && align_of::<released::{name}>() == align_of::<module::{name}>());"
        )
    })
}

fn collect(items: &[Item], names: &mut BTreeMap<String, Kind>) {
    let mut add = |vis: &Visibility, name: &syn::Ident, kind| {
        if matches!(vis, Visibility::Public(_)) {
            names.insert(name.to_string(), kind);
        }
    };
    for item in items {
        match item {
            Item::Const(item) => add(&item.vis, &item.ident, Kind::Constant),
            Item::Struct(item) => add(&item.vis, &item.ident, Kind::Type),
            Item::Union(item) => add(&item.vis, &item.ident, Kind::Type),
            Item::Type(item) => add(&item.vis, &item.ident, Kind::Type),
            Item::Enum(item) => add(&item.vis, &item.ident, Kind::Other),
            Item::Static(item) => add(&item.vis, &item.ident, Kind::Other),
            Item::Fn(item) => add(&item.vis, &item.sig.ident, Kind::Other),
            Item::ForeignMod(list) => {
                for item in &list.items {
                    match item {
                        ForeignItem::Fn(item) => add(&item.vis, &item.sig.ident, Kind::Other),
                        ForeignItem::Static(item) => add(&item.vis, &item.ident, Kind::Other),
                        _ => {}
                    }
                }
            }
            _ => {}
        }
    }
    for item in items {
        if let Item::Mod(module) = item
            && let Some((_, items)) = &module.content
        {
            collect(items, names);
        }
    }
}

#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Locked>,
}

#[derive(Deserialize)]
struct Locked {
    name: String,
    version: String,
    manifest_path: PathBuf,
}

/// Version and first source file of the crate.
fn released(ws: &Workspace) -> Result<(String, PathBuf)> {
    let mut cargo = Command::new(build::cargo_program());
    build::clear_cargo_env(&mut cargo);
    cargo
        .args(["metadata", "--format-version", "1"])
        .current_dir(&ws.root);
    let out = build::output_of(&mut cargo, "cargo metadata failed".to_owned())?;
    let metadata: Metadata = serde_json::from_str(&out)?;
    let locked = (metadata.packages.into_iter())
        .find(|package| package.name == "libc" && package.version.starts_with("0.2."))
        .context("no crate libc 0.2 in the lock file")?;
    Ok((
        locked.version,
        locked.manifest_path.with_file_name("src").join("lib.rs"),
    ))
}

/// The compiler, for the target.
struct Compiler<'a> {
    ws: &'a Workspace,
    setup: &'a Setup,
    scratch: &'a Path,
}

impl Compiler<'_> {
    fn command(&self, source: &Path, edition: &str) -> Command {
        let mut rustc = Command::new(&self.setup.toolchain.rustc);
        rustc
            .arg(source)
            .args([
                "--edition",
                edition,
                "--crate-type",
                "rlib",
                "--target",
                TARGET,
            ])
            .args(["-Zunstable-options", "-Cpanic=abort", "--cap-lints=allow"])
            .arg("--sysroot")
            .arg(sysroot::dir(self.ws, self.setup))
            .current_dir(self.scratch)
            .env("RUSTC_BOOTSTRAP", "1")
            .env("RUST_TARGET_PATH", self.ws.root.join("targets"));
        rustc
    }

    fn output(&self, source: &Path, edition: &str, args: &[&str]) -> Result<String> {
        let mut rustc = self.command(source, edition);
        let out = (rustc.args(["--crate-name", "libc"]).args(args))
            .output()
            .context("cannot start the compiler")?;
        if !out.status.success() {
            bail!(
                "{} does not compile:\n{}",
                source.display(),
                String::from_utf8_lossy(&out.stderr)
            );
        }
        Ok(String::from_utf8(out.stdout)?)
    }

    /// Compiles a crate `libc`, for programs that call it `name`.
    fn library(&self, source: &Path, edition: &str, name: &str) -> Result<()> {
        let file = format!("lib{name}.rlib");
        let metadata = format!("-Cmetadata={name}");
        self.output(source, edition, &[&metadata, "--emit=link", "-o", &file])?;
        Ok(())
    }

    /// The lines that the compiler refuses, by their index, with its first words on each.
    fn refused(&self, lines: impl Iterator<Item = String>) -> Result<BTreeMap<usize, String>> {
        const HEAD: &str = "#![no_std] const fn same_type<T>(_: &T, _: &T) {}\n";
        let text: String = lines.map(|line| line + "\n").collect();
        let source = self.scratch.join("claims.rs");
        fs::write(&source, HEAD.to_owned() + &text)?;
        let mut rustc = self.command(&source, "2024");
        let out = rustc
            .args(["--emit=metadata", "--error-format=json"])
            .args(["--extern", "released=libreleased.rlib"])
            .args(["--extern", "module=libmodule.rlib"])
            .output()
            .context("cannot start the compiler")?;
        let mut refused = BTreeMap::new();
        let messages = String::from_utf8_lossy(&out.stderr);
        for message in messages.lines().filter_map(parse) {
            for span in message.spans.iter().filter(|span| span.is_primary) {
                // Not where a macro of the library stands.
                if Path::new(&span.file_name) != source {
                    bail!("the compiler complains: {}", message.message);
                }
                let index = (span.line_start.checked_sub(2))
                    .with_context(|| format!("the compiler complains: {}", message.message))?;
                refused
                    .entry(index)
                    .or_insert_with(|| message.message.clone());
            }
        }
        if !out.status.success() && refused.is_empty() {
            bail!("the compiler fails:\n{messages}");
        }
        Ok(refused)
    }
}

#[derive(Deserialize)]
struct Message {
    message: String,
    level: String,
    spans: Vec<Span>,
}

#[derive(Deserialize)]
struct Span {
    file_name: String,
    line_start: usize,
    is_primary: bool,
}

fn parse(line: &str) -> Option<Message> {
    let message: Message = serde_json::from_str(line).ok()?;
    (message.level == "error").then_some(message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn public_names_are_collected() {
        let text = "mod a { pub const X: u8 = 1; const Y: u8 = 2; pub type T = u8; \
                    unsafe extern \"C\" { pub fn f(); pub static S: u8; } } \
                    pub struct P; impl P { pub fn method(&self) {} }";
        let mut names = BTreeMap::new();
        collect(&syn::parse_file(text).unwrap().items, &mut names);
        let found: Vec<(&str, Kind)> =
            (names.iter().map(|(name, kind)| (name.as_str(), *kind))).collect();
        assert_eq!(
            found,
            [
                ("P", Kind::Type),
                ("S", Kind::Other),
                ("T", Kind::Type),
                ("X", Kind::Constant),
                ("f", Kind::Other)
            ]
        );
    }

    #[test]
    fn only_errors_are_read() {
        let line = r#"{"message":"m","level":"error","spans":[{"file_name":"f","line_start":3,"is_primary":true}]}"#;
        assert_eq!(parse(line).unwrap().spans[0].line_start, 3);
        assert!(parse(&line.replace("error", "warning")).is_none());
        assert!(parse("error: x").is_none());
    }
}
