//! Threads that borrow what their maker has, and a lock.

use alloc::vec::Vec;
use l4re::sync::Mutex;
use l4re::{Result, println, thread};

const THREADS: u32 = 4;
const END: u32 = 100;

pub fn run() -> Result<()> {
    let primes = Mutex::new(Vec::new());
    let search = |first: u32| {
        for number in (first..END).step_by(THREADS as usize) {
            if is_prime(number) {
                primes.lock().push(number);
            }
        }
    };
    // All of its threads have ended where the scope ends.
    thread::scope(|scope| -> Result<()> {
        for first in 0..THREADS {
            let search = &search;
            scope.spawn(move || search(first))?;
        }
        Ok(())
    })?;
    let number = primes.lock().len();
    println!("four threads found {number} primes below {END}");
    Ok(())
}

fn is_prime(number: u32) -> bool {
    number > 1 && (2..number).all(|divisor| !number.is_multiple_of(divisor))
}
