use std::io::{Read, Write};

use flate2::Compression;
use flate2::read::{GzDecoder, ZlibDecoder};
use flate2::write::{GzEncoder, ZlibEncoder};

fn main() {
    let text: Vec<u8> = (0..200_000_u32).flat_map(|n| (n / 7).to_le_bytes()).collect();
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(&text).unwrap();
    let packed = encoder.finish().unwrap();
    assert!(packed.len() < text.len() / 4, "{}", packed.len());
    let mut back = Vec::new();
    ZlibDecoder::new(&packed[..]).read_to_end(&mut back).unwrap();
    assert!(back == text);
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(b"short").unwrap();
    let packed = encoder.finish().unwrap();
    let mut back = String::new();
    GzDecoder::new(&packed[..]).read_to_string(&mut back).unwrap();
    assert_eq!(back, "short");
    assert!(ZlibDecoder::new(&text[..]).read_to_end(&mut Vec::new()).is_err());
    println!("ok");
}
