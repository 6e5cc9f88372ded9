fn main() {
    assert!(num_cpus::get() >= 1);
    if let Ok(known) = std::thread::available_parallelism() {
        assert_eq!(num_cpus::get(), known.get());
    }
    println!("ok");
}
