//! Holds clients and servers of every service to the facts of L4Re's interfaces
//! (`l4re-sys/data/rpc.json`), operation by operation: a request that the facts lay out is what a
//! client sends and what a server understands, and so with replies.

mod clients;
#[path = "../common/mod.rs"]
mod common;
mod facts;
mod fuzz;
mod layout;
mod object;
mod sample;
mod servers;

use clients::{ROWS, Results, Row};
use facts::{Kind, Op};
use l4re::factory::Arg;
use l4re::sys::fake::{self, Call, Reply};
use l4re::sys::{CapIdx, Fpage, MemRights, MsgTag, Sysf, TagFlags, Timeout, item, utcb};
use l4re::{Error, ErrorCode};
use layout::{Item, Message};
use object::Object;
use sample::Values;
use std::cell::Cell;
use std::collections::BTreeSet;

/// Where requests go.
const DEST: CapIdx = CapIdx::from_index(0x123);
/// Where memory is to come to.
const WINDOW: Fpage = Fpage::memory(0x40_0000, 14, MemRights::RW);

/// Operations without a client in the crate, and why.
const WITHOUT_CLIENT: &[(&str, &str, &str)] = &[
    ("L4::Arm_smccc", "call", "of ARM's machines"),
    (
        "L4Re::Dataspace",
        "map_info",
        "of machines without an MMU: C++ has no such member elsewhere, either",
    ),
];

/// Operations without a server, and why.
const WITHOUT_SERVER: &[(&str, &str, &str)] = &[
    ("L4::Arm_smccc", "call", "of ARM's machines"),
    (
        "L4::Meta",
        "num_interfaces",
        "every interface's: see the tests of its rules",
    ),
    (
        "L4::Meta",
        "interface",
        "every interface's: see the tests of its rules",
    ),
    (
        "L4::Meta",
        "supports",
        "every interface's: see the tests of its rules",
    ),
    (
        "L4::Ipc_gate",
        "bind_thread",
        "the kernel's own: a server has gates, and is none",
    ),
    (
        "L4::Ipc_gate",
        "get_infos",
        "the kernel's own: a server has gates, and is none",
    ),
    (
        "L4::Rcv_endpoint",
        "bind_thread",
        "the kernel's own: a server has gates, and is none",
    ),
    (
        "L4::Iommu",
        "bind",
        "the kernel's own: its base is not even an object",
    ),
    (
        "L4::Iommu",
        "unbind",
        "the kernel's own: its base is not even an object",
    ),
];

/// The argument of a factory.
fn varg(values: &Values) -> Arg<'static> {
    Arg::Word(values.list::<u64>("args")[1])
}

fn name(op: &Op) -> (&str, &str) {
    (&op.interface, &op.name)
}

fn all_ops() -> impl Iterator<Item = &'static Op> {
    facts::INTERFACES.iter().flat_map(|i| &i.ops)
}

#[test]
fn nothing_is_missing() {
    let excused = |list: &'static [(&'static str, &'static str, &str)]| {
        list.iter()
            .map(|(interface, op, _)| (*interface, *op))
            .collect::<BTreeSet<_>>()
    };
    let with_client: BTreeSet<_> = ROWS.iter().map(|row| (row.interface, row.op)).collect();
    let missing: BTreeSet<_> = all_ops()
        .map(name)
        .filter(|op| !with_client.contains(op))
        .collect();
    assert_eq!(
        missing,
        excused(WITHOUT_CLIENT),
        "left: no client; right: excused"
    );

    let served = |op: &&Op| servers::of(&op.interface).is_none();
    let missing: BTreeSet<_> = all_ops().filter(served).map(name).collect();
    assert_eq!(
        missing,
        excused(WITHOUT_SERVER),
        "left: no server; right: excused"
    );
}

