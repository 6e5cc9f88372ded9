use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};

use signal_hook::consts::{SIGUSR1, SIGUSR2};
use signal_hook::iterator::Signals;

fn main() {
    let seen = Arc::new(AtomicBool::new(false));
    signal_hook::flag::register(SIGUSR1, seen.clone()).unwrap();
    let count = Arc::new(AtomicUsize::new(0));
    let counted = count.clone();
    // SAFETY: the action only adds to a number.
    unsafe { signal_hook::low_level::register(SIGUSR1, move || _ = counted.fetch_add(1, SeqCst)) }.unwrap();
    signal_hook::low_level::raise(SIGUSR1).unwrap();
    assert!(seen.load(SeqCst));
    assert_eq!(count.load(SeqCst), 1);
    let mut signals = Signals::new([SIGUSR2]).unwrap();
    signal_hook::low_level::raise(SIGUSR2).unwrap();
    assert_eq!(signals.forever().next(), Some(SIGUSR2));
    println!("ok");
}
