//! The multiplexer with terminals of memory.

use crate::mux::{Cons, Terminal};
use crate::options::{Options, Style};
use alloc::rc::Rc;
use alloc::string::String;
use alloc::vec::Vec;
use core::cell::RefCell;
use std::boxed::Box;

#[derive(Clone, Default)]
struct Paper(Rc<RefCell<Vec<u8>>>);

impl Terminal for Paper {
    fn write(&mut self, text: &[u8]) {
        self.0.borrow_mut().extend_from_slice(text);
    }
}

impl Paper {
    /// What was written since the last time.
    fn read(&self) -> String {
        String::from_utf8(self.0.take()).unwrap()
    }
}

fn cons(line: &str) -> (Cons, Vec<Paper>) {
    let options = Options::parse(line.split_whitespace()).unwrap();
    let mut cons = Cons::new(&options, || 0);
    let papers: Vec<Paper> = options.muxes.iter().map(|_| Paper::default()).collect();
    for (i, paper) in papers.iter().enumerate() {
        cons.add_terminal(i, Box::new(paper.clone()));
    }
    cons.start();
    (cons, papers)
}

fn shown() -> Style {
    Style {
        show: true,
        ..Style::default()
    }
}

#[test]
fn lines_have_names_and_colours() {
    let (mut cons, papers) = cons("");
    assert_eq!(papers[0].read(), "\x1b[0mcons> ");
    let a = cons.create("alice", 2, shown()).unwrap();
    let b = cons.create("a-very-long-name", 9, shown()).unwrap();
    assert_eq!(
        papers[0].read(),
        "\r\n\x1b[0mNew client: alice\r\n\x1b[0mcons> \
         \r\n\x1b[0mNew client: a-very-long-name\r\n\x1b[0mcons> "
    );
    assert!(!cons.write(a, b"hello\nyou\n"));
    assert_eq!(
        papers[0].read(),
        "\x1b[32m\r\nalice   | hello\r\x1b[0m\n\x1b[32malice   | you\r\x1b[0m\n"
    );
    assert!(cons.write(b, b"unfinished"));
    assert_eq!(papers[0].read(), "");
    cons.show_rest(b);
    assert_eq!(papers[0].read(), "\x1b[01;31ma-very-l| unfinished");
    cons.write(a, b"x\n");
    assert_eq!(
        papers[0].read(),
        "\x1b[0m\x1b[32m\r\nalice   | x\r\x1b[0m\n"
    );
    cons.write(b, b" line\n");
    assert_eq!(papers[0].read(), "\x1b[01;31ma-very-l:  line\r\x1b[0m\n");
}

#[test]
fn who_is_connected_has_the_screen_and_the_keyboard() {
    let (mut cons, papers) = cons("");
    let a = cons.create("alice", 2, shown()).unwrap();
    let b = cons.create("bob", 0, Style::default()).unwrap();
    cons.write(b, b"name? ");
    papers[0].read();
    cons.typed(0, b"connect bob\r");
    assert_eq!(papers[0].read(), "connect bob\r\nname? ");
    cons.typed(0, b"Eve\r");
    assert_eq!(papers[0].read(), "Eve\r\n");
    let taken = cons.read(b, 100).unwrap();
    assert_eq!((&taken.bytes[..], taken.more), (&b"Eve\n"[..], false));
    cons.write(b, b"hello, Eve\n");
    assert_eq!(papers[0].read(), "hello, Eve\r\n");
    cons.write(a, b"x\n");
    assert_eq!(papers[0].read(), "\x1b[32malice   | x\r\x1b[0m\n");
    // Keys: a break, Ctrl-C, one that means nothing, and back.
    cons.typed(0, b"\x05l\x05c\x05?");
    let taken = cons.read(b, 100).unwrap();
    assert_eq!((&taken.bytes[..], taken.is_break), (&[3, 5][..], true));
    papers[0].read();
    cons.typed(0, b"\x05.");
    assert!(papers[0].read().ends_with("cons> "));
    cons.write(b, b"hidden\n");
    assert_eq!(papers[0].read(), "");
    cons.typed(0, b"show bob\r");
    cons.write(b, b"seen\n");
    assert!(papers[0].read().ends_with("bob     | seen\r\n"));
    // Who goes gives the screen back.
    cons.typed(0, b"c alice\r");
    papers[0].read();
    assert!(cons.gone(a));
    assert_eq!(papers[0].read(), "\x1b[0m\r\ncons> ");
    assert!(cons.read(a, 1).is_none());
    assert!(!cons.write(a, b"x"));
}