/// Checks the request that a client has sent.
fn check_request(op: &Op, values: &Values, call: &Call) {
    let due = layout::request(op, values);
    assert_eq!(call.tag.label(), op.protocol, "protocol");
    assert_eq!(call.tag.flags(), TagFlags::empty(), "flags");
    let phases = if op.send_only { Sysf::SEND } else { Sysf::CALL };
    assert_eq!((call.flags, call.timeout), (phases, Timeout::NEVER));
    let words = call.words();
    assert!(due.matches(&words), "sent {words:x?}, due {due:x?}");
    let items = call.items();
    assert_eq!(items.len(), due.items.len(), "items");
    for (sent, due) in items.iter().zip(&due.items) {
        let (control, fpage) = *sent;
        assert_eq!(
            (control, Item::Cap(fpage & !0xfff)),
            (item::MAP, *due),
            "item"
        );
    }
    if op.send_only {
        return;
    }
    assert_eq!(call.utcb.bdr().0, 0, "buffer descriptor");
    let mut next = 0;
    let mut buffer = || {
        next += 1;
        call.utcb.br(next - 1)
    };
    for arg in &op.args {
        match arg.kind {
            Kind::Window { slot: false } => {
                assert_eq!(buffer(), 8);
                let window = if op.name == "io_page_fault" {
                    values.get("io_pfa")
                } else {
                    WINDOW.raw()
                };
                assert_eq!(buffer(), window, "receive window");
            }
            Kind::Window { slot: true } | Kind::Slot => {
                assert_eq!(buffer() & 0xfff, 0xa, "slot");
            }
            _ => {}
        }
    }
    assert_eq!(buffer(), 0, "the end of the buffers");
}

/// Puts words and items into the registers, as a receiver finds them.
fn deliver(label: i64, message: &Message) -> MsgTag {
    let mut bytes = message.bytes.clone();
    bytes.resize(message.words() * 8, 0);
    let words = bytes
        .chunks(8)
        .map(|c| u64::from_le_bytes(c.try_into().expect("8 bytes")));
    let items = message.items.iter().flat_map(|item| match item {
        Item::Cap(_) | Item::AnyCap => [item::MAP | 0x30, 0],
        Item::Memory => [0x3000 | 12 << 6 | item::MAP | 0x10, 0],
    });
    for (i, word) in words.chain(items).enumerate() {
        l4re::sys::utcb().set_mr(i, word);
    }
    MsgTag::new(
        label,
        message.words(),
        message.items.len(),
        TagFlags::empty(),
    )
}

/// Calls by a client; its first request is answered by `answer`.
fn call(row: &Row, values: &Values, answer: impl FnMut(Call) -> Reply) -> l4re::Result<()> {
    call_any(row, values, true, answer)
}

/// Calls by a client; the answer need not be the values'.
fn call_any(
    row: &Row,
    values: &Values,
    known: bool,
    mut answer: impl FnMut(Call) -> Reply,
) -> l4re::Result<()> {
    l4re::cap_alloc::init(0x1000);
    let mut results = Results::new(values, known);
    let result = fake::with(
        |call| match call.dest {
            DEST => answer(call),
            // An errand to the kernel.
            _ => Reply::label(0),
        },
        || (row.call)(values, &mut results),
    );
    if result.is_ok() {
        results.check_all(row.unseen);
    }
    result
}

