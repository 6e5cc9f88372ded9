//! Functions that run before and behind `main`.

use crate::{Case, Outcome};
use core::ffi::{c_char, c_int};
use core::sync::atomic::{AtomicU32, Ordering::Relaxed};
use test_services::check;

pub const CASES: &[Case] = &[(
    "constructors run once, in their order, with the arguments",
    constructors,
)];

/// How many have run, and the place of each among them.
static RUN: AtomicU32 = AtomicU32::new(0);
static FIRST: AtomicU32 = AtomicU32::new(0);
static SECOND: AtomicU32 = AtomicU32::new(0);
static LAST: AtomicU32 = AtomicU32::new(0);
/// The number of arguments as a constructor was told it.
static ARGUMENTS: AtomicU32 = AtomicU32::new(0);

type Constructor = extern "C" fn(c_int, *const *const c_char, *const *const c_char);

extern "C" fn first(_: c_int, _: *const *const c_char, _: *const *const c_char) {
    FIRST.store(RUN.fetch_add(1, Relaxed) + 1, Relaxed);
}

extern "C" fn second(_: c_int, _: *const *const c_char, _: *const *const c_char) {
    SECOND.store(RUN.fetch_add(1, Relaxed) + 1, Relaxed);
}

extern "C" fn last(count: c_int, _: *const *const c_char, _: *const *const c_char) {
    // Heap and environment are ready.
    let vec = alloc::vec![count as u32; 100];
    ARGUMENTS.store(vec[99], Relaxed);
    LAST.store(RUN.fetch_add(1, Relaxed) + 1, Relaxed);
}

extern "C" fn destructor() {
    l4re::println!("# a destructor has run");
}

#[used]
#[unsafe(link_section = ".preinit_array")]
static PREINIT: Constructor = first;
#[used]
#[unsafe(link_section = ".init_array")]
static INIT: Constructor = last;
#[used]
#[unsafe(link_section = ".init_array.101")]
static EARLY: Constructor = second;
#[used]
#[unsafe(link_section = ".fini_array")]
static FINI: extern "C" fn() = destructor;

fn constructors() -> Outcome {
    check!(RUN.load(Relaxed) == 3);
    let places = [&FIRST, &SECOND, &LAST].map(|place| place.load(Relaxed));
    check!(places == [1, 2, 3]);
    let args = l4re::start::env().args().count() as u32;
    check!(ARGUMENTS.load(Relaxed) == args);
    Ok(())
}
