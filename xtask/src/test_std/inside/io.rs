//! The tests of `std::io` that use no private parts of it, with the names around them that they
//! have in `std`.

#![feature(
    borrowed_buf_init, can_vector, core_io_borrowed_buf, read_buf, seek_io_take_position, test,
    write_all_vectored
)]

extern crate test;

pub use std::*;

mod io {
    pub use std::io::*;

    /// As in the private part.
    pub(crate) const DEFAULT_BUF_SIZE: usize = 8192;

    #[path = "@LIBRARY@/std/src/io/copy/tests.rs"]
    mod copy;
    #[path = "@LIBRARY@/std/src/io/cursor/tests.rs"]
    mod cursor;
    #[path = "@LIBRARY@/std/src/io/impls/tests.rs"]
    mod impls;
    #[path = "@LIBRARY@/std/src/io/util/tests.rs"]
    mod util;
}
