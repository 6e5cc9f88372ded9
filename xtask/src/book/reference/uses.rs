//! Who uses a definition of `l4re-sys`: the methods of capabilities, and those of the traits
//! that servers implement.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use anyhow::Result;
use syn::visit::{self, Visit};
use syn::{
    Attribute, Expr, ExprMethodCall, ExprPath, GenericArgument, ImplItem, ImplItemFn, Item,
    ItemImpl, ItemTrait, Meta, PathArguments, TraitItem, Type, UseTree, Visibility,
};

use super::source::{module_of, parse_file, rust_files};

/// Methods by the path of a constant in `l4re-sys`, as `op::task::MAP`.
#[derive(Default)]
pub struct Uses {
    /// Methods of capabilities, as `Cap<Task>::map`.
    pub clients: BTreeMap<String, BTreeSet<String>>,
    /// Methods of servers, as `services::Rm::attach`.
    pub servers: BTreeMap<String, BTreeSet<String>>,
    /// All public methods of capabilities, and all methods of interfaces.
    all: BTreeSet<String>,
}

/// A method of a capability: whose, what it mentions, and which of its fellows it calls.
struct Method {
    owner: String,
    name: String,
    public: bool,
    mentions: BTreeSet<String>,
    calls: BTreeSet<String>,
}

impl Uses {
    /// Reads the sources of `l4re`.
    pub fn read(dir: &Path) -> Result<Uses> {
        let mut uses = Uses::default();
        let mut methods = Vec::new();
        for file in rust_files(dir)? {
            let module = module_of(dir, &file);
            let items = parse_file(&file)?.items;
            let names = Names::of(&items);
            for item in &items {
                match item {
                    Item::Trait(item) => uses.add_trait(item, &module, &names),
                    Item::Impl(item) => methods.extend(methods_of(item, &names)),
                    _ => {}
                }
            }
        }
        uses.add_clients(&methods);
        Ok(uses)
    }

    /// The methods that are called as an operation of an interface is, as `L4::Io_pager` and
    /// `io_page_fault`: of the client, of the server.
    pub fn by_name(&self, interface: &str, operation: &str) -> (Option<&str>, Option<&str>) {
        let last = interface.rsplit("::").next().unwrap_or(interface);
        let owner: String = (last.split('_'))
            .map(|word| {
                let (first, rest) = word.split_at(word.len().min(1));
                first.to_uppercase() + rest
            })
            .collect();
        let find = |name: String| self.all.get(&name).map(String::as_str);
        (
            find(format!("Cap<{owner}>::{operation}")),
            find(format!("services::{owner}::{operation}")),
        )
    }

    fn add_trait(&mut self, item: &ItemTrait, module: &str, names: &Names) {
        let interface =
            |attr: &Attribute| attr.path().segments.last().map(|s| s.ident == "interface");
        if !item.attrs.iter().any(|attr| interface(attr) == Some(true)) {
            return;
        }
        // Private modules; the traits are their parent's.
        let room = module.split("::").next().unwrap_or(module);
        for method in &item.items {
            let TraitItem::Fn(method) = method else {
                continue;
            };
            let name = format!("{room}::{}::{}", item.ident, method.sig.ident);
            self.all.insert(name.clone());
            let Some(op) = method.attrs.iter().find_map(|attr| op_of(attr, names)) else {
                continue;
            };
            self.servers.entry(op).or_default().insert(name);
        }
    }

    /// A method uses what it mentions, what the methods that it calls do, and the operations of
    /// the servers' traits that it calls.
    fn add_clients(&mut self, methods: &[Method]) {
        let mut operations: BTreeMap<String, String> = BTreeMap::new();
        for (op, names) in &self.servers {
            operations.extend(names.iter().map(|name| (name.clone(), op.clone())));
        }
        let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for method in methods.iter().filter(|method| method.public) {
            (self.all).insert(format!("{}::{}", method.owner, method.name));
            let mut mentions: BTreeSet<&str> = BTreeSet::new();
            let mut seen = BTreeSet::new();
            let mut todo = vec![method];
            while let Some(next) = todo.pop() {
                if !seen.insert(&next.name) {
                    continue;
                }
                mentions.extend(next.mentions.iter().map(String::as_str));
                todo.extend(methods.iter().filter(|other| {
                    other.owner == next.owner && !other.public && next.calls.contains(&other.name)
                }));
            }
            for mention in mentions {
                let op = operations.get(mention).map_or(mention, String::as_str);
                let name = format!("{}::{}", method.owner, method.name);
                found.entry(op.to_owned()).or_default().insert(name);
            }
        }
        self.clients = found;
    }
}

/// `#[op = constant]`
fn op_of(attr: &Attribute, names: &Names) -> Option<String> {
    let Meta::NameValue(meta) = &attr.meta else {
        return None;
    };
    if !meta.path.is_ident("op") {
        return None;
    }
    match &meta.value {
        Expr::Path(path) => names.constant(&path.path),
        _ => None,
    }
}

fn methods_of(item: &ItemImpl, names: &Names) -> Vec<Method> {
    let Some(owner) = cap_type(&item.self_ty) else {
        return Vec::new();
    };
    if item.trait_.is_some() {
        return Vec::new();
    }
    let method = |method: &ImplItemFn| {
        let mut mentions = Mentions {
            names,
            paths: BTreeSet::new(),
            calls: BTreeSet::new(),
        };
        mentions.visit_block(&method.block);
        Method {
            owner: owner.clone(),
            name: method.sig.ident.to_string(),
            public: matches!(method.vis, Visibility::Public(_)),
            mentions: mentions.paths,
            calls: mentions.calls,
        }
    };
    (item.items.iter())
        .filter_map(|item| match item {
            ImplItem::Fn(item) => Some(method(item)),
            _ => None,
        })
        .collect()
}

