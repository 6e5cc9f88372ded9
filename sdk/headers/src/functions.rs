//! The functions of `l4re-c`: a file of Rust is a header of C.

use crate::c;
use anyhow::{Context, Result, bail};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// A function.
pub struct Function {
    pub name: String,
    pub doc: String,
    /// What it returns, in C.
    pub result: String,
    pub parameters: Vec<Parameter>,
    /// It has no effect, and depends on its arguments alone.
    pub is_const: bool,
    /// It does not return.
    pub is_endless: bool,
}

/// A parameter.
pub struct Parameter {
    pub name: String,
    /// Its type in C.
    pub c_type: String,
    /// It is the calling thread's UTCB.
    pub is_utcb: bool,
}

/// The functions by header, in the order of their definition.
pub type Functions = BTreeMap<String, Vec<Function>>;

/// Reads the sources below a folder.
pub fn read(src: &Path) -> Result<Functions> {
    let mut functions = Functions::new();
    for file in crate::files(src, "rs")? {
        let header = Path::new("l4").join(file.strip_prefix(src)?.with_extension("h"));
        let text =
            fs::read_to_string(&file).with_context(|| format!("cannot read {}", file.display()))?;
        let parsed =
            syn::parse_file(&text).with_context(|| format!("cannot parse {}", file.display()))?;
        let mut found = Vec::new();
        for item in &parsed.items {
            if let syn::Item::Fn(item) = item
                && is_c(item)
            {
                let function = Function::read(item)
                    .with_context(|| format!("{} in {}", item.sig.ident, file.display()))?;
                found.push(function);
            }
        }
        if !found.is_empty() {
            functions.insert(header.to_string_lossy().into_owned(), found);
        }
    }
    Ok(functions)
}

/// Whether C can call it.
fn is_c(item: &syn::ItemFn) -> bool {
    let abi = item.sig.abi.as_ref().and_then(|abi| abi.name.as_ref());
    let public = matches!(item.vis, syn::Visibility::Public(_));
    public && abi.is_some_and(|abi| abi.value() == "C")
}

impl Function {
    fn read(item: &syn::ItemFn) -> Result<Function> {
        let doc = doc_of(&item.attrs);
        if doc.is_empty() {
            bail!("the function has no comment");
        }
        let mut parameters = Vec::new();
        for input in &item.sig.inputs {
            let syn::FnArg::Typed(input) = input else {
                bail!("a method");
            };
            let syn::Pat::Ident(name) = &*input.pat else {
                bail!("a parameter without a name");
            };
            let name = name.ident.to_string();
            let name = name.trim_start_matches("r#").trim_start_matches('_');
            let is_utcb = matches!(&*input.ty, syn::Type::Path(p) if p.path.is_ident("UtcbRef"));
            parameters.push(Parameter {
                name: name.to_owned(),
                c_type: c::parameter(&input.ty)?,
                is_utcb: is_utcb && name == "utcb",
            });
        }
        let is_endless = matches!(&item.sig.output,
            syn::ReturnType::Type(_, ty) if matches!(**ty, syn::Type::Never(_)));
        let result = match &item.sig.output {
            syn::ReturnType::Type(_, ty) if !is_endless => c::parameter(ty)?,
            _ => "void".to_owned(),
        };
        Ok(Function {
            name: item.sig.ident.to_string(),
            doc,
            result,
            parameters,
            is_const: item.sig.constness.is_some(),
            is_endless,
        })
    }

    /// The name of the function that takes the UTCB from the calling thread, if this one has
    /// such a twin.
    pub fn twin(&self) -> Option<&str> {
        let takes_utcb = self.parameters.iter().any(|p| p.is_utcb);
        self.name.strip_suffix("_u").filter(|_| takes_utcb)
    }
}

/// The comment of an item.
pub fn doc_of(attrs: &[syn::Attribute]) -> String {
    let lines: Vec<String> = (attrs.iter())
        .filter(|attr| attr.path().is_ident("doc"))
        .filter_map(|attr| match &attr.meta {
            syn::Meta::NameValue(meta) => match &meta.value {
                syn::Expr::Lit(literal) => match &literal.lit {
                    syn::Lit::Str(text) => Some(text.value()),
                    _ => None,
                },
                _ => None,
            },
            _ => None,
        })
        .collect();
    c::unindented(&lines)
}
