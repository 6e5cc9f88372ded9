use std::sync::atomic::{AtomicU32, Ordering::SeqCst};

use embassy_executor::Spawner;
use embassy_sync::blocking_mutex::raw::CriticalSectionRawMutex;
use embassy_sync::channel::Channel;
use embassy_time::{Duration, Instant, Timer, with_timeout};

static QUEUE: Channel<CriticalSectionRawMutex, u32, 2> = Channel::new();
static TICKS: AtomicU32 = AtomicU32::new(0);

#[embassy_executor::task]
async fn producer() {
    for n in 0..10 {
        QUEUE.send(n).await;
    }
}

#[embassy_executor::task]
async fn ticker() {
    loop {
        Timer::after(Duration::from_millis(5)).await;
        TICKS.fetch_add(1, SeqCst);
    }
}

#[embassy_executor::main]
async fn main(spawner: Spawner) {
    spawner.spawn(producer().unwrap());
    spawner.spawn(ticker().unwrap());
    let mut sum = 0;
    for _ in 0..10 {
        sum += QUEUE.receive().await;
    }
    assert_eq!(sum, 45);
    let before = Instant::now();
    assert!(with_timeout(Duration::from_millis(40), QUEUE.receive()).await.is_err());
    assert!(before.elapsed() >= Duration::from_millis(40));
    assert!(TICKS.load(SeqCst) >= 3);
    println!("ok");
    std::process::exit(0);
}
