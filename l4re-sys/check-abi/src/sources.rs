//! Reads the crate's sources and finds what they define.

use std::collections::BTreeSet;
use std::io;
use std::path::Path;
use syn::visit::{self, Visit};

/// What the sources define.
#[derive(Default)]
pub struct Found {
    /// Constants inside of `abi!` and `abi_flags!`.
    pub constants: usize,
    /// Structures inside of `abi_struct!`.
    pub structures: usize,
    /// Constants and structures of the interface outside of the macros, as `file::name` or
    /// `file::Type::name`.
    pub outside: BTreeSet<String>,
}

struct Scan<'a> {
    file: String,
    owner: Option<String>,
    found: &'a mut Found,
}

/// Reads all files of a folder and of those in it.
pub fn scan(src: &Path) -> io::Result<Found> {
    let mut found = Found::default();
    let mut dirs = vec![src.to_owned()];
    while let Some(dir) = dirs.pop() {
        for entry in std::fs::read_dir(&dir)? {
            let path = entry?.path();
            if path.is_dir() {
                dirs.push(path);
                continue;
            }
            let text = std::fs::read_to_string(&path)?;
            let parsed = syn::parse_file(&text).map_err(|error| {
                io::Error::other(format!("{} is no Rust: {error}", path.display()))
            })?;
            let name = path.strip_prefix(src).unwrap_or(&path);
            let mut scan = Scan {
                file: name.with_extension("").to_string_lossy().into_owned(),
                owner: None,
                found: &mut found,
            };
            scan.visit_file(&parsed);
        }
    }
    Ok(found)
}

impl Scan<'_> {
    fn outside(&mut self, name: &syn::Ident) {
        let owner = self
            .owner
            .as_ref()
            .map_or(String::new(), |o| format!("{o}::"));
        let name = format!("{}::{owner}{name}", self.file);
        self.found.outside.insert(name);
    }
}

/// The semicolons at the top level of each group in braces: each ends a definition.
fn definitions(tokens: proc_macro2::TokenStream) -> usize {
    let mut n = 0;
    for token in tokens {
        if let proc_macro2::TokenTree::Group(group) = token
            && group.delimiter() == proc_macro2::Delimiter::Brace
        {
            n += group
                .stream()
                .into_iter()
                .filter(|t| matches!(t, proc_macro2::TokenTree::Punct(p) if p.as_char() == ';'))
                .count();
        }
    }
    n
}

/// Whether an expression holds a number of its own.
struct HasNumber(bool);

impl Visit<'_> for HasNumber {
    fn visit_lit(&mut self, lit: &syn::Lit) {
        self.0 |= matches!(lit, syn::Lit::Int(_));
    }

    fn visit_macro(&mut self, _: &syn::Macro) {}
}

fn has_number(expr: &syn::Expr) -> bool {
    let mut visitor = HasNumber(false);
    visitor.visit_expr(expr);
    visitor.0
}

impl<'ast> Visit<'ast> for Scan<'_> {
    fn visit_macro(&mut self, mac: &'ast syn::Macro) {
        if mac.path.is_ident("abi") || mac.path.is_ident("abi_flags") {
            self.found.constants += definitions(mac.tokens.clone());
        } else if mac.path.is_ident("abi_struct") {
            self.found.structures += 1;
        }
    }

    fn visit_item_const(&mut self, item: &'ast syn::ItemConst) {
        // `const _` asserts something; it defines nothing.
        if item.ident != "_" && has_number(&item.expr) {
            self.outside(&item.ident);
        }
    }

    fn visit_item_impl(&mut self, item: &'ast syn::ItemImpl) {
        if let syn::Type::Path(path) = &*item.self_ty {
            self.owner = path.path.segments.last().map(|s| s.ident.to_string());
        }
        visit::visit_item_impl(self, item);
        self.owner = None;
    }

    fn visit_impl_item_const(&mut self, item: &'ast syn::ImplItemConst) {
        if has_number(&item.expr) {
            self.outside(&item.ident);
        }
    }

    fn visit_item_struct(&mut self, item: &'ast syn::ItemStruct) {
        if item.attrs.iter().any(|a| a.path().is_ident("repr")) {
            self.outside(&item.ident);
        }
    }
}
