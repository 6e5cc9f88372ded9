use std::time::Duration;

use mio::{Events, Poll, Token, Waker};

fn main() {
    let mut poll = Poll::new().unwrap();
    let mut events = Events::with_capacity(8);
    poll.poll(&mut events, Some(Duration::from_millis(10))).unwrap();
    assert!(events.is_empty());
    let waker = Waker::new(poll.registry(), Token(7)).unwrap();
    let thread = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(10));
        waker.wake().unwrap();
        waker
    });
    poll.poll(&mut events, Some(Duration::from_secs(10))).unwrap();
    assert_eq!(events.iter().map(|event| event.token()).collect::<Vec<_>>(), [Token(7)]);
    thread.join().unwrap();
    println!("ok");
}
