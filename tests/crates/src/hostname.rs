fn main() {
    let name = hostname::get().unwrap();
    assert!(!name.is_empty(), "{name:?}");
    println!("ok");
}
