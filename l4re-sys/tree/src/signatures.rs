//! The functions of bindings, held to the headers by the C compiler.

use std::collections::BTreeSet;
use std::fmt::Write;

use syn::{FnArg, ForeignItem, GenericArgument, Item, PathArguments, ReturnType, Type};

use crate::facts::Facts;
use crate::trouble::{Result, Trouble};

/// What the bindings say of functions.
#[derive(Clone, Debug, Default)]
pub struct Signatures {
    /// Their names.
    pub functions: BTreeSet<String>,
    /// C that compiles only if each has the type in the headers that it has in the bindings.
    pub checks: String,
    /// How many are checked so.
    pub checked: usize,
}

/// Reads the functions of bindings. Those with a list of arguments (`va_list`), whose type is
/// each compiler's own, are not checked.
pub fn of(rust: &str, facts: &Facts) -> Result<Signatures> {
    let file = syn::parse_file(rust).map_err(|error| {
        Trouble::new(
            format!("bindgen has made what is no Rust: {error}"),
            "Try another version of libclang (LIBCLANG_PATH names its folder).",
        )
    })?;
    let mut signatures = Signatures::default();
    let foreign = file.items.iter().filter_map(|item| match item {
        Item::ForeignMod(block) => Some(&block.items),
        _ => None,
    });
    for item in foreign.flatten() {
        let ForeignItem::Fn(function) = item else {
            continue;
        };
        let name = function.sig.ident.to_string();
        // The bindings do not say which pointers are to what is volatile: in L4Re's functions all
        // are, or none.
        let plain = function_type(&function.sig, "", facts);
        let volatile = function_type(&function.sig, "volatile ", facts);
        if let (Some(plain), Some(volatile)) = (plain, volatile) {
            signatures.checked += 1;
            let mut types = vec![plain, volatile];
            types.dedup();
            let fits: Vec<String> = types.iter().map(|ty| fits(&name, ty)).collect();
            let _ = writeln!(
                signatures.checks,
                "_Static_assert({}, \"{name} has another type than the bindings give it\");",
                fits.join(" || ")
            );
        }
        signatures.functions.insert(name);
    }
    Ok(signatures)
}

/// Whether a pointer to the function is one of this type, in C: of two that do not fit, a
/// conditional makes `void *`. That a function is said not to return, or to have no effects, is no
/// difference, as it would be if the types were compared as they are.
fn fits(name: &str, ty: &str) -> String {
    format!("!__builtin_types_compatible_p(__typeof__(1 ? &{name} : ({ty})0), void *)")
}

/// A pointer to the function, in C; `pointee` qualifies what its arguments point to.
fn function_type(signature: &syn::Signature, pointee: &str, facts: &Facts) -> Option<String> {
    let arguments = signature.inputs.iter().map(|input| match input {
        FnArg::Typed(argument) => match &*argument.ty {
            Type::Ptr(pointer) => pointed(pointer, pointee, String::new(), facts),
            ty => declared(ty, "", String::new(), facts),
        },
        FnArg::Receiver(_) => None,
    });
    let list = parameters(
        arguments.collect::<Option<_>>()?,
        signature.variadic.is_some(),
    );
    returned(&signature.output, format!("(*)({list})"), facts)
}

fn parameters(mut list: Vec<String>, variadic: bool) -> String {
    if variadic {
        list.push("...".to_owned());
    }
    match list.is_empty() {
        true => "void".to_owned(),
        false => list.join(", "),
    }
}

/// A declaration of something that a function returns.
fn returned(output: &ReturnType, inner: String, facts: &Facts) -> Option<String> {
    match output {
        ReturnType::Type(_, ty) if !matches!(**ty, Type::Never(_)) => {
            declared(ty, "", inner, facts)
        }
        _ => Some(format!("void {inner}")),
    }
}

/// A declaration of `inner` as a pointer; `pointee` qualifies what it points to.
fn pointed(pointer: &syn::TypePtr, pointee: &str, inner: String, facts: &Facts) -> Option<String> {
    let is_const = pointer.const_token.is_some();
    let qualifier = format!("{pointee}{}", if is_const { "const " } else { "" });
    declared(&pointer.elem, &qualifier, format!("*{inner}"), facts)
}

