fn main() {
    let (mut a, mut b) = ([0_u8; 64], [0_u8; 64]);
    getrandom02::getrandom(&mut a).unwrap();
    getrandom02::getrandom(&mut b).unwrap();
    assert!(a != b && a != [0; 64]);
    println!("ok");
}
