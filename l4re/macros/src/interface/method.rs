//! A method of an interface.

use super::add;
use super::attrs::{self, Required, Rights};
use super::wire::{Wire, result_of};
use proc_macro2::{Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{
    Error, Expr, ExprLit, FnArg, Ident, Lit, LitInt, Pat, PatType, Result, ReturnType, Signature,
    TraitItemFn, Type,
};

/// Methods that every capability has: they would hide the interface's.
const HIDDEN: &[&str] = &[
    "bind_thread",
    "cast",
    "clone",
    "idx",
    "is_valid",
    "lend",
    "take",
];

/// How a parameter goes into messages.
pub enum Kind {
    /// With the request.
    In(Wire),
    /// By `&T`: the value goes with the request.
    Ref(Type),
    /// By `&mut T`: the value goes with the request and comes back with the reply.
    InOut(Type),
    /// By `&mut T`: the value comes back with the reply.
    Out(Type),
}

pub struct Parameter {
    pub name: Ident,
    pub kind: Kind,
    /// The rights to a capability that the server gets.
    pub rights: TokenStream,
    pub default: Option<Expr>,
    window: Option<LitInt>,
    pub span: Span,
}

/// What a method returns.
pub struct Output {
    /// The parts that stand in the message.
    pub parts: Vec<Wire>,
    /// The type of the label, if that is the first part.
    pub label: Option<Type>,
    /// Whether the author's type is a tuple (or nothing).
    tuple: bool,
    /// Where the author's type stands.
    pub span: Span,
}

pub struct Method {
    pub name: Ident,
    pub signature: Signature,
    pub parameters: Vec<Parameter>,
    pub output: Output,
    /// How many methods stand before it.
    index: usize,
    /// The name of the constant that is the operation, by that number (names can differ in what a
    /// constant's name cannot), and its value.
    pub op: Ident,
    pub op_value: TokenStream,
    /// Where the operation is told, or else the method's name.
    pub op_span: Span,
    /// The operation, if it is a plain number.
    pub number: Option<i128>,
    pub rights: Option<Required>,
    pub send_only: bool,
}

impl Method {
    pub fn new(function: &mut TraitItemFn, previous: Option<&Method>) -> Result<Self> {
        let mut errors = None;
        let mut keep = |error: Error| add(&mut errors, error);
        check_shape(&function.sig, &mut keep);

        let given = attrs::operation(&mut function.attrs)?;
        let rights = match attrs::argument::<Required>(&mut function.attrs, "rights") {
            Ok(rights) => rights,
            Err(error) => {
                keep(error);
                None
            }
        };
        let send_only = attrs::flag(&mut function.attrs, "send_only")?;
        let label = attrs::flag(&mut function.attrs, "label")?;
        let len: Option<Type> = attrs::argument(&mut function.attrs, "len")?;

        let mut parameters = Vec::new();
        for input in &mut function.sig.inputs {
            if let FnArg::Typed(input) = input {
                match Parameter::new(input) {
                    Ok(parameter) => parameters.push(parameter),
                    Err(error) => keep(error),
                }
            }
        }
        let output = match Output::new(&function.sig, label.is_some(), len.as_ref()) {
            Ok(output) => output,
            Err(error) => {
                keep(error);
                return Err(errors.unwrap_or_else(|| unreachable!("it has just been added")));
            }
        };
        if let Some(attr) = &send_only {
            let back = |p: &Parameter| matches!(p.kind, Kind::InOut(_) | Kind::Out(_));
            if !output.parts.is_empty() || output.label.is_some() || parameters.iter().any(back) {
                keep(Error::new_spanned(
                    attr,
                    "a method that is not answered returns nothing",
                ));
            }
        }
        if let Some(errors) = errors {
            return Err(errors);
        }

        let index = previous.map_or(0, |previous| previous.index + 1);
        let number = match &given {
            Some(expr) => literal(expr),
            None => previous.map_or(Some(0), |p| p.number.map(|n| n + 1)),
        };
        let op_value = match (&given, previous) {
            (Some(expr), _) => quote_spanned!(expr.span()=> (#expr) as i128),
            (None, Some(previous)) => {
                let previous = &previous.op;
                quote!(#previous as i128 + 1)
            }
            (None, None) => quote!(0i128),
        };
        let name = function.sig.ident.clone();
        Ok(Method {
            op: format_ident!("OP_{index}"),
            index,
            op_span: given.as_ref().map_or(name.span(), Spanned::span),
            signature: function.sig.clone(),
            name,
            parameters,
            output,
            op_value,
            number,
            rights,
            send_only: send_only.is_some(),
        })
    }

    /// What the method's requests can bring.
    pub fn demand(&self) -> TokenStream {
        let demands = self.parameters.iter().filter_map(|parameter| {
            let Kind::In(wire) = &parameter.kind else {
                return None;
            };
            let ty = &wire.ty;
            Some(match &parameter.window {
                Some(order) => quote! {
                    ::l4re::interface::Demand { caps: 0, memory: #order }
                },
                None => quote_spanned! {parameter.span=>
                    <#ty as ::l4re::interface::In<'_>>::DEMAND
                },
            })
        });
        quote!(::l4re::interface::Demand::NONE #(.and(#demands))*)
    }
}

fn literal(expr: &Expr) -> Option<i128> {
    match expr {
        Expr::Lit(ExprLit {
            lit: Lit::Int(int), ..
        }) => int.base10_parse().ok(),
        _ => None,
    }
}

fn check_shape(sig: &Signature, keep: &mut impl FnMut(Error)) {
    if HIDDEN.contains(&sig.ident.unraw().to_string().as_str()) {
        let text = format!(
            "`Cap::{}` would hide this method: give it another name",
            sig.ident
        );
        keep(Error::new_spanned(&sig.ident, text));
    }
    if !sig.generics.params.is_empty() {
        let text = "a method of an interface cannot be generic: its messages are fixed";
        keep(Error::new_spanned(&sig.generics, text));
    }
    if let Some(asyncness) = sig.asyncness {
        keep(Error::new_spanned(
            asyncness,
            "a method of an interface cannot be async",
        ));
    }
    match sig.receiver() {
        Some(r) if r.reference.is_some() && r.mutability.is_none() && r.colon_token.is_none() => {}
        Some(receiver) => keep(Error::new_spanned(
            receiver,
            "a method of an interface takes `&self`: an object has many clients (keep what changes in a cell)",
        )),
        None => keep(Error::new_spanned(
            &sig.ident,
            "a method of an interface takes `&self`",
        )),
    }
}

impl Parameter {
    fn new(input: &mut PatType) -> Result<Self> {
        let len: Option<Type> = attrs::argument(&mut input.attrs, "len")?;
        let rights: Option<Rights> = attrs::argument(&mut input.attrs, "rights")?;
        let default: Option<Expr> = attrs::argument(&mut input.attrs, "default")?;
        let window: Option<LitInt> = attrs::argument(&mut input.attrs, "window")?;
        let out = attrs::flag(&mut input.attrs, "out")?;
        let Pat::Ident(pattern) = &*input.pat else {
            let text = "a parameter of an interface's method is a name";
            return Err(Error::new_spanned(&input.pat, text));
        };
        let kind = match &*input.ty {
            Type::Reference(r) if r.mutability.is_some() => match &*r.elem {
                Type::Slice(_) => {
                    let text = "a slice cannot come back: return a `Vec` or an `Array`";
                    return Err(Error::new_spanned(&input.ty, text));
                }
                ty if out.is_some() => Kind::Out(ty.clone()),
                ty => Kind::InOut(ty.clone()),
            },
            Type::Reference(r) if !is_unsized(&r.elem) => Kind::Ref((*r.elem).clone()),
            Type::ImplTrait(ty) => {
                let text = "a parameter of an interface's method has a fixed type";
                return Err(Error::new_spanned(ty, text));
            }
            ty => Kind::In(Wire::of_parameter(ty, len.as_ref())?),
        };
        let is_in = matches!(&kind, Kind::In(_));
        if let Some(len) = &len
            && !matches!(&kind, Kind::In(wire) if wire.has_length())
        {
            let text = "only a slice or a string has a length";
            return Err(Error::new_spanned(len, text));
        }
        if let Some(out) = &out
            && !matches!(kind, Kind::Out(_))
        {
            let text = "what comes back is a `&mut T`";
            return Err(Error::new_spanned(out, text));
        }
        if let Some(default) = &default
            && !is_in
        {
            let text = "only what is passed by value has a default";
            return Err(Error::new_spanned(default, text));
        }
        Ok(Parameter {
            name: pattern.ident.clone(),
            kind,
            rights: rights.map_or_else(
                || quote!(::l4re::sys::ObjRights::R),
                |rights| quote!(#rights),
            ),
            default,
            window,
            span: input.ty.span(),
        })
    }
}

fn is_unsized(ty: &Type) -> bool {
    match ty {
        Type::Slice(_) => true,
        Type::Path(path) => path.path.is_ident("str"),
        _ => false,
    }
}

impl Output {
    fn new(sig: &Signature, label: bool, len: Option<&Type>) -> Result<Self> {
        let ReturnType::Type(_, ty) = &sig.output else {
            return Err(Error::new_spanned(
                &sig.ident,
                "a method of an interface returns a `Result`: the request itself can fail",
            ));
        };
        let ok = result_of(ty)?;
        let (tuple, mut types) = match &ok {
            Type::Tuple(tuple) => (true, tuple.elems.iter().cloned().collect()),
            other => (false, vec![other.clone()]),
        };
        let label = if label {
            if types.is_empty() {
                return Err(Error::new_spanned(ty, "the label is the first result"));
            }
            Some(types.remove(0))
        } else {
            None
        };
        let parts: Vec<Wire> = (types.iter())
            .map(|ty| Wire::of_result(ty, len))
            .collect::<Result<_>>()?;
        if let Some(len) = len
            && !parts.iter().any(Wire::has_length)
        {
            let text = "only a `Vec` or `String` has a length";
            return Err(Error::new_spanned(len, text));
        }
        Ok(Output {
            parts,
            label,
            tuple,
            span: ok.span(),
        })
    }

    /// The type of the parts in the message: a tuple.
    pub fn wire(&self) -> TokenStream {
        let parts = self.parts.iter().map(|part| &part.ty);
        quote_spanned!(self.span=> (#(#parts,)*))
    }

    /// A name for each part, and one for the label.
    pub fn names(&self) -> (Vec<Ident>, Ident) {
        let parts = (0..self.parts.len()).map(|i| format_ident!("__part{i}"));
        (parts.collect(), format_ident!("__label"))
    }

    /// A pattern or value of the author's type, of the label and the parts.
    pub fn whole(&self, label: &TokenStream, parts: &[TokenStream]) -> TokenStream {
        let all = self.label.iter().map(|_| label).chain(parts);
        if self.tuple {
            {
                let all: Vec<_> = all.collect();
                if all.len() == 1 {
                    quote!((#(#all,)*))
                } else {
                    quote!((#(#all),*))
                }
            }
        } else {
            quote!(#(#all)*)
        }
    }
}
