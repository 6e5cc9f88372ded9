fn main() {
    let (mut a, mut b) = ([0_u8; 64], [0_u8; 64]);
    getrandom04::fill(&mut a).unwrap();
    getrandom04::fill(&mut b).unwrap();
    assert!(a != b && a != [0; 64]);
    assert_ne!(getrandom04::u64().unwrap(), getrandom04::u64().unwrap());
    println!("ok");
}
