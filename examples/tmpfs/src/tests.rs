//! The tree, with memory of the host.

use crate::arena::{Arena, Memory, PAGE};
use crate::quota::Quota;
use crate::tree::{Dir, File, NODE_COST, Node, Volume};
use crate::{entries, error, kind};
use alloc::rc::Rc;
use core::cell::RefCell;
use l4re::{Error, Result};
use std::boxed::Box;
use std::format;
use std::string::String;
use std::vec;
use std::vec::Vec;

#[derive(Clone)]
struct Host(Rc<RefCell<(Vec<u8>, Vec<usize>)>>);

impl Memory for Host {
    fn size(&self) -> usize {
        self.0.borrow().0.len()
    }
    fn read(&self, at: usize, to: &mut [u8]) {
        to.copy_from_slice(&self.0.borrow().0[at..at + to.len()]);
    }
    fn write(&mut self, at: usize, bytes: &[u8]) {
        self.0.borrow_mut().0[at..at + bytes.len()].copy_from_slice(bytes);
    }
    fn ready(&mut self, _: usize) -> Result<()> {
        Ok(())
    }
    fn revoke(&mut self, at: usize) {
        self.0.borrow_mut().1.push(at);
    }
}

fn volume(pages: usize, quota: u64) -> (Rc<Volume>, Host) {
    let host = Host(Rc::new(RefCell::new((vec![0; pages * PAGE], vec![]))));
    let volume = Volume {
        quota: Quota::new(quota),
        arena: Arena::new(Box::new(host.clone())),
        clock: || 7,
        ids: Rc::default(),
    };
    (Rc::new(volume), host)
}

fn root(pages: usize, quota: u64) -> Rc<Dir> {
    Dir::new(&volume(pages, quota).0).unwrap()
}

fn file(dir: &Rc<Dir>, path: &str) -> Rc<File> {
    match dir.create(path, false) {
        Ok(Node::File(file)) => file,
        other => panic!("{path}: {:?}", other.map(|node| node.kind())),
    }
}

#[test]
fn what_is_written_is_read() {
    let root = root(8, 1 << 20);
    let f = file(&root, "f");
    f.write(PAGE as u64 - 3, b"across").unwrap();
    assert_eq!(f.size(), PAGE as u64 + 3);
    assert_eq!(f.read(PAGE as u64 - 4, 100), b"\0across");
    assert_eq!(f.read(PAGE as u64 + 3, 1), b"");
    assert_eq!(f.read(u64::MAX, 9), b"");
    // A hole takes nothing.
    f.write(1 << 40, b"far").unwrap();
    assert_eq!((f.stat().used, f.size()), (3 * PAGE as u64, (1 << 40) + 3));
    assert_eq!(f.read(1 << 39, 4), [0; 4]);
    // What is cut off is gone, and zeros when it comes again.
    f.resize(PAGE as u64 - 1).unwrap();
    f.resize(PAGE as u64 + 9).unwrap();
    assert_eq!(f.read(PAGE as u64 - 3, 100), b"ac\0\0\0\0\0\0\0\0\0\0");
    f.clear(PAGE as u64 - 3, 1).unwrap();
    assert_eq!(f.read(PAGE as u64 - 3, 2), b"\0c");
    assert_eq!(f.clear(0, 1 << 20), Err(Error::OUT_OF_RANGE));
    assert_eq!(f.clear(u64::MAX, 2), Err(Error::OUT_OF_RANGE));
    for too_far in [u64::MAX, 1 << 46] {
        assert_eq!(f.write(too_far, b"x"), Err(error::NO_SPACE));
    }
    assert_eq!(f.resize(1 << 47), Err(error::NO_SPACE));
    assert_eq!(f.map(1 << 30, true), Err(Error::OUT_OF_RANGE));
}

#[test]
fn memory_ends_and_comes_back() {
    let (volume, host) = volume(4, 1 << 20);
    let root = Dir::new(&volume).unwrap();
    let before = volume.quota.used();
    let f = file(&root, "f");
    assert_eq!(f.write(0, &vec![b'x'; 5 * PAGE]), Err(error::NO_SPACE));
    assert_eq!((f.size(), volume.arena.free()), (4 * PAGE as u64, 0));
    root.remove("f", false).unwrap();
    assert_eq!((f.read(0, 1), f.stat().links), (b"x".to_vec(), 0));
    drop(f);
    assert_eq!(volume.quota.used(), before);
    assert_eq!(volume.arena.free(), 4 * PAGE as u64);
    // Others had the pages mapped: they are taken from them first.
    assert_eq!(host.0.borrow().1.len(), 4);
    let g = file(&root, "g");
    g.resize(PAGE as u64).unwrap();
    g.map(0, false).unwrap();
    assert_eq!(g.read(0, 2), [0; 2], "what another has left");
}

