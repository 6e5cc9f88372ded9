//! Types as the author writes them, and as messages carry them.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Error, GenericArgument, PathArguments, Result, Type};

/// A type of the author's, and how it goes into messages.
#[derive(Clone)]
pub struct Wire {
    /// The type in messages: one that implements `In` or `Out`.
    pub ty: TokenStream,
    shape: Shape,
    optional: bool,
}

#[derive(Clone, Copy, PartialEq)]
enum Shape {
    /// As it is.
    Same,
    Str,
    Slice,
    Vec,
    String,
}

impl Wire {
    /// The type of a parameter. `len` is the type of its length.
    pub fn of_parameter(ty: &Type, len: Option<&Type>) -> Result<Wire> {
        Wire::new(ty, len, &[Shape::Str, Shape::Slice])
    }

    /// The type of a result.
    pub fn of_result(ty: &Type, len: Option<&Type>) -> Result<Wire> {
        Wire::new(ty, len, &[Shape::Vec, Shape::String])
    }

    fn new(ty: &Type, len: Option<&Type>, shapes: &[Shape]) -> Result<Wire> {
        let same = Wire {
            ty: quote!(#ty),
            shape: Shape::Same,
            optional: false,
        };
        let Some(len) = len else {
            return Ok(same);
        };
        let inner = argument_of(ty, "Option");
        let (shape, element) = shape_of(inner.unwrap_or(ty));
        if !shapes.contains(&shape) {
            return Ok(same);
        }
        let mut wire = match shape {
            Shape::Str => quote_spanned!(ty.span()=> ::l4re::interface::Str<'_, #len>),
            Shape::Slice => {
                quote_spanned!(ty.span()=> ::l4re::interface::Slice<'_, #element, #len>)
            }
            Shape::Vec => quote_spanned!(ty.span()=> ::l4re::interface::List<#element, #len>),
            Shape::String => quote_spanned!(ty.span()=> ::l4re::interface::Text<#len>),
            Shape::Same => return Ok(same),
        };
        if inner.is_some() {
            wire = quote!(::core::option::Option<#wire>);
        }
        Ok(Wire {
            ty: wire,
            shape,
            optional: inner.is_some(),
        })
    }

    /// Whether `#[len(...)]` meant something.
    pub fn has_length(&self) -> bool {
        self.shape != Shape::Same
    }

    /// The wire's value of the author's.
    pub fn pack(&self, value: TokenStream) -> TokenStream {
        let new = match self.shape {
            Shape::Same => return value,
            Shape::Str => quote!(::l4re::interface::Str::new),
            Shape::Slice => quote!(::l4re::interface::Slice::new),
            Shape::Vec => quote!(::l4re::interface::List::new),
            Shape::String => quote!(::l4re::interface::Text::new),
        };
        if self.optional {
            quote!(#value.map(#new))
        } else {
            quote!(#new(#value))
        }
    }

    /// The author's value of the wire's.
    pub fn unpack(&self, value: TokenStream) -> TokenStream {
        let field = match self.shape {
            Shape::Same => return value,
            Shape::Str => quote!(str),
            Shape::Slice => quote!(slice),
            Shape::Vec => quote!(vec),
            Shape::String => quote!(string),
        };
        if self.optional {
            quote!(#value.map(|value| value.#field))
        } else {
            quote!(#value.#field)
        }
    }
}

fn shape_of(ty: &Type) -> (Shape, TokenStream) {
    if let Type::Reference(reference) = ty {
        return match &*reference.elem {
            Type::Slice(slice) => {
                let element = &slice.elem;
                (Shape::Slice, quote!(#element))
            }
            Type::Path(path) if path.path.is_ident("str") => (Shape::Str, quote!()),
            _ => (Shape::Same, quote!()),
        };
    }
    if let Some(element) = argument_of(ty, "Vec") {
        return (Shape::Vec, quote!(#element));
    }
    match ty {
        Type::Path(path)
            if path
                .path
                .segments
                .last()
                .is_some_and(|s| s.ident == "String") =>
        {
            (Shape::String, quote!())
        }
        _ => (Shape::Same, quote!()),
    }
}

/// `T` of `Name<T>`.
pub fn argument_of<'a>(ty: &'a Type, name: &str) -> Option<&'a Type> {
    let Type::Path(path) = ty else {
        return None;
    };
    let last = path.path.segments.last().filter(|s| s.ident == name)?;
    let PathArguments::AngleBracketed(arguments) = &last.arguments else {
        return None;
    };
    match arguments.args.first() {
        Some(GenericArgument::Type(ty)) => Some(ty),
        _ => None,
    }
}

/// `T` of `Result<T>`.
pub fn result_of(ty: &Type) -> Result<Type> {
    match argument_of(ty, "Result") {
        Some(ok) => Ok(ok.clone()),
        None => Err(Error::new_spanned(
            ty,
            "a method of an interface returns a `Result`: the request itself can fail",
        )),
    }
}
