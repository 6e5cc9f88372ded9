//! A client: it makes objects, asks them for anything, and gives them all up, again and again.

use crate::message::{self, Random};
use core::sync::atomic::{AtomicU64, Ordering::Relaxed};
use l4re::sys::varg::{self, VargTag};
use l4re::sys::{
    BufferDesc, CapIdx, MapItem, MsgTag, ObjRights, RcvItem, Sysf, TagFlags, Timeout, TimeoutS,
    proto, utcb,
};
use l4re::{CapSlot, Env};
use test_services::{call, label};

/// Requests made, those answered without an error, and how often all objects were given up.
pub static MADE: AtomicU64 = AtomicU64::new(0);
pub static WELL: AtomicU64 = AtomicU64::new(0);
pub static LIVES: AtomicU64 = AtomicU64::new(0);

/// Requests until a client gives up all that it has.
const LIFE: u64 = 400;
/// What a client's allocator may have at most, in bytes.
const QUOTAS: [u64; 6] = [8 << 10, 40 << 10, 200 << 10, 1 << 20, 3 << 20, 1 << 40];
const KINDS: [i64; 6] = [
    proto::DATASPACE,
    proto::NAMESPACE,
    proto::RM,
    proto::LOG,
    proto::RE_DMA_SPACE,
    proto::FACTORY,
];
/// Objects that a client has at a time.
pub const OBJECTS: usize = 12;

/// An object, and what it is.
pub struct Object {
    pub slot: CapSlot,
    pub kind: i64,
}

/// Makes so many requests.
pub fn live(env: &Env, seed: u64, number: u64, calls: u64) {
    let mut random = Random::of(seed, number);
    let mut left = calls;
    while left > 0 {
        let life = (1 + random.below(LIFE)).min(left);
        one_life(env, &mut random, life);
        left -= life;
        LIVES.fetch_add(1, Relaxed);
    }
}

/// As [`live`], then ends in one of the ways that programs end in, and in the middle of something.
pub fn live_and_end(env: &Env, seed: u64, calls: u64) -> i32 {
    let mut random = Random::of(seed, 77);
    let calls = 1 + random.below(2 * calls);
    live(env, seed, 77, calls);
    let Ok(judge) = env.named::<()>("judge") else {
        return 3;
    };
    // Objects stay as they are.
    let _objects = make(env, &mut random);
    let wait = Timeout::NEVER;
    // SAFETY: nothing is received.
    unsafe { l4re::sys::ipc(judge.idx(), Sysf::SEND, 0, MsgTag(0), wait) };
    match random.below(3) {
        0 => 0,
        1 => {
            let nothing = core::ptr::without_provenance_mut::<u64>(8);
            // SAFETY: the fault is what is wanted: it ends the program.
            unsafe { nothing.write_volatile(1) };
            4
        }
        _ => l4re::exit(0),
    }
}

fn number(value: u64) -> [u64; 2] {
    [VargTag::new(varg::UMWORD, 8).0, value]
}

/// An object of the kind; it may be refused.
fn create(allocator: CapIdx, kind: i64, value: u64) -> Option<CapSlot> {
    let slot = CapSlot::alloc().ok()?;
    let [tag, value] = match kind {
        proto::LOG => [VargTag::new(varg::STRING, 4).0, value],
        _ => number(value),
    };
    let words = [kind as u64, tag, value];
    let reply = call(allocator, proto::FACTORY, &words, None, Some(slot.idx()));
    (label(reply) == 0).then_some(slot)
}

/// The objects of a new life, the allocator first.
fn make(env: &Env, random: &mut Random) -> [Option<Object>; OBJECTS] {
    let mut objects = [const { None }; OBJECTS];
    let quota = QUOTAS[random.below(QUOTAS.len() as u64) as usize];
    let Some(slot) = create(env.mem_alloc().idx(), proto::FACTORY, quota) else {
        return objects;
    };
    let allocator = slot.idx();
    let kind = proto::FACTORY;
    objects[0] = Some(Object { slot, kind });
    for place in objects.iter_mut().skip(1) {
        let kind = KINDS[random.below(KINDS.len() as u64) as usize];
        let size = message::size(random);
        *place = create(allocator, kind, size).map(|slot| Object { slot, kind });
    }
    objects
}

