use sha2::{Digest, Sha256, Sha512};

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn main() {
    // FIPS 180-2, appendices B and C.
    assert_eq!(
        hex(&Sha256::digest(b"abc")),
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    );
    let mut hasher = Sha512::new();
    hasher.update(b"a");
    hasher.update(b"bc");
    assert!(hex(&hasher.finalize()).starts_with("ddaf35a193617abacc417349ae204131"));
    println!("ok");
}
