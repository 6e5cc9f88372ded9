//! `#[l4re::interface]`.

mod attrs;
mod client;
mod method;
mod server;
#[cfg(test)]
mod tests;
mod wire;

use attrs::{Head, Opcode};
use method::Method;
use proc_macro2::TokenStream;
use quote::quote;
use syn::ext::IdentExt;
use syn::{Error, Ident, ItemTrait, Path, Result, TraitItem, TypeParamBound, parse_quote};

/// A trait that is an interface.
struct Interface {
    head: Head,
    name: Ident,
    /// The interfaces that it inherits.
    bases: Vec<Path>,
    methods: Vec<Method>,
    /// The trait, without the attributes that are this macro's.
    item: ItemTrait,
}

pub fn expand(args: TokenStream, item: TokenStream) -> Result<TokenStream> {
    let head = Head::parse(args)?;
    let interface = Interface::new(head, syn::parse2(item)?)?;
    let item = &interface.item;
    let description = interface.description();
    let client = (!interface.head.server_only).then(|| client::expand(&interface));
    let server = server::expand(&interface);
    Ok(quote!(#item #description #client #server))
}

/// Adds an error to those before.
fn add(errors: &mut Option<Error>, error: Error) {
    match errors {
        Some(errors) => errors.combine(error),
        None => *errors = Some(error),
    }
}

impl Interface {
    fn new(head: Head, mut item: ItemTrait) -> Result<Self> {
        let mut errors = None;
        if !item.generics.params.is_empty() {
            let text = "an interface cannot be generic: its messages are fixed";
            add(&mut errors, Error::new_spanned(&item.generics, text));
        }
        let bases = bases(&item, &mut errors);
        let mut methods: Vec<Method> = Vec::new();
        for member in &mut item.items {
            let TraitItem::Fn(function) = member else {
                let text = "an interface has methods only";
                add(&mut errors, Error::new_spanned(member, text));
                continue;
            };
            match Method::new(function, methods.last()) {
                Ok(method) => methods.push(method),
                Err(error) => add(&mut errors, error),
            }
        }
        check_operations(&head, &methods, &mut errors);
        if let Some(errors) = errors {
            return Err(errors);
        }
        // Arguments in excess are the messages', not the author's, to judge.
        item.attrs
            .push(parse_quote!(#[allow(clippy::too_many_arguments, clippy::type_complexity)]));
        Ok(Interface {
            head,
            name: item.ident.clone(),
            bases,
            methods,
            item,
        })
    }

    /// What is the same for both ends.
    fn description(&self) -> TokenStream {
        let Interface { name, bases, .. } = self;
        let text = match &self.head.name {
            Some(name) => name.value(),
            None => name.unraw().to_string(),
        };
        let told = mangled(&text);
        let (protocol, own, speaks) = match &self.head.protocol {
            Some(protocol) => (
                quote!((#protocol) as i64),
                quote!(each(<Self as ::l4re::Object>::PROTOCOL, #told);),
                quote!(protocol == <Self as ::l4re::Object>::PROTOCOL),
            ),
            None => (quote!(::l4re::sys::proto::EMPTY), quote!(), quote!(false)),
        };
        let demands = self.methods.iter().map(Method::demand);
        quote! {
            #[automatically_derived]
            impl ::l4re::Object for dyn #name {
                #[allow(clippy::unnecessary_cast)]
                const PROTOCOL: i64 = #protocol;
            }

            #[automatically_derived]
            impl ::l4re::interface::Interface for dyn #name {
                const NAME: &'static str = #text;
                const DEMAND: ::l4re::interface::Demand = ::l4re::interface::Demand::NONE
                    #(.or(<dyn #bases as ::l4re::interface::Interface>::DEMAND))*
                    #(.or(#demands))*;

                fn interfaces(each: &mut dyn ::core::ops::FnMut(i64, &'static str)) {
                    #own
                    #(<dyn #bases as ::l4re::interface::Interface>::interfaces(each);)*
                }

                #[inline]
                fn speaks(protocol: i64) -> bool {
                    #speaks
                        #(|| <dyn #bases as ::l4re::interface::Interface>::speaks(protocol))*
                }
            }
        }
    }
}

/// The name by which C++ knows a type at run time, and which servers in C++ tell.
fn mangled(name: &str) -> String {
    let parts = name.split("::").map(|part| format!("{}{part}", part.len()));
    let parts: Vec<String> = parts.collect();
    match &parts[..] {
        [one] => one.clone(),
        parts => format!("N{}E", parts.concat()),
    }
}

/// The supertraits that are interfaces: all but the language's own.
fn bases(item: &ItemTrait, errors: &mut Option<Error>) -> Vec<Path> {
    let mut bases = Vec::new();
    for bound in &item.supertraits {
        match bound {
            TypeParamBound::Trait(bound)
                if bound.path.is_ident("Send") || bound.path.is_ident("Sync") => {}
            TypeParamBound::Trait(bound) => bases.push(bound.path.clone()),
            TypeParamBound::Lifetime(_) => {}
            other => add(
                errors,
                Error::new_spanned(other, "an interface inherits interfaces only"),
            ),
        }
    }
    bases
}

fn check_operations(head: &Head, methods: &[Method], errors: &mut Option<Error>) {
    let Some(first) = methods.first() else {
        return;
    };
    if head.protocol.is_none() {
        let text = "methods need a protocol: `#[interface(protocol = ...)]`";
        add(errors, Error::new_spanned(&first.name, text));
    }
    if matches!(head.opcode, Opcode::None) {
        if let Some(second) = methods.get(1) {
            let text = "without operations (`opcode = none`) an interface has one method";
            add(errors, Error::new_spanned(&second.name, text));
        }
        return;
    }
    for (i, method) in methods.iter().enumerate() {
        let same = |other: &&Method| other.number.is_some() && other.number == method.number;
        if let Some(other) = methods.iter().take(i).find(same) {
            let text = format!("the operation is already that of `{}`", other.name);
            add(errors, Error::new_spanned(&method.name, text));
        }
    }
}
