use portable_atomic::{AtomicF64, AtomicU128, Ordering::SeqCst};

static SUM: AtomicU128 = AtomicU128::new(u64::MAX as u128);
static MEAN: AtomicF64 = AtomicF64::new(0.0);

fn main() {
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..1_000 {
                    SUM.fetch_add(1, SeqCst);
                    MEAN.fetch_add(0.5, SeqCst);
                }
            });
        }
    });
    assert_eq!(SUM.load(SeqCst), u128::from(u64::MAX) + 4_000);
    assert_eq!(MEAN.load(SeqCst), 2_000.0);
    println!("ok");
}