fn one_life(env: &Env, random: &mut Random, calls: u64) {
    let mut objects = make(env, random);
    let Ok(received) = CapSlot::alloc() else {
        return;
    };
    for _ in 0..calls {
        if random.below(24) == 0 {
            replace(&mut objects, random);
        }
        request(env, &objects, random, received.idx());
    }
    drop(received.filled::<()>());
    // In any order: what was made by an allocator goes with it.
    let first = random.below(OBJECTS as u64) as usize;
    objects.rotate_left(first);
    for object in objects.into_iter().flatten() {
        drop(object.slot.filled::<()>());
    }
}

/// Gives an object up, and makes another in its place.
fn replace(objects: &mut [Option<Object>; OBJECTS], random: &mut Random) {
    let Some(allocator) = objects[0].as_ref().map(|object| object.slot.idx()) else {
        return;
    };
    let place = &mut objects[1 + random.below(OBJECTS as u64 - 1) as usize];
    if let Some(object) = place.take() {
        drop(object.slot.filled::<()>());
    }
    let kind = KINDS[random.below(KINDS.len() as u64) as usize];
    let size = message::size(random);
    *place = create(allocator, kind, size).map(|slot| Object { slot, kind });
}

/// One request, well-formed more often than not.
fn request(env: &Env, objects: &[Option<Object>], random: &mut Random, received: CapIdx) {
    let any = |random: &mut Random| objects[random.below(objects.len() as u64) as usize].as_ref();
    let (dest, kind) = match (random.below(16), any(random)) {
        (0, _) => (env.scheduler().idx(), proto::SCHEDULER),
        (1, _) => (env.mem_alloc().idx(), proto::META),
        // Little text: it would only be noise.
        (2.., Some(object)) if object.kind == proto::LOG => return,
        (_, Some(object)) => (object.slot.idx(), object.kind),
        (_, None) => return,
    };
    let mut message = message::of(kind, random);
    if dest == env.mem_alloc().idx() && message.label == proto::FACTORY {
        // What has no allocator of its own would stay.
        message.label = proto::META;
    }
    let regs = utcb();
    for (i, word) in message.words().iter().enumerate() {
        regs.set_mr(i, *word);
    }
    let mut at = message.words().len();
    let items = message.items.min((63 - at) / 2);
    for _ in 0..items {
        let cap = match (random.below(8), any(random)) {
            (0, _) => env.main_thread().idx(),
            (1, _) => env.log().idx(),
            (_, Some(object)) => object.slot.idx(),
            (_, None) => CapIdx::INVALID,
        };
        let item = MapItem::cap(cap, ObjRights::from_bits_truncate(random.below(16) as u8));
        regs.set_mr(
            at,
            if random.below(8) == 0 {
                0
            } else {
                item.control
            },
        );
        regs.set_mr(at + 1, item.fpage.raw());
        at += 2;
    }
    regs.set_bdr(BufferDesc(0));
    regs.set_br(0, RcvItem::single(received).0);
    regs.set_br(1, RcvItem::VOID.0);
    // Some are given up while they are served, and some wait for no answer at all.
    let wait = match random.below(16) {
        0 => TimeoutS::ZERO,
        1 => TimeoutS::from_us(1 + random.below(3000)),
        _ => TimeoutS::from_us(2_000_000),
    };
    // To a log nothing is answered.
    let wait = if kind == proto::LOG {
        TimeoutS::ZERO
    } else {
        wait
    };
    let count = match random.below(32) {
        0 => random.below(64) as usize,
        _ => message.words().len(),
    };
    let tag = MsgTag::new(message.label, count, items, TagFlags::empty());
    let timeout = Timeout::new(TimeoutS::NEVER, wait);
    // SAFETY: only a capability is received, into a slot of its own.
    let (tag, _) = unsafe { l4re::sys::ipc(dest, Sysf::CALL, 0, tag, timeout) };
    MADE.fetch_add(1, Relaxed);
    if !tag.has_error() && tag.label() >= 0 {
        WELL.fetch_add(1, Relaxed);
    }
}
