//! Asks long questions by threads of its own, and short ones meanwhile.

#![no_std]
#![no_main]

use l4re::sync::mpsc;
use l4re::{Cap, Env, Result, println, thread};
use primes::Primes;

#[l4re::main]
fn main(env: &Env) -> Result<()> {
    let primes: Cap<dyn Primes> = env.named("primes")?;
    let (done, answers) = mpsc::channel();
    for limit in [100, 10_000, 50_000, 1_000] {
        let done = done.clone();
        thread::spawn(move || done.send((limit, primes.below(limit))))?;
    }
    drop(done);
    // In the order of the answers, whatever was asked first.
    for (limit, count) in answers.iter() {
        println!("{} primes below {limit}", count?);
    }
    println!("{} primes below 1000, by this thread", primes.below(1_000)?);
    primes.end()
}
