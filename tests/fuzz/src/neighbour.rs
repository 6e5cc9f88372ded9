//! Those who are to notice nothing: an echo service, and a client of it.

use core::arch::asm;
use core::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use l4re::sys::{CapIdx, MsgTag, Sysf, TagFlags, Timeout, utcb};
use test_pressure as kit;

/// How long the neighbour rests between two calls, in microseconds.
const REST_US: u64 = 1_500;
/// How long it waits for an answer.
const PATIENCE_US: u64 = 3_000_000;

static ECHO: AtomicU64 = AtomicU64::new(0);
static STOP: AtomicBool = AtomicBool::new(false);
/// Calls that the neighbour made.
pub static CALLS: AtomicU64 = AtomicU64::new(0);
/// Those of them that went wrong.
pub static MISSED: AtomicU64 = AtomicU64::new(0);
/// The first thing that went wrong: a code, or what differed.
pub static FIRST: AtomicU64 = AtomicU64::new(0);
/// The longest time between a call and its answer, in microseconds.
pub static LONGEST_US: AtomicU64 = AtomicU64::new(0);
/// How much later than it should the neighbour was woken, at worst, in microseconds.
pub static LATEST_US: AtomicU64 = AtomicU64::new(0);
/// The base of the neighbour's segment fs.
pub static FS_BASE: AtomicU64 = AtomicU64::new(0);

/// Answers every message by its own words.
pub fn echo(_: u64) {
    let (mut tag, _) = kit::receive(Timeout::NEVER);
    loop {
        if tag.has_error() {
            (tag, _) = kit::receive(Timeout::NEVER);
            continue;
        }
        let answer = MsgTag::new(tag.label(), tag.words(), 0, TagFlags::empty());
        (tag, _) = kit::raw(
            CapIdx::INVALID,
            Sysf::REPLY_AND_WAIT,
            answer,
            Timeout::SEND_ZERO,
        );
    }
}

/// Where the service is.
pub fn set_echo(gate: CapIdx) {
    ECHO.store(gate.0, Ordering::Relaxed);
}

fn fs_base() -> u64 {
    let base: u64;
    // SAFETY: the control block's first word is its own address.
    unsafe { asm!("mov {}, fs:[0]", out(reg) base, options(nostack, readonly)) };
    base
}

fn miss(what: i64) {
    if MISSED.fetch_add(1, Ordering::Relaxed) == 0 {
        FIRST.store(what as u64, Ordering::Relaxed);
    }
}

/// Calls the service until it is told to stop.
pub fn client(_: u64) {
    let registers = utcb().as_ptr();
    let base = fs_base();
    FS_BASE.store(base, Ordering::Relaxed);
    let mut number = 0u64;
    while !STOP.load(Ordering::Relaxed) {
        let rested = kit::now_us();
        kit::sleep_us(REST_US);
        let from = kit::now_us();
        let late = from.saturating_sub(rested + REST_US);
        LATEST_US.fetch_max(late, Ordering::Relaxed);
        // Nobody else's segments came to it.
        if utcb().as_ptr() != registers {
            return miss(-1);
        }
        if fs_base() != base {
            miss(-2);
        }
        number = number.wrapping_add(1);
        for i in 0..3 {
            utcb().set_mr(i, number.wrapping_mul(i as u64 + 1));
        }
        let tag = MsgTag::new(number as i64 & 0xff, 3, 0, TagFlags::empty());
        let echo = CapIdx(ECHO.load(Ordering::Relaxed));
        let timeout = kit::timeout_us(PATIENCE_US, PATIENCE_US);
        let (answer, _) = kit::raw(echo, Sysf::CALL, tag, timeout);
        CALLS.fetch_add(1, Ordering::Relaxed);
        if answer.has_error() {
            miss(kit::code(answer));
        } else if answer != tag || (0..3).any(|i| kit::mr(i) != number.wrapping_mul(i as u64 + 1)) {
            miss(-3);
        }
        LONGEST_US.fetch_max(kit::now_us() - from, Ordering::Relaxed);
    }
}

/// Has the client stop.
pub fn stop() {
    STOP.store(true, Ordering::Relaxed);
    kit::sleep_us(20 * REST_US);
}
