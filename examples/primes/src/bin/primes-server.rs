//! A server with threads that work for it: long requests do not keep short ones waiting.

#![no_std]
#![no_main]

extern crate alloc;

use alloc::sync::Arc;
use core::sync::atomic::{AtomicU32, Ordering};
use l4re::server::{Registry, Remote, Workers};
use l4re::{Env, Result, println, thread};
use primes::Primes;

const WORKERS: usize = 3;

// ANCHOR: object
/// Shared by all workers, so what changes in it is atomic, or in a `Mutex`.
struct Counter {
    requests: AtomicU32,
    server: Remote,
}

impl Primes for Counter {
    fn below(&self, limit: u32) -> Result<u32> {
        self.requests.fetch_add(1, Ordering::Relaxed);
        let is_prime = |n: &u32| {
            (2..)
                .take_while(|d| d * d <= *n)
                .all(|d| !n.is_multiple_of(d))
        };
        Ok((2..limit.min(1 << 16)).filter(is_prime).count() as u32)
    }

    fn end(&self) -> Result<()> {
        self.server.stop();
        Ok(())
    }
}
// ANCHOR_END: object

// ANCHOR: main
#[l4re::main]
fn main(env: &'static Env) -> Result<()> {
    let registry = Registry::new()?;
    let counter = Arc::new(Counter {
        requests: AtomicU32::new(0),
        server: registry.remote()?,
    });
    let workers = Workers::new(WORKERS, thread::Builder::new().name("worker"))?;
    workers.serve(
        &registry,
        env.named::<dyn Primes>("primes")?,
        counter.clone(),
    )?;
    registry.run()?;
    // They have sent their answers, and ended.
    drop(workers);
    let requests = counter.requests.load(Ordering::Relaxed);
    println!("{requests} requests by {WORKERS} workers");
    Ok(())
}
// ANCHOR_END: main
