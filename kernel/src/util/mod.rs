//! Small things the rest stands on.

pub mod global;
pub mod list;
