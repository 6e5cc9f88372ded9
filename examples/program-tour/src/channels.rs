//! Values that one thread sends and another receives.

use alloc::string::String;
use core::fmt::Write;
use l4re::sync::mpsc;
use l4re::{Error, Result, println, thread};

pub fn run() -> Result<()> {
    let (sender, receiver) = mpsc::channel();
    let squares = thread::spawn(move || {
        for number in 1..=3u32 {
            // Nobody may receive any more.
            let _ = sender.send(number * number);
        }
    })?;
    // It ends when the last sender is gone.
    let mut text = String::new();
    for square in receiver.iter() {
        write!(text, " {square}").map_err(|_| Error::NO_MEMORY)?;
    }
    squares.join()?;
    println!("from a channel:{text}");
    Ok(())
}
