//! C's spelling of things.

use anyhow::{Result, bail};
use quote::ToTokens;
use std::collections::BTreeMap;

/// The type of a parameter or result, in C.
pub fn parameter(ty: &syn::Type) -> Result<String> {
    Ok(match ty {
        syn::Type::Path(path) => {
            let Some(last) = path.path.segments.last() else {
                bail!("a type without a name");
            };
            match (last.ident.to_string().as_str(), &last.arguments) {
                // A reference that may be null.
                ("Option", syn::PathArguments::AngleBracketed(of)) => match of.args.first() {
                    Some(syn::GenericArgument::Type(ty)) => parameter(ty)?,
                    _ => bail!("{} is not understood", ty.to_token_stream()),
                },
                ("UtcbRef", _) => "l4_utcb_t *".to_owned(),
                ("Str", _) => "const char *".to_owned(),
                (name, _) => named(name),
            }
        }
        syn::Type::Reference(to) => pointer(&to.elem, to.mutability.is_some())?,
        syn::Type::Ptr(to) => pointer(&to.elem, to.mutability.is_some())?,
        _ => bail!("{} is not understood", ty.to_token_stream()),
    })
}

fn pointer(to: &syn::Type, is_mut: bool) -> Result<String> {
    let to = parameter(to)?;
    let space = if to.ends_with('*') { "" } else { " " };
    Ok(match is_mut {
        true => format!("{to}{space}*"),
        false => format!("const {to}{space}*"),
    })
}

/// A type by its name in `l4re-c`.
fn named(name: &str) -> String {
    match name {
        "c_char" => "char".to_owned(),
        "c_uchar" => "unsigned char".to_owned(),
        "c_int" => "int".to_owned(),
        "c_uint" => "unsigned int".to_owned(),
        "c_long" => "long".to_owned(),
        "c_ulong" => "unsigned long".to_owned(),
        "c_void" => "void".to_owned(),
        name => match name.strip_prefix("enum_") {
            Some(name) => format!("enum {name}"),
            None => name.strip_prefix("fn_").unwrap_or(name).to_owned(),
        },
    }
}

/// A field's type and name in C: `l4_umword_t mr[63]`.
pub fn field(
    name: &str,
    ty: &syn::Type,
    types: &BTreeMap<String, String>,
    constants: &dyn Fn(&str) -> Option<i128>,
) -> Result<String> {
    Ok(match ty {
        syn::Type::Array(array) => {
            let len = match &array.len {
                syn::Expr::Lit(literal) => literal.to_token_stream().to_string(),
                syn::Expr::Path(path) => {
                    let name = path.path.segments.last().map(|s| s.ident.to_string());
                    match name.as_deref().and_then(constants) {
                        Some(len) => len.to_string(),
                        None => bail!("{} is not known", path.to_token_stream()),
                    }
                }
                len => bail!("{} is not understood", len.to_token_stream()),
            };
            format!("{}[{len}]", field(name, &array.elem, types, constants)?)
        }
        syn::Type::Ptr(to) => {
            let pointer = format!("*{name}");
            field(&pointer, &to.elem, types, constants)?
        }
        syn::Type::Path(path) => {
            let last = path.path.segments.last().map(|s| s.ident.to_string());
            let rust = last.unwrap_or_default();
            let c = match rust.as_str() {
                "u8" => "l4_uint8_t",
                "u16" => "l4_uint16_t",
                "u32" => "l4_uint32_t",
                "u64" | "usize" => "l4_umword_t",
                "i8" => "l4_int8_t",
                "i16" => "l4_int16_t",
                "i32" => "l4_int32_t",
                "i64" => "l4_mword_t",
                rust => match types.get(rust) {
                    Some(c) => c,
                    None => bail!("C's name of {rust} is not known"),
                },
            };
            format!("{c} {name}")
        }
        ty => bail!("{} is not understood", ty.to_token_stream()),
    })
}

/// The lines of a comment without the space that each begins with.
pub fn unindented(lines: &[String]) -> String {
    let lines: Vec<&str> = (lines.iter())
        .map(|line| line.strip_prefix(' ').unwrap_or(line))
        .collect();
    lines.join("\n").trim().to_owned()
}

/// A comment whose links to Rust's items are plain names, C's where they are known.
pub fn links(doc: &str, names: &BTreeMap<String, String>) -> String {
    let mut text = String::new();
    let mut rest = doc;
    while let Some((before, behind)) = rest.split_once("[`") {
        text += before;
        let Some((name, behind)) = behind.split_once("`]") else {
            text += "[`";
            rest = behind;
            continue;
        };
        text.push('`');
        text += names.get(name).map_or(name, |name| name);
        text.push('`');
        // The place that a link leads to is of no use in C.
        rest = match behind.strip_prefix('(').and_then(|b| b.split_once(')')) {
            Some((_, behind)) => behind,
            None => behind,
        };
    }
    text + rest
}

/// A comment of C's.
pub fn comment(doc: &str, indent: &str) -> String {
    let doc = doc.replace("*/", "* /");
    let mut lines = doc.lines();
    let Some(first) = lines.next() else {
        return String::new();
    };
    let mut text = format!("{indent}/** {first}");
    for line in lines {
        text += &format!("\n{indent} * {line}");
    }
    // A line that ends in a backslash would go on.
    text.replace("\\\n", "\\ \n") + " */\n"
}

/// Whether the number is one of C's `int`.
pub fn is_int(value: i128) -> bool {
    i32::try_from(value).is_ok()
}

/// A number for a macro.
pub fn number(value: i128, bits: u32) -> String {
    match (bits, value) {
        (64.., 0x1_0000..) => format!("{value:#x}UL"),
        (64.., 0..) => format!("{value}UL"),
        (64.., _) => format!("({value}L)"),
        (_, 0x8000_0000..) => format!("{value:#x}U"),
        (_, 0..) => value.to_string(),
        _ => format!("({value})"),
    }
}
