//! The kernel as a program; all of it is in the library.

#![cfg_attr(target_os = "none", no_std, no_main)]

#[cfg(target_os = "none")]
use kernel as _;

/// On the host there is nothing to run.
#[cfg(not(target_os = "none"))]
fn main() {
    eprintln!("the kernel runs on the target x86_64-unknown-none: `cargo xtask build kernel`");
    std::process::exit(1);
}
