use std::path::Path;

fn main() {
    let found = which::which_in("crates-which", Some("/nowhere:/rom"), "/").unwrap();
    assert_eq!(found, Path::new("/rom/crates-which"));
    assert!(which::which_in("no-such-program", Some("/rom"), "/").is_err());
    println!("ok");
}
