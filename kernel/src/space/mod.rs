//! Who has which memory from whom, and the operations that change it: map, grant, unmap.

pub mod map;
pub mod node;
pub mod page;
pub mod ports;
