//! The client's side: a capability to the interface implements the trait.

use super::Interface;
use super::attrs::Opcode;
use super::method::{Kind, Method};
use proc_macro2::TokenStream;
use quote::{format_ident, quote, quote_spanned};
use syn::ext::IdentExt;

pub fn expand(interface: &Interface) -> TokenStream {
    let name = &interface.name;
    let methods = interface.methods.iter().map(|m| method(interface, m));
    quote! {
        // Whoever inherits the interface has `dyn` types that implement it, and so their
        // capabilities do.
        #[automatically_derived]
        impl<__I: #name + ?::core::marker::Sized> #name for ::l4re::Cap<__I> {
            #(#methods)*
        }
    }
}

fn method(interface: &Interface, method: &Method) -> TokenStream {
    let mut signature = method.signature.clone();
    for input in &mut signature.inputs {
        if let syn::FnArg::Typed(input) = input
            && let syn::Pat::Ident(pattern) = &mut *input.pat
        {
            pattern.mutability = None;
        }
    }
    let operation = match &interface.head.opcode {
        Opcode::None => quote!(),
        Opcode::Type(ty) => {
            let operations = super::server::operations(interface);
            let op = &method.op;
            quote! {
                #operations
                __request.value::<#ty>(#op);
            }
        }
    };
    let data = method.parameters.iter().filter_map(|p| {
        let name = &p.name;
        match &p.kind {
            Kind::In(wire) => {
                let packed = format_ident!("__arg_{}", name.unraw());
                let (ty, value) = (&wire.ty, wire.pack(quote!(#name)));
                Some(quote_spanned! {p.span=>
                    let #packed: #ty = #value;
                    ::l4re::interface::In::put(&#packed, &mut __request);
                })
            }
            Kind::Ref(_) | Kind::InOut(_) => Some(quote_spanned! {p.span=>
                ::l4re::interface::In::put(&*#name, &mut __request);
            }),
            Kind::Out(_) => None,
        }
    });
    let items = method.parameters.iter().filter_map(|p| {
        let packed = format_ident!("__arg_{}", p.name.unraw());
        let rights = &p.rights;
        let ready = (!method.send_only).then(
            || quote_spanned!(p.span=> ::l4re::interface::In::ready(&#packed, &mut __buffers);),
        );
        matches!(p.kind, Kind::In(_)).then(|| {
            quote_spanned! {p.span=>
                ::l4re::interface::In::put_item(&#packed, &mut __request, #rights);
                #ready
            }
        })
    });
    let protocol = protocol(interface);
    let head = quote! {
        let mut __request = ::l4re::interface::Encoder::new();
        #operation
        #(#data)*
        #(#items)*
        #protocol
    };
    let body = if method.send_only {
        quote! {
            #head
            ::core::result::Result::Ok(
                ::l4re::interface::client::send(*self, PROTOCOL, &__request)?
            )
        }
    } else {
        let wire = method.output.wire();
        let ready = quote_spanned! {method.output.span=>
            <#wire as ::l4re::interface::Out>::ready(&mut __buffers)
        };
        let reply = reply(method);
        quote! {
            let mut __buffers = ::l4re::interface::Buffers::new();
            let __ready = #ready?;
            #head
            let mut __reply =
                ::l4re::interface::client::call(*self, PROTOCOL, &__request, __buffers)?;
            #reply
        }
    };
    quote! {
        #[inline(always)]
        #[allow(
            non_snake_case,
            unused_mut,
            unused_variables,
            clippy::let_unit_value,
            clippy::needless_question_mark,
            clippy::unit_arg
        )]
        #signature {
            #body
        }
    }
}

/// Reads the reply; nothing of the author's is changed before all has been read.
fn reply(method: &Method) -> TokenStream {
    let back = |p: &super::method::Parameter| matches!(p.kind, Kind::InOut(_) | Kind::Out(_));
    let names: Vec<_> = (method.parameters.iter().filter(|p| back(p)))
        .map(|p| (&p.name, format_ident!("__arg_{}", p.name.unraw())))
        .collect();
    let read = names
        .iter()
        .map(|(_, read)| quote!(let #read = ::l4re::interface::In::get(&mut __reply)?;));
    let write = names.iter().map(|(name, read)| quote!(*#name = #read;));
    let output = &method.output;
    let (parts, label) = output.names();
    let wire = output.wire();
    let unpacked: Vec<_> = (parts.iter().zip(&output.parts))
        .map(|(part, wire)| wire.unpack(quote!(#part)))
        .collect();
    let read_label = output
        .label
        .as_ref()
        .map(|ty| quote!(let #label = ::l4re::interface::client::label::<#ty>(&__reply)?;));
    let whole = output.whole(&quote!(#label), &unpacked);
    let get = quote_spanned! {output.span=>
        <#wire as ::l4re::interface::Out>::get(&mut __reply, __ready)
    };
    quote! {
        #read_label
        #(#read)*
        let (#(#parts,)*) = #get?;
        #(#write)*
        ::core::result::Result::Ok(#whole)
    }
}

/// The protocol, checked while compiling.
fn protocol(interface: &Interface) -> TokenStream {
    let Some(protocol) = &interface.head.protocol else {
        return quote!();
    };
    let new = if interface.head.is_unsafe {
        quote!(unsafe { ::l4re::interface::Protocol::any((#protocol) as i64) })
    } else {
        let span = syn::spanned::Spanned::span(protocol);
        quote_spanned!(span=> ::l4re::interface::Protocol::new((#protocol) as i64))
    };
    quote! {
        #[allow(unsafe_code, clippy::undocumented_unsafe_blocks, clippy::unnecessary_cast)]
        const PROTOCOL: ::l4re::interface::Protocol = #new;
    }
}
