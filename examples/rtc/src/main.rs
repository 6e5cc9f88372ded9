//! The driver: the time for clients of the gate `rtc`.

#![no_std]
#![no_main]

use l4re::server::Registry;
use l4re::{Env, Result, println};
use rtc::Rtc;
use rtc::server::Server;

#[l4re::main]
fn main(env: &'static Env) -> Result<i32> {
    let (mut requests, mut twelve) = (None, false);
    let mut args = env.args().skip(1);
    while let Some(arg) = args.next() {
        let understood = match arg {
            "--requests" => {
                requests = args.next().and_then(|number| number.parse().ok());
                requests.is_some()
            }
            "--twelve-hours" => {
                twelve = true;
                true
            }
            _ => false,
        };
        if !understood {
            println!("usage: {} [--requests N] [--twelve-hours]", env.name());
            return Ok(2);
        }
    }
    let registry = Registry::new()?;
    let server = Server::new(env, &registry, requests, twelve)?;
    registry.serve(env.named::<dyn Rtc>("rtc")?, server)?;
    registry.run()?;
    Ok(0)
}
