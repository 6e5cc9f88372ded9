//! The server's side: requests become calls of the methods.

use super::Interface;
use super::attrs::{Opcode, Required};
use super::method::{Kind, Method};
use proc_macro2::TokenStream;
use quote::{format_ident, quote, quote_spanned};
use syn::ext::IdentExt;

/// The operations as constants.
pub fn operations(interface: &Interface) -> TokenStream {
    let Opcode::Type(ty) = &interface.head.opcode else {
        return quote!();
    };
    let constants = interface.methods.iter().map(|method| {
        let (op, value) = (&method.op, &method.op_value);
        let check = quote_spanned! {method.op_span=>
            assert!(
                op >= <#ty>::MIN as i128 && op <= <#ty>::MAX as i128,
                "the operation does not fit into the type of operations"
            );
        };
        quote! {
            #[allow(dead_code, clippy::unnecessary_cast)]
            const #op: #ty = {
                let op = #value;
                #check
                op as #ty
            };
        }
    });
    quote!(#(#constants)*)
}

pub fn expand(interface: &Interface) -> TokenStream {
    let Interface { name, bases, .. } = interface;
    let own = if interface.methods.is_empty() {
        let known = interface.head.protocol.is_some();
        known.then(|| {
            quote! {
                if __protocol == <dyn #name as ::l4re::Object>::PROTOCOL {
                    let error = __request.error(::l4re::Error::NO_OPERATION);
                    return ::l4re::interface::refuse(error);
                }
            }
        })
    } else {
        let answer = answer(interface);
        Some(quote! {
            #answer
            if __protocol == <dyn #name as ::l4re::Object>::PROTOCOL {
                return answer(__object, __request);
            }
        })
    };
    quote! {
        #[automatically_derived]
        impl<__T: #name + ?::core::marker::Sized> ::l4re::interface::ServedBy<__T> for dyn #name {
            #[inline]
            fn dispatch(
                __object: &__T,
                __request: &::l4re::interface::Incoming<'_>,
            ) -> ::l4re::sys::MsgTag {
                let __protocol = __request.protocol();
                #own
                #(
                    if <dyn #bases as ::l4re::interface::Interface>::speaks(__protocol) {
                        return <dyn #bases as ::l4re::interface::ServedBy<__T>>::dispatch(
                            __object, __request,
                        );
                    }
                )*
                __request.other::<dyn #name>()
            }
        }
    }
}

/// The function that answers requests of the interface's own protocol.
fn answer(interface: &Interface) -> TokenStream {
    let name = &interface.name;
    let body = match &interface.head.opcode {
        Opcode::None => {
            let method = interface
                .methods
                .iter()
                .map(|m| call(interface, m, quote!(0)));
            quote!(#(#method)*)
        }
        Opcode::Type(ty) => {
            let operations = operations(interface);
            let ops = interface.methods.iter().map(|method| &method.op);
            let calls = (interface.methods.iter())
                .map(|m| call(interface, m, quote!(::core::mem::size_of::<#ty>())));
            quote! {
                #operations
                match __request.opcode::<#ty>() {
                    #(#ops => #calls)*
                    _ => ::l4re::interface::refuse(
                        __request.error(::l4re::Error::NO_OPERATION),
                    ),
                }
            }
        }
    };
    quote! {
        #[inline(always)]
        #[allow(
            non_snake_case,
            unused_mut,
            unused_variables,
            clippy::let_unit_value,
            clippy::unit_arg
        )]
        fn answer<__T: #name + ?::core::marker::Sized>(
            __object: &__T,
            __request: &::l4re::interface::Incoming<'_>,
        ) -> ::l4re::sys::MsgTag {
            #body
        }
    }
}