fn each_row(check: impl FnMut(&Row, &'static Op, Values)) {
    each_row_of(0, check);
}

/// Rows with the values of a seed.
fn each_row_of(seed: u32, mut check: impl FnMut(&Row, &'static Op, Values)) {
    for row in ROWS {
        let op = facts::op(row.interface, row.op);
        let mut values = Values::seeded(op, seed);
        (row.prepare)(&mut values);
        check(row, op, values);
    }
}

#[test]
fn clients_send_and_read_what_the_facts_say() {
    each_row(|row, op, values| {
        let asked = Cell::new(0);
        let result = call(row, &values, |call| {
            asked.set(asked.get() + 1);
            check_request(op, &values, &call);
            let tag = deliver(values.label, &layout::reply(op, &values));
            Reply { tag, label: 0 }
        });
        assert_eq!((result, asked.get()), (Ok(()), 1));
    });
}

#[test]
fn clients_tell_errors_and_short_replies() {
    each_row(|row, op, values| {
        if op.send_only {
            return;
        }
        let asked = Cell::new(0);
        let failed = call(row, &values, |_| {
            asked.set(asked.get() + 1);
            Reply::label(-77)
        });
        assert_eq!(failed, Err(Error::Service(ErrorCode(77))));
        // Each reply that ends before it should.
        let whole = layout::reply(op, &values);
        let needed = op
            .args
            .iter()
            .filter(|arg| arg.is_out && !row.unseen.contains(&&arg.name[..]));
        let items_needed = needed.clone().any(|arg| {
            matches!(arg.kind, Kind::Slot) || matches!(arg.kind, Kind::Fpage) && !arg.optional
        });
        let words_needed = needed
            .filter(|arg| values.output.contains_key(&arg.name))
            .count();
        // Old kernels do not tell the classes of scheduling.
        let optional = usize::from(op.interface == "L4::Scheduler" && op.name == "info");
        let enough = if words_needed > 0 {
            whole.words() - optional
        } else {
            0
        };
        for words in 0..enough {
            let short = Message {
                bytes: whole.bytes[..words * 8].to_vec(),
                used: Vec::new(),
                items: whole.items.clone(),
            };
            let result = call(row, &values, |_| {
                let tag = deliver(values.label, &short);
                Reply { tag, label: 0 }
            });
            assert!(
                matches!(result, Err(Error::Malformed(_))),
                "{words} words: {result:?}"
            );
        }
        // The kernel's factory maps what it makes, and does not tell.
        if items_needed && op.name != "create" {
            let bare = Message {
                items: Vec::new(),
                ..whole
            };
            let result = call(row, &values, |_| {
                let tag = deliver(values.label, &bare);
                Reply { tag, label: 0 }
            });
            assert!(
                matches!(result, Err(Error::Malformed(_))),
                "no item: {result:?}"
            );
        }
    });
}

/// Rows, and what no client asks for.
fn each_request(check: impl Fn(&'static Op, Values)) {
    each_row(|_, op, values| check(op, values));
    let samples = |interface, name| {
        let op = facts::op(interface, name);
        (op, Values::of(op))
    };
    let (op, mut values) = samples("L4Re::Namespace", "query");
    values.gives_cap = true;
    values.label(0x20);
    check(op, values);
    let (op, values) = samples("L4Re::Dataspace", "map_info");
    check(op, values);
    let (op, mut values) = samples("L4Re::Rm", "attach");
    values.without("mem");
    check(op, values);
    for (interface, name) in [
        ("L4::Pager", "page_fault"),
        ("L4::Io_pager", "io_page_fault"),
        ("L4::Exception", "exception"),
    ] {
        let (op, mut values) = samples(interface, name);
        values.gives_nothing = true;
        check(op, values);
    }
}

#[test]
fn servers_understand_and_answer_what_the_facts_say() {
    each_request(|op, values| {
        let Some(serve) = servers::of(&op.interface) else {
            return;
        };
        let object = Object::expecting(values.clone());
        let tag = deliver(op.protocol, &layout::request(op, &values));
        let reply = servers::answer(serve, &object, tag, !0);
        assert_eq!(object.calls.get(), 1, "{}", op.name);
        if op.send_only {
            assert_eq!(reply.label(), -l4re::sys::err::ENOREPLY);
            return;
        }
        let due = layout::reply(op, &values);
        assert_eq!(
            (reply.label(), reply.items()),
            (values.label, due.items.len()),
            "{}",
            op.name
        );
        let words: Vec<_> = (0..reply.words()).map(utcb_word).collect();
        assert!(
            due.matches(&words),
            "{}: answered {words:x?}, due {due:x?}",
            op.name
        );
        for (i, item) in due.items.iter().enumerate() {
            let at = reply.words() + item::WORDS * i;
            let (control, fpage) = (utcb_word(at), Fpage::from_raw(utcb_word(at + 1)));
            assert_eq!(control & 0xf, item::MAP, "{}: item", op.name);
            match item {
                Item::Memory => assert_eq!((fpage.addr(), fpage.order()), (0x5000, 12)),
                _ => assert_eq!(fpage.cap(), object::GIVEN.idx()),
            }
        }
    });
}

fn utcb_word(i: usize) -> u64 {
    assert!(i < utcb::MSG_REGS);
    l4re::sys::utcb().mr(i)
}

#[test]
fn servers_check_rights_and_lengths() {
    each_request(|op, values| {
        let Some(serve) = servers::of(&op.interface) else {
            return;
        };
        let whole = layout::request(op, &values);
        let object = Object::expecting(values.clone());
        if op.rights != 0 {
            let tag = deliver(op.protocol, &whole);
            let reply = servers::answer(serve, &object, tag, !op.rights);
            assert_eq!(reply.label(), -l4re::sys::err::EPERM, "{}", op.name);
            assert_eq!(object.calls.get(), 0);
        }
        for words in 0..whole.words() {
            let short = Message {
                bytes: whole.bytes[..words * 8].to_vec(),
                used: Vec::new(),
                items: Vec::new(),
            };
            let tag = deliver(op.protocol, &short);
            let received: Vec<_> = (0..words).map(utcb_word).collect();
            let due = layout::decode(
                op,
                &layout::Received {
                    words: &received,
                    items: &[],
                },
            );
            // A factory's list may be any part of one.
            if due.is_ok() {
                assert_eq!(op.name, "create", "{words} words");
                continue;
            }
            let reply = servers::answer(serve, &object, tag, !0);
            let code = if op.send_only && words > 0 {
                -l4re::sys::err::ENOREPLY
            } else {
                -l4re::sys::err::EMSGTOOSHORT
            };
            assert_eq!(reply.label(), code, "{}: {words} words", op.name);
            assert_eq!(object.calls.get(), 0);
        }
    });
}

/// What is written is read back, whatever it is: requests and replies of every operation.
#[test]
fn clients_and_servers_understand_each_other() {
    for seed in 0..300 {
        each_row_of(seed, |row, op, values| {
            let Some(serve) = servers::of(&op.interface) else {
                return;
            };
            let object = Object::expecting(values.clone());
            let result = call(row, &values, |call| {
                check_request(op, &values, &call);
                common::transfer_items(call.tag);
                let tag = servers::answer(serve, &object, call.tag, !0);
                if op.send_only {
                    return Reply::label(0);
                }
                common::transfer_items(tag);
                Reply { tag, label: 0 }
            });
            assert_eq!((result, object.calls.get()), (Ok(()), 1), "{}", op.name);
        });
    }
}

/// Replies of any kind to every client: they are refused or read.
#[test]
fn any_replies() {
    let mut random = fuzz::Random(0x0123_4567_89ab_cdef);
    let (mut read, mut all) = (0u32, 0u32);
    for seed in 0..1_000 {
        each_row_of(seed % 3, |row, _, values| {
            let result = call_any(row, &values, false, |_| {
                let label = match random.one_in(3) {
                    true => random.next() as i64 >> 48,
                    false => 0,
                };
                let words = random.below(64);
                let most = if random.one_in(2) { 4 } else { 64 };
                for i in 0..utcb::MSG_REGS {
                    let word = match random.one_in(3) {
                        true => random.item(),
                        false => random.word(),
                    };
                    l4re::sys::utcb().set_mr(i, word);
                }
                let tag = MsgTag::new(label, words, random.below(most), TagFlags::empty());
                Reply { tag, label: 0 }
            });
            read += u32::from(result.is_ok());
            all += 1;
        });
    }
    println!("{read} of {all} were read");
    assert!(read > all / 4, "{read} of {all}");
    assert!(
        fuzz::free_slots() > l4re::cap_alloc::SLOTS / 2,
        "slots are lost"
    );
}
