//! Protocols that are not a program's own.

use l4re::Result;

#[l4re::interface(protocol = -11)] //~ is the kernel's or L4Re's own
pub trait Task {
    fn unmap(&self) -> Result<()>;
}

#[l4re::interface(protocol = 0x4000)] //~ is the kernel's or L4Re's own
pub trait Dataspace {
    fn clear(&self) -> Result<()>;
}

#[l4re::interface(protocol = 0x44, opcode = u8)]
pub trait Small {
    #[op = 256] //~ does not fit
    fn large(&self) -> Result<()>;
}
