//! Telling what happened in a world: a line for each call that came back, in the order in which
//! they did, between lines for what happened besides.

use crate::caller::generate;
use crate::excluded::excluded;
use crate::notes::{Note, PER_THREAD, WORDS, mix, notes};
use crate::warden::{End, Event, Warden, What};
use core::cell::UnsafeCell;
use core::fmt;
use core::sync::atomic::Ordering::Relaxed;
use l4re::sys::{CapIdx, MsgTag, Utcb, UtcbRef, proto, utcb};
use test_fuzz::child::Registers;
use test_fuzz::layout::{Control, THREADS, cap, control};

/// Slots of the child's that are looked at.
const SLOTS: u64 = cap::NEW + cap::NEW_COUNT;

struct Scratch(UnsafeCell<Utcb>);

// SAFETY: the parent's one thread alone uses it.
unsafe impl Sync for Scratch {}

static SCRATCH: Scratch = Scratch(UnsafeCell::new(Utcb::ZERO));

/// Makes a call up again, and gives it to `f` with its registers.
pub fn with_call<T>(
    seed: u64,
    thread: usize,
    call: u64,
    f: impl FnOnce(&Registers, UtcbRef) -> T,
) -> T {
    // SAFETY: the memory is there for ever, and nobody holds a reference into it.
    let scratch = unsafe { UtcbRef::new(SCRATCH.0.get()) };
    f(&generate(seed, thread, call, scratch), scratch)
}

/// Something that happened.
enum Step<'a> {
    Answer(usize, usize, &'a Note),
    Event(&'a Event),
}

/// All that happened, in order.
fn steps<'a>(warden: &'a Warden, mut each: impl FnMut(u64, Step<'a>)) {
    let mut events = warden.events().iter().peekable();
    let mut last = 0;
    loop {
        let answers = (0..THREADS).flat_map(|t| (0..PER_THREAD).map(move |n| (t, n)));
        let answer = answers
            .map(|(t, n)| (notes().of[t][n].order.load(Relaxed), t, n))
            .filter(|(order, ..)| *order > last)
            .min();
        let event = events.peek().map(|event| event.order);
        match (answer, event) {
            (Some((order, t, n)), e) if e.is_none_or(|e| order < e) => {
                last = order;
                each(order, Step::Answer(t, n, &notes().of[t][n]));
            }
            (_, Some(order)) => {
                if let Some(event) = events.next() {
                    each(order, Step::Event(event));
                }
            }
            _ => break,
        }
    }
}

/// Tells a world.
pub fn world(warden: &Warden, world: u64, end: End, show: bool) {
    let seed = warden.seed_of(world);
    steps(warden, |order, step| match step {
        Step::Answer(thread, call, note) => {
            with_call(seed, thread, call as u64, |registers, utcb| {
                if show {
                    in_words(thread, call, registers, utcb);
                }
                let get = |cell: &core::sync::atomic::AtomicU64| cell.load(Relaxed);
                l4re::println!(
                    "c {world} {order} {}{call} {} {:x} {:x} {:x} {:x} {:x} {:x} {:x}",
                    letter(thread),
                    Name(registers, utcb),
                    get(&note.tag),
                    get(&note.label),
                    get(&note.error),
                    get(&note.digest),
                    get(&note.words[0]),
                    get(&note.words[1]),
                    get(&note.words[2]),
                );
            });
        }
        Step::Event(event) => {
            l4re::println!("e {world} {order} {} {}", letter(event.thread), event.what);
        }
    });
    if show {
        for thread in 0..THREADS {
            unanswered(seed, thread);
        }
    }
    l4re::println!("w {world} {} {}", EndName(end), Slots(warden));
}

/// What a thread did not get an answer to.
fn unanswered(seed: u64, thread: usize) {
    let next = Control::get(&control().next[thread]).min(PER_THREAD as u64);
    for call in 0..next {
        if notes().of[thread][call as usize].order.load(Relaxed) == 0 {
            with_call(seed, thread, call, |registers, utcb| {
                match excluded(registers, utcb) {
                    Some(why) => l4re::println!("# {}{call} not made: {why}", letter(thread)),
                    None => {
                        l4re::println!("# {}{call} never came back:", letter(thread));
                        in_words(thread, call as usize, registers, utcb);
                    }
                }
            });
        }
    }
}

/// All that happened, mixed into one.
pub fn digest(warden: &Warden, end: End) -> u64 {
    let mut digest = end as u64;
    steps(warden, |order, step| {
        digest = mix(digest, order);
        match step {
            Step::Answer(thread, call, note) => {
                digest = mix(digest, (thread * PER_THREAD + call) as u64);
                for cell in [&note.tag, &note.label, &note.error, &note.digest] {
                    digest = mix(digest, cell.load(Relaxed));
                }
            }
            Step::Event(event) => {
                digest = mix(digest, event.thread as u64);
                digest = match event.what {
                    What::Fault(at) => mix(digest, at),
                    What::Exception(number, error) => mix(mix(digest, number), error),
                    What::Message(tag, words) => mix(mix(digest, tag), words),
                    What::Cancel => mix(digest, 1),
                };
            }
        }
    });
    (0..SLOTS).fold(digest, |digest, i| {
        mix(digest, warden.has(i).map_or(2, u64::from))
    })
}

fn letter(thread: usize) -> char {
    ['a', 'b', 'x'][thread.min(2)]
}

struct EndName(End);

impl fmt::Display for EndName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            End::Done => "done",
            End::Stuck => "stuck",
            End::Vain => "vain",
            End::Endless => "endless",
            End::Full => "full",
        })
    }
}

