use ring::rand::{SecureRandom, SystemRandom};
use ring::signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};
use ring::{agreement, digest, hmac};

fn main() {
    let random = SystemRandom::new();
    let mut bytes = [0; 32];
    random.fill(&mut bytes).unwrap();
    assert_ne!(bytes, [0; 32]);
    assert_eq!(digest::digest(&digest::SHA256, b"abc").as_ref()[..4], [0xba, 0x78, 0x16, 0xbf]);
    let key = hmac::Key::new(hmac::HMAC_SHA256, &bytes);
    let tag = hmac::sign(&key, b"message");
    assert!(hmac::verify(&key, b"message", tag.as_ref()).is_ok());
    assert!(hmac::verify(&key, b"other", tag.as_ref()).is_err());
    let pair = Ed25519KeyPair::from_seed_unchecked(&bytes).unwrap();
    let public = UnparsedPublicKey::new(&ED25519, pair.public_key().as_ref().to_vec());
    assert!(public.verify(b"signed", pair.sign(b"signed").as_ref()).is_ok());
    assert!(public.verify(b"not", pair.sign(b"signed").as_ref()).is_err());
    let new = || agreement::EphemeralPrivateKey::generate(&agreement::X25519, &random).unwrap();
    let (a, b) = (new(), new());
    let (to_a, to_b) = (b.compute_public_key().unwrap(), a.compute_public_key().unwrap());
    let agree = |mine, theirs: agreement::PublicKey| {
        let theirs = agreement::UnparsedPublicKey::new(&agreement::X25519, theirs);
        agreement::agree_ephemeral(mine, &theirs, |secret| secret.to_vec()).unwrap()
    };
    assert_eq!(agree(a, to_a), agree(b, to_b));
    println!("ok");
}
