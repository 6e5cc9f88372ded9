//! Consoles: the crate's client and its server, and what no client of ours would send.

use crate::soup::{Random, check_reply};
use crate::{ALL, Server, code, set, tag, with_server};
use l4re::irq::Irq;
use l4re::services::{Icu, Vcon};
use l4re::sys::op::vcon::{self as op, VconAttr};
use l4re::sys::{err, proto, utcb};
use l4re::vcon::Read;
use l4re::{Cap, Error, Malformed, Result};
use std::cell::{Cell, RefCell};

/// What is written can be read.
#[derive(Default)]
struct Echo {
    text: RefCell<Vec<u8>>,
    attr: Cell<u64>,
    bound: Cell<bool>,
}

impl Vcon for Echo {
    fn write(&self, text: &[u8]) {
        self.text.borrow_mut().extend_from_slice(text);
    }
    fn read(&self, to: &mut [u8]) -> Result<Read> {
        let mut text = self.text.borrow_mut();
        let len = to.len().min(text.len());
        to[..len].copy_from_slice(&text[..len]);
        text.drain(..len);
        let is_break = to.first() == Some(&b'!');
        Ok(Read {
            len,
            more: !text.is_empty(),
            is_break,
        })
    }
    fn attr(&self) -> Result<VconAttr> {
        let (i_flags, o_flags) = (self.attr.get(), 7);
        Ok(VconAttr {
            i_flags,
            o_flags,
            l_flags: 9,
        })
    }
    fn set_attr(&self, attr: VconAttr) -> Result<()> {
        self.attr.set(attr.i_flags);
        Ok(())
    }
}

impl Icu for Echo {
    fn bind(&self, number: u64, _: Cap<Irq>) -> Result<()> {
        self.bound.set(number == 0);
        Ok(())
    }
    fn unbind(&self, _: u64, _: Cap<Irq>) -> Result<()> {
        Err(Error::INVALID)
    }
    fn info(&self) -> Result<(u64, u64, u64)> {
        Ok((0, 1, 0))
    }
}

#[test]
fn text_and_attributes_go_both_ways() {
    let echo = Echo::default();
    with_server::<dyn Vcon, _, _>(&echo, ALL, |con| {
        let con: Cap<l4re::vcon::Vcon> = con.cast();
        let text: Vec<u8> = (0..1000).map(|i| i as u8).collect();
        con.write(&text).unwrap();
        assert_eq!(*echo.text.borrow(), text);
        let mut back = vec![0; 600];
        let first = con.read(&mut back).unwrap();
        assert_eq!(
            (first.len, first.more, first.is_break),
            (op::READ_SIZE, true, false)
        );
        assert_eq!(back[..first.len], text[..first.len]);
        let mut few = [0; 3];
        assert_eq!(con.read(&mut few).unwrap().len, 3);
        assert_eq!(few, text[first.len..first.len + 3]);
        con.read(&mut back).unwrap();
        let last = con.read(&mut back).unwrap();
        assert_eq!((last.len, last.more), (5, false));
        con.write(b"!").unwrap();
        assert!(con.read(&mut back).unwrap().is_break);

        let mut attr = con.attr().unwrap();
        assert_eq!((attr.i_flags, attr.o_flags, attr.l_flags), (0, 7, 9));
        attr.i_flags = 0o400;
        con.set_attr(attr).unwrap();
        assert_eq!(con.attr().unwrap().i_flags, 0o400);

        let icu: Cap<l4re::icu::Icu> = con.cast();
        let irq = Cap::new(l4re::sys::CapIdx::from_index(0x99));
        icu.bind(0, irq).unwrap();
        assert!(echo.bound.get());
        assert_eq!(icu.unbind(0, irq).unwrap_err(), Error::INVALID);
        assert_eq!(icu.info().unwrap().irqs, 1);
    });
}

#[test]
fn wrong_messages() {
    let echo = Echo::default();
    let server = Server::new(&echo);
    let answer = |words: &[u64], count| {
        set(words);
        server.answer::<dyn Vcon>(tag(proto::LOG, count, 0), ALL)
    };
    // A write of more than there is; of nothing; and without even a length.
    let no_reply = -err::ENOREPLY;
    let letters = u64::from_le_bytes(*b"abcdefgh");
    assert_eq!(answer(&[op::WRITE, u64::MAX, letters], 3).label(), no_reply);
    assert_eq!(*echo.text.borrow(), *b"abcdefgh");
    assert_eq!(answer(&[op::WRITE, 5], 2).label(), no_reply);
    assert_eq!(answer(&[op::WRITE], 1).label(), no_reply);
    assert_eq!(echo.text.borrow().len(), 8);

    let short = Error::Malformed(Malformed::TooShort);
    assert_eq!(answer(&[], 0).label(), short.label());
    let wrong = Error::INVALID.label();
    assert_eq!(answer(&[op::SET_ATTR, 1, 2], 3).label(), wrong);
    assert_eq!(answer(&[4], 1).label(), Error::NO_OPERATION.label());
    assert_eq!(
        Error::NO_OPERATION,
        code(err::ENOSYS),
        "as servers in C++ answer"
    );
    // To read nothing is no error, and there still is something.
    let reply = answer(&[op::READ], 1);
    assert_eq!((reply.label(), reply.words()), (0, 1));
    assert_eq!(utcb().mr(0), 0);
    // More than a message holds.
    let reply = answer(&[op::READ | 0xffff << op::READ_SIZE_SHIFT], 1);
    assert_eq!((reply.label(), reply.words()), (0, 2));
    assert_eq!(utcb().mr(0), u64::from(op::READ_STAT_DONE) | 8);

    let other = server.answer::<dyn Vcon>(tag(0x77, 1, 0), ALL);
    assert_eq!(other.label(), Error::BAD_PROTOCOL.label());
}

/// As ned asks, to know what it can do with a capability.
#[test]
fn names_are_those_of_cpp() {
    use l4re::interface::Interface;
    use l4re::services::Factory;
    let mut told = Vec::new();
    <dyn Vcon>::interfaces(&mut |protocol, name| told.push((protocol, name)));
    <dyn Factory>::interfaces(&mut |protocol, name| told.push((protocol, name)));
    let due = [
        (proto::LOG, "N2L44VconE"),
        (proto::IRQ, "N2L43IcuE"),
        (proto::FACTORY, "N2L47FactoryE"),
    ];
    assert_eq!(told, due);
    assert_eq!(<dyn Factory>::NAME, "L4::Factory");
}

#[test]
fn a_million_messages() {
    let echo = Echo::default();
    let server = Server::new(&echo);
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    for _ in 0..1_000_000 {
        let protocol = match random.next() % 8 {
            0 => proto::META,
            1 => proto::IRQ,
            2 => random.next() as i64 >> 32,
            _ => proto::LOG,
        };
        let mut message = [0; utcb::MSG_REGS];
        message.fill_with(|| random.word());
        message[0] = (random.next() % 6) | ((random.next() & 0xffff_ffff) << 16);
        set(&message);
        let (words, items) = (random.next() % 64, random.next() % 3 / 2);
        let tag = tag(protocol, words as usize, items as usize);
        crate::transfer_items(tag);
        check_reply(server.answer::<dyn Vcon>(tag, random.next()));
        echo.text.borrow_mut().truncate(5000);
    }
}
