//! The tests of `std::fs`, with the names around them that they have in `std`.

#![feature(
    assert_matches, borrowed_buf_init, core_io_borrowed_buf, dirfd, file_buffered, fs_set_times,
    io_error_uncategorized, read_buf, read_buf_at, set_permissions_nofollow, test
)]

extern crate test;

pub use std::*;

#[path = "@LIBRARY@/std/tests/common/mod.rs"]
mod test_helpers;

mod files {
    use std::fs::*;

    // A copy without one use of a private field.
    #[path = "@COPY@"]
    mod tests;
}
