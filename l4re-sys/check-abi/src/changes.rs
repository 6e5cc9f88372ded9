//! What became different between two dates of the interface, whether `l4re-sys` defines it or
//! not.

use std::collections::BTreeMap;

use l4re_tree::Facts;
use l4re_tree::facts::{Constant, Type};

/// Changes from one set of headers to another, a line for each, by name.
pub fn list(from: &Facts, to: &Facts) -> Vec<String> {
    let mut lines = Vec::new();
    let value = |old: &Constant, new: &Constant| {
        (old.value != new.value).then(|| format!("is {}, was {}", new.value.0, old.value.0))
    };
    maps("constant", &from.enums, &to.enums, value, &mut lines);
    maps("macro", &from.macros, &to.macros, value, &mut lines);
    maps("type", &from.types, &to.types, layout, &mut lines);
    maps(
        "function",
        &from.functions,
        &to.functions,
        |_, _| None,
        &mut lines,
    );
    lines
}

fn maps<T>(
    kind: &str,
    from: &BTreeMap<String, T>,
    to: &BTreeMap<String, T>,
    change: impl Fn(&T, &T) -> Option<String>,
    lines: &mut Vec<String>,
) {
    for (name, old) in from {
        match to.get(name) {
            None => lines.push(format!("- {kind} {name} is gone")),
            Some(new) => {
                if let Some(change) = change(old, new) {
                    lines.push(format!("~ {kind} {name} {change}"));
                }
            }
        }
    }
    let new = to.keys().filter(|name| !from.contains_key(*name));
    lines.extend(new.map(|name| format!("+ {kind} {name} is new")));
}

fn layout(old: &Type, new: &Type) -> Option<String> {
    let mut changes = Vec::new();
    if old.size != new.size {
        changes.push(format!("has {} bytes, had {}", new.size, old.size));
    }
    if old.align != new.align {
        changes.push(format!("is aligned by {}, was by {}", new.align, old.align));
    }
    let fields = |ty: &Type| ty.fields.clone().unwrap_or_default();
    let (old, new) = (fields(old), fields(new));
    for field in &old {
        match new.iter().find(|new| new.name == field.name) {
            None => changes.push(format!("has no field {} any more", field.name)),
            Some(new) if (new.offset, new.size) != (field.offset, field.size) => {
                changes.push(format!(
                    "has {} at {} ({} bytes), had it at {} ({} bytes)",
                    field.name, new.offset, new.size, field.offset, field.size
                ));
            }
            Some(_) => {}
        }
    }
    let known = |name: &str| old.iter().any(|old| old.name == name);
    let fresh = new.iter().filter(|new| !known(&new.name));
    changes.extend(fresh.map(|new| format!("has a new field {}", new.name)));
    (!changes.is_empty()).then(|| changes.join(", "))
}