/// `Cap<Task>` of a type; the parameter's name for what holds of any capability.
fn cap_type(ty: &Type) -> Option<String> {
    let Type::Path(path) = ty else { return None };
    let last = path.path.segments.last()?;
    if last.ident != "Cap" && last.ident != "OwnedCap" {
        return None;
    }
    let PathArguments::AngleBracketed(arguments) = &last.arguments else {
        return None;
    };
    let GenericArgument::Type(inner) = arguments.args.first()? else {
        return None;
    };
    let inner = match inner {
        Type::Path(path) => path.path.segments.last()?.ident.to_string(),
        Type::TraitObject(object) => match object.bounds.first()? {
            syn::TypeParamBound::Trait(bound) => {
                format!("dyn {}", bound.path.segments.last()?.ident)
            }
            _ => return None,
        },
        _ => return None,
    };
    Some(format!("{}<{inner}>", last.ident))
}

struct Mentions<'a> {
    names: &'a Names,
    paths: BTreeSet<String>,
    calls: BTreeSet<String>,
}

impl Visit<'_> for Mentions<'_> {
    fn visit_expr_path(&mut self, path: &ExprPath) {
        self.paths.extend(self.names.constant(&path.path));
        if let Some(last) = path.path.segments.last() {
            self.calls.insert(last.ident.to_string());
        }
        visit::visit_expr_path(self, path);
    }

    fn visit_expr_method_call(&mut self, call: &ExprMethodCall) {
        self.calls.insert(call.method.to_string());
        visit::visit_expr_method_call(self, call);
    }
}

/// What a file's `use` lines call by which name.
struct Names(BTreeMap<String, String>);

impl Names {
    fn of(items: &[Item]) -> Names {
        let mut names = Names(BTreeMap::new());
        for item in items {
            if let Item::Use(item) = item {
                names.add(&item.tree, "");
            }
        }
        names
    }

    fn add(&mut self, tree: &UseTree, before: &str) {
        let join = |name: &dyn std::fmt::Display| match before {
            "" => name.to_string(),
            before => format!("{before}::{name}"),
        };
        match tree {
            UseTree::Path(path) => self.add(&path.tree, &join(&path.ident)),
            UseTree::Name(name) if name.ident == "self" => {
                let own = before.rsplit("::").next().unwrap_or(before);
                self.0.insert(own.to_owned(), before.to_owned());
            }
            UseTree::Name(name) => {
                self.0.insert(name.ident.to_string(), join(&name.ident));
            }
            UseTree::Rename(name) => {
                let path = match name.ident.to_string().as_str() {
                    "self" => before.to_owned(),
                    _ => join(&name.ident),
                };
                self.0.insert(name.rename.to_string(), path);
            }
            UseTree::Group(group) => {
                for tree in &group.items {
                    self.add(tree, before);
                }
            }
            UseTree::Glob(_) => {}
        }
    }

    /// What a path stands for: a constant of `l4re-sys` without the crate's name, or something
    /// of this crate's services.
    fn constant(&self, path: &syn::Path) -> Option<String> {
        let mut segments = path
            .segments
            .iter()
            .map(|segment| segment.ident.to_string());
        let first = segments.next()?;
        let first = self.0.get(&first).cloned().unwrap_or(first);
        let whole = std::iter::once(first)
            .chain(segments)
            .collect::<Vec<_>>()
            .join("::");
        ["l4re_sys::", "crate::sys::", "crate::"]
            .iter()
            .find_map(|root| whole.strip_prefix(root))
            .map(str::to_owned)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use quote::quote;

    #[test]
    fn clients_and_servers_are_found() {
        let file: syn::File = syn::parse2(quote! {
            use crate::services;
            use l4re_sys::op::task as op;
            use l4re_sys::re::{rm, dataspace};
            #[l4re::interface(server, protocol = 1)]
            pub trait Rm {
                #[op = rm::ATTACH]
                fn attach(&self);
            }
            impl Cap<Task> {
                pub fn map(self) { self.send(op::MAP) }
                pub fn take(self) { self.help() }
                fn help(self) { w.put(dataspace::INFO); }
            }
            impl Cap<crate::region::Rm> {
                pub fn attach(self) { services::Rm::attach(&self.cast()) }
            }
        })
        .unwrap();
        let names = Names::of(&file.items);
        let mut uses = Uses::default();
        let mut methods = Vec::new();
        for item in &file.items {
            match item {
                Item::Trait(item) => uses.add_trait(item, "services::rm", &names),
                Item::Impl(item) => methods.extend(methods_of(item, &names)),
                _ => {}
            }
        }
        uses.add_clients(&methods);
        assert!(uses.servers["re::rm::ATTACH"].contains("services::Rm::attach"));
        assert!(uses.clients["op::task::MAP"].contains("Cap<Task>::map"));
        assert!(uses.clients["re::dataspace::INFO"].contains("Cap<Task>::take"));
        assert!(uses.clients["re::rm::ATTACH"].contains("Cap<Rm>::attach"));
        let named = uses.by_name("L4Re::Rm", "attach");
        assert_eq!(
            named,
            (Some("Cap<Rm>::attach"), Some("services::Rm::attach"))
        );
    }
}
