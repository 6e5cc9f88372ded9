//! The server: the C library behind the gate `checksum`.

#![no_std]
#![no_main]

use c_library::Checksum;
use l4re::server::Registry;
use l4re::{Env, Result, println};

unsafe extern "C" {
    // `c/adler32.h`
    fn adler32(so_far: u32, bytes: *const u8, size: usize) -> u32;
}

struct Checksums {
    registry: Registry,
}

impl Checksum for Checksums {
    fn adler32(&self, text: &str) -> Result<u32> {
        // SAFETY: the C function reads as many bytes as it is told, and these are there.
        Ok(unsafe { adler32(1, text.as_ptr(), text.len()) })
    }

    fn end(&self) -> Result<()> {
        self.registry.stop();
        Ok(())
    }
}

#[l4re::main]
fn main(env: &Env) -> Result<()> {
    let registry = Registry::new()?;
    let checksums = Checksums {
        registry: registry.clone(),
    };
    registry.serve(env.named::<dyn Checksum>("checksum")?, checksums)?;
    registry.run()?;
    println!("done");
    Ok(())
}