impl fmt::Display for What {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            What::Fault(at) => write!(f, "fault {at:x}"),
            What::Exception(number, error) => write!(f, "exception {number:x} {error:x}"),
            What::Message(tag, words) => write!(f, "message {tag:x} {words:x}"),
            What::Cancel => f.write_str("cancel"),
        }
    }
}

/// Which slots of the child's are filled, as a number; `-` if it has no task any more.
struct Slots<'a>(&'a Warden);

impl fmt::Display for Slots<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for start in (0..SLOTS).step_by(32) {
            let mut bits = 0u32;
            for i in 0..32 {
                match self.0.has(start + i) {
                    Some(has) => bits |= u32::from(has) << i,
                    None => return f.write_str("-"),
                }
            }
            write!(f, "{bits:08x}.")?;
        }
        Ok(())
    }
}

/// The names of the child's capabilities from 1 on.
const CAPS: [&str; 16] = [
    "task",
    "factory",
    "thread_a",
    "thread_b",
    "pager_a",
    "pager_b",
    "echo",
    "gate",
    "irq",
    "semaphore",
    "other_task",
    "group",
    "small_factory",
    "loose_gate",
    "loose_irq",
    "loose_thread",
];

struct CapName(u64);

impl fmt::Display for CapName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let cap = CapIdx(self.0 & !0xff);
        if self.0 & 0x800 != 0 {
            return f.write_str("invalid");
        }
        let index = cap.index();
        match CAPS.get((index as usize).wrapping_sub(1)) {
            Some(name) => f.write_str(name),
            None if (cap::NEW..SLOTS).contains(&index) => write!(f, "new{}", index - cap::NEW),
            None => write!(f, "slot{index:#x}"),
        }
    }
}

struct ProtoName(i64);

impl fmt::Display for ProtoName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match self.0 {
            proto::IRQ => "irq",
            proto::PAGE_FAULT => "page_fault",
            proto::EXCEPTION => "exception",
            proto::THREAD_GROUP => "group",
            proto::KOBJECT => "kobject",
            proto::TASK => "task",
            proto::THREAD => "thread",
            proto::FACTORY => "factory",
            proto::VM => "vm",
            proto::IRQ_SENDER => "irq_sender",
            proto::SEMAPHORE => "semaphore",
            proto::META => "meta",
            proto::VCPU_CONTEXT => "vcpu",
            other => return write!(f, "{other}"),
        };
        f.write_str(name)
    }
}

/// A call in one word: destination, protocol, operation, phases.
struct Name<'a>(&'a Registers, UtcbRef);

impl fmt::Display for Name<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Name(registers, utcb) = self;
        let tag = MsgTag(registers.tag);
        let dest = CapName(registers.dest);
        write!(f, "{dest}:{}.", ProtoName(tag.label()))?;
        if tag.words() > 0 {
            write!(f, "{:x}", utcb.mr(0))?;
        }
        write!(f, "/{:x}", registers.dest & 0xf)
    }
}

/// A call in words, on lines that begin with `#`.
fn in_words(thread: usize, call: usize, registers: &Registers, utcb: UtcbRef) {
    let tag = MsgTag(registers.tag);
    l4re::println!(
        "# {}{call}: to {} ({:#x}), protocol {} ({}), {} words, {} items, flags {:#x}, phases {:#x}, label {:#x}, timeouts {:#x}",
        letter(thread),
        CapName(registers.dest),
        registers.dest,
        ProtoName(tag.label()),
        tag.label(),
        tag.words(),
        tag.items(),
        tag.flags().bits(),
        registers.dest & 0xf,
        registers.label,
        registers.timeout & 0xffff_ffff,
    );
    let words = tag.words().min(utcb::MSG_REGS);
    let end = (tag.words() + 2 * tag.items()).min(utcb::MSG_REGS);
    l4re::println!("#     words {:x?}", Regs::<8>::of(0, words, |i| utcb.mr(i)));
    l4re::println!(
        "#     items {:x?}",
        Regs::<8>::of(words, end, |i| utcb.mr(i))
    );
    l4re::println!(
        "#     buffers {:x?}, descriptor {:#x}",
        Regs::<10>::of(0, 10, |i| utcb.br(i)),
        utcb.bdr().0
    );
}

/// Some registers, the first `N`.
struct Regs<const N: usize>([u64; N], usize);

impl<const N: usize> Regs<N> {
    fn of(start: usize, end: usize, get: impl Fn(usize) -> u64) -> Self {
        let count = end.saturating_sub(start).min(N);
        let mut regs = [0; N];
        for (i, reg) in regs.iter_mut().take(count).enumerate() {
            *reg = get(start + i);
        }
        Regs(regs, count)
    }
}

impl<const N: usize> fmt::Debug for Regs<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(&self.0[..self.1]).finish()
    }
}

const _: () = assert!(WORDS == 3);
