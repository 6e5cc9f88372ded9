fn main() {
    // The specification's test vector for no input.
    assert_eq!(
        blake3::hash(b"").to_hex().as_str(),
        "af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262"
    );
    let data: Vec<u8> = (0..100_000_u32).map(|n| (n % 251) as u8).collect();
    let mut parts = blake3::Hasher::new();
    data.chunks(777).for_each(|part| {
        parts.update(part);
    });
    assert_eq!(parts.finalize(), blake3::hash(&data));
    assert_ne!(blake3::keyed_hash(&[1; 32], &data), blake3::hash(&data));
    println!("ok");
}
