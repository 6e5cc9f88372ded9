//! Asks C++ headers for what only they know.

use std::collections::BTreeSet;

use clang::{Clang, Entity, EntityKind, Index, TranslationUnit};

use super::c::{header_of, layout, probed};
use super::{Headers, parse};
use crate::facts::{Constant, Cxx};
use crate::trouble::Result;

pub(super) fn read(
    headers: &Headers,
    clang: &Clang,
    constants: &[(String, String)],
    types: &[(String, String)],
) -> Result<Cxx> {
    let index = Index::new(clang, false, false);
    let mut args = headers.clang_arguments("c++", "-std=gnu++20");
    // Some classes have their operations' types among what is private.
    args.push("-fno-access-control".to_owned());
    let includes: BTreeSet<&String> = (constants.iter().chain(types)).map(|(_, h)| h).collect();
    let mut text = String::new();
    for header in includes {
        text += &format!("#if __has_include(<{header}>)\n#include <{header}>\n#endif\n");
    }
    let first_line = text.lines().count() + 1;
    // Two questions a name: the number of an operation, and any other constant.
    for (name, _) in constants {
        let (class, own) = name.rsplit_once("::").unwrap_or(("", name));
        let operation = format!("{class}::Rpcs::template Rpc<{class}::{own}_t>::Opcode");
        for (kind, value) in [("op", &operation), ("is", name)] {
            let probe = name.replace("::", "_");
            text += &format!("enum {{ l4re_tree_probe_{kind}_{probe} = (long long)({value}) }};\n");
        }
    }
    for (name, _) in types {
        // The C library has functions of the same names as some of its structures.
        let tag = if name.contains("::") { "" } else { "struct " };
        text += &format!(
            "typedef {tag}{name} l4re_tree_type_{};\n",
            name.replace("::", "_")
        );
    }
    let unit = parse(&index, &text, "cc", &args)?;
    let mut found = Cxx::default();
    let values = probed(&unit, first_line);
    for (at, (name, header)) in constants.iter().enumerate() {
        let value = |line: usize| values.iter().find(|probe| probe.line == line);
        if let Some(probe) = value(2 * at).or_else(|| value(2 * at + 1)) {
            let constant = Constant {
                header: definer(headers, &probe.entity, name).unwrap_or_else(|| header.clone()),
                value: probe.value,
            };
            found.constants.insert(name.clone(), constant);
        }
    }
    for (name, header) in types {
        if let Some(ty) = defined(&unit, name)
            && let Some(layout) = layout(&ty, header.clone())
        {
            found.types.insert(name.clone(), layout);
        }
    }
    Ok(found)
}

/// The header that defines what a question is about: the last part of the name, with or
/// without the ending of operations.
fn definer(headers: &Headers, entity: &Entity<'_>, name: &str) -> Option<String> {
    let own = name.rsplit("::").next()?;
    entity.get_children().iter().find_map(|child| {
        let about = child.get_reference().filter(|reference| {
            let name = reference.get_name();
            name.is_some_and(|name| name == own || name.strip_suffix("_t") == Some(own))
        });
        let header = about.and_then(|reference| header_of(headers, &reference));
        header.or_else(|| definer(headers, child, name))
    })
}

/// The type behind the name that was given to it above.
fn defined<'u>(unit: &'u TranslationUnit<'u>, name: &str) -> Option<clang::Type<'u>> {
    let alias = format!("l4re_tree_type_{}", name.replace("::", "_"));
    let is_alias = |entity: &Entity<'_>| {
        entity.get_kind() == EntityKind::TypedefDecl && entity.get_name().as_ref() == Some(&alias)
    };
    let children = unit.get_entity().get_children();
    children
        .into_iter()
        .find(is_alias)?
        .get_typedef_underlying_type()
}
