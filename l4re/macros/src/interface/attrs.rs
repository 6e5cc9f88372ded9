//! The macro's own attributes.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::{Attribute, Error, Expr, Ident, LitStr, Meta, Result, Token, Type};

/// The type of operations.
pub enum Opcode {
    None,
    Type(Box<Type>),
}

/// What stands in `#[interface(...)]`.
pub struct Head {
    pub protocol: Option<Expr>,
    pub opcode: Opcode,
    /// `unsafe` is written: the protocol may be any, the kernel's too.
    pub is_unsafe: bool,
    /// There is no client: the protocol has one of another kind.
    pub server_only: bool,
    /// The name in C++, with its name spaces; the trait's unless said.
    pub name: Option<LitStr>,
}

enum Word {
    Unsafe,
    Server,
    Protocol(Box<Expr>),
    Opcode(Opcode),
    Name(LitStr),
}

impl Parse for Word {
    fn parse(input: ParseStream) -> Result<Self> {
        if input.peek(Token![unsafe]) {
            input.parse::<Token![unsafe]>()?;
            return Ok(Word::Unsafe);
        }
        let name: Ident = input.parse()?;
        if name == "protocol" {
            input.parse::<Token![=]>()?;
            return Ok(Word::Protocol(input.parse()?));
        }
        if name == "server" {
            return Ok(Word::Server);
        }
        if name == "name" {
            input.parse::<Token![=]>()?;
            return Ok(Word::Name(input.parse()?));
        }
        if name == "opcode" {
            input.parse::<Token![=]>()?;
            let ty: Type = input.parse()?;
            let none = matches!(&ty, Type::Path(path) if path.path.is_ident("none"));
            return Ok(Word::Opcode(if none {
                Opcode::None
            } else {
                Opcode::Type(Box::new(ty))
            }));
        }
        Err(Error::new_spanned(
            name,
            "expected `protocol = NUMBER`, `opcode = TYPE`, `name = \"NAME\"`, `server` or `unsafe`",
        ))
    }
}

impl Head {
    pub fn parse(args: TokenStream) -> Result<Self> {
        let parser = Punctuated::<Word, Token![,]>::parse_terminated;
        let mut head = Head {
            protocol: None,
            opcode: Opcode::Type(Box::new(syn::parse_quote!(i32))),
            is_unsafe: false,
            server_only: false,
            name: None,
        };
        for word in syn::parse::Parser::parse2(parser, args)? {
            match word {
                Word::Unsafe => head.is_unsafe = true,
                Word::Server => head.server_only = true,
                Word::Protocol(protocol) => head.protocol = Some(*protocol),
                Word::Opcode(opcode) => head.opcode = opcode,
                Word::Name(name) => head.name = Some(name),
            }
        }
        Ok(head)
    }
}

/// Takes the attribute `name` out of `attrs`.
pub fn take(attrs: &mut Vec<Attribute>, name: &str) -> Option<Attribute> {
    let at = attrs.iter().position(|attr| attr.path().is_ident(name))?;
    Some(attrs.remove(at))
}

/// Takes an attribute without arguments out of `attrs`.
pub fn flag(attrs: &mut Vec<Attribute>, name: &str) -> Result<Option<Attribute>> {
    let Some(attr) = take(attrs, name) else {
        return Ok(None);
    };
    attr.meta.require_path_only()?;
    Ok(Some(attr))
}

/// Takes an attribute with one argument, as `#[name(X)]`, out of `attrs`.
pub fn argument<T: Parse>(attrs: &mut Vec<Attribute>, name: &str) -> Result<Option<T>> {
    match take(attrs, name) {
        Some(attr) => attr.parse_args().map(Some),
        None => Ok(None),
    }
}

/// Takes `#[op = X]` out of `attrs`.
pub fn operation(attrs: &mut Vec<Attribute>) -> Result<Option<Expr>> {
    match take(attrs, "op") {
        None => Ok(None),
        Some(attr) => match attr.meta {
            Meta::NameValue(pair) => Ok(Some(pair.value)),
            other => Err(Error::new_spanned(other, "expected `#[op = NUMBER]`")),
        },
    }
}

/// The rights that a method requires: always, or if a condition of its arguments holds.
pub struct Required {
    pub rights: Rights,
    pub condition: Option<Expr>,
}

impl Parse for Required {
    fn parse(input: ParseStream) -> Result<Self> {
        let rights: Rights = input.parse()?;
        rights.within("WS")?;
        let condition = if input.peek(Token![if]) {
            input.parse::<Token![if]>()?;
            Some(input.parse()?)
        } else {
            None
        };
        Ok(Required { rights, condition })
    }
}

/// Rights by their letters: `R`, `W`, `S`, `D`, together as in `RWS`.
pub struct Rights(Ident);

impl Parse for Rights {
    fn parse(input: ParseStream) -> Result<Self> {
        let name: Ident = input.parse()?;
        let text = name.to_string();
        let known = text.bytes().all(|letter| b"RWSD".contains(&letter));
        if !known || text.is_empty() {
            return Err(Error::new_spanned(
                name,
                "rights are letters of `RWSD`, as in `#[rights(RW)]`",
            ));
        }
        Ok(Rights(name))
    }
}

impl Rights {
    /// Whether each of the letters is in `letters`.
    pub fn within(&self, letters: &str) -> Result<()> {
        match self.0.to_string().chars().find(|c| !letters.contains(*c)) {
            None => Ok(()),
            Some(_) => Err(Error::new_spanned(
                &self.0,
                format!(
                    "a method can only require rights of `{letters}`: others are not told to servers"
                ),
            )),
        }
    }
}

impl ToTokens for Rights {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        let text = self.0.to_string();
        let letters = text
            .chars()
            .map(|letter| Ident::new(letter.encode_utf8(&mut [0; 4]), self.0.span()));
        tokens.extend(quote! {
            ::l4re::sys::ObjRights::empty() #(.union(::l4re::sys::ObjRights::#letters))*
        });
    }
}
