//! The definitions in `l4re-sys`: what its macros `abi!`, `abi_flags!` and `abi_struct!` are
//! given.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use syn::parse::{Parse, ParseStream, Parser};
use syn::{Attribute, Expr, Ident, Item, LitStr, Token, Type, braced};

/// What the crate defines, by its name in C.
pub struct Definitions(pub BTreeMap<String, Definition>);

/// A constant or type.
pub struct Definition {
    /// Where it is in the crate, as `op::task::MAP`.
    pub path: String,
    /// The header.
    pub header: String,
}

impl Definitions {
    /// Reads the crate's sources.
    pub fn read(dir: &Path) -> Result<Definitions> {
        let mut all = BTreeMap::new();
        for file in rust_files(dir)? {
            let module = module_of(dir, &file);
            for item in parse_file(&file)?.items {
                let Item::Macro(item) = item else { continue };
                let Some(name) = item.mac.path.get_ident() else {
                    continue;
                };
                let tokens = item.mac.tokens.clone();
                let found = match name.to_string().as_str() {
                    "abi" => abi.parse2(tokens),
                    "abi_flags" => flags.parse2(tokens),
                    "abi_struct" => structure.parse2(tokens),
                    _ => continue,
                };
                for (path, c_name, header) in
                    found.with_context(|| format!("in a macro of {}", file.display()))?
                {
                    let path = join(&module, &path);
                    all.insert(c_name, Definition { path, header });
                }
            }
        }
        Ok(Definitions(all))
    }

    /// The path of a C name, if the crate has it.
    pub fn path(&self, c_name: &str) -> Option<&str> {
        self.0
            .get(c_name)
            .map(|definition| definition.path.as_str())
    }
}

/// Path in the module, C name, header.
type Found = Vec<(String, String, String)>;

/// `in "header" for Owner { NAME: type = value => "C_NAME"; }`, any number of times.
fn abi(input: ParseStream) -> syn::Result<Found> {
    let mut found = Vec::new();
    while !input.is_empty() {
        input.parse::<Token![in]>()?;
        let header = input.parse::<LitStr>()?.value();
        let mut owner = None;
        if input.parse::<Option<Token![for]>>()?.is_some() {
            owner = Some(input.parse::<Ident>()?);
        }
        let body;
        braced!(body in input);
        while !body.is_empty() {
            Attribute::parse_outer(&body)?;
            let name: Ident = body.parse()?;
            body.parse::<Token![:]>()?;
            Type::parse(&body)?;
            body.parse::<Token![=]>()?;
            Expr::parse(&body)?;
            let c_name = match body.parse::<Option<Token![=>]>>()? {
                Some(_) => body.parse::<LitStr>()?.value(),
                None => name.to_string(),
            };
            body.parse::<Token![;]>()?;
            let path = match &owner {
                Some(owner) => format!("{owner}::{name}"),
                None => name.to_string(),
            };
            found.push((path, c_name, header.clone()));
        }
    }
    Ok(found)
}

/// `pub struct Name: type in "header" { FLAG = value => "C_NAME"; }`
fn flags(input: ParseStream) -> syn::Result<Found> {
    Attribute::parse_outer(input)?;
    input.parse::<Token![pub]>()?;
    input.parse::<Token![struct]>()?;
    let owner: Ident = input.parse()?;
    input.parse::<Token![:]>()?;
    input.parse::<Ident>()?;
    input.parse::<Token![in]>()?;
    let header = input.parse::<LitStr>()?.value();
    let body;
    braced!(body in input);
    let mut found = Vec::new();
    while !body.is_empty() {
        Attribute::parse_outer(&body)?;
        let name: Ident = body.parse()?;
        body.parse::<Token![=]>()?;
        Expr::parse(&body)?;
        body.parse::<Token![=>]>()?;
        let c_name = body.parse::<LitStr>()?.value();
        body.parse::<Token![;]>()?;
        found.push((format!("{owner}::{name}"), c_name, header.clone()));
    }
    Ok(found)
}

/// `pub struct Name = "c_name" in "header" { … }`
fn structure(input: ParseStream) -> syn::Result<Found> {
    Attribute::parse_outer(input)?;
    input.parse::<Token![pub]>()?;
    input.parse::<Token![struct]>()?;
    let name: Ident = input.parse()?;
    input.parse::<Token![=]>()?;
    let c_name = input.parse::<LitStr>()?.value();
    input.parse::<Token![in]>()?;
    let header = input.parse::<LitStr>()?.value();
    let body;
    braced!(body in input);
    body.parse::<proc_macro2::TokenStream>()?;
    Ok(vec![(name.to_string(), c_name, header)])
}

/// All Rust files below a folder, sorted.
pub fn rust_files(dir: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    let mut folders = vec![dir.to_owned()];
    while let Some(folder) = folders.pop() {
        let entries =
            fs::read_dir(&folder).with_context(|| format!("cannot list {}", folder.display()))?;
        for entry in entries {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|ext| ext == "rs") {
                files.push(path);
            }
        }
    }
    files.sort();
    Ok(files)
}

/// A file's content.
pub fn parse_file(file: &Path) -> Result<syn::File> {
    let text =
        fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
    syn::parse_file(&text).with_context(|| format!("cannot parse {}", file.display()))
}

/// The module that a file below `dir` is, as `op::task`; empty for the crate.
pub fn module_of(dir: &Path, file: &Path) -> String {
    let relative = file.strip_prefix(dir).unwrap_or(file).with_extension("");
    let mut parts: Vec<String> = (relative.components())
        .map(|part| part.as_os_str().to_string_lossy().into_owned())
        .collect();
    if (parts.last()).is_some_and(|last| ["mod", "lib"].contains(&last.as_str())) {
        parts.pop();
    }
    parts.join("::")
}

fn join(module: &str, path: &str) -> String {
    if module.is_empty() {
        path.to_owned()
    } else {
        format!("{module}::{path}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use quote::quote;

    #[test]
    fn definitions_are_read() {
        let found = abi
            .parse2(quote! {
                in "a.h" { /** x */ A: u64 = 1 | 2 => "L4_A"; L4_B: u64 = 3; }
                in "b.h" for T { C: u32 = A => "L4_C"; }
            })
            .unwrap();
        let text = |(a, b, c): &(String, String, String)| format!("{a} {b} {c}");
        let found: Vec<String> = found.iter().map(text).collect();
        assert_eq!(found, ["A L4_A a.h", "L4_B L4_B a.h", "T::C L4_C b.h"]);
        let found = flags.parse2(quote! { pub struct F: u8 in "f.h" { R = 1 => "L4_R"; } });
        assert_eq!(found.unwrap()[0].0, "F::R");
        assert_eq!(
            module_of(Path::new("/s"), Path::new("/s/op/task.rs")),
            "op::task"
        );
        assert_eq!(module_of(Path::new("/s"), Path::new("/s/re/mod.rs")), "re");
    }
}
