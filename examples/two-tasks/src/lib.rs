//! What client and server agree on.
//!
//! A request is an operation (4 bytes) and its arguments, as [`l4re::msg`] packs them; the label
//! of the reply is 0, or the negative of an error code.

#![no_std]

/// The protocol: the label of requests.
pub const PROTOCOL: i64 = 0x50;

/// The difference of two numbers (4 bytes each); the reply holds it (4 bytes, signed).
pub const SUB: u32 = 0;

/// Makes the letters of a text capital. The text stands in a page that the client shares; its
/// length is the argument (a word). The answer stands behind it, and is as long.
pub const CAPITALS: u32 = 1;

/// Ends the server.
pub const END: u32 = 2;

/// The logarithm of the size of the page.
pub const PAGE_ORDER: u32 = 12;
