//! The root task: its start code, heap and panic handler. All else is in the library.

#![cfg_attr(target_os = "l4re", no_std, no_main)]

#[cfg(target_os = "l4re")]
mod start;

/// The root task is a program for L4Re; on the host there is only its library, and its tests.
#[cfg(not(target_os = "l4re"))]
fn main() {
    eprintln!("root-task runs on the embedded system: `./run` boots it.");
    std::process::exit(2);
}
