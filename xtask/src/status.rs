//! The exit statuses of `run` that are not a program's own.
//!
//! A program's status passes through unchanged; these are chosen so that they
//! rarely meet one. `docs/running.md` lists them for the reader.

use std::fmt;

/// A panicking program ends with this status (it is Rust's own on other systems).
#[cfg(test)]
pub const PANIC: u8 = 101;
/// The command line is wrong; clap's own.
pub const USAGE: u8 = 2;
/// Anything that has no status of its own.
pub const OTHER: u8 = 1;
/// The file is not an ELF file.
pub const NOT_ELF: u8 = 65;
/// The file cannot be read.
pub const NO_FILE: u8 = 66;
/// An ELF file, but for another machine, word size or kind of system.
pub const WRONG_MACHINE: u8 = 67;
/// The ELF file is cut off or contradicts itself.
pub const BROKEN_ELF: u8 = 68;
/// The programs do not fit into the machine's memory.
pub const NO_MEMORY: u8 = 69;
/// The kernel panicked.
pub const KERNEL_PANIC: u8 = 70;
/// There is no example of this name.
pub const UNKNOWN_EXAMPLE: u8 = 71;
/// Something is missing on this computer: QEMU, a toolchain, a linker, an L4Re tree.
pub const SETUP: u8 = 72;
/// The build failed.
pub const BUILD: u8 = 73;
/// The text of `--expect` did not come.
pub const NOT_EXPECTED: u8 = 74;
/// The machine stopped before the system told a status.
pub const NO_STATUS: u8 = 75;
/// The time given by `--timeout` is over; as with timeout(1).
pub const TIMEOUT: u8 = 124;

/// An error that ends `xtask` with a status of its own.
#[derive(Debug)]
pub struct Failure {
    status: u8,
    message: String,
}

impl Failure {
    /// An error with the given status and message, ready for `?`.
    pub fn error(status: u8, message: impl Into<String>) -> anyhow::Error {
        anyhow::Error::new(Failure {
            status,
            message: message.into(),
        })
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Failure {}

/// The exit status that an error asks for.
pub fn of(error: &anyhow::Error) -> u8 {
    error
        .downcast_ref::<Failure>()
        .map_or(OTHER, |failure| failure.status)
}

#[cfg(test)]
mod tests {
    use super::*;
    use anyhow::Context;

    #[test]
    fn context_keeps_the_status() {
        let error = Err::<(), _>(Failure::error(NOT_ELF, "no"))
            .context("while reading")
            .unwrap_err();
        assert_eq!(of(&error), NOT_ELF);
        assert_eq!(of(&anyhow::anyhow!("else")), OTHER);
        assert_ne!(NOT_ELF, PANIC);
    }
}
