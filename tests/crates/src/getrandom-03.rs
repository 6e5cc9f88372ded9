fn main() {
    let (mut a, mut b) = ([0_u8; 64], [0_u8; 64]);
    getrandom03::fill(&mut a).unwrap();
    getrandom03::fill(&mut b).unwrap();
    assert!(a != b && a != [0; 64]);
    assert_ne!(getrandom03::u64().unwrap(), getrandom03::u64().unwrap());
    println!("ok");
}
