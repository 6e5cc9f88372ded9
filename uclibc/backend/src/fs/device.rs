//! `/dev`.

use super::console::Console;
use super::object::{About, Object};
use crate::errno::Result;
use crate::random;
use alloc::boxed::Box;

/// Always empty; takes everything.
struct Null;
/// Without end, zeros.
struct Zero;
/// Without end, random.
struct Random;

/// Names in `/dev`.
pub const NAMES: [&str; 9] = [
    "console", "null", "random", "stderr", "stdin", "stdout", "tty", "urandom", "zero",
];

/// The device of a name.
pub fn open(name: &str) -> Option<Box<dyn Object>> {
    Some(match name {
        "console" | "stderr" | "stdin" | "stdout" | "tty" => Box::new(Console),
        "null" => Box::new(Null),
        "zero" => Box::new(Zero),
        "random" | "urandom" => Box::new(Random),
        _ => return None,
    })
}

macro_rules! device {
    ($device:ty, $id:literal, maps: $maps:literal, |$to:ident| $read:expr) => {
        impl Object for $device {
            fn about(&self) -> Result<About> {
                Ok(About::device($id))
            }

            fn read(&self, $to: &mut [u8], _: u64, _: bool) -> Result<usize> {
                Ok($read)
            }

            fn write(&self, from: &[u8], _: u64) -> Result<usize> {
                Ok(from.len())
            }

            fn is_stream(&self) -> bool {
                true
            }

            fn seeks(&self) -> bool {
                true
            }

            fn can_be_mapped(&self) -> bool {
                $maps
            }
        }
    };
}

device!(Null, 3, maps: false, |_to| 0);
device!(Zero, 5, maps: true, |to| {
    to.fill(0);
    to.len()
});
device!(Random, 9, maps: false, |to| {
    random::fill(to);
    to.len()
});
