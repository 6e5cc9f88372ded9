fn main() {
    assert!(!whoami::hostname().unwrap().is_empty());
    assert!(!whoami::username().unwrap().is_empty());
    println!("ok");
}