#[test]
fn keys_connect() {
    let (mut cons, papers) = cons("");
    let with_key = |key| Style {
        key: Some(key),
        ..Style::default()
    };
    cons.create("alice", 2, with_key(b'1')).unwrap();
    let b = cons.create("bob", 0, with_key(b'2')).unwrap();
    cons.create("bob", 0, with_key(b'2')).unwrap();
    let said = papers[0].read();
    assert!(said.contains("Several clients have the key '2'"));
    assert!(said.contains("Several clients are named bob"));
    cons.typed(0, b"\x051");
    assert!(papers[0].read().contains("------ alice ------"));
    cons.typed(0, b"\x052x");
    assert_eq!(cons.read(b, 9).unwrap().bytes, b"x");
    cons.typed(0, b"\x05.key bob:1 q\rlist\r");
    let said = papers[0].read();
    assert!(
        said.contains("         bob:1 (q) [        ] out:    0/     0 in:    0/    0\r\n"),
        "{said}"
    );
    assert!(
        said.contains("           bob (2) [        ] out:    0/     0 in:    0/    1\r\n"),
        "{said}"
    );
}

#[test]
fn several_screens() {
    let (mut cons, papers) = cons("-a -m one -c bob -m two");
    let a = cons.create("alice", 0, shown()).unwrap();
    let b = cons.create("bob", 0, shown()).unwrap();
    papers.iter().for_each(|paper| drop(paper.read()));
    // Clients are shown on the last screen, and bob has the first one for himself.
    cons.write(a, b"A\n");
    cons.write(b, b"B\n");
    assert_eq!(papers[0].read(), "B\r\n");
    assert!(papers[1].read().ends_with("alice   | A\r\n"));
    cons.typed(0, b"\x05.show alice\r");
    papers.iter().for_each(|paper| drop(paper.read()));
    cons.write(a, b"A\n");
    cons.write(b, b"B\n");
    assert!(papers[0].read().ends_with("alice   | A\r\n"));
    assert!(papers[1].read().ends_with("bob     | B\r\n"));
    // A client that another screen connects to leaves the first.
    cons.typed(0, b"c alice\r");
    cons.typed(1, b"c alice\r");
    papers[0].read();
    cons.typed(0, b"ls alice\r");
    assert!(papers[0].read().contains("[     two]"));
}

