use filetime::FileTime;

fn main() {
    let meta = std::fs::metadata("/rom/crates-filetime").unwrap();
    let changed = FileTime::from_last_modification_time(&meta);
    assert_eq!(changed.unix_seconds(), FileTime::from(meta.modified().unwrap()).unix_seconds());
    assert!(FileTime::from_unix_time(1, 0) < FileTime::from_unix_time(1, 1));
    // No file here has times of one's choice.
    let set = filetime::set_file_mtime("/rom/crates-filetime", FileTime::zero());
    assert!(set.is_err());
    println!("ok");
}
