//! Random messages to every server by its registry: each is answered as the facts say it must
//! be, only what is well-formed reaches the object, and nothing is lost on the way.

use crate::common::env;
use crate::facts::{self, Interface, Op};
use crate::layout::{self, Received};
use crate::object::Object;
use crate::sample::Values;
use crate::servers::{SERVERS, Server};
use l4re::server::Registry;
use l4re::sys::fake::{self, Call, Reply};
use l4re::sys::op::{meta, vcon};
use l4re::sys::{CapIdx, MsgTag, Sysf, TagFlags, err, ipc_error, item, proto, utcb};
use l4re::{Cap, CapSlot};
use std::cell::Cell;
use std::rc::Rc;

/// How many messages each server gets.
const MESSAGES: u32 = 1_000_000;

/// A generator whose numbers repeat: xorshift.
pub struct Random(pub u64);

impl Random {
    pub fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    pub fn below(&mut self, n: usize) -> usize {
        (self.next() >> 20) as usize % n
    }

    pub fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }

    /// Mostly what is near to sense: small numbers, lengths, text and what is none.
    pub fn word(&mut self) -> u64 {
        match self.below(8) {
            0 => self.next(),
            1 => self.next() % 600,
            2 => (self.next() % 16) | (self.next() % 16) << 32,
            3 => u64::from_le_bytes(*b"abc\0\xff\xc3\x28x"),
            4 => u64::MAX,
            5 => (self.next() % 5) | (self.next() % 600) << 16,
            _ => self.next() % 12,
        }
    }

    /// The first word of an item as a kernel delivers it.
    pub fn item(&mut self) -> u64 {
        match self.below(8) {
            0 => 0,
            1 => item::MAP | 0x10 | 12 << 6,
            2 => self.next() & !0xe,
            _ => item::MAP | 0x30,
        }
    }
}

/// A message, as it is received.
struct Message {
    protocol: i64,
    words: Vec<u64>,
    items: Vec<u64>,
    rights: u64,
}

/// What has to come back.
#[derive(Clone, Copy, PartialEq, Debug)]
struct Due {
    label: i64,
    /// Whether the object is asked, and words and items are its answer's.
    reached: Option<(usize, usize)>,
}

impl Due {
    fn error(label: i64) -> Self {
        Due {
            label,
            reached: None,
        }
    }
}

/// A server's interfaces, and a valid request and the reply of each operation.
struct Target {
    interfaces: Vec<&'static Interface>,
    ops: Vec<(&'static Op, Vec<u64>, usize, Values)>,
    has_vcon: bool,
}

impl Target {
    fn of(server: &Server) -> Self {
        let interfaces: Vec<_> = facts::with_bases(server.interface);
        let interfaces: Vec<_> = interfaces
            .into_iter()
            .filter(|i| i.protocol != proto::EMPTY)
            .collect();
        let ops = interfaces.iter().flat_map(|interface| &interface.ops);
        let ops = ops.map(|op| {
            let values = Values::of(op);
            let mut request = layout::request(op, &values);
            request.bytes.resize(request.words() * 8, 0);
            let words = request
                .bytes
                .chunks(8)
                .map(|c| u64::from_le_bytes(c.try_into().expect("8")));
            (op, words.collect(), request.items.len(), values)
        });
        Target {
            ops: ops.collect(),
            has_vcon: interfaces.iter().any(|i| i.name == "L4::Vcon"),
            interfaces,
        }
    }

    /// A message: a valid one with something changed, or a heap of numbers.
    fn message(&self, random: &mut Random) -> Message {
        let mut message = match random.below(16) {
            0 => Message {
                protocol: random.next() as i64 >> 48,
                words: (0..random.below(64)).map(|_| random.word()).collect(),
                items: vec![],
                rights: 3,
            },
            1 => Message {
                protocol: proto::META,
                words: vec![random.next() % 5, random.word(), 0],
                items: vec![],
                rights: 3,
            },
            2.. if self.ops.is_empty() || self.has_vcon && random.one_in(2) => Message {
                protocol: proto::LOG,
                words: vec![
                    (random.next() % 5) | (random.next() % 600) << 16,
                    random.word() % 500,
                    random.word(),
                    random.word(),
                    random.word(),
                ],
                items: vec![],
                rights: 3,
            },
            _ => {
                let (op, words, items, _) = &self.ops[random.below(self.ops.len())];
                Message {
                    protocol: op.protocol,
                    words: words.clone(),
                    items: vec![item::MAP | 0x30; *items],
                    rights: 3,
                }
            }
        };
        for _ in 0..random.below(3) {
            self.change(&mut message, random);
        }
        message.words.truncate(utcb::MSG_REGS);
        message.items.truncate(63);
        message
    }

