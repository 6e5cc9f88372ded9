//! C++ in a program with `std`: objects, the library's containers, exceptions, threads.

use std::ffi::c_int;

unsafe extern "C" {
    safe fn cxx_work() -> c_int;
    safe fn cxx_throw();
}

fn main() {
    if std::env::args().nth(1).as_deref() == Some("uncaught") {
        cxx_throw();
    }
    assert_eq!(cxx_work(), 0);
    let caught = std::panic::catch_unwind(|| panic!("as it should"));
    println!("a panic unwinds beside it: {}", caught.is_err());
}
