//! The time of day: the interface of L4Re's `rtc` server, and what makes a date of it.

#![no_std]

extern crate alloc;
#[cfg(test)]
extern crate std;

pub mod cmos;
pub mod date;
pub mod server;

pub use date::Date;
pub use l4re::services::Rtc;
