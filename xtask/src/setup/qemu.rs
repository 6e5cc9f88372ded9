//! The emulator.

use std::path::PathBuf;

use super::{Missing, in_path};

const NAME: &str = "qemu-system-x86_64";

/// QEMU for x86-64 in `PATH`.
pub(super) fn find() -> Result<PathBuf, Missing> {
    in_path(NAME).ok_or_else(|| Missing {
        what: "QEMU for x86-64",
        looked: vec![format!("{NAME} in PATH")],
        packages: &["qemu-system-x86"],
    })
}
