use super::expand;
use proc_macro2::TokenStream;
use quote::quote;

/// The sentences of the errors of an interface, and the source that each points at.
fn errors(args: TokenStream, item: TokenStream) -> Vec<String> {
    match expand(args, item) {
        Ok(_) => Vec::new(),
        Err(errors) => errors.into_iter().map(|error| error.to_string()).collect(),
    }
}

/// The errors of an interface of one method.
fn method(method: TokenStream) -> Vec<String> {
    errors(quote!(protocol = 1), quote!(trait A { #method }))
}

#[track_caller]
fn one(errors: &[String], part: &str) {
    assert!(
        matches!(errors, [error] if error.contains(part)),
        "{errors:?} is not one error with {part:?}"
    );
}

#[test]
fn what_is_right_passes() {
    let none: Vec<String> = Vec::new();
    assert_eq!(
        method(quote!(
            fn a(&self) -> Result<()>;
        )),
        none
    );
    assert_eq!(
        method(quote! {
            #[op = X]
            #[rights(WS)]
            #[len(u64)]
            fn a(
                &self,
                a: u8,
                #[len(u32)] b: &[u8],
                c: &mut T,
                #[out] d: &mut T,
                #[default(3)] e: u8,
                #[rights(RW)] f: Cap<dyn B>,
                g: &T,
            ) -> Result<(Vec<u8>, u32), E>;
        }),
        none
    );
    assert_eq!(
        errors(
            quote!(),
            quote!(
                pub trait A: B + c::C + Send {}
            )
        ),
        none
    );
    let opcode = quote!(unsafe, protocol = -3, opcode = u64);
    assert_eq!(
        errors(
            opcode,
            quote!(
                trait A {
                    fn a(&self) -> l4re::Result<u8>;
                }
            )
        ),
        none
    );
}

#[test]
fn receivers_and_shapes() {
    one(
        &method(quote!(
            fn a(&mut self) -> Result<()>;
        )),
        "`&self`",
    );
    one(
        &method(quote!(
            fn a(self) -> Result<()>;
        )),
        "`&self`",
    );
    one(
        &method(quote!(
            fn a() -> Result<()>;
        )),
        "`&self`",
    );
    one(
        &method(quote!(
            fn a<T>(&self, a: T) -> Result<()>;
        )),
        "generic",
    );
    one(
        &method(quote!(
            async fn a(&self) -> Result<()>;
        )),
        "async",
    );
    one(
        &method(quote!(
            fn idx(&self) -> Result<()>;
        )),
        "another name",
    );
    one(
        &method(quote!(
            const A: u8;
        )),
        "methods only",
    );
    one(
        &method(quote!(
            type A;
        )),
        "methods only",
    );
    let generic = quote!(
        trait A<T> {
            fn a(&self) -> Result<()>;
        }
    );
    one(&errors(quote!(protocol = 1), generic), "generic");
}

#[test]
fn results() {
    one(
        &method(quote!(
            fn a(&self);
        )),
        "returns a `Result`",
    );
    one(
        &method(quote!(
            fn a(&self) -> u32;
        )),
        "returns a `Result`",
    );
    one(
        &method(quote!(
            #[send_only]
            fn a(&self) -> Result<u32>;
        )),
        "returns nothing",
    );
    one(
        &method(quote!(
            #[send_only]
            fn a(&self, a: &mut u8) -> Result<()>;
        )),
        "returns nothing",
    );
    one(
        &method(quote!(
            #[label]
            fn a(&self) -> Result<()>;
        )),
        "first result",
    );
    one(
        &method(quote!(
            #[len(u8)]
            fn a(&self) -> Result<u8>;
        )),
        "has a length",
    );
}

#[test]
fn parameters() {
    let with = |parameter: TokenStream| method(quote!(fn a(&self, #parameter) -> Result<()>;));
    one(&with(quote!((a, b): (u8, u8))), "is a name");
    one(&with(quote!(a: impl Into<u8>)), "fixed type");
    one(&with(quote!(a: &mut [u8])), "cannot come back");
    one(&with(quote!(#[len(u8)] a: u32)), "has a length");
    one(&with(quote!(#[out] a: u32)), "`&mut T`");
    one(&with(quote!(#[default(1)] a: &mut u32)), "by value");
    one(&with(quote!(#[rights(X)] a: Cap<B>)), "letters of `RWSD`");
}

#[test]
fn operations() {
    let two = |a: TokenStream, b: TokenStream| {
        errors(
            quote!(protocol = 1),
            quote!(trait A { #a fn a(&self) -> Result<()>; #b fn b(&self) -> Result<()>; }),
        )
    };
    one(&two(quote!(), quote!(#[op = 0])), "already that of `a`");
    one(
        &two(quote!(#[op = 3]), quote!(#[op = 3])),
        "already that of `a`",
    );
    assert!(two(quote!(#[op = 3]), quote!(#[op = 1])).is_empty());
    one(&two(quote!(#[op(3)]), quote!()), "#[op = NUMBER]");
    one(&two(quote!(#[rights(D)]), quote!()), "`WS`");
    let methods = quote!(
        trait A {
            fn a(&self) -> Result<()>;
            fn b(&self) -> Result<()>;
        }
    );
    one(
        &errors(quote!(protocol = 1, opcode = none), methods.clone()),
        "one method",
    );
    one(&errors(quote!(), methods), "protocol");
    one(
        &errors(
            quote!(port = 1),
            quote!(
                trait A {}
            ),
        ),
        "expected `protocol",
    );
}

#[test]
fn all_errors_are_told_at_once() {
    let all = errors(
        quote!(protocol = 1),
        quote!(
            trait A {
                fn a(&mut self) -> u8;
                fn b();
                const X: u8;
            }
        ),
    );
    assert_eq!(all.len(), 5, "{all:?}");
}

#[test]
fn any_name_is_a_name() {
    let none: Vec<String> = Vec::new();
    let names = quote! {
        trait r#struct {
            fn r#match(&self, r#type: u32, r#in: &mut u32) -> Result<u32>;
            fn fooBar(&self) -> Result<()>;
            fn foobar(&self) -> Result<()>;
            fn foo_bar(&self) -> Result<()>;
            fn straße(&self) -> Result<()>;
        }
    };
    assert_eq!(errors(quote!(protocol = 1), names), none);
    one(
        &method(quote!(
            fn r#take(&self) -> Result<()>;
        )),
        "would hide this method",
    );
}

#[test]
fn rights_can_have_a_condition() {
    let none: Vec<String> = Vec::new();
    assert_eq!(
        method(quote!(
            #[rights(W if flags & 1 != 0)]
            fn open(&self, flags: u32) -> Result<()>;
        )),
        none
    );
    one(
        &method(quote!(
            #[rights(W when flags)]
            fn open(&self, flags: u32) -> Result<()>;
        )),
        "unexpected token",
    );
}
