//! Every constant, layout and function against what L4Re's headers say.

use std::collections::BTreeMap;

use serde::Deserialize;
use uclibc_libc_patch::{aliases, c_field, constants, functions, layouts, own};

#[derive(Deserialize)]
struct Facts {
    enums: BTreeMap<String, Value>,
    macros: BTreeMap<String, Value>,
    types: BTreeMap<String, Type>,
    functions: BTreeMap<String, serde_json::Value>,
}

#[derive(Deserialize)]
struct Value {
    value: serde_json::Value,
}

#[derive(Deserialize)]
struct Type {
    size: usize,
    align: usize,
    #[serde(default)]
    fields: Vec<Field>,
}

#[derive(Deserialize)]
struct Field {
    name: String,
    offset: usize,
    // Negative for an array without an end.
    size: Option<i64>,
}

/// The facts that came with L4Re's description, and those of its headers for programs that look
/// into other things: `elf.h`, `net/if_arp.h`, `sys/prctl.h` and others.
fn facts() -> Facts {
    let read = |text: &str| -> Facts { serde_json::from_str(text).unwrap() };
    let mut facts = read(include_str!("../data/uclibc-l4re-2026-06-amd64.json"));
    let more = read(include_str!("../data/uclibc-l4re-2026-06-amd64-more.json"));
    facts.macros.extend(more.macros);
    facts.types.extend(more.types);
    facts.functions.extend(more.functions);
    facts
}

/// What the facts leave out and `cargo xtask check-libc` checks in a tree's headers.
const BEYOND_TYPES: [&str; 3] = [
    "l4_sched_cpu_set_t",
    "struct l4_sched_cpu_set_t",
    "struct __exit_status",
];
const BEYOND_FUNCTIONS: [&str; 3] = ["iconv", "iconv_close", "iconv_open"];

/// No header of L4Re's has it.
fn foreign(name: &str) -> bool {
    own::find(&own::FOREIGN, name).is_some()
}

fn report(differences: &[String]) {
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

#[test]
fn constants_have_their_values() {
    let facts = facts();
    let mut differences = Vec::new();
    let mut count = 0;
    for (name, value, size) in constants() {
        let Some(fact) = facts.macros.get(name).or_else(|| facts.enums.get(name)) else {
            if !foreign(name) {
                differences.push(format!("{name}: not in the facts"));
            }
            continue;
        };
        count += 1;
        // Signs differ where C has no type of its own for a constant.
        let mask = u128::MAX >> (128 - 8 * size);
        let due =
            (fact.value.as_i64().map(i128::from)).or_else(|| fact.value.as_u64().map(i128::from));
        if due.map(|due| due as u128 & mask) != Some(value as u128 & mask) {
            differences.push(format!("{name} = {value}, must be {}", fact.value));
        }
    }
    report(&differences);
    assert!(count > 1500, "only {count} constants are compared");
}

#[test]
fn types_have_their_layouts() {
    let facts = facts();
    let mut differences = Vec::new();
    let mut count = 0;
    for layout in layouts() {
        let Some(fact) = facts.types.get(layout.c) else {
            if !BEYOND_TYPES.contains(&layout.c) && !foreign(layout.c) {
                differences.push(format!("{}: not in the facts", layout.c));
            }
            continue;
        };
        count += 1;
        if (layout.size, layout.align) != (fact.size, fact.align) {
            differences.push(format!(
                "{}: size {} align {}, must be {} and {}",
                layout.c, layout.size, layout.align, fact.size, fact.align
            ));
        }
        // A name for another type has its fields there.
        let named = || facts.types.get(&format!("struct {}", layout.c));
        let fields = match (fact.fields.is_empty(), named()) {
            (true, Some(fact)) => &fact.fields,
            _ => &fact.fields,
        };
        for (name, offset, size) in layout.fields {
            let Some(path) = c_field(layout.c, name) else {
                continue;
            };
            let (outer, inner) = path.split_once('.').unwrap_or((&path, ""));
            let Some(field) = fields.iter().find(|field| field.name == outer) else {
                if !fields.is_empty() {
                    differences.push(format!("{}.{name}: no such field", layout.c));
                }
                continue;
            };
            let within = if inner == "tv_nsec" { 8 } else { 0 };
            let whole = inner.is_empty().then_some(field.size).flatten();
            if *offset != field.offset + within || whole.is_some_and(|whole| whole != *size as i64)
            {
                differences.push(format!(
                    "{}.{name}: at {offset}, {size} bytes, must be at {}, {:?}",
                    layout.c,
                    field.offset + within,
                    field.size
                ));
            }
        }
    }
    for (name, size) in aliases() {
        if let Some(fact) = facts.types.get(name) {
            count += 1;
            if size != fact.size {
                differences.push(format!("{name}: {size} bytes, must be {}", fact.size));
            }
        }
    }
    report(&differences);
    assert!(count > 130, "only {count} types are compared");
}

#[test]
fn functions_are_the_librarys() {
    let facts = facts();
    let unknown: Vec<String> = functions()
        .map(|function| function.symbol())
        .filter(|name| !facts.functions.contains_key(*name) && !foreign(name))
        .filter(|name| !BEYOND_FUNCTIONS.contains(name))
        .map(|name| format!("{name}: not in the facts"))
        .collect();
    report(&unknown);
    assert!(functions().count() > 600);
}
