//! Procedural macros of the crate `l4re`, which re-exports them.

mod interface;
mod main_fn;
mod plain;

use proc_macro::TokenStream;

/// Makes a function the start of a program.
///
/// It takes the environment (`&Env`) or nothing, and returns nothing, an exit status (`i32`),
/// or a [`Result`] of one, whose error is printed and becomes the status 1.
///
/// ```text
/// #![no_std]
/// #![no_main]
///
/// #[l4re::main]
/// fn main(env: &l4re::Env) -> l4re::Result<()> {
///     l4re::println!("hello from {}", env.name());
///     Ok(())
/// }
/// ```
///
/// The program needs the crates `l4re` and `rt`. `#[l4re::main(stack_size = 64 << 20)]` has a
/// stack of another size than the usual 8 MiB, see `l4re::stack_size`.
#[proc_macro_attribute]
pub fn main(args: TokenStream, item: TokenStream) -> TokenStream {
    main_fn::expand(args.into(), item.into())
        .unwrap_or_else(|error| error.into_compile_error())
        .into()
}

/// Makes both ends of a protocol of a trait: see the module `l4re::interface`.
#[proc_macro_attribute]
pub fn interface(args: TokenStream, item: TokenStream) -> TokenStream {
    interface::expand(args.into(), item.into())
        .unwrap_or_else(|error| error.into_compile_error())
        .into()
}

/// Makes a `#[repr(C)]` structure of plain fields one that messages can hold.
#[proc_macro_derive(Plain)]
pub fn plain(item: TokenStream) -> TokenStream {
    plain::expand(item.into())
        .unwrap_or_else(|error| error.into_compile_error())
        .into()
}
