use aes_gcm::aead::{Aead, Generate, KeyInit};
use aes_gcm::{Aes256Gcm, Key, Nonce};

fn main() {
    let key = Key::<Aes256Gcm>::generate();
    let cipher = Aes256Gcm::new(&key);
    let nonce = Nonce::generate();
    let mut sealed = cipher.encrypt(&nonce, b"a secret".as_ref()).unwrap();
    assert_eq!(sealed.len(), 8 + 16);
    assert_eq!(cipher.decrypt(&nonce, sealed.as_ref()).unwrap(), b"a secret");
    sealed[3] ^= 1;
    assert!(cipher.decrypt(&nonce, sealed.as_ref()).is_err());
    assert_ne!(key, Key::<Aes256Gcm>::generate());
    println!("ok");
}
