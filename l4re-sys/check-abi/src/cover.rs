//! Whether the comparison sees everything that `l4re-sys` defines.

use std::collections::BTreeSet;
use std::path::Path;

use l4re_sys::facts::LAYOUTS;
use l4re_tree::{Result, Trouble};

use crate::compare::constants;
use crate::excuses::DEFINED_OUTSIDE;
use crate::sources;

/// What the sources of `l4re-sys`, in this folder, define beyond what is recorded and excused:
/// a line for each complaint.
pub fn complaints(crate_dir: &Path) -> Result<Vec<String>> {
    let src = crate_dir.join("src");
    let found = sources::scan(&src).map_err(|error| {
        Trouble::new(
            format!("the sources of l4re-sys cannot be read: {error}"),
            "Run the check in a checked-out l4re-rs.",
        )
        .looked_in([src.display()])
    })?;
    let mut complaints = Vec::new();
    let mut count = |what: &str, sources: usize, recorded: usize| {
        if sources != recorded {
            complaints.push(format!(
                "the sources define {sources} {what} by the macros of src/abi.rs; the tables of \
                 src/facts.rs list {recorded}"
            ));
        }
    };
    count("constants", found.constants, constants().count());
    count("structures", found.structures, LAYOUTS.len());
    let excused: BTreeSet<&str> = DEFINED_OUTSIDE.iter().map(|(name, _)| *name).collect();
    let outside: BTreeSet<&str> = found.outside.iter().map(String::as_str).collect();
    for name in outside.difference(&excused) {
        complaints.push(format!(
            "{name} is defined outside of the macros of src/abi.rs and has no reason in \
             check-abi/src/excuses.rs"
        ));
    }
    for name in excused.difference(&outside) {
        complaints.push(format!(
            "check-abi/src/excuses.rs has a reason for {name}, which there is not"
        ));
    }
    Ok(complaints)
}

/// The folder of `l4re-sys` that this tool was built with.
pub fn own_crate() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}
