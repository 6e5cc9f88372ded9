//! Bytes of any kind: refused or read, and never a panic.

use crate::wire::{Kinds, Mirror, Point};
use crate::{Server, set, transfer_items};
use l4re::interface::{Incoming, Memory, ServedBy, Varg};
use l4re::sys::{MsgTag, fake, item, utcb};
use l4re::{Cap, Result};
use proptest::prelude::*;

/// How many messages a test tries.
const MESSAGES: usize = 1_000_000;

/// What the messages are tried on besides: all that borrows or brings something.
#[l4re::interface(protocol = 0x9a)]
trait More: Kinds {
    fn memory(&self, a: Memory<'_>, b: u32) -> Result<u64>;
    fn all(&self, a: &str, b: Option<&[Point]>, c: Option<Cap<()>>, d: Varg<'_>) -> Result<u64>;
    #[rights(WS)]
    fn many(&self, #[len(u8)] a: &[u64], #[len(u32)] b: &str, c: &mut Point) -> Result<Vec<u64>>;
}

struct Sink(Mirror);

impl Kinds for Sink {
    fn plain(&self, a: u8, b: u64, c: i16, d: bool, e: f64) -> Result<(u64, bool)> {
        self.0.plain(a, b, c, d, e)
    }
    fn structure(&self, a: Point, b: &Point) -> Result<Point> {
        self.0.structure(a, b)
    }
    fn optional(
        &self,
        a: u32,
        b: Option<u32>,
        c: Option<u64>,
    ) -> Result<(Option<u8>, Option<u64>)> {
        self.0.optional(a, b, c)
    }
    fn text(&self, a: &str, b: u8, c: &str) -> Result<String> {
        self.0.text(a, b, c)
    }
    fn bytes(&self, a: &[u8], b: &[u32]) -> Result<Vec<u16>> {
        self.0.bytes(a, b)
    }
    fn lengths(&self, n: u32, a: Option<&[u8]>) -> Result<(Vec<u32>, String)> {
        self.0.lengths(n % 2, a)
    }
    fn fixed(&self, n: u8) -> Result<l4re::interface::Array<u16, 8, u32>> {
        self.0.fixed(n)
    }
    fn in_out(&self, a: &mut u32, b: &mut u64, c: u8) -> Result<u8> {
        *a = a.wrapping_add(c.into());
        *b = 1;
        Ok(c)
    }
    fn number(&self, n: i64) -> Result<i64> {
        Ok(n)
    }
    fn number_and_more(&self, n: i64) -> Result<(u16, u32, String)> {
        self.0.number_and_more(n)
    }
    fn preset(&self, a: u32, b: u32) -> Result<u32> {
        Ok(a ^ b)
    }
    fn named(&self) -> Result<()> {
        Ok(())
    }
    fn after_named(&self) -> Result<u8> {
        Ok(1)
    }
    fn trouble(&self, n: i64) -> Result<u32, crate::wire::Trouble> {
        self.0.trouble(n)
    }
    fn sent(&self, n: u32) -> Result<()> {
        self.0.sent(n)
    }
    fn give(&self, a: Cap<dyn Kinds>, b: u32, c: Option<Cap<()>>) -> Result<bool> {
        Ok(a.idx().is_valid() && b == 0 && c.is_none())
    }
    fn get(&self, n: u32) -> Result<(l4re::OwnedCap<dyn Kinds>, u32)> {
        Ok((Cap::new(crate::GATE).lend(), n))
    }
    fn list(&self, n: u64, args: Varg<'_>) -> Result<String> {
        self.0.list(n, args)
    }
}

impl More for Sink {
    fn memory(&self, a: Memory<'_>, b: u32) -> Result<u64> {
        Ok(a.size() as u64 + u64::from(b))
    }
    fn all(&self, a: &str, b: Option<&[Point]>, c: Option<Cap<()>>, d: Varg<'_>) -> Result<u64> {
        let points = b
            .unwrap_or(&[])
            .iter()
            .map(|p| p.x)
            .fold(0, u64::wrapping_add);
        let list = d
            .iter()
            .map(|arg| format!("{arg:?}").len() as u64)
            .sum::<u64>();
        Ok(points ^ list ^ a.len() as u64 ^ u64::from(c.is_some()))
    }
    fn many(&self, a: &[u64], b: &str, c: &mut Point) -> Result<Vec<u64>> {
        c.x ^= b.chars().map(u64::from).sum::<u64>();
        Ok(a.to_vec())
    }
}

/// A generator whose numbers repeat: xorshift.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    /// Mostly what is near to sense: small numbers, lengths, items.
    pub(crate) fn word(&mut self) -> u64 {
        let random = self.next();
        match random % 8 {
            0 => self.next(),
            1 => self.next() % 600,
            2 => (self.next() % 16) | (self.next() % 16) << 32,
            3 => item::MAP | self.next() & 0x37,
            4 => 0x6161_6161_6161_6161,
            5 => (self.next() % 5) | (self.next() % 600) << 16,
            _ => self.next() % 12,
        }
    }
}

pub(crate) fn check_reply(tag: MsgTag) {
    assert!((-0x8000..0x8000).contains(&tag.label()), "{tag:?}");
    assert!(
        tag.words() + item::WORDS * tag.items() <= utcb::MSG_REGS,
        "{tag:?}"
    );
    assert!(
        tag.label() >= 0 || (tag.words(), tag.items()) == (0, 0),
        "{tag:?}"
    );
    assert!(!tag.has_error());
}

#[test]
fn a_million_messages() {
    let sink = Sink(Mirror::default());
    let server = Server::new(&sink);
    let mut random = Random(0x1234_5678_9abc_def1);
    let mut reached = [0u32; 64];
    for _ in 0..MESSAGES {
        let protocol = match random.next() % 16 {
            0 => random.next() as i64 >> 32,
            1 => l4re::sys::proto::META,
            2..9 => 0x9a,
            _ => 0x99,
        };
        let words = (random.next() % 64) as usize;
        let items = if random.next().is_multiple_of(4) {
            random.next() % 64
        } else {
            0
        } as usize;
        let mut message = [0; utcb::MSG_REGS];
        message.fill_with(|| random.word());
        let op = random.next()
            % if random.next().is_multiple_of(8) {
                64
            } else {
                20
            };
        message[0] = op | random.next() << 32;
        set(&message);
        let tag = crate::tag(protocol, words, items);
        let reply = server.answer::<dyn More>(tag, random.next());
        check_reply(reply);
        if reply.label() >= 0 && protocol == 0x99 {
            reached[op as usize] += 1;
        }
    }
    // The messages get through to the methods.
    let methods = reached.iter().filter(|n| **n > 100).count();
    assert!(methods > 12, "{reached:?}");
}

/// Replies of any kind, to a client.
#[test]
fn any_replies() {
    let mut random = Random(99);
    let client: Cap<dyn Kinds> = Cap::new(crate::GATE);
    l4re::cap_alloc::init(0x1000);
    let answer = |call: fake::Call| {
        if call.dest != crate::GATE {
            return fake::Reply::label(0);
        }
        let mut message = [0; utcb::MSG_REGS];
        message.fill_with(|| random.word());
        set(&message);
        let (words, items) = (random.next() % 64, random.next() % 64 * (random.next() % 2));
        let label = if random.next().is_multiple_of(4) {
            random.next() as i64 >> 40
        } else {
            0
        };
        fake::Reply {
            tag: crate::tag(label, words as usize, items as usize),
            label: 0,
        }
    };
    let mut good = 0u32;
    fake::with(answer, || {
        for _ in 0..20_000 {
            good += u32::from(client.plain(1, 2, 3, true, 4.0).is_ok());
            good += u32::from(client.text("a", 1, "b").is_ok());
            good += u32::from(client.bytes(&[1], &[2]).is_ok());
            good += u32::from(client.lengths(0, None).is_ok());
            good += u32::from(client.fixed(3).is_ok());
            good += u32::from(client.number_and_more(1).is_ok());
            good += u32::from(client.in_out(&mut 1, &mut 2, 3).is_ok());
            good += u32::from(client.get(1).is_ok());
        }
    });
    assert!(good > 20_000, "{good}");
    // No slot has been lost on the way.
    let slots = || l4re::CapSlot::alloc().unwrap();
    let held: Vec<_> = (0..l4re::cap_alloc::SLOTS / 2).map(|_| slots()).collect();
    drop(held);
}

proptest! {
    #[test]
    fn any_message(words in prop::collection::vec(any::<u64>(), 63), tag: u64, label: u64, op in 0..24u64) {
        let sink = Sink(Mirror::default());
        let server = Server::new(&sink);
        let mut words = words;
        words[0] = words[0] & !0xffff_ffff | op;
        set(&words);
        // Every tag that a kernel can deliver: without the mark of an error.
        let tag = MsgTag(tag & !0xf000);
        for protocol in [0x99, 0x9a, -21] {
            let tag = MsgTag(tag.0 & 0xffff | (protocol as u64) << 16);
            transfer_items(tag);
            let request = Incoming::new(tag, label, &server.lent, &server.reception);
            check_reply(<dyn More as ServedBy<Sink>>::dispatch(&sink, &request));
        }
    }
}
