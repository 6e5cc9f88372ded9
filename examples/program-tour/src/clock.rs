//! Time.

use core::time::Duration;
use l4re::println;
use l4re::time::{self, Instant};

pub fn run() {
    let start = Instant::now();
    let nap = Duration::from_millis(10);
    time::sleep(nap);
    assert!(start.elapsed() >= nap, "a sleep is never too short");
    println!("slept for 10 ms");
}
