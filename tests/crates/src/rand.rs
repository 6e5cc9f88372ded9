use rand::prelude::*;
use rand::rngs::StdRng;

fn main() {
    let mut rng = rand::rng();
    let rolls: Vec<u32> = (0..600).map(|_| rng.random_range(1..=6)).collect();
    for face in 1..=6 {
        let count = rolls.iter().filter(|&&roll| roll == face).count();
        assert!((40..200).contains(&count), "{face}: {count}");
    }
    let draw = |seed| StdRng::seed_from_u64(seed).random::<u64>();
    assert_eq!(draw(7), draw(7));
    assert_ne!(draw(7), draw(8));
    let mut cards: Vec<u32> = (0..52).collect();
    cards.shuffle(&mut rng);
    assert!(!cards.is_sorted());
    println!("ok");
}
