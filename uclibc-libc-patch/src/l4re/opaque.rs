//! Types that programs only point to.

/// An open stream.
pub enum FILE {}

/// An open directory.
pub enum DIR {}
