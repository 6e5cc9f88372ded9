//! A client that reads: it is told by an interrupt when something was typed.

#![no_std]
#![no_main]

extern crate alloc;

use alloc::format;
use alloc::string::String;
use l4re::factory::{Arg, Factory};
use l4re::icu::Icu;
use l4re::sys::{Timeout, TimeoutS, proto};
use l4re::vcon::Vcon;
use l4re::{Cap, Env, Error, OwnedCap, Result};

/// How long it waits for somebody to type, in microseconds.
const PATIENCE: u64 = 10_000_000;

#[l4re::main]
fn main(env: &Env) -> Result<()> {
    let cons: Cap<Factory> = env.named("cons")?;
    let args = [Arg::Str("reader"), Arg::Str("Cyan"), Arg::Str("key=r")];
    let con: OwnedCap<Vcon> = cons.create(proto::LOG, &args)?;
    let irq = env.factory().create_irq()?;
    irq.bind_thread(env.main_thread(), 0)?;
    con.cap().cast::<Icu>().bind(0, irq.cap())?;

    con.write(b"`connect reader` or Ctrl-E r brings you here.\n")?;
    con.write(b"What is your name? ")?;
    let mut line = String::new();
    while !line.ends_with('\n') {
        let mut buffer = [0; 64];
        let read = con.read(&mut buffer)?;
        line += &String::from_utf8_lossy(buffer.get(..read.len).unwrap_or(&[]));
        if read.len > 0 || read.more {
            continue;
        }
        let timeout = Timeout::new(TimeoutS::NEVER, TimeoutS::from_us(PATIENCE));
        match irq.receive(timeout) {
            Ok(()) => {}
            Err(Error::Ipc(_)) => {
                con.write(b"\nNobody there.\n")?;
                return Ok(());
            }
            Err(error) => return Err(error),
        }
    }
    con.write(format!("Hello, {}!\n", line.trim()).as_bytes())
}
