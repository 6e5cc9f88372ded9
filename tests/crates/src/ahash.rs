use std::hash::BuildHasher;

use ahash::{AHashMap, RandomState};

fn main() {
    let map: AHashMap<u32, u32> = (0..1_000).map(|n| (n, n * n)).collect();
    assert!((0..1_000).all(|n| map[&n] == n * n));
    let (a, b) = (RandomState::new(), RandomState::new());
    assert_ne!(a.hash_one(1), b.hash_one(1));
    let fixed = || RandomState::with_seeds(1, 2, 3, 4).hash_one("text");
    assert_eq!(fixed(), fixed());
    println!("ok");
}
