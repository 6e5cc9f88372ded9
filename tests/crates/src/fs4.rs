use fs4::FileExt;

fn main() {
    let file = std::fs::File::create("/tmp/locked").unwrap();
    FileExt::lock(&file).unwrap();
    FileExt::unlock(&file).unwrap();
    fs4::FileExt::allocate(&file, 4_096).unwrap();
    assert!(file.metadata().unwrap().len() >= 4_096);
    println!("ok");
}
