//! The client.

#![no_std]
#![no_main]

use c_library::Checksum;
use l4re::{Cap, Env, Result, println};

#[l4re::main]
fn main(env: &Env) -> Result<()> {
    let checksum: Cap<dyn Checksum> = env.named("checksum")?;
    let text = "Wikipedia";
    println!("adler32({text}) = {:#x}", checksum.adler32(text)?);
    checksum.end()
}
