use std::time::{Duration, Instant};

use tokio::sync::{Mutex, mpsc, oneshot};
use tokio::time;

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() {
    let (to, mut from) = mpsc::channel(4);
    let workers: Vec<_> = (0..4_u32)
        .map(|n| {
            let to = to.clone();
            tokio::spawn(async move {
                time::sleep(Duration::from_millis(5)).await;
                to.send(n).await.unwrap();
                n * n
            })
        })
        .collect();
    drop(to);
    let mut sum = 0;
    while let Some(n) = from.recv().await {
        sum += n;
    }
    assert_eq!(sum, 6);
    let mut squares = 0;
    for worker in workers {
        squares += worker.await.unwrap();
    }
    assert_eq!(squares, 14);
    let before = Instant::now();
    let late = time::timeout(Duration::from_millis(20), std::future::pending::<()>()).await;
    assert!(late.is_err() && before.elapsed() >= Duration::from_millis(20));
    let (tell, told) = oneshot::channel();
    tokio::task::spawn_blocking(move || tell.send(7).unwrap());
    assert_eq!(told.await, Ok(7));
    let shared = std::sync::Arc::new(Mutex::new(0));
    *shared.lock().await += 1;
    let panicked = tokio::spawn(async { panic!("on purpose") }).await;
    assert!(panicked.unwrap_err().is_panic());
    println!("ok");
}
