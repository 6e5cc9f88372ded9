use std::time::Duration;

fn main() {
    let (to, from) = flume::bounded(2);
    let sender = std::thread::spawn(move || (0..100).for_each(|n| to.send(n).unwrap()));
    assert_eq!(from.iter().sum::<u32>(), 4950);
    sender.join().unwrap();
    let (_to, from) = flume::unbounded::<u32>();
    assert_eq!(
        from.recv_timeout(Duration::from_millis(10)),
        Err(flume::RecvTimeoutError::Timeout)
    );
    println!("ok");
}