    fn change(&self, message: &mut Message, random: &mut Random) {
        match random.below(9) {
            0 => {
                let len = random.below(message.words.len() + 2);
                message.words.truncate(len);
            }
            1 => (0..random.below(64)).for_each(|_| message.words.push(random.word())),
            2 => message.items = (0..random.below(64)).map(|_| random.item()).collect(),
            3 => message.items = (0..random.below(4)).map(|_| random.item()).collect(),
            4 => message.rights = random.next() % 4,
            5 => {
                if let Some(first) = message.words.first_mut() {
                    let bit = random.below(64);
                    *first ^= 1 << if random.one_in(2) { bit } else { bit % 5 };
                }
            }
            6 => {
                let other = self.interfaces[random.below(self.interfaces.len())];
                message.protocol = other.protocol;
            }
            _ => {
                if !message.words.is_empty() {
                    let at = random.below(message.words.len());
                    message.words[at] = random.word();
                }
            }
        }
    }

    /// What a message has to be answered with.
    fn due(&self, message: &Message) -> Due {
        let Message { words, items, .. } = message;
        if !items.is_empty() && !layout::fits(words.len(), items.len()) {
            return Due::error(-err::EMSGTOOSHORT);
        }
        let Some(interface) = (self.interfaces.iter()).find(|i| i.protocol == message.protocol)
        else {
            return match message.protocol {
                proto::META => self.meta(words),
                _ => Due::error(-err::EBADPROTO),
            };
        };
        if interface.name == "L4::Vcon" {
            return vcon(words);
        }
        let first = words.first().copied();
        let op = self.ops.iter().find(|(op, ..)| {
            let size = op.opcode_size as u32 * 8;
            let mask = u64::MAX.checked_shr(64 - size).unwrap_or(0);
            op.interface == interface.name
                && (size == 0 || first.unwrap_or(0) & mask == op.opcode & mask)
        });
        let Some((op, .., values)) = op else {
            return Due::error(if words.is_empty() {
                -err::EMSGTOOSHORT
            } else {
                -err::ENOSYS
            });
        };
        if message.rights & op.rights != op.rights {
            return Due::error(if words.is_empty() {
                -err::EMSGTOOSHORT
            } else {
                -err::EPERM
            });
        }
        let decoded = layout::decode(op, &Received { words, items });
        match decoded {
            Err(_) if op.send_only && !words.is_empty() => Due::error(-err::ENOREPLY),
            Err(label) => Due::error(label),
            Ok(()) if op.send_only => Due {
                label: -err::ENOREPLY,
                reached: Some((0, 0)),
            },
            Ok(()) => {
                let reply = layout::reply(op, values);
                Due {
                    label: values.label,
                    reached: Some((reply.words(), reply.items.len())),
                }
            }
        }
    }

    /// Questions about interfaces never reach the object.
    fn meta(&self, words: &[u64]) -> Due {
        let Some(first) = words.first() else {
            return Due::error(-err::EMSGTOOSHORT);
        };
        let argument = words.get(1).copied().ok_or(-err::EMSGTOOSHORT);
        let label = match *first as u32 {
            meta::NUM_INTERFACES => Ok(self.interfaces.len() as i64),
            meta::INTERFACE => {
                argument.and_then(|index| match index < self.interfaces.len() as u64 {
                    true => Ok(0),
                    false => Err(-err::ERANGE),
                })
            }
            meta::SUPPORTS => argument.map(|protocol| {
                let speaks = self
                    .interfaces
                    .iter()
                    .any(|i| i.protocol == protocol as i64);
                i64::from(protocol != 0 && speaks)
            }),
            _ => Err(-err::ENOSYS),
        };
        Due::error(label.unwrap_or_else(|error| error))
    }
}

/// Consoles are no framework's: see `L4Re::Util::Vcon_svr`.
fn vcon(words: &[u64]) -> Due {
    let Some(first) = words.first() else {
        return Due::error(-err::EMSGTOOSHORT);
    };
    let reached = |label, words| Due {
        label,
        reached: Some((words, 0)),
    };
    match first & 0xffff {
        vcon::WRITE if words.len() < 2 => Due::error(-err::ENOREPLY),
        vcon::WRITE => reached(-err::ENOREPLY, 0),
        vcon::READ => {
            let size = (*first as u32 >> vcon::READ_SIZE_SHIFT) as usize;
            reached(0, 1 + size.min(vcon::READ_SIZE).div_ceil(8))
        }
        vcon::SET_ATTR if words.len() < 4 => Due::error(-err::EINVAL),
        vcon::SET_ATTR => reached(0, 0),
        vcon::GET_ATTR => reached(0, 4),
        _ => Due::error(-err::ENOSYS),
    }
}

/// What the kernel does for the server: it brings messages and takes the answers.
struct Kernel<'a> {
    target: &'a Target,
    random: Random,
    left: u32,
    /// The label that the server's gate was bound with.
    label: u64,
    object: &'a Watched,
    /// The last message's answer as it has to be, and how often the object had been called.
    due: Option<(Due, Message, u64)>,
    reached: u64,
    /// What has been answered with errors, by code.
    errors: std::collections::BTreeMap<i64, u32>,
}

