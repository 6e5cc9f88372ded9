use std::time::{Duration, Instant};

use smol::stream::StreamExt;
use smol::{Timer, channel, future};

fn main() {
    smol::block_on(async {
        let (to, from) = channel::bounded(2);
        let task = smol::spawn(async move {
            for n in 0..10 {
                to.send(n).await.unwrap();
            }
        });
        let sum = from.fold(0, |sum, n: u32| sum + n).await;
        task.await;
        assert_eq!(sum, 45);
        let before = Instant::now();
        let late = future::or(async { Timer::after(Duration::from_millis(20)).await; true }, async {
            future::pending::<()>().await;
            false
        });
        assert!(late.await && before.elapsed() >= Duration::from_millis(20));
        assert_eq!(smol::unblock(|| 7).await, 7);
        let text = smol::fs::read("/rom/crates-smol").await.unwrap();
        assert_eq!(&text[..4], b"\x7fELF");
    });
    println!("ok");
}
