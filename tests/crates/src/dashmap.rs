use std::sync::Arc;

use dashmap::DashMap;

fn main() {
    let words = Arc::new(DashMap::new());
    let threads: Vec<_> = (0..4_u32)
        .map(|_| {
            let words = words.clone();
            std::thread::spawn(move || {
                for n in 0..1_000_u32 {
                    *words.entry(n % 50).or_insert(0_u32) += 1;
                }
            })
        })
        .collect();
    for thread in threads {
        thread.join().unwrap();
    }
    assert_eq!(words.len(), 50);
    assert!(words.iter().all(|entry| *entry.value() == 80));
    assert_eq!(words.remove(&3), Some((3, 80)));
    println!("ok");
}