#[test]
fn a_share_ends() {
    let root = root(100, 3 * NODE_COST + PAGE as u64);
    // The directory, the file, its name, and a page.
    let f = file(&root, "f");
    f.write(0, b"x").unwrap();
    assert_eq!(f.write(PAGE as u64, b"x"), Err(error::NO_SPACE));
    assert_eq!(root.make_dir("d"), Err(error::NO_SPACE));
    assert_eq!(root.create("g", false).map(drop), Err(error::NO_SPACE));
    assert_eq!(root.rename("f", "h"), Err(error::NO_SPACE));
    assert!(root.find("f").is_ok());
    f.resize(0).unwrap();
    root.rename("f", "h").unwrap();
}

#[test]
fn names() {
    let root = root(8, 1 << 20);
    root.make_dir("/a").unwrap();
    root.make_dir("a/./b//").unwrap();
    file(&root, "a/b/f");
    assert_eq!(root.find("a/b/f").unwrap().kind(), kind::FILE);
    let cases: [(Result<()>, Error); 16] = [
        (root.make_dir("a"), error::EXISTS),
        (root.make_dir(""), Error::INVALID),
        (root.make_dir("a/.."), Error::INVALID),
        (root.make_dir("x/y"), Error::NOT_FOUND),
        (root.make_dir("a/b/f/g"), error::NOT_DIR),
        (root.make_dir(&"x".repeat(256)), error::NAME_TOO_LONG),
        (root.make_dir("x\0"), Error::INVALID),
        (root.create("a/b/f", true).map(drop), error::EXISTS),
        (root.remove("a", false), error::IS_DIR),
        (root.remove("a", true), error::EXISTS),
        (root.remove("a/b/f", true), error::NOT_DIR),
        (root.remove("c", false), Error::NOT_FOUND),
        (root.rename("a", "a/b/c"), Error::INVALID),
        (root.rename("a/b/f", "a"), error::IS_DIR),
        (root.rename("a", "a/b/f"), Error::INVALID),
        (root.find("a/b/f/g").map(drop), error::NOT_DIR),
    ];
    for (i, (result, due)) in cases.into_iter().enumerate() {
        assert_eq!(result, Err(due), "case {i}");
    }
    root.rename("a", "a").unwrap();
    root.rename("a/b", "c").unwrap();
    file(&root, "g");
    assert_eq!(root.rename("a", "g"), Err(error::NOT_DIR));
    root.rename("g", "c/f").unwrap();
    root.make_dir("empty").unwrap();
    root.rename("c", "empty").unwrap();
    let list = root.list("", 480);
    let all: Vec<_> = entries(&list).collect();
    assert_eq!(all, [(kind::DIR, "a"), (kind::DIR, "empty")]);
    assert_eq!(root.dirinfo(), "1:a\n5:empty\n");
    // A directory that is removed takes nothing any more.
    let Node::Dir(a) = root.find("a").unwrap() else {
        panic!();
    };
    root.remove("a", true).unwrap();
    assert_eq!(a.make_dir("x"), Err(Error::NOT_FOUND));
    assert_eq!(a.stat().links, 0);
}

#[test]
fn long_lists_come_in_pieces() {
    let root = root(8, 1 << 20);
    let names: Vec<String> = (100..300).map(|i| format!("file-{i}")).collect();
    for name in &names {
        file(&root, name);
    }
    let mut found: Vec<String> = Vec::new();
    loop {
        let after = found.last().cloned().unwrap_or_default();
        let list = root.list(&after, 480);
        if list.is_empty() {
            break;
        }
        found.extend(entries(&list).map(|(_, name)| String::from(name)));
    }
    assert_eq!(found, names);
    assert!(entries(&[1]).next().is_none());
    assert!(entries(&[1, 5, b'x']).next().is_none());
    assert!(entries(&[1, 1, 0xff]).next().is_none());
}

#[test]
fn there_is_an_end_to_depth() {
    let root = root(8, 1 << 20);
    let mut at = root.clone();
    let mut depth = 0;
    while at.make_dir("d").is_ok() {
        let Ok(Node::Dir(next)) = at.find("d") else {
            panic!();
        };
        at = next;
        depth += 1;
        assert!(depth < 100);
    }
    root.make_dir("e").unwrap();
    root.make_dir("e/e").unwrap();
    // Neither can it be reached by moving.
    let path = "d/".repeat(depth - 1) + "e";
    assert_eq!(root.rename("e", &path), Err(error::NAME_TOO_LONG));
    assert!(root.find("e/e").is_ok());
}

#[test]
fn announced_names_and_objects() {
    let root = root(8, 1 << 20);
    root.register("x", Node::Announced, false).unwrap();
    file(&root, "x");
    assert_eq!(
        root.register("x", Node::Announced, false),
        Err(error::EXISTS)
    );
    root.register("x", Node::Announced, true).unwrap();
    root.make_dir("d").unwrap();
    assert_eq!(
        root.register("d", Node::Announced, true),
        Err(error::EXISTS)
    );
    assert_eq!(root.find("x").unwrap().stat().kind, kind::OBJECT);
}
