//! The crate `libc`, as programs get it, against the C library that they are linked with: what the
//! crate `ctest` makes of the module's sources, half of it in Rust and half in C (`build.rs`).

#[allow(dead_code, deprecated, unsafe_op_in_unsafe_fn, clippy::all)]
#[allow(clippy::undocumented_unsafe_blocks)]
mod made {
    use std::sync::atomic::Ordering::Relaxed;

    use libc::*;

    include!(concat!(env!("OUT_DIR"), "/ctest.rs"));

    /// How many things were compared, and whether some differ.
    pub fn run() -> (usize, bool) {
        run_all();
        (NTESTS.load(Relaxed), FAILED.load(Relaxed))
    }
}

fn main() {
    println!("1..1");
    let (compared, differ) = made::run();
    if differ || compared == 0 {
        println!("not ok 1 - the crate libc is as the C library's headers say");
        std::process::exit(1);
    }
    println!("ok 1 - the crate libc is as the C library's headers say: {compared} things");
}
