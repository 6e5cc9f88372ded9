use rustyline::DefaultEditor;
use rustyline::history::History;

fn main() {
    let mut editor = DefaultEditor::new().unwrap();
    let line = editor.readline("> ").unwrap();
    assert_eq!(line, "typed");
    assert!(editor.add_history_entry(&line).unwrap());
    assert_eq!(editor.history().len(), 1);
    println!("ok");
}
