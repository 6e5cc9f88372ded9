//! Small things the rest stands on.

pub mod budget;
pub mod global;
pub mod list;
#[cfg(test)]
pub mod one;
pub mod tree;
