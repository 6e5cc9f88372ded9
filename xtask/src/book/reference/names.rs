//! The page of names: what a name in C is in Rust.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::facts::Facts;
use super::source::Definitions;
use crate::book::NOTE;

/// The page.
pub fn page(facts: &Facts, definitions: &Definitions) -> String {
    let mut by_header: BTreeMap<&str, Vec<(&str, &str)>> = BTreeMap::new();
    for (c_name, definition) in &definitions.0 {
        by_header
            .entry(&definition.header)
            .or_default()
            .push((c_name, &definition.path));
    }
    let mut page = format!(
        "{NOTE}\n# Names in C and in Rust\n\n\
         Every constant, flag and structure of the interface that `l4re-sys` defines, by header. The \
         paths begin at `l4re_sys`, which programs have as `l4re::sys`. rustdoc's search finds them by \
         their names in C, too.\n"
    );
    for (header, names) in by_header {
        let _ = write!(
            page,
            "\n## `{header}`\n\n| C | Rust | value |\n|---|---|---|\n"
        );
        for (c_name, path) in names {
            let value = facts.value(c_name).map(number).unwrap_or_default();
            let _ = writeln!(page, "| `{c_name}` | `{path}` | {value} |");
        }
    }
    page
}

/// A number: large ones in hexadecimal.
pub fn number(value: i128) -> String {
    match value {
        ..=-4096 => format!("`-{:#x}`", -value),
        4096.. => format!("`{value:#x}`"),
        _ => format!("`{value}`"),
    }
}