/// How often the object has been called.
type Watched = Rc<Cell<u64>>;

impl Kernel<'_> {
    fn call(&mut self, call: Call) -> Reply {
        let mr = |i| call.utcb.mr(i);
        if call.flags == Sysf::CALL {
            if call.tag.label() == proto::KOBJECT && mr(0) == 0x10 {
                self.label = mr(1);
            }
            return Reply::label(0);
        }
        if let Some((due, message, before)) = self.due.take() {
            let replied = call.flags.contains(Sysf::REPLY).then_some(call.tag);
            self.check(due, &message, replied, self.object.get() - before);
        }
        if !call.flags.contains(Sysf::RECV) {
            return Reply::label(0);
        }
        if self.left == 0 {
            return call.fail(ipc_error::NOT_EXISTENT);
        }
        self.left -= 1;
        let message = self.target.message(&mut self.random);
        let items = message.items.iter().flat_map(|item| [*item, 0]);
        let registers = message.words.iter().copied().chain(items);
        for (i, word) in registers.take(utcb::MSG_REGS).enumerate() {
            call.utcb.set_mr(i, word);
        }
        let (words, items) = (message.words.len(), message.items.len());
        let reply = Reply {
            tag: MsgTag::new(message.protocol, words, items, TagFlags::empty()),
            label: self.label | message.rights,
        };
        self.due = Some((self.target.due(&message), message, self.object.get()));
        reply
    }

    fn check(&mut self, due: Due, message: &Message, replied: Option<MsgTag>, calls: u64) {
        let label = replied.map_or(-err::ENOREPLY, MsgTag::label);
        let Message {
            protocol,
            words,
            items,
            rights,
        } = message;
        let told =
            || format!("protocol {protocol:#x}, rights {rights}, {words:x?}, items {items:x?}");
        assert_eq!(label, due.label, "{}", told());
        assert_eq!(calls, u64::from(due.reached.is_some()), "{}", told());
        if let (Some(due), Some(tag)) = (due.reached, replied) {
            assert_eq!((tag.words(), tag.items()), due, "{}", told());
        }
        self.reached += calls;
        if label < 0 {
            *self.errors.entry(label).or_default() += 1;
        }
    }
}

fn run(server: &Server, messages: u32) {
    let target = Target::of(server);
    let object = Object::default();
    let calls = object.calls.clone();
    let seed = server
        .interface
        .bytes()
        .fold(0x9e37_79b9, |h: u64, b| h.rotate_left(7) ^ u64::from(b));
    let mut kernel = Kernel {
        target: &target,
        random: Random(seed),
        left: messages,
        label: 0,
        object: &calls,
        due: None,
        reached: 0,
        errors: Default::default(),
    };
    l4re::cap_alloc::init(0x1000);
    fake::with(
        |call| kernel.call(call),
        || {
            let registry = Registry::of_thread(env(), Cap::new(CapIdx::from_index(5)));
            (server.serve)(&registry, object).expect("it is served");
            let ended = registry.run();
            assert!(ended.is_err(), "the kernel ends it");
        },
    );
    let Kernel {
        reached, errors, ..
    } = kernel;
    println!(
        "{}: {reached} of {messages} reached the object; errors {errors:?}",
        server.interface
    );
    // Both kinds come often enough for the test to mean something.
    assert!(
        reached > u64::from(messages) / 10,
        "{}: {reached}",
        server.interface
    );
    let refused = |code: i64| errors.get(&-code).copied().unwrap_or(0) > messages / 2000;
    for code in [err::EMSGTOOSHORT, err::EBADPROTO] {
        assert!(refused(code), "{}: {errors:?}", server.interface);
    }
}

/// How many slots of capabilities are free.
pub fn free_slots() -> usize {
    let slots: Vec<_> = std::iter::from_fn(|| CapSlot::alloc().ok()).collect();
    slots.len()
}

#[test]
fn a_million_messages_to_each_server() {
    l4re::cap_alloc::init(0x1000);
    let before = free_slots();
    std::thread::scope(|scope| {
        let half = |part| {
            let servers = SERVERS
                .iter()
                .enumerate()
                .filter(move |(i, _)| i % 2 == part);
            move || servers.for_each(|(_, server)| run(server, MESSAGES))
        };
        scope.spawn(half(0));
        scope.spawn(half(1));
    });
    // Other tests have some for a moment; a slot that is lost now and then is very many here.
    let after = free_slots();
    assert!(
        after + 100 > before,
        "{before} slots were free, {after} are"
    );
}
