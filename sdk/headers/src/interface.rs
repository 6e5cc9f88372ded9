//! What `l4re-sys` defines: values from its tables, comments and structures from its sources.

use crate::c;
use anyhow::{Context, Result, bail};
use l4re_sys::facts::{FLAGS, MODULES};
use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use syn::visit::Visit;

/// Whether a header is one of L4Re's C interface. Others are C++'s, or the C library's, which has
/// them itself: a `signal.h` made here would hide it.
pub fn is_of_c(header: &str) -> bool {
    header.starts_with("l4/") && header.ends_with(".h")
}

/// All that the headers take from `l4re-sys`.
#[derive(Default)]
pub struct Interface {
    /// Constants in the order of their definition.
    pub constants: Vec<Constant>,
    /// Structures in the order of their definition.
    pub structures: Vec<Structure>,
    /// C's names of Rust's types.
    pub types: BTreeMap<String, String>,
}

/// A constant.
pub struct Constant {
    pub name: String,
    pub header: String,
    pub value: i128,
    /// The width of its type in Rust.
    pub bits: u32,
    pub doc: String,
}

/// A structure.
pub struct Structure {
    pub name: String,
    pub header: String,
    pub doc: String,
    pub fields: Vec<Field>,
}

/// A field of a structure.
pub struct Field {
    pub name: String,
    pub doc: String,
    /// Its type in Rust.
    pub rust: syn::Type,
}

/// Reads the sources below a folder.
pub fn read(src: &Path) -> Result<Interface> {
    let mut scan = Scan::default();
    for file in crate::files(src, "rs")? {
        let text =
            fs::read_to_string(&file).with_context(|| format!("cannot read {}", file.display()))?;
        let parsed =
            syn::parse_file(&text).with_context(|| format!("cannot parse {}", file.display()))?;
        scan.names.clear();
        scan.visit_file(&parsed);
        if let Some(error) = scan.error.take() {
            return Err(error.context(format!("in {}", file.display())));
        }
    }
    let mut interface = scan.interface;
    let tables = MODULES.iter().copied().flatten().copied();
    for constant in tables.chain(FLAGS.iter().copied()).flatten() {
        // C++ has its operations to itself.
        if !is_of_c(constant.header) || constant.name.contains("::") {
            continue;
        }
        let value = (constant.value)();
        interface.constants.push(Constant {
            name: constant.name.to_owned(),
            header: constant.header.to_owned(),
            value: value.value,
            bits: value.bits,
            doc: scan.docs.get(constant.name).cloned().unwrap_or_default(),
        });
    }
    Ok(interface)
}

#[derive(Default)]
struct Scan {
    interface: Interface,
    /// Comments by C name.
    docs: BTreeMap<String, String>,
    /// C names by Rust name, of the file.
    names: BTreeMap<String, String>,
    error: Option<anyhow::Error>,
}

impl<'ast> Visit<'ast> for Scan {
    fn visit_macro(&mut self, mac: &'ast syn::Macro) {
        let tokens = mac.tokens.clone();
        let result = if mac.path.is_ident("abi") || mac.path.is_ident("abi_flags") {
            self.constants(tokens);
            Ok(())
        } else if mac.path.is_ident("abi_struct") {
            self.structure(tokens)
        } else {
            Ok(())
        };
        if let Err(error) = result {
            self.error.get_or_insert(error);
        }
    }

    fn visit_item_struct(&mut self, item: &'ast syn::ItemStruct) {
        // The types defined by hand name their C types as search aliases.
        let alias = item
            .attrs
            .iter()
            .find_map(alias)
            .filter(|a| a.ends_with("_t") || a.ends_with("_s"));
        if let Some(alias) = alias {
            self.interface.types.insert(item.ident.to_string(), alias);
        }
    }
}

