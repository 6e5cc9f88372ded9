use std::fs;
use std::io::{Read, Seek, Write};

fn main() {
    let kept;
    {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(b"for a while").unwrap();
        file.rewind().unwrap();
        let mut text = String::new();
        file.read_to_string(&mut text).unwrap();
        assert_eq!(text, "for a while");
        kept = file.path().to_owned();
        assert!(kept.exists());
    }
    assert!(!kept.exists());
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("a"), "1").unwrap();
    let path = folder.path().to_owned();
    folder.close().unwrap();
    assert!(!path.exists());
    println!("ok");
}
