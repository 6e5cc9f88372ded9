//! Values that are written and read back, and where they stand.

use crate::{ALL, GATE, code, with_server};
use l4re::factory::Arg;
use l4re::interface::{Array, Interface, Varg};
use l4re::msg::Plain;
use l4re::sys::{ObjRights, err, fake};
use l4re::{Cap, Error, OwnedCap, Result};
use proptest::prelude::*;
use std::cell::Cell;

#[repr(C)]
#[derive(Clone, Copy, PartialEq, Debug, Default, Plain)]
pub struct Point {
    pub x: u64,
    pub y: u32,
    pub z: [u8; 4],
}

#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Trouble(i64);

impl From<Error> for Trouble {
    fn from(error: Error) -> Self {
        Trouble(-error.label())
    }
}

impl From<Trouble> for Error {
    fn from(trouble: Trouble) -> Self {
        code(trouble.0)
    }
}

pub const NAMED: i32 = 40;

/// One method of each kind.
#[l4re::interface(protocol = 0x99)]
pub trait Kinds {
    fn plain(&self, a: u8, b: u64, c: i16, d: bool, e: f64) -> Result<(u64, bool)>;
    fn structure(&self, by_value: Point, by_reference: &Point) -> Result<Point>;
    fn optional(&self, a: u32, b: Option<u32>, c: Option<u64>)
    -> Result<(Option<u8>, Option<u64>)>;
    fn text(&self, a: &str, b: u8, #[len(u16)] c: &str) -> Result<String>;
    fn bytes(&self, a: &[u8], #[len(u64)] b: &[u32]) -> Result<Vec<u16>>;
    #[len(u64)]
    fn lengths(&self, n: u32, #[len(u8)] a: Option<&[u8]>) -> Result<(Vec<u32>, String)>;
    fn fixed(&self, n: u8) -> Result<Array<u16, 8, u32>>;
    fn in_out(&self, a: &mut u32, #[out] b: &mut u64, c: u8) -> Result<u8>;
    #[label]
    fn number(&self, n: i64) -> Result<i64>;
    #[label]
    fn number_and_more(&self, n: i64) -> Result<(u16, u32, String)>;
    fn preset(&self, a: u32, #[default(7)] b: u32) -> Result<u32>;
    #[op = NAMED]
    fn named(&self) -> Result<()>;
    fn after_named(&self) -> Result<u8>;
    fn trouble(&self, n: i64) -> Result<u32, Trouble>;
    #[send_only]
    fn sent(&self, n: u32) -> Result<()>;
    fn give(&self, #[rights(RWS)] a: Cap<dyn Kinds>, b: u32, c: Option<Cap<()>>) -> Result<bool>;
    fn get(&self, n: u32) -> Result<(OwnedCap<dyn Kinds>, u32)>;
    fn list(&self, n: u64, args: Varg<'_>) -> Result<String>;
    /// One that a server need not have.
    fn missing(&self) -> Result<()> {
        Err(Error::NO_OPERATION)
    }
}

#[derive(Default)]
pub struct Mirror {
    pub sent: Cell<u32>,
}

impl Kinds for Mirror {
    fn plain(&self, a: u8, b: u64, c: i16, d: bool, e: f64) -> Result<(u64, bool)> {
        let sum = b.wrapping_add(a.into()).wrapping_add(c as u64);
        Ok((sum ^ e.to_bits(), !d))
    }
    fn structure(&self, v: Point, r: &Point) -> Result<Point> {
        Ok(Point {
            x: v.x ^ r.x,
            y: r.y,
            z: v.z,
        })
    }
    fn optional(
        &self,
        a: u32,
        b: Option<u32>,
        c: Option<u64>,
    ) -> Result<(Option<u8>, Option<u64>)> {
        Ok((b.map(|_| a as u8), c))
    }
    fn text(&self, a: &str, b: u8, c: &str) -> Result<String> {
        // The arguments must survive system calls.
        l4re::sys::utcb().set_mr(3, !0);
        Ok(format!("{c}/{b}/{a}"))
    }
    fn bytes(&self, a: &[u8], b: &[u32]) -> Result<Vec<u16>> {
        Ok(a.iter()
            .map(|a| u16::from(*a))
            .chain(b.iter().map(|b| *b as u16))
            .collect())
    }
    fn lengths(&self, n: u32, a: Option<&[u8]>) -> Result<(Vec<u32>, String)> {
        assert!(n < 2);
        Ok((
            a.unwrap_or(&[1, 2, 3])
                .iter()
                .map(|a| u32::from(*a))
                .collect(),
            "x".repeat(5),
        ))
    }
    fn fixed(&self, n: u8) -> Result<Array<u16, 8, u32>> {
        Ok(Array::new(
            &[7, 6, 5, 4, 3, 2, 1, 0][..usize::from(n).min(8)],
        ))
    }
    fn in_out(&self, a: &mut u32, b: &mut u64, c: u8) -> Result<u8> {
        if c == 255 {
            return Err(Error::NOT_FOUND);
        }
        *a += 1;
        *b = u64::from(*a) << 32;
        Ok(c + 1)
    }
    fn number(&self, n: i64) -> Result<i64> {
        Ok(n)
    }
    fn number_and_more(&self, n: i64) -> Result<(u16, u32, String)> {
        Ok((n as u16, 5, "more".into()))
    }
    fn preset(&self, a: u32, b: u32) -> Result<u32> {
        Ok(a * 100 + b)
    }
    fn named(&self) -> Result<()> {
        Ok(())
    }
    fn after_named(&self) -> Result<u8> {
        Ok(41)
    }
    fn trouble(&self, n: i64) -> Result<u32, Trouble> {
        Err(Trouble(n))
    }
    fn sent(&self, n: u32) -> Result<()> {
        self.sent.set(n);
        Ok(())
    }
    fn give(&self, a: Cap<dyn Kinds>, b: u32, c: Option<Cap<()>>) -> Result<bool> {
        assert!(a.idx().index() >= 0x1000);
        assert!(c.is_none_or(|c| c.idx() != a.idx()));
        Ok(b == 5 && c.is_some())
    }
    fn get(&self, n: u32) -> Result<(OwnedCap<dyn Kinds>, u32)> {
        Ok((Cap::new(GATE).lend(), n + 1))
    }
    fn list(&self, n: u64, args: Varg<'_>) -> Result<String> {
        let args: Vec<_> = args.iter().collect();
        Ok(format!("{n}{args:?}"))
    }
}

fn ask<R>(client: impl FnOnce(Cap<dyn Kinds>) -> R) -> R {
    with_server::<dyn Kinds, _, _>(&Mirror::default(), ALL, client)
}

/// A message: label, bytes, items, and the first two buffer registers.
type Sent = (i64, Vec<u8>, Vec<(u64, u64)>, [u64; 2]);

/// The message that a client sends.
fn sent<R>(client: impl FnOnce(Cap<dyn Kinds>) -> R) -> Sent {
    let mut message = None;
    fake::with(
        |call| {
            if call.dest == GATE {
                let buffers = [call.utcb.br(0), call.utcb.br(1)];
                message = Some((call.tag.label(), call.bytes(), call.items(), buffers));
            }
            fake::Reply::label(-1)
        },
        || drop(client(Cap::new(GATE))),
    );
    message.expect("a message")
}

#[test]
fn values_stand_where_c_would_have_them() {
    let (label, bytes, items, buffers) = sent(|k| k.plain(1, 2, -3, true, 1.0));
    assert_eq!((label, items.len(), buffers[0]), (0x99, 0, 0));
    assert_eq!(bytes.len(), 32);
    assert_eq!(bytes[..4], 0i32.to_ne_bytes());
    assert_eq!(bytes[4], 1);
    assert_eq!(bytes[8..16], 2u64.to_ne_bytes());
    assert_eq!(bytes[16..18], (-3i16).to_ne_bytes());
    assert_eq!(bytes[18], 1);
    assert_eq!(bytes[24..32], 1f64.to_ne_bytes());
}

#[test]
fn nothing_stands_for_what_is_absent() {
    assert_eq!(sent(|k| k.optional(9, None, None)).1.len(), 8);
    let (_, bytes, ..) = sent(|k| k.optional(9, None, Some(3)));
    assert_eq!(bytes.len(), 16);
    assert_eq!(bytes[8..16], 3u64.to_ne_bytes());
}

#[test]
fn strings_and_arrays_stand_behind_their_lengths() {
    let (_, bytes, ..) = sent(|k| k.text("abc", 7, "de"));
    assert_eq!(bytes[8..16], 4u64.to_ne_bytes());
    assert_eq!(&bytes[16..21], b"abc\0\x07");
    assert_eq!(bytes[22..24], 3u16.to_ne_bytes());
    assert_eq!(&bytes[24..27], b"de\0");
    let (_, bytes, ..) = sent(|k| k.bytes(&[1, 2, 3], &[4]));
    assert_eq!(bytes[4..9], [3, 0, 1, 2, 3]);
    assert_eq!(bytes[16..24], 1u64.to_ne_bytes());
    assert_eq!(bytes[24..28], 4u32.to_ne_bytes());
}

#[test]
fn operations_are_counted_on() {
    let op = |bytes: &[u8]| i32::from_ne_bytes(bytes[..4].try_into().unwrap());
    assert_eq!(op(&sent(|k| k.preset(1, 2)).1), 10);
    assert_eq!(op(&sent(|k| k.named()).1), 40);
    assert_eq!(op(&sent(|k| k.after_named()).1), 41);
}

#[test]
fn capabilities_are_items_and_buffers() {
    let cap = Cap::new(l4re::sys::CapIdx::from_index(0x55));
    let (_, bytes, items, _) = sent(|k| k.give(cap, 5, Some(cap.cast())));
    assert_eq!(bytes.len(), 8);
    let fpage = |rights| l4re::sys::Fpage::obj(cap.idx(), 0, rights).raw();
    assert_eq!(
        items,
        [(8, fpage(ObjRights::RWS)), (8, fpage(ObjRights::R))]
    );
    let (.., buffers) = sent(|k| k.get(1));
    assert_eq!((buffers[0] & 0xfff, buffers[1]), (0xa, 0));
}

#[test]
fn invalid_capabilities_are_not_sent() {
    let (bad, good) = (Cap::new(l4re::sys::CapIdx::INVALID), Cap::new(GATE));
    fake::with(
        |_| panic!("nothing is sent"),
        || {
            let k: Cap<dyn Kinds> = Cap::new(GATE);
            assert_eq!(k.give(bad, 5, None).unwrap_err(), code(err::EMSGMISSARG));
            // As C++ clients have it.
            assert_eq!(
                k.give(bad, 5, Some(good.cast())).unwrap_err(),
                code(err::EMSGTOOLONG)
            );
            assert_eq!(
                k.give(good, 5, Some(bad.cast())).unwrap_err(),
                code(err::EMSGMISSARG)
            );
        },
    );
}

#[test]
fn every_kind_comes_back() {
    ask(|k| {
        assert_eq!(k.plain(1, 2, -3, true, 0.0).unwrap(), (0, false));
        let (a, b) = (
            Point {
                x: 1,
                y: 2,
                z: [3; 4],
            },
            Point {
                x: 4,
                y: 5,
                z: [6; 4],
            },
        );
        assert_eq!(
            k.structure(a, &b).unwrap(),
            Point {
                x: 5,
                y: 5,
                z: [3; 4]
            }
        );
        assert_eq!(k.optional(9, Some(1), None).unwrap(), (Some(9), None));
        assert_eq!(k.optional(9, Some(1), Some(2)).unwrap(), (Some(9), Some(2)));
        assert_eq!(k.text("grüße", 3, "").unwrap(), "/3/grüße");
        assert_eq!(k.bytes(&[1, 2], &[3]).unwrap(), [1, 2, 3]);
        assert_eq!(k.lengths(0, None).unwrap(), (vec![1, 2, 3], "xxxxx".into()));
        assert_eq!(k.lengths(1, Some(&[9])).unwrap(), (vec![9], "xxxxx".into()));
        assert_eq!(*k.fixed(3).unwrap(), [7, 6, 5]);
        let (mut x, mut y) = (1, 2);
        assert_eq!(k.in_out(&mut x, &mut y, 9).unwrap(), 10);
        assert_eq!((x, y), (2, 2 << 32));
        assert_eq!(k.in_out(&mut x, &mut y, 255).unwrap_err(), Error::NOT_FOUND);
        assert_eq!((x, y), (2, 2 << 32));
        assert_eq!(k.number(123).unwrap(), 123);
        assert_eq!(k.number_and_more(9).unwrap(), (9, 5, "more".into()));
        assert_eq!(k.preset(3, 4).unwrap(), 304);
        k.named().unwrap();
        assert_eq!(k.after_named().unwrap(), 41);
        assert_eq!(k.missing().unwrap_err(), Error::NO_OPERATION);
        let other = Cap::new(GATE);
        assert!(k.give(other, 5, Some(other.cast())).unwrap());
        assert!(!k.give(other, 5, None).unwrap());
        let (got, n) = k.get(4).unwrap();
        assert_eq!(n, 5);
        assert_ne!(got.idx(), GATE);
        let args = [Arg::Word(1), Arg::Int(-2), Arg::Nil, Arg::Str("hi")];
        assert_eq!(
            k.list(8, args[..].into()).unwrap(),
            "8[Ok(Word(1)), Ok(Int(-2)), Ok(Nil), Ok(Str(\"hi\"))]"
        );
    });
}

#[test]
fn results_out_of_range_are_told() {
    ask(|k| {
        assert_eq!(k.number(0x7fff).unwrap(), 0x7fff);
        for bad in [0x8000, -1, i64::MIN, i64::MAX] {
            assert_eq!(k.number(bad).unwrap_err(), code(err::EMSGERRRANGE));
        }
        assert_eq!(k.trouble(77).unwrap_err(), Trouble(77));
        assert_eq!(k.trouble(0x8000).unwrap_err(), Trouble(0x8000));
        for bad in [0x8001, 40_000, 0, -5] {
            assert_eq!(k.trouble(bad).unwrap_err(), Trouble(err::EMSGERRRANGE));
        }
    });
}

#[test]
fn what_does_not_fit_is_not_sent() {
    ask(|k| {
        // 24 bytes are in front of the last array, 504 in all.
        let text = "x".repeat(464);
        assert!(k.text(&text, 1, "").is_ok());
        let text = "x".repeat(490);
        assert_eq!(k.text(&text, 1, "").unwrap_err(), Error::TOO_LONG);
        assert_eq!(k.lengths(1, Some(&[0; 256])).unwrap_err(), Error::TOO_LONG);
        // It fits into the request, and not into the reply.
        assert_eq!(k.bytes(&[0; 400], &[]).unwrap_err(), Error::TOO_LONG);
    });
}

#[test]
fn a_message_that_is_not_answered() {
    let object = Mirror::default();
    let mut flags = None;
    fake::with(
        |call| {
            flags = Some(call.flags);
            assert_eq!(call.tag.words(), 1);
            fake::Reply::label(0)
        },
        || Cap::<dyn Kinds>::new(GATE).sent(5).unwrap(),
    );
    assert_eq!(flags, Some(l4re::sys::Sysf::SEND));
    with_server::<dyn Kinds, _, _>(&object, ALL, |k| k.sent(5)).unwrap();
    assert_eq!(object.sent.get(), 5);
}

#[test]
fn demands_and_names() {
    assert_eq!(<dyn Kinds as Interface>::DEMAND.caps, 2);
    assert_eq!(<dyn Kinds as Interface>::NAME, "Kinds");
}

proptest! {
    #[test]
    fn what_is_written_is_read_back(
        a: u8, b: u64, c: i16, d: bool, e: u64,
        text in ".{0,60}", short in ".{0,20}",
        bytes in prop::collection::vec(any::<u8>(), 0..60),
        words in prop::collection::vec(any::<u32>(), 0..40),
        x: Option<u32>, y: Option<u64>,
    ) {
        ask(|k| {
            let sum = b.wrapping_add(a.into()).wrapping_add(c as u64);
            let f = f64::from_bits(e);
            assert_eq!(k.plain(a, b, c, d, f).unwrap(), (sum ^ e, !d));
            assert_eq!(k.text(&text, a, &short).unwrap(), format!("{short}/{a}/{text}"));
            let all: Vec<u16> = bytes.iter().map(|b| u16::from(*b))
                .chain(words.iter().map(|w| *w as u16)).collect();
            assert_eq!(k.bytes(&bytes, &words).unwrap(), all);
            // An absent value in front of others cannot be told from what follows.
            let (b, c) = (x, y.filter(|_| x.is_some()));
            assert_eq!(k.optional(a.into(), b, c).unwrap(), (b.map(|_| a), c));
        });
    }
}
