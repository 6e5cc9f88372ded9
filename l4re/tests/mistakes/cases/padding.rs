//! Structures that would send what was in memory before.

use l4re::msg::Plain;

#[repr(C)]
#[derive(Clone, Copy, Plain)]
struct Between { //~ has no padding
    a: u8,
    b: u64,
}

#[repr(C)]
#[derive(Clone, Copy, Plain)]
struct Behind { //~ has no padding
    a: u64,
    b: u32,
}
