//! Answers to messages that are wrong: those of L4Re's C++ framework (`rpc-rules`, and what was
//! observed of its servers).

use crate::{ALL, Server, code, set, tag, with_server};
use l4re::interface::{Incoming, Interface, ServedBy};
use l4re::sys::{MsgTag, ObjRights, err, item, proto};
use l4re::{Cap, Error, Result};
use std::cell::RefCell;

/// As `L4Re::Namespace`: an 8-byte length, a right, an item that may be absent.
#[l4re::interface(unsafe, protocol = proto::NAMESPACE)]
pub trait Names {
    #[op = 1]
    #[rights(W)]
    fn register_obj(&self, flags: u32, #[len(u64)] name: &[u8], obj: Option<Cap<()>>)
    -> Result<()>;
}

/// As `L4Re::Dataspace`, so far.
#[l4re::interface(unsafe, protocol = proto::DATASPACE)]
pub trait Data {
    #[op = 1]
    fn clear(&self, offset: u64, size: u64) -> Result<()>;
    #[op = 3]
    #[label]
    fn copy_in(&self, to: u64, source: Cap<dyn Data>, from: u64, size: u64) -> Result<i64>;
}

/// As `L4Re::Mmio_space`.
#[l4re::interface(unsafe, protocol = proto::MMIO_SPACE)]
pub trait Mmio {
    fn mmio_read(&self, addr: u64, width: u8) -> Result<u64>;
    fn mmio_write(&self, addr: u64, width: u8, value: u64) -> Result<()>;
}

/// As `L4::Icu`, so far: 8-byte operations, messages without an answer.
#[l4re::interface(unsafe, protocol = proto::IRQ, opcode = u64)]
pub trait Icu {
    fn bind(&self, number: u64, irq: Cap<()>) -> Result<()>;
    #[op = 4]
    #[send_only]
    fn unmask(&self, number: u64) -> Result<()>;
}

/// As `L4Re::Inhibitor`, so far.
#[l4re::interface(unsafe, protocol = proto::INHIBITOR)]
pub trait Inhibitor {
    fn acquire(&self, id: u64, reason: &str) -> Result<()>;
}

/// As `L4Re::Event`, which inherits `L4::Icu`.
#[l4re::interface(unsafe, protocol = proto::EVENT)]
pub trait Event: Icu {
    #[op = 1]
    #[label]
    fn get_num_streams(&self) -> Result<i64>;
}

/// As `L4Re::Video::Goos`, so far.
#[l4re::interface(unsafe, protocol = proto::GOOS)]
pub trait Goos {
    #[op = 4]
    fn delete_buffer(&self, index: u32) -> Result<()>;
}

/// As `L4Re::Console`: nothing of its own.
#[l4re::interface]
pub trait Console: Goos + Event {}

/// Without an operation, as `L4Re::Debug_obj`.
#[l4re::interface(protocol = 0x4711, opcode = none)]
pub trait Debug {
    fn debug(&self, function: u64) -> Result<u64>;
}

#[derive(Default)]
struct Object {
    calls: RefCell<Vec<String>>,
}

impl Object {
    fn call(&self, text: String) -> Result<()> {
        self.calls.borrow_mut().push(text);
        Ok(())
    }
}

impl Names for Object {
    fn register_obj(&self, flags: u32, name: &[u8], obj: Option<Cap<()>>) -> Result<()> {
        self.call(format!("register {flags} {name:?} {}", obj.is_some()))
    }
}
impl Data for Object {
    fn clear(&self, offset: u64, size: u64) -> Result<()> {
        self.call(format!("clear {offset} {size}"))
    }
    fn copy_in(&self, to: u64, _: Cap<dyn Data>, from: u64, size: u64) -> Result<i64> {
        self.call(format!("copy {to} {from} {size}"))?;
        Ok(1)
    }
}
impl Mmio for Object {
    fn mmio_read(&self, addr: u64, width: u8) -> Result<u64> {
        match addr {
            22 => Err(Error::INVALID),
            40_000 => Err(code(40_000)),
            _ => Ok(addr + u64::from(width)),
        }
    }
    fn mmio_write(&self, _: u64, _: u8, _: u64) -> Result<()> {
        Ok(())
    }
}
impl Icu for Object {
    fn bind(&self, number: u64, _: Cap<()>) -> Result<()> {
        self.call(format!("bind {number}"))
    }
    fn unmask(&self, number: u64) -> Result<()> {
        self.call(format!("unmask {number}"))
    }
}
impl Inhibitor for Object {
    fn acquire(&self, id: u64, reason: &str) -> Result<()> {
        self.call(format!("acquire {id} {reason:?}"))
    }
}
impl Event for Object {
    fn get_num_streams(&self) -> Result<i64> {
        Ok(3)
    }
}
impl Goos for Object {
    fn delete_buffer(&self, index: u32) -> Result<()> {
        self.call(format!("delete {index}"))
    }
}
impl Console for Object {}
impl Debug for Object {
    fn debug(&self, function: u64) -> Result<u64> {
        Ok(function + 1)
    }
}

/// Label, words and items of the answer to a message of a client with all rights.
fn answer<I: ServedBy<Object> + ?Sized>(words: &[u64], message: MsgTag) -> (i64, usize, usize) {
    answer_to::<I>(&Object::default(), words, message, ALL)
}

fn answer_to<I: ServedBy<Object> + ?Sized>(
    object: &Object,
    words: &[u64],
    message: MsgTag,
    rights: u64,
) -> (i64, usize, usize) {
    set(words);
    crate::transfer_items(message);
    let reply = Server::new(object).answer::<I>(message, rights);
    (reply.label(), reply.words(), reply.items())
}

fn request(protocol: i64, words: usize) -> MsgTag {
    tag(protocol, words, 0)
}

const MMIO: i64 = proto::MMIO_SPACE;

#[test]
fn operation_and_arguments() {
    // "no opcode word", "unknown opcode", "args short (1 of 3 words)", "args ok"
    assert_eq!(answer::<dyn Mmio>(&[0], request(MMIO, 0)), (-1001, 0, 0));
    assert_eq!(answer::<dyn Mmio>(&[99], request(MMIO, 1)), (-38, 0, 0));
    assert_eq!(answer::<dyn Mmio>(&[99], request(MMIO, 0)), (-1001, 0, 0));
    assert_eq!(
        answer::<dyn Mmio>(&[0, 5, 2], request(MMIO, 1)),
        (-1001, 0, 0)
    );
    assert_eq!(
        answer::<dyn Mmio>(&[0, 5, 2], request(MMIO, 2)),
        (-1001, 0, 0)
    );
    assert_eq!(answer::<dyn Mmio>(&[0, 5, 2], request(MMIO, 3)), (0, 1, 0));
    assert_eq!(l4re::sys::utcb().mr(0), 7);
    // "garbage in upper half of mr0 ignored", "more words than needed"
    let garbage = 0xdead_beef << 32;
    assert_eq!(
        answer::<dyn Mmio>(&[garbage, 5, 2], request(MMIO, 3)),
        (0, 1, 0)
    );
    assert_eq!(answer::<dyn Mmio>(&[0, 5, 2], request(MMIO, 63)), (0, 1, 0));
    // "negative server return", "server return -40000 (below int16)"
    assert_eq!(
        answer::<dyn Mmio>(&[0, 22, 0], request(MMIO, 3)),
        (-22, 0, 0)
    );
    assert_eq!(
        answer::<dyn Mmio>(&[0, 40_000, 0], request(MMIO, 3)),
        (-1004, 0, 0)
    );
}

#[test]
fn eight_byte_operations() {
    let irq = proto::IRQ;
    // "8-byte opcode with upper bits set"
    assert_eq!(
        answer::<dyn Icu>(&[4 | 1 << 32, 1], request(irq, 2)),
        (-38, 0, 0)
    );
    assert_eq!(answer::<dyn Icu>(&[4], request(irq, 0)), (-1001, 0, 0));
}

#[test]
fn rights_come_before_arguments() {
    let ns = proto::NAMESPACE;
    let object = Object::default();
    let (w, s) = (ObjRights::W.bits().into(), ObjRights::S.bits().into());
    let words = [1 | 5 << 32, 3, 0x63_62_61];
    let ask =
        |words: &[u64], message, rights| answer_to::<dyn Names>(&object, words, message, rights);
    // "register_obj without W right", also if the message is short besides
    assert_eq!(ask(&words, request(ns, 3), s), (-1, 0, 0));
    assert_eq!(ask(&words, request(ns, 1), 0), (-1, 0, 0));
    assert_eq!(ask(&words, request(ns, 0), 0), (-1001, 0, 0));
    // "register_obj W, no item (optional absent)", lengths
    assert_eq!(ask(&words, request(ns, 3), w), (0, 0, 0));
    assert_eq!(ask(&[1, 9, 0], request(ns, 3), w), (-1001, 0, 0));
    assert_eq!(ask(&[1, 8, 0], request(ns, 3), w), (0, 0, 0));
    assert_eq!(ask(&[1, u64::MAX, 0], request(ns, 3), w), (-1001, 0, 0));
    assert_eq!(object.calls.borrow()[0], "register 5 [97, 98, 99] false");
    assert_eq!(object.calls.borrow().len(), 2);
}

#[test]
fn items_that_are_missing_or_void() {
    let (ds, cap) = (
        proto::DATASPACE,
        l4re::sys::Fpage::obj(crate::GATE, 0, ObjRights::R).raw(),
    );
    let words = [3, 1, 2, 3];
    // "copy_in mandatory item missing", "copy_in with item"
    assert_eq!(answer::<dyn Data>(&words, tag(ds, 4, 0)), (-1001, 0, 0));
    let with = [3, 1, 2, 3, item::MAP, cap];
    assert_eq!(answer::<dyn Data>(&with, tag(ds, 4, 1)), (1, 0, 0));
    // Nothing came: the method, which is promised a capability, is not called.
    assert_eq!(
        answer::<dyn Data>(&[3, 1, 2, 3, 0, 0], tag(ds, 4, 1)),
        (-1003, 0, 0)
    );
    // Memory instead of a capability.
    let memory = l4re::sys::Fpage::memory(0x1000, 12, l4re::sys::MemRights::RW).raw();
    assert_eq!(
        answer::<dyn Data>(&[3, 1, 2, 3, item::MAP, memory], tag(ds, 4, 1)),
        (-1003, 0, 0)
    );
    // An item in excess is ignored, in front of nothing.
    assert_eq!(
        answer::<dyn Data>(&[1, 0, 0, item::MAP, cap], tag(ds, 3, 1)),
        (0, 0, 0)
    );
    // An optional one that is void is absent.
    assert_eq!(
        answer::<dyn Names>(&[1, 0, 0, 0], tag(proto::NAMESPACE, 2, 1)),
        (0, 0, 0)
    );
    // More than a message holds.
    assert_eq!(answer::<dyn Data>(&words, tag(ds, 4, 63)), (-1001, 0, 0));
    assert_eq!(answer::<dyn Data>(&words, tag(ds, 63, 1)), (-1001, 0, 0));
}

#[test]
fn strings() {
    let inhibitor = proto::INHIBITOR;
    let object = Object::default();
    let ask =
        |words: &[u64], n| answer_to::<dyn Inhibitor>(&object, words, request(inhibitor, n), ALL);
    // "string length 0", "string not NUL terminated (last byte forced to 0)"
    assert_eq!(ask(&[0, 1, 0], 3), (-1001, 0, 0));
    assert_eq!(ask(&[0, 1, 3, 0x78_62_61], 4), (0, 0, 0));
    assert_eq!(ask(&[0, 1, 9, 0x62_61], 4), (-1001, 0, 0));
    // Not UTF-8.
    assert_eq!(ask(&[0, 1, 3, 0x00_ff_61], 4), (-22, 0, 0));
    assert_eq!(*object.calls.borrow(), ["acquire 1 \"ab\""]);
}

#[test]
fn messages_without_answer() {
    let irq = proto::IRQ;
    let object = Object::default();
    // "send-only args short", "send-only ok"
    assert_eq!(
        answer_to::<dyn Icu>(&object, &[4, 9], request(irq, 1), ALL),
        (-1000, 0, 0)
    );
    assert!(object.calls.borrow().is_empty());
    assert_eq!(
        answer_to::<dyn Icu>(&object, &[4, 9], request(irq, 2), ALL),
        (-1000, 0, 0)
    );
    assert_eq!(*object.calls.borrow(), ["unmask 9"]);
}

#[test]
fn protocols_and_inheritance() {
    // "unknown protocol"
    for protocol in [0, 1, -1, proto::KOBJECT, proto::EMPTY, 0x7fff] {
        assert_eq!(
            answer::<dyn Mmio>(&[0, 1, 1], request(protocol, 3)),
            (-39, 0, 0)
        );
    }
    let object = Object::default();
    let ask = |words: &[u64], message| answer_to::<dyn Console>(&object, words, message, ALL);
    assert_eq!(ask(&[4 | 7 << 32], request(proto::GOOS, 1)), (0, 0, 0));
    assert_eq!(ask(&[1], request(proto::EVENT, 1)), (3, 0, 0));
    assert_eq!(ask(&[4, 8], request(proto::IRQ, 2)), (-1000, 0, 0));
    assert_eq!(ask(&[0], request(proto::EMPTY, 1)), (-39, 0, 0));
    assert_eq!(*object.calls.borrow(), ["delete 7", "unmask 8"]);
    // A client of the whole is one of each part.
    with_server::<dyn Console, _, _>(&object, ALL, |console: Cap<dyn Console>| {
        console.delete_buffer(1)?;
        assert_eq!(console.get_num_streams()?, 3);
        console.unmask(2)
    })
    .unwrap();
    assert_eq!(<dyn Console as Interface>::DEMAND.caps, 1);
}

#[test]
fn questions() {
    let meta = proto::META;
    let ask =
        |op: u64, arg: i64, words| answer::<dyn Mmio>(&[op, arg as u64], request(meta, words));
    // "meta num_interfaces (Mmio_space)", "supports own proto", "META", "0", "unknown op"
    assert_eq!(ask(0, 0, 1), (1, 0, 0));
    assert_eq!(ask(2, MMIO, 2), (1, 0, 0));
    assert_eq!(ask(2, meta, 2), (0, 0, 0));
    assert_eq!(ask(2, 0, 2), (0, 0, 0));
    assert_eq!(ask(9, 0, 1), (-38, 0, 0));
    assert_eq!(ask(0, 0, 0), (-1001, 0, 0));
    assert_eq!(ask(2, 0, 1), (-1001, 0, 0));
    // "meta interface 0", "1 (out of range)"
    assert_eq!(ask(1, 0, 2), (0, 3, 0));
    assert_eq!(l4re::sys::utcb().mr(0), MMIO as u64);
    // The name as C++ has it at run time.
    assert_eq!(l4re::sys::utcb().mr(1), 6);
    assert_eq!(
        l4re::sys::utcb().mr(2) & 0xffff_ffff_ffff,
        u64::from_le_bytes(*b"4Mmio\0\0\0")
    );
    assert_eq!(ask(1, 1, 2), (-34, 0, 0));
    // "Event num_interfaces", "Console num_interfaces"
    assert_eq!(answer::<dyn Event>(&[0], request(meta, 1)), (2, 0, 0));
    assert_eq!(answer::<dyn Console>(&[0], request(meta, 1)), (3, 0, 0));
    let order = |index| {
        assert_eq!(answer::<dyn Console>(&[1, index], request(meta, 2)).0, 0);
        l4re::sys::utcb().mr(0) as i64
    };
    assert_eq!(
        [order(0), order(1), order(2)],
        [proto::GOOS, proto::EVENT, proto::IRQ]
    );
}

#[test]
fn without_operation() {
    assert_eq!(answer::<dyn Debug>(&[41], request(0x4711, 1)), (0, 1, 0));
    assert_eq!(l4re::sys::utcb().mr(0), 42);
    assert_eq!(
        answer::<dyn Debug>(&[41], request(0x4711, 0)),
        (-1001, 0, 0)
    );
}

/// What a client makes of replies.
#[test]
fn replies() {
    use l4re::sys::fake::{self, Reply};
    let client = |answer: fn(fake::Call) -> Reply| {
        fake::with(answer, || Cap::<dyn Mmio>::new(crate::GATE).mmio_read(1, 2))
    };
    // "ipc error code 1 in tcr", "reply with no words"
    assert_eq!(client(|call| call.fail(1)).unwrap_err().label(), -2001);
    assert_eq!(
        client(|_| Reply::label(0)).unwrap_err().label(),
        -err::EMSGTOOSHORT
    );
    assert_eq!(client(|call| call.reply(0, &[9, 9, 9])).unwrap(), 9);
    assert_eq!(client(|call| call.reply(5, &[9])).unwrap(), 9);
    assert_eq!(client(|_| Reply::label(-7)).unwrap_err(), code(7));
    assert_eq!(
        client(|_| Reply::label(-0x7fff_0000)).unwrap_err(),
        code(0x7fff_0000)
    );
}

/// What is received is gone when the message has been answered, and a request cannot bring
/// what another brought.
#[test]
fn a_request_names_the_slots_in_order() {
    struct Slots(RefCell<Vec<u64>>);
    #[l4re::interface(protocol = 0x88)]
    trait Many {
        fn many(&self, a: Cap<()>, b: Option<Cap<()>>, c: Cap<()>) -> Result<()>;
    }
    impl Many for Slots {
        fn many(&self, a: Cap<()>, b: Option<Cap<()>>, c: Cap<()>) -> Result<()> {
            let index = |cap: Cap<()>| cap.idx().index();
            let mut slots = self.0.borrow_mut();
            slots.extend([index(a), b.map_or(0, index), index(c)]);
            Ok(())
        }
    }
    let slots = Slots(RefCell::default());
    let server = Server::new(&slots);
    let cap = l4re::sys::Fpage::obj(crate::GATE, 0, ObjRights::R).raw();
    let ask = |items: [u64; 6]| {
        set(&[0]);
        items
            .iter()
            .enumerate()
            .for_each(|(i, word)| l4re::sys::utcb().set_mr(1 + i, *word));
        let message = tag(0x88, 1, 3);
        crate::transfer_items(message);
        let request = Incoming::new(message, 0, &server.lent, &server.reception);
        <dyn Many as ServedBy<Slots>>::dispatch(&slots, &request).label()
    };
    assert_eq!(ask([8, cap, 8, cap, 8, cap]), 0);
    // The void item takes no slot.
    assert_eq!(ask([8, cap, 0, 0, 8, cap]), 0);
    let slots = slots.0.borrow();
    let [a, b, c, d, none, e] = slots[..] else {
        panic!("{slots:?}");
    };
    assert!(a != b && b != c && a != c && none == 0);
    assert_eq!((d, e), (a, b));
}
