//! What an interface's methods cannot be.

use l4re::{Cap, Result};

#[l4re::interface(protocol = 0x44)]
trait Wrong {
    fn changes(&mut self) -> Result<()>; //~ `&self`
    fn takes(self) -> Result<()>; //~ `&self`
    fn of_none() -> Result<()>; //~ `&self`
    fn generic<T>(&self, value: T) -> Result<()>; //~ cannot be generic
    async fn later(&self) -> Result<()>; //~ cannot be async
    fn nothing(&self); //~ returns a `Result`
    fn plain(&self) -> u32; //~ returns a `Result`
    fn lend(&self) -> Result<()>; //~ would hide this method
    fn pattern(&self, (a, b): (u8, u8)) -> Result<()>; //~ is a name
    fn any(&self, value: impl Into<u32>) -> Result<()>; //~ fixed type
    fn slice(&self, bytes: &mut [u8]) -> Result<()>; //~ cannot come back
    fn length(&self, #[len(u8)] number: u32) -> Result<()>; //~ has a length
    fn back(&self, #[out] number: u32) -> Result<()>; //~ `&mut T`
    fn preset(&self, #[default(1)] number: &mut u32) -> Result<()>; //~ by value
    fn letters(&self, #[rights(X)] cap: Cap<dyn Wrong>) -> Result<()>; //~ letters of `RWSD`
    const NUMBER: u32; //~ methods only
    type Kind; //~ methods only
}

#[l4re::interface(protocol = 0x45)]
trait Attributes {
    #[rights(D)] //~ can only require rights of `WS`
    fn delete(&self) -> Result<()>;
    #[send_only] //~ returns nothing
    fn answer(&self) -> Result<u32>;
    #[len(u8)] //~ has a length
    fn number(&self) -> Result<u32>;
    #[op(3)] //~ #[op = NUMBER]
    fn operation(&self) -> Result<()>;
}

#[l4re::interface(protocol = 0x46)]
trait Twice {
    #[op = 1]
    fn first(&self) -> Result<()>;
    #[op = 1]
    fn second(&self) -> Result<()>; //~ already that of `first`
}

#[l4re::interface(protocol = 0x47)]
trait Of<T> { //~ cannot be generic
    fn method(&self) -> Result<()>;
}

#[l4re::interface]
trait Mute {
    fn method(&self) -> Result<()>; //~ need a protocol
}

#[l4re::interface(port = 3)] //~ expected `protocol
trait Port {}

#[derive(Clone, Copy, l4re::msg::Plain)]
struct Anyhow { //~ needs `#[repr(C)]`
    a: u32,
}

#[derive(Clone, Copy, l4re::msg::Plain)]
enum Few { //~ only a structure is plain
    One,
}
