use crossbeam::channel;
use crossbeam::deque::{Steal, Worker};
use crossbeam::queue::ArrayQueue;

fn main() {
    let (to, from) = channel::bounded::<u32>(4);
    let queue = ArrayQueue::new(8);
    crossbeam::scope(|scope| {
        scope.spawn(|_| (0..100).for_each(|n| to.send(n).unwrap()));
        let sum: u32 = from.iter().take(100).sum();
        assert_eq!(sum, 4950);
        queue.push(7).unwrap();
    })
    .unwrap();
    assert_eq!(queue.pop(), Some(7));
    let worker = Worker::new_fifo();
    worker.push(3);
    assert_eq!(worker.stealer().steal(), Steal::Success(3));
    let late = channel::after(std::time::Duration::from_millis(20));
    let never = channel::never::<u32>();
    channel::select! {
        recv(late) -> at => assert!(at.is_ok()),
        recv(never) -> _ => unreachable!(),
    }
    println!("ok");
}
