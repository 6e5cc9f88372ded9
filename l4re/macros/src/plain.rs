//! `#[derive(Plain)]`.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Data, DeriveInput, Error, Result};

pub fn expand(item: TokenStream) -> Result<TokenStream> {
    let input: DeriveInput = syn::parse2(item)?;
    let name = &input.ident;
    let Data::Struct(data) = &input.data else {
        let text = "only a structure is plain: not every number is a value of an `enum`";
        return Err(Error::new_spanned(name, text));
    };
    if !input.generics.params.is_empty() {
        let text = "a generic structure cannot derive `Plain`";
        return Err(Error::new_spanned(&input.generics, text));
    }
    let mut fixed = false;
    for attr in input.attrs.iter().filter(|a| a.path().is_ident("repr")) {
        attr.parse_nested_meta(|meta| {
            fixed |= meta.path.is_ident("C") || meta.path.is_ident("transparent");
            if meta.input.peek(syn::token::Paren) {
                let content;
                syn::parenthesized!(content in meta.input);
                content.parse::<TokenStream>()?;
            }
            Ok(())
        })?;
    }
    if !fixed {
        let text = "a plain structure needs `#[repr(C)]`: messages hold it as C does";
        return Err(Error::new_spanned(name, text));
    }
    let fields = data.fields.iter().map(|field| {
        let ty = &field.ty;
        quote_spanned!(ty.span()=> check::<#ty>();)
    });
    let types = data.fields.iter().map(|field| &field.ty);
    let whole = quote_spanned! {name.span()=>
        let mut fields = 0;
        #(fields += ::core::mem::size_of::<#types>();)*
        assert!(
            ::core::mem::size_of::<#name>() == fields,
            "a plain structure has no padding: put fields of zeros where it is"
        );
    };
    Ok(quote! {
        const _: () = {
            const fn check<T: ::l4re::msg::Plain>() {}
            #(#fields)*
            #whole
        };

        // SAFETY: a structure of nothing but plain fields, and as large as they are: it has no
        // padding. Both has just been checked.
        #[automatically_derived]
        #[allow(unsafe_code, clippy::undocumented_unsafe_blocks)]
        unsafe impl ::l4re::msg::Plain for #name {}
    })
}
