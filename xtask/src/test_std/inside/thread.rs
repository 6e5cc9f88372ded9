//! The tests of `std::thread`, with the names around them that they have in `std`.

#![feature(test)]

extern crate test;

pub use std::*;

mod thread {
    pub use std::thread::*;

    /// In place of a private function, whose test is left out.
    pub(crate) fn current_os_id() -> u64 {
        unreachable!()
    }

    #[path = "@LIBRARY@/std/src/thread/tests.rs"]
    mod tests;
}
