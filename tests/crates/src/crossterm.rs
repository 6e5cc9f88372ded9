use std::time::Duration;

use crossterm::event::{Event, KeyCode};
use crossterm::style::{Color, Stylize};
use crossterm::{cursor, event, queue, terminal};

fn main() {
    let mut out = Vec::new();
    queue!(out, cursor::MoveTo(2, 3), terminal::Clear(terminal::ClearType::All)).unwrap();
    assert_eq!(out, b"\x1b[4;3H\x1b[2J");
    assert_eq!("x".with(Color::Red).to_string(), "\x1b[38;5;9mx\x1b[39m");
    terminal::enable_raw_mode().unwrap();
    assert!(terminal::is_raw_mode_enabled().unwrap());
    assert!(!event::poll(Duration::from_millis(20)).unwrap());
    println!("press q> \r");
    let key = loop {
        if let Event::Key(key) = event::read().unwrap() {
            break key.code;
        }
    };
    assert_eq!(key, KeyCode::Char('q'));
    terminal::disable_raw_mode().unwrap();
    println!("ok");
}
