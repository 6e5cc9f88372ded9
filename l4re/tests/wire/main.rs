//! Holds the messages that the crate sends to the facts of the interface: what L4Re's own C and
//! C++ clients send for the same operation (`l4re-sys/data/rpc.json`).

mod facts;
mod kernel;
mod objects;
mod services;

use l4re::sys::fake::{self, Call, Reply};
use l4re::sys::{CapIdx, Sysf, TagFlags, Timeout};

/// Operations that no method of the crate sends, and why.
const NOT_SENT: &[(&str, &str, &str)] = &[
    (
        "L4::Kobject",
        "dec_refcnt",
        "the registry's own: held by its tests, where sessions live and die",
    ),
    (
        "L4::Task",
        "ldt_set (x86)",
        "C sends words besides that it has not set",
    ),
    (
        "L4::Thread",
        "ex_regs_ret",
        "the same message as `ex_regs`: C reads the reply by another function",
    ),
    (
        "L4::Icu",
        "unmask (C, label != NULL)",
        "sends and waits for anyone in one: a server waits by its registry",
    ),
    (
        "L4::Irq",
        "wait (C)",
        "sends and waits for anyone in one: a server waits by its registry",
    ),
    (
        "L4::Irq",
        "wait (C++)",
        "sends and waits for anyone in one: a server waits by its registry",
    ),
    (
        "L4::Irq",
        "unmask (C++ Irq::unmask / Irq_eoi::unmask)",
        "C's message does the same, in a word less",
    ),
    (
        "kdebug",
        "outchar",
        "`Debugger::write` sends the whole text",
    ),
    (
        "sigma0",
        "map_anypage",
        "held by `services::sigma0`: the facts have the word that C's function reads, too",
    ),
    ("sigma0", "map_kip", "held by `services::sigma0`"),
    (
        "sigma0",
        "print_cov_data",
        "of a sigma0 that was built to measure its tests",
    ),
];

#[test]
fn every_operation_of_the_kernels_objects_is_sent() {
    kernel::task();
    kernel::giving_up_capabilities();
    kernel::thread();
    kernel::vcon();
    kernel::factory();
    kernel::scheduler();
    kernel::interrupts();
    kernel::gates_and_the_machine();
    objects::tasks();
    objects::threads();
    objects::factories_and_groups();
    objects::interrupts_and_processors();
    objects::the_machine();
    objects::debugger();
    facts::all_are_held(NOT_SENT);
}

/// A message as it was sent.
pub struct Sent {
    dest: CapIdx,
    flags: Sysf,
    label: i64,
    words: Vec<u64>,
    items: Vec<(u64, u64)>,
    tag_flags: TagFlags,
    timeout: Timeout,
    bdr: u64,
    buffers: Vec<u64>,
}

impl Sent {
    fn of(call: Call) -> Self {
        // Who does not receive has not written them.
        let receives = call.flags.contains(Sysf::RECV);
        let registers = if receives { 0..58 } else { 0..0 };
        let buffers = registers.map(|i| call.utcb.br(i));
        let buffers = buffers.take_while(|word| *word != 0);
        Sent {
            dest: call.dest,
            flags: call.flags,
            label: call.tag.label(),
            words: call.words(),
            items: call.items(),
            tag_flags: call.tag.flags(),
            timeout: call.timeout,
            bdr: if receives { call.utcb.bdr().0 } else { 0 },
            buffers: buffers.collect(),
        }
    }

    fn bytes(&self) -> Vec<u8> {
        self.words.iter().flat_map(|w| w.to_le_bytes()).collect()
    }
}

/// Runs an operation; the first message that it sends is what is looked at. Every message is
/// answered with a label of 0, words of zeros, and a capability.
pub fn sent_by<R>(operation: impl FnOnce() -> R) -> Sent {
    let mut first = None;
    // What an operation makes is dropped while the fake kernel still answers.
    fake::with(
        |call| {
            first.get_or_insert_with(|| Sent::of(call));
            let mut words = [0; 10];
            words[8] = 0x38;
            let mut reply = call.reply(0, &words);
            reply.tag = l4re::sys::MsgTag::new(0, 8, 1, TagFlags::empty());
            reply
        },
        || {
            l4re::cap_alloc::init(0x1000);
            drop(operation());
        },
    );
    first.expect("the operation sends a message")
}

/// The reply of a test that reads one: words, and nothing else.
pub fn answered<R>(words: &[u64], operation: impl FnOnce() -> R) -> R {
    let words = words.to_vec();
    fake::with(move |call| -> Reply { call.reply(0, &words) }, operation)
}