/// A declaration of `inner` with a type: C writes pointers and functions around the name.
fn declared(ty: &Type, qualifier: &str, inner: String, facts: &Facts) -> Option<String> {
    match ty {
        Type::Ptr(pointer) => pointed(pointer, "", format!("{qualifier}{inner}"), facts),
        Type::Array(array) => {
            let syn::Expr::Lit(len) = &array.len else {
                return None;
            };
            let syn::Lit::Int(len) = &len.lit else {
                return None;
            };
            let inner = format!("({inner})[{}]", len.base10_digits());
            declared(&array.elem, qualifier, inner, facts)
        }
        Type::Path(path) => {
            let last = path.path.segments.last()?;
            if last.ident == "Option" {
                return function_pointer(&last.arguments, qualifier, inner, facts);
            }
            let name = named(&last.ident.to_string(), facts)?;
            Some(format!("{qualifier}{name} {inner}"))
        }
        _ => None,
    }
}

/// A pointer to a function that may be null: `Option<unsafe extern "C" fn(…) -> …>`.
fn function_pointer(
    of: &PathArguments,
    qualifier: &str,
    inner: String,
    facts: &Facts,
) -> Option<String> {
    let PathArguments::AngleBracketed(of) = of else {
        return None;
    };
    let Some(GenericArgument::Type(Type::BareFn(function))) = of.args.first() else {
        return None;
    };
    let arguments = function.inputs.iter();
    let arguments = arguments.map(|input| declared(&input.ty, "", String::new(), facts));
    let list = parameters(
        arguments.collect::<Option<_>>()?,
        function.variadic.is_some(),
    );
    returned(
        &function.output,
        format!("(*{qualifier}{inner})({list})"),
        facts,
    )
}

/// A type's name in C; none for one that C and Rust do not share.
fn named(name: &str, facts: &Facts) -> Option<String> {
    let name = match name {
        "c_char" => "char",
        "c_schar" => "signed char",
        "c_uchar" => "unsigned char",
        "c_short" => "short",
        "c_ushort" => "unsigned short",
        "c_int" => "int",
        "c_uint" => "unsigned int",
        "c_long" => "long",
        "c_ulong" => "unsigned long",
        "c_longlong" => "long long",
        "c_ulonglong" => "unsigned long long",
        "c_void" => "void",
        "bool" => "_Bool",
        "f32" => "float",
        "f64" => "double",
        "u8" => "__UINT8_TYPE__",
        "u16" => "__UINT16_TYPE__",
        "u32" => "__UINT32_TYPE__",
        "u64" => "__UINT64_TYPE__",
        "i8" => "__INT8_TYPE__",
        "i16" => "__INT16_TYPE__",
        "i32" => "__INT32_TYPE__",
        "i64" => "__INT64_TYPE__",
        "usize" => "__SIZE_TYPE__",
        "isize" => "__PTRDIFF_TYPE__",
        name => return facts.spelled.get(name).cloned(),
    };
    Some(name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_function_is_told_as_c_writes_it() {
        let mut facts = Facts::default();
        let spelled = [("word", "word"), ("regs", "struct regs")];
        facts.spelled = (spelled.iter())
            .map(|(name, spelled)| ((*name).to_owned(), (*spelled).to_owned()))
            .collect();
        let rust = "unsafe extern \"C\" {
            #[link_name = \"a__extern\"]
            pub fn a(x: word, r: *const regs, v: *mut *const ::core::ffi::c_char) -> *mut regs;
            pub fn b(f: ::core::option::Option<unsafe extern \"C\" fn(x: word) -> ::core::ffi::c_int>, ...) -> !;
            pub fn c();
            pub fn d(list: *mut __va_list_tag);
        }";
        let found = of(rust, &facts).unwrap();
        assert_eq!(found.checked, 3);
        assert_eq!(found.functions.len(), 4);
        for due in [
            "&a : (struct regs *(*)(word , const struct regs *, const char **))0)",
            "&b : (void (*)(int (*)(word ), ...))0)",
            "&c : (void (*)(void))0), void *), \"c has",
            "&a : (struct regs *(*)(word , volatile const struct regs *, const char *volatile *))0)",
        ] {
            assert!(found.checks.contains(due), "{}", found.checks);
        }
    }
}
