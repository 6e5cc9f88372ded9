use std::collections::BTreeMap;

#[global_allocator]
static HEAP: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() {
    let threads: Vec<_> = (0..3_usize)
        .map(|seed| {
            std::thread::spawn(move || {
                let mut kept = BTreeMap::new();
                for n in 0..5_000 {
                    kept.insert((n * 7919 + seed) % 1_000, vec![n as u8; (n * 31) % 4_000]);
                }
                kept.values().all(|block| block.windows(2).all(|pair| pair[0] == pair[1]))
            })
        })
        .collect();
    for thread in threads {
        assert!(thread.join().unwrap());
    }
    let large = vec![1_u8; 3_000_000];
    assert_eq!(large.iter().map(|&byte| u64::from(byte)).sum::<u64>(), 3_000_000);
    println!("ok");
}
