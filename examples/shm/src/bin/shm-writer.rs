//! The writer: gets a ring from the reader, and fills it.

#![no_std]
#![no_main]

use l4re::ring::{Bells, Sender};
use l4re::{Cap, Env, Result, println};
use shm::{Pattern, Pipe, TOTAL};

#[l4re::main]
fn main(env: &Env) -> Result<()> {
    let pipe: Cap<dyn Pipe> = env.named("pipe")?;
    let (memory, readers, own) = pipe.open()?;
    let memory = env.rm().attach(memory)?;
    let bells = Bells {
        other: readers.cap().cast(),
        own: own.cap(),
    };
    let mut ring = Sender::new(memory, bells)?;
    println!("a ring for {} bytes", ring.capacity());
    let (mut pattern, mut block) = (Pattern::START, [0; 4096]);
    for _ in 0..TOTAL / block.len() {
        pattern.fill(&mut block);
        ring.write_all(&block)?;
    }
    Ok(())
}
