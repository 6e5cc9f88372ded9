//! The reader: makes the ring, and checks and times what comes.

#![no_std]
#![no_main]

use core::time::Duration;
use l4re::dataspace::Dataspace;
use l4re::region::Region;
use l4re::ring::{Bells, Receiver};
use l4re::semaphore::Semaphore;
use l4re::server::Registry;
use l4re::time::Instant;
use l4re::{Env, Error, Malformed, OwnedCap, Result, println, start, thread};
use shm::{Pattern, Pipe, SIZE, TOTAL};

/// How long the writer may have nothing to say.
const PATIENCE: Duration = Duration::from_secs(60);

struct Reader {
    registry: Registry,
}

impl Pipe for Reader {
    fn open(
        &self,
    ) -> Result<(
        OwnedCap<Dataspace>,
        OwnedCap<Semaphore>,
        OwnedCap<Semaphore>,
    )> {
        let env = start::env();
        let memory = env.rm().attach(env.mem_alloc().dataspace(SIZE)?)?;
        let (own, others) = (
            env.factory().create_semaphore()?,
            env.factory().create_semaphore()?,
        );
        let results = (
            memory.dataspace().lend(),
            own.cap().lend(),
            others.cap().lend(),
        );
        let remote = self.registry.remote()?;
        // The registry goes on answering while a thread reads.
        let reader = move || {
            if let Err(error) = read(memory, &own, &others) {
                println!("the writer is not to be trusted: {error}");
            }
            remote.stop();
        };
        thread::Builder::new().name("reader").spawn(reader)?;
        Ok(results)
    }
}

/// Reads all that comes by a ring.
fn read(memory: Region, own: &OwnedCap<Semaphore>, others: &OwnedCap<Semaphore>) -> Result<()> {
    let bells = Bells {
        other: others.cap().cast(),
        own: own.cap(),
    };
    let mut ring = Receiver::new(memory, bells)?;
    let (mut pattern, mut total) = (Pattern::START, 0);
    let (mut block, mut due) = ([0; 4096], [0; 4096]);
    let mut start = None;
    loop {
        let there = ring.wait_for(block.len(), Some(PATIENCE))?;
        let start = *start.get_or_insert_with(Instant::now);
        let read = ring.try_read(&mut block)?;
        if read == 0 && there.is_some() {
            return report(total, start.elapsed());
        }
        pattern.fill(due.get_mut(..read).unwrap_or(&mut []));
        if read % 8 != 0 || block.get(..read) != due.get(..read) {
            return Err(Error::Malformed(Malformed::BadValue));
        }
        total += read;
    }
}

fn report(total: usize, time: Duration) -> Result<()> {
    if total != TOTAL {
        return Err(Error::Malformed(Malformed::TooShort));
    }
    let ms = time.as_millis().max(1) as usize;
    let mib = total >> 20;
    println!(
        "{mib} MiB, all as they were sent, in {ms} ms: {} KiB/s",
        (total >> 10) * 1000 / ms
    );
    Ok(())
}

#[l4re::main]
fn main(env: &'static Env) -> Result<()> {
    let registry = Registry::new()?;
    let reader = Reader {
        registry: registry.clone(),
    };
    registry.serve(env.named::<dyn Pipe>("pipe")?, reader)?;
    registry.run()
}
