//! What messages cannot carry.

use l4re::msg::Plain;
use l4re::Result;

struct Own;

#[l4re::interface(protocol = 0x44)]
trait Arguments {
    fn own(&self, value: Own) -> Result<()>; //~ cannot be an argument
    fn text(&self, value: String) -> Result<()>; //~ cannot be an argument
    fn pointer(&self, value: *const u8) -> Result<()>; //~ cannot be an argument
}

#[l4re::interface(protocol = 0x45)]
trait Results {
    fn own(&self) -> Result<Own>; //~ cannot be the result
    fn text(&self) -> Result<&'static str>; //~ cannot be the result
}

#[repr(C)]
#[derive(Clone, Copy, Plain)]
struct Pair {
    number: u32,
    truth: bool, //~ Plain
}
