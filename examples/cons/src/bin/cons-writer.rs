//! A client that writes: lines, a piece at a time, while another one writes too.

#![no_std]
#![no_main]

use core::time::Duration;
use l4re::factory::{Arg, Factory};
use l4re::sys::proto;
use l4re::vcon::Vcon;
use l4re::{Cap, Env, OwnedCap, Result, time};

#[l4re::main]
fn main(env: &Env) -> Result<()> {
    let cons: Cap<Factory> = env.named("cons")?;
    let args = [Arg::Str("writer"), Arg::Str("green"), Arg::Str("key=w")];
    let con: OwnedCap<Vcon> = cons.create(proto::LOG, &args)?;
    for line in ["one", "two", "three"] {
        for word in ["line ", line, "\n"] {
            con.write(word.as_bytes())?;
            time::sleep(Duration::from_millis(2));
        }
    }
    Ok(())
}
