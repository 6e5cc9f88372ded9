//! Holds `l4re-sys` to header files: every constant, size, alignment, offset and operation that
//! it defines ([`compare`](mod@compare)), and that it defines nothing else ([`cover`]).

pub mod changes;
pub mod compare;
pub mod cover;
pub mod excuses;
pub mod probes;
mod sources;

use l4re_tree::{Facts, Result};

/// The interface that this crate's sources define, as a name for people.
pub const OWN_DATE: &str = "June 2026";

/// The facts of June 2026, which `l4re-sys` was written by.
pub fn own_facts() -> Result<Facts> {
    let name = "l4re-sys/data/l4re-2026-06-amd64.json";
    Facts::parse(include_str!("../../data/l4re-2026-06-amd64.json"), name)
}
