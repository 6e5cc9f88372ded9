//! The server: consoles for clients that ask at the gate `cons`.

#![no_std]
#![no_main]

use cons::options::Options;
use cons::server::Server;
use l4re::server::Registry;
use l4re::services::Factory;
use l4re::{Env, Result, println};

#[l4re::main]
fn main(env: &'static Env) -> Result<i32> {
    let options = match Options::parse(env.args().skip(1)) {
        Ok(options) => options,
        Err(error) => {
            println!("{}: {error}", env.name());
            return Ok(2);
        }
    };
    let registry = Registry::new()?;
    let server = Server::new(env, &registry, &options)?;
    registry.serve(env.named::<dyn Factory>("cons")?, server)?;
    registry.run()?;
    Ok(0)
}
