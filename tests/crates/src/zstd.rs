use std::io::{Read, Write};

fn main() {
    let text: Vec<u8> = (0..200_000_u32).flat_map(|n| (n / 7).to_le_bytes()).collect();
    for level in [1, 9] {
        let packed = zstd::encode_all(&text[..], level).unwrap();
        assert!(packed.len() < text.len() / 4, "{}", packed.len());
        assert!(zstd::decode_all(&packed[..]).unwrap() == text);
    }
    let mut encoder = zstd::Encoder::new(Vec::new(), 3).unwrap();
    encoder.include_checksum(true).unwrap();
    encoder.write_all(b"in parts, ").unwrap();
    encoder.write_all(b"with a checksum").unwrap();
    let mut packed = encoder.finish().unwrap();
    let mut back = String::new();
    zstd::Decoder::new(&packed[..]).unwrap().read_to_string(&mut back).unwrap();
    assert_eq!(back, "in parts, with a checksum");
    *packed.last_mut().unwrap() ^= 1;
    assert!(zstd::decode_all(&packed[..]).is_err());
    println!("ok");
}
