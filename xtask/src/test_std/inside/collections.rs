//! The tests of `HashMap` and `HashSet`, with the names around them that they have in `std`.

#![feature(
    assert_matches, const_default, const_trait_impl, hash_set_entry, test, try_reserve_kind
)]

extern crate std as realstd;
extern crate test;

pub use std::*;

#[path = "@LIBRARY@/std/tests/common/mod.rs"]
mod test_helpers;

mod map {
    use std::collections::hash_map::*;

    #[path = "@LIBRARY@/std/src/collections/hash/map/tests.rs"]
    mod tests;
}

mod set {
    use std::collections::hash_set::*;

    #[path = "@LIBRARY@/std/src/collections/hash/set/tests.rs"]
    mod tests;
}
