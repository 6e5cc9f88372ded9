use std::io::{Read, Write, pipe};
use std::time::{Duration, Instant};

use polling::{Event, Events, Poller};

fn main() {
    let poller = Poller::new().unwrap();
    let (mut read, mut write) = pipe().unwrap();
    // SAFETY: the source is deleted from the poller before it is closed.
    unsafe { poller.add(&read, Event::readable(3)) }.unwrap();
    let mut events = Events::new();
    let before = Instant::now();
    assert_eq!(poller.wait(&mut events, Some(Duration::from_millis(20))).unwrap(), 0);
    assert!(before.elapsed() >= Duration::from_millis(20));
    let thread = std::thread::spawn(move || write.write_all(b"x").unwrap());
    poller.wait(&mut events, Some(Duration::from_secs(10))).unwrap();
    assert_eq!(events.iter().map(|event| event.key).collect::<Vec<_>>(), [3]);
    read.read_exact(&mut [0]).unwrap();
    thread.join().unwrap();
    poller.delete(&read).unwrap();
    events.clear();
    poller.notify().unwrap();
    assert_eq!(poller.wait(&mut events, Some(Duration::from_secs(10))).unwrap(), 0);
    println!("ok");
}
