use walkdir::WalkDir;

fn main() {
    let names: Vec<String> = (WalkDir::new("/rom").sort_by_file_name().into_iter())
        .map(|entry| entry.unwrap())
        .map(|entry| format!("{} {}", entry.depth(), entry.file_name().to_string_lossy()))
        .collect();
    assert_eq!(names[0], "0 rom");
    assert!(names.contains(&"1 crates-walkdir".to_owned()), "{names:?}");
    assert!(WalkDir::new("/nowhere").into_iter().next().unwrap().is_err());
    println!("ok");
}
