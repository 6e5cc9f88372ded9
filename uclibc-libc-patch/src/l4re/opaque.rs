//! Types that programs only point to.

use super::*;

/// An open stream.
#[derive(Debug)]
pub enum FILE {}

/// An open directory.
#[derive(Debug)]
pub enum DIR {}
