//! Completing what is typed.

use crate::command;
use crate::mux::Cons;
use alloc::string::String;
use alloc::vec::Vec;

/// The width of a screen that alternatives are listed on.
const WIDTH: usize = 70;

/// Completes the last word of a screen's prompt; lists the ways if there are several.
pub fn complete(cons: &mut Cons, index: usize) {
    let Some(mux) = cons.muxes.get(index) else {
        return;
    };
    let line = mux.prompt.text();
    let start = line.rfind(' ').map_or(0, |at| at + 1);
    let (before, word) = line.split_at(start);
    let before_words: Vec<&str> = before.split_whitespace().collect();
    let mut ways: Vec<String> = match before_words.first() {
        None => command::names().map(String::from).collect(),
        Some(name) if command::takes_console(name, &before_words) => {
            cons.consoles.iter().map(|c| c.label()).collect()
        }
        Some(_) => return,
    };
    ways.retain(|way| way.starts_with(word));
    ways.sort();
    let Some(first) = ways.first() else {
        return;
    };
    let mut common = first.len();
    for way in &ways {
        let same = first.bytes().zip(way.bytes()).take_while(|(a, b)| a == b);
        common = common.min(same.count());
    }
    while !first.is_char_boundary(common) {
        common -= 1;
    }
    let mut line = String::from(before);
    line += first.get(..common).unwrap_or(word);
    if ways.len() == 1 {
        line.push(' ');
    }
    let Some(mux) = cons.muxes.get_mut(index) else {
        return;
    };
    if ways.len() > 1 {
        let mut text = String::from("\n");
        let mut column = 0;
        for way in &ways {
            if column > WIDTH {
                text.push('\n');
                column = 0;
            }
            text += way;
            text.push(' ');
            column += way.len() + 1;
        }
        text.push('\n');
        mux.say(&text);
    } else {
        mux.screen.raw(b"\r");
    }
    mux.prompt.set(line);
    mux.ask();
}
