//! `#[l4re::main]`.

use proc_macro2::TokenStream;
use quote::quote;
use syn::parse::{Parse, ParseStream};
use syn::{Error, Expr, ItemFn, MetaNameValue, Result};

/// `stack_size = …`.
struct StackSize(Expr);

impl Parse for StackSize {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let setting: MetaNameValue = input.parse()?;
        if !setting.path.is_ident("stack_size") || !input.is_empty() {
            return Err(Error::new_spanned(
                setting.path,
                "`#[l4re::main]` takes `stack_size = …`, in bytes, and nothing else",
            ));
        }
        Ok(StackSize(setting.value))
    }
}

pub fn expand(args: TokenStream, item: TokenStream) -> Result<TokenStream> {
    let stack_size = if args.is_empty() {
        None
    } else {
        Some(syn::parse2::<StackSize>(args)?.0)
    };
    let function: ItemFn = syn::parse2(item)?;
    let sig = &function.sig;
    if let Some(asyncness) = sig.asyncness {
        return Err(Error::new_spanned(
            asyncness,
            "the main function cannot be async",
        ));
    }
    if !sig.generics.params.is_empty() {
        return Err(Error::new_spanned(
            &sig.generics,
            "the main function cannot be generic",
        ));
    }
    let name = &sig.ident;
    let call = match sig.inputs.len() {
        0 => quote!(#name()),
        1 => quote!(#name(env)),
        _ => {
            return Err(Error::new_spanned(
                &sig.inputs,
                "the main function takes the environment (`&Env`) or nothing",
            ));
        }
    };
    let stack_size = stack_size.map(|size| quote!(::l4re::stack_size!(#size);));
    Ok(quote! {
        #function

        #stack_size

        const _: () = {
            // The run-time system is linked in by being named.
            extern crate rt as _;

            // SAFETY: `rt` declares the function of this name with this type, and calls it.
            #[unsafe(no_mangle)]
            fn __l4re_main(env: &'static ::l4re::Env) -> i32 {
                ::l4re::start::Termination::report(#call)
            }
        };
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(args: TokenStream, item: TokenStream) -> String {
        expand(args, item).unwrap_err().to_string()
    }

    #[test]
    fn a_stack_size_is_passed_on() {
        let item = quote!(
            fn main() {}
        );
        let text = expand(quote!(stack_size = 16 << 20), item)
            .unwrap()
            .to_string();
        assert!(text.contains("stack_size ! (16 << 20)"), "{text}");
    }

    #[test]
    fn wrong_uses_are_told() {
        let ok = quote!(
            fn main() {}
        );
        assert!(expand(quote!(), ok.clone()).is_ok());
        assert!(
            expand(
                quote!(),
                quote!(
                    fn main(env: &Env) -> Result<()> {}
                )
            )
            .is_ok()
        );
        assert!(error(quote!(stack = 3), ok.clone()).contains("stack_size"));
        assert!(error(quote!(stack_size = 3, x), ok.clone()).contains("stack_size"));
        assert!(expand(quote!(x), ok).is_err());
        assert!(
            error(
                quote!(),
                quote!(
                    async fn main() {}
                )
            )
            .contains("async")
        );
        assert!(
            error(
                quote!(),
                quote!(
                    fn main<T>() {}
                )
            )
            .contains("generic")
        );
        assert!(
            error(
                quote!(),
                quote!(
                    fn main(a: u8, b: u8) {}
                )
            )
            .contains("environment")
        );
        assert!(
            expand(
                quote!(),
                quote!(
                    struct S;
                )
            )
            .is_err()
        );
    }
}