/// Reads the arguments, calls the method, and writes the reply.
fn call(interface: &Interface, method: &Method, opcode: TokenStream) -> TokenStream {
    // The answer to what cannot be read is mostly a constant: it goes no way round.
    let give_up = if method.send_only {
        quote!(__request.unread())
    } else {
        quote!(::l4re::interface::refuse(error))
    };
    let or_refuse = |result: TokenStream| {
        quote! {
            match #result {
                ::core::result::Result::Ok(value) => value,
                ::core::result::Result::Err(error) => return #give_up,
            }
        }
    };
    let require = |required: &Required| {
        let rights = &required.rights;
        or_refuse(quote!(__request.require(#rights)))
    };
    let condition = method.rights.as_ref().and_then(|r| r.condition.as_ref());
    // What is always required is asked first; what depends on arguments, when they are read.
    let rights = (method.rights.as_ref())
        .filter(|_| condition.is_none())
        .map(|required| {
            let required = require(required);
            quote!(#required;)
        });
    let borrows = method.parameters.iter().filter_map(|p| match &p.kind {
        Kind::In(wire) => {
            let ty = &wire.ty;
            Some(quote_spanned!(p.span=> || <#ty as ::l4re::interface::In<'_>>::BORROWS))
        }
        _ => None,
    });
    let reads = method.parameters.iter().map(|p| {
        let name = format_ident!("__arg_{}", p.name.unraw());
        match &p.kind {
            Kind::In(wire) => {
                let ty = &wire.ty;
                let value = match &p.default {
                    None => or_refuse(
                        quote_spanned!(p.span=> ::l4re::interface::In::get(&mut __arguments)),
                    ),
                    Some(default) => {
                        let value = or_refuse(quote_spanned! {p.span=>
                            <::core::option::Option<#ty> as ::l4re::interface::In<'_>>::get(
                                &mut __arguments,
                            )
                        });
                        quote!(#value.unwrap_or(#default))
                    }
                };
                quote_spanned!(p.span=> let #name: #ty = #value;)
            }
            Kind::Ref(ty) | Kind::InOut(ty) => {
                let value = or_refuse(
                    quote_spanned!(p.span=> ::l4re::interface::In::get(&mut __arguments)),
                );
                quote_spanned!(p.span=> let mut #name: #ty = #value;)
            }
            Kind::Out(ty) => quote_spanned! {p.span=>
                let mut #name: #ty = ::l4re::msg::zeroed();
            },
        }
    });
    let values = method.parameters.iter().map(|p| {
        let name = format_ident!("__arg_{}", p.name.unraw());
        match &p.kind {
            Kind::In(wire) => wire.unpack(quote!(#name)),
            Kind::Ref(_) => quote!(&#name),
            Kind::InOut(_) | Kind::Out(_) => quote!(&mut #name),
        }
    });
    // A condition is about the arguments by their names.
    let values: Vec<_> = values.collect();
    let names = method.parameters.iter().map(|p| &p.name);
    let (named, values) = match (condition, &method.rights) {
        (Some(condition), Some(required)) => {
            let required = require(required);
            let names: Vec<_> = names.map(|name| quote!(#name)).collect();
            let named = quote! {
                let (#(#names,)*) = (#(#values,)*);
                if #condition {
                    #required;
                }
            };
            (named, names)
        }
        _ => (quote!(), values),
    };
    let (trait_name, name) = (&interface.name, &method.name);
    let reached = or_refuse(quote!(__arguments.reached()));
    let prepare = quote! {
        #rights
        let __copied = if const { false #(#borrows)* } {
            ::core::option::Option::Some(__request.copy())
        } else {
            ::core::option::Option::None
        };
        let mut __arguments = __request.arguments(__copied.as_ref(), #opcode);
        #(#reads)*
        #reached;
        #named
    };
    let result = quote!(<__T as #trait_name>::#name(__object, #(#values),*));
    if method.send_only {
        return quote! {{
            #prepare
            // There is nobody to tell an error.
            let _ = #result;
            __request.no_reply()
        }};
    }
    let output = &method.output;
    let (parts, label) = output.names();
    let wire = output.wire();
    let pattern: Vec<_> = parts.iter().map(|part| quote!(#part)).collect();
    let whole = output.whole(&quote!(#label), &pattern);
    // Nothing to take apart.
    let whole = if whole.is_empty() { quote!(()) } else { whole };
    let packed = (parts.iter().zip(&output.parts)).map(|(part, wire)| wire.pack(quote!(#part)));
    let label_value = match output.label {
        Some(_) => quote!(::l4re::interface::label_of(#label)),
        None => quote!(0),
    };
    let finish = quote_spanned! {output.span=>
        __request.reply::<#wire>(__reply, #label_value, (#(#packed,)*))
    };
    let back = method.parameters.iter().filter_map(|p| {
        let name = format_ident!("__arg_{}", p.name.unraw());
        matches!(p.kind, Kind::InOut(_) | Kind::Out(_))
            .then(|| quote!(::l4re::interface::In::put(&#name, &mut __reply);))
    });
    quote! {{
        #prepare
        let #whole = match #result {
            ::core::result::Result::Ok(value) => value,
            ::core::result::Result::Err(error) => {
                return ::l4re::interface::failed(::core::convert::From::from(error));
            }
        };
        let mut __reply = ::l4re::interface::Encoder::new();
        #(#back)*
        match #finish {
            ::core::result::Result::Ok(tag) => tag,
            ::core::result::Result::Err(error) => ::l4re::interface::refuse(error),
        }
    }}
}
