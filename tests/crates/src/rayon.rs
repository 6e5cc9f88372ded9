use rayon::prelude::*;

fn main() {
    let sum: u64 = (0..100_000_u64).into_par_iter().map(|n| n * n).sum();
    assert_eq!(sum, (0..100_000_u64).map(|n| n * n).sum());
    let mut words: Vec<u32> = (0..10_000).rev().collect();
    words.par_sort_unstable();
    assert!(words.is_sorted());
    let (a, b) = rayon::join(|| 1 + 1, || 2 + 2);
    assert_eq!((a, b), (2, 4));
    println!("ok");
}
