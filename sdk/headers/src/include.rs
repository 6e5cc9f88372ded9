//! What headers include: what L4Re's do, so that a source finds what it uses by the same lines.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

/// Each header of L4Re's, with those that it includes, directly or not.
const L4RE: &str = include_str!("../data/includes-2026-06-amd64.txt");

/// The headers that one includes, and those that they include.
pub fn reached(headers: &BTreeMap<String, String>, name: &str) -> BTreeSet<String> {
    let mut reached = BTreeSet::new();
    let mut next = vec![name.to_owned()];
    while let Some(name) = next.pop() {
        let text = headers.get(&name).map_or("", String::as_str);
        for included in text.lines().filter_map(included) {
            if reached.insert(included.to_owned()) {
                next.push(included.to_owned());
            }
        }
    }
    reached
}

/// The header of L4Re's that a line includes.
fn included(line: &str) -> Option<&str> {
    let name = line
        .trim_start()
        .strip_prefix("#include <")?
        .split_once('>')?
        .0;
    name.starts_with("l4/").then_some(name)
}

/// Lets each header include what L4Re's header does, as far as there is such a header.
///
/// The lines stand at the end, where a header that is included in turn finds all of this one.
pub fn complete(headers: &mut BTreeMap<String, String>) {
    for line in L4RE.lines() {
        let Some((name, others)) = line.split_once('|') else {
            continue;
        };
        if !headers.contains_key(name) {
            continue;
        }
        let others = others.split_whitespace();
        let mut missing: Vec<&str> = others
            .filter(|other| headers.contains_key(*other))
            .collect();
        // Those first that include others.
        missing.sort_by_key(|other| std::cmp::Reverse(reached(headers, other).len()));
        let mut lines = String::new();
        let mut there = reached(headers, name);
        for other in missing {
            if there.insert(other.to_owned()) {
                there.extend(reached(headers, other));
                let _ = write!(lines, "\n#include <{other}>");
            }
        }
        if let Some(text) = headers.get_mut(name).filter(|_| !lines.is_empty()) {
            let _ = writeln!(text, "{lines}");
        }
    }
}