/// `name` of `#[doc(alias = "name")]`.
fn alias(attr: &syn::Attribute) -> Option<String> {
    let mut found = None;
    if attr.path().is_ident("doc") {
        // `#[doc = "text"]` is no list.
        let _ = attr.parse_nested_meta(|meta| {
            if meta.path.is_ident("alias") {
                found = Some(meta.value()?.parse::<syn::LitStr>()?.value());
            }
            Ok(())
        });
    }
    found
}

impl Scan {
    /// Takes the comments of definitions, as in `#[doc = "…"] NAME: type = value => "C_NAME";`,
    /// in every group of braces.
    fn constants(&mut self, tokens: TokenStream) {
        for token in tokens {
            let TokenTree::Group(group) = token else {
                continue;
            };
            if group.delimiter() != Delimiter::Brace {
                continue;
            }
            let tokens: Vec<TokenTree> = group.stream().into_iter().collect();
            let ends = |t: &TokenTree| matches!(t, TokenTree::Punct(p) if p.as_char() == ';');
            for definition in tokens.split(ends) {
                let (doc, rest) = leading_doc(definition);
                let Some(TokenTree::Ident(name)) = rest.first() else {
                    continue;
                };
                let c_name = match rest.last() {
                    Some(TokenTree::Literal(literal)) if literal.to_string().starts_with('"') => {
                        literal.to_string().trim_matches('"').to_owned()
                    }
                    _ => name.to_string(),
                };
                self.names.insert(name.to_string(), c_name.clone());
                self.docs.insert(c_name, c::links(&doc, &self.names));
            }
        }
    }

    /// Takes `#[doc = "…"] pub struct Name = "c_name" in "header" { … }`.
    fn structure(&mut self, tokens: TokenStream) -> Result<()> {
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
        let (doc, rest) = leading_doc(&tokens);
        let words: Vec<String> = rest.iter().map(ToString::to_string).collect();
        let (Some(name), Some(c_name), Some(header), Some(TokenTree::Group(body))) =
            (words.get(2), words.get(4), words.get(6), rest.last())
        else {
            bail!("a structure that is not understood: {}", words.join(" "));
        };
        let unquoted = |text: &String| text.trim_matches('"').to_owned();
        let (c_name, header) = (unquoted(c_name), unquoted(header));
        self.interface.types.insert(name.clone(), c_name.clone());
        if !is_of_c(&header) {
            return Ok(());
        }
        let fields = self.fields(body).with_context(|| c_name.clone())?;
        self.interface.structures.push(Structure {
            name: c_name,
            header,
            doc: c::links(&doc, &self.names),
            fields,
        });
        Ok(())
    }

    fn fields(&self, body: &Group) -> Result<Vec<Field>> {
        let tokens: Vec<TokenTree> = body.stream().into_iter().collect();
        let ends = |t: &TokenTree| matches!(t, TokenTree::Punct(p) if p.as_char() == ',');
        let mut fields = Vec::new();
        for field in tokens.split(ends) {
            let (doc, rest) = leading_doc(field);
            let Some(TokenTree::Literal(c_name)) = rest.last() else {
                continue;
            };
            // `field : type => "c_name"`
            let rust: TokenStream = rest[2..rest.len() - 3].iter().cloned().collect();
            fields.push(Field {
                name: c_name.to_string().trim_matches('"').to_owned(),
                doc: c::links(&doc, &self.names),
                rust: syn::parse2(rust)?,
            });
        }
        Ok(fields)
    }
}

/// The comment before a definition, and the definition.
fn leading_doc(tokens: &[TokenTree]) -> (String, &[TokenTree]) {
    let mut doc = Vec::new();
    let mut rest = tokens;
    while let [TokenTree::Punct(hash), TokenTree::Group(attr), more @ ..] = rest {
        if hash.as_char() != '#' {
            break;
        }
        rest = more;
        let meta: syn::Result<syn::MetaNameValue> = syn::parse2(attr.stream());
        if let Ok(meta) = meta
            && let syn::Expr::Lit(literal) = &meta.value
            && let syn::Lit::Str(text) = &literal.lit
        {
            doc.push(text.value());
        }
    }
    (c::unindented(&doc), rest)
}
