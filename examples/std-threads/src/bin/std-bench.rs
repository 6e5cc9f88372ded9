//! What the C library's heap and locks cost, in instructions: `cargo xtask bench` runs it on an
//! emulator whose time stamp counter counts them.

use std::arch::x86_64::_rdtsc;
use std::hint::black_box;

const ROUNDS: u64 = 20_000;

/// Ticks of the time stamp counter per round.
fn measure(name: &str, mut round: impl FnMut()) {
    // What is done only once comes before.
    (0..100).for_each(|_| round());
    // SAFETY: every x86-64 processor has the counter, and L4Re lets programs read it.
    let start = unsafe { _rdtsc() };
    (0..ROUNDS).for_each(|_| round());
    // SAFETY: every x86-64 processor has the instruction, and user code may use it here.
    let ticks = unsafe { _rdtsc() } - start;
    println!("bench {name} {}", ticks / ROUNDS);
}

fn main() {
    // A program of one thread pays less for its heap.
    std::thread::spawn(|| {}).join().expect("no panic");
    measure("malloc-free", || {
        // SAFETY: what comes from the heap goes back to it.
        unsafe { libc::free(black_box(libc::malloc(black_box(64)))) }
    });
    let mut lock = libc::PTHREAD_MUTEX_INITIALIZER;
    let lock = &raw mut lock;
    measure("mutex", || {
        // SAFETY: the lock is this thread's alone.
        unsafe {
            libc::pthread_mutex_lock(black_box(lock));
            libc::pthread_mutex_unlock(black_box(lock));
        }
    });
}