#[test]
fn what_is_kept_can_be_read_and_searched() {
    let (mut cons, papers) = cons("-k");
    let keeps = Style {
        keep: true,
        ..Style::default()
    };
    let a = cons.create("alice", 0, keeps).unwrap();
    cons.create("bob", 0, Style::default()).unwrap();
    cons.write(a, b"one fish\ntwo Fishes\nthree\nfour\nfive fish");
    assert!(!cons.gone(a));
    papers[0].read();
    let mut run = |line: &str| {
        cons.typed(0, line.as_bytes());
        cons.typed(0, b"\r");
        let said = papers[0].read().replace('\r', "").replace("\x1b[0m", "");
        let said = said.strip_prefix(line).unwrap().strip_prefix('\n').unwrap();
        String::from(said.strip_suffix("cons> ").unwrap())
    };
    assert_eq!(
        run("cat alice"),
        "one fish\ntwo Fishes\nthree\nfour\nfive fish\n"
    );
    assert_eq!(run("tail alice 2"), "four\nfive fish\n");
    assert_eq!(run("grep fish"), "alice:one fish\nalice:five fish\n");
    assert_eq!(
        run("grep -in FISH alice"),
        "1:one fish\n2:two Fishes\n5:five fish\n"
    );
    assert_eq!(run("grep -iw fish alice"), "one fish\nfive fish\n");
    assert_eq!(run("grep -c fish"), "alice:2\nbob:0\n");
    assert_eq!(run("grep -v i alice"), "three\nfour\n");
    assert_eq!(
        run("grep -A 1 -n one"),
        "alice:1:one fish\nalice-2-two Fishes\n"
    );
    assert_eq!(
        run("grep -C 1 -w fish alice"),
        "one fish\ntwo Fishes\n--\nfour\nfive fish\n"
    );
    assert_eq!(
        run("grep -B 9 four alice"),
        "one fish\ntwo Fishes\nthree\nfour\n"
    );
    assert!(run("list").contains("alice"));
    assert!(run("list a* -l").ends_with("[X] pend=0 attr:o=44,i=400,l=10\n"));
    assert_eq!(run("list x*"), "");
    assert_eq!(run("drop alice"), "");
    assert_eq!(run("cat alice"), "cat: there is no client alice\n");
    for wrong in [
        "frob",
        "cat",
        "tail bob x",
        "key bob",
        "grep",
        "grep -x y",
        "grep -A",
        "grep -An 1 x",
        "grep x y",
    ] {
        let said = run(wrong);
        assert!(
            said.contains(": ") && said.lines().count() == 1,
            "{wrong}: {said}"
        );
    }
    for right in [
        "help",
        "info",
        "clear",
        "hide bob",
        "hideall",
        "showall",
        "keep bob",
        "kick bob",
        "timestamp bob",
        "timestamp bob off",
        "",
        "  ",
    ] {
        assert!(!run(right).contains(&std::format!("{right}: ")), "{right}");
    }
}

#[test]
fn the_prompt_edits_and_completes() {
    let (mut cons, papers) = cons("");
    cons.create("bob", 0, Style::default()).unwrap();
    cons.create("bill", 0, Style::default()).unwrap();
    papers[0].read();
    cons.typed(0, b"hx\x7felp\x1b[A\x1b[5~\x1bx\n");
    assert_eq!(cons.muxes[0].prompt.text(), "help");
    cons.typed(0, b"\rconn\t");
    assert_eq!(cons.muxes[0].prompt.text(), "connect ");
    papers[0].read();
    cons.typed(0, b"b\t");
    assert_eq!(
        papers[0].read(),
        "b\r\n\x1b[0mbill bob \r\n\x1b[0mcons> connect b"
    );
    cons.typed(0, b"o\t\r");
    assert!(cons.muxes[0].connected.is_some());
    cons.typed(0, b"\x05.");
    cons.typed(0, &[b'y'; 2000]);
    assert_eq!(cons.muxes[0].prompt.text().len(), 512);
    cons.typed(0, b"\t\r");
    assert!(papers[0].read().contains("no such command"));
    cons.typed(9, b"x");
}

#[test]
fn there_is_an_end_to_consoles() {
    let (mut cons, _) = cons("");
    let large = Style {
        buffer: 16 << 20,
        ..Style::default()
    };
    let made = (0..10)
        .filter_map(|_| cons.create("x", 0, large.clone()))
        .count();
    assert_eq!(made, 4);
    for id in cons.consoles.iter().map(|c| c.id).collect::<Vec<_>>() {
        cons.gone(id);
    }
    let small = Style {
        buffer: 512,
        ..Style::default()
    };
    let made = (0..2000)
        .filter_map(|_| cons.create("x", 0, small.clone()))
        .count();
    assert_eq!(made, 1024);
}
