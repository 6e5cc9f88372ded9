//! The server: an object behind the gate `greet`.

#![no_std]
#![no_main]

extern crate alloc;

use alloc::format;
use alloc::string::String;
use greeter::Greet;
use l4re::server::Registry;
use l4re::{Env, Result, println};

struct Host {
    registry: Registry,
}

impl Greet for Host {
    fn greet(&self, name: &str) -> Result<String> {
        Ok(format!("Hello, {name}!"))
    }

    fn end(&self) -> Result<()> {
        self.registry.stop();
        Ok(())
    }
}

#[l4re::main]
fn main(env: &Env) -> Result<()> {
    let registry = Registry::new()?;
    let host = Host {
        registry: registry.clone(),
    };
    registry.serve(env.named::<dyn Greet>("greet")?, host)?;
    registry.run()?;
    println!("done");
    Ok(())
}
