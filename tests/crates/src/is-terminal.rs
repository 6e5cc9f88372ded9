use is_terminal::IsTerminal;

fn main() {
    assert_eq!(std::io::stdout().is_terminal(), IsTerminal::is_terminal(&std::io::stdout()));
    let file = std::fs::File::open("/rom/crates-is-terminal").unwrap();
    assert!(!IsTerminal::is_terminal(&file));
    println!("ok");
}
