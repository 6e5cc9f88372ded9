//! Large trees of mappings: they go in steps that let others run, and all of them.

use crate::{Case, HIGH, Outcome, is_no_memory, ok, own_factory};
use l4re::sys::unmap::UnmapFlags;
use l4re::sys::{CapIdx, Fpage, MemRights};
use test_pressure::{self as kit, Cells, Crew};
use test_services::check;

pub const CASES: &[Case] = &[
    ("a chain of 100,000 mappings", || tree(Shape::Deep, 100_000)),
    ("50,000 mappings of one page", || tree(Shape::Wide, 50_000)),
    ("a task that holds 50,000 mappings", || {
        tree(Shape::Task, 50_000)
    }),
];

#[derive(Clone, Copy, PartialEq)]
enum Shape {
    /// Each mapping is made from the one before, back and forth between two tasks.
    Deep,
    /// All mappings are made from one.
    Wide,
    /// As before, but it is the task that goes.
    Task,
}

#[repr(align(4096))]
struct Page([u8; 4096]);

static PAGE: Page = Page([1; 4096]);

/// Where the mappings begin in both tasks.
const START: u64 = 0x10_0000_0000;

static CELLS: Cells<4> = Cells::new();
/// How often the watching thread wakes up, in microseconds.
const BEAT_US: u64 = 1_000;
/// The latest that it may: what is measured on an idle machine is far below, but this one may
/// be an emulated one on a busy computer.
const LATE_US: u64 = 60_000;

/// Wakes up regularly; how late at the latest.
fn watch(_: u64) {
    loop {
        let from = kit::now_us();
        kit::sleep_us(BEAT_US);
        let late = (kit::now_us() - from).saturating_sub(BEAT_US);
        if late > CELLS.get(1) {
            CELLS.set(1, late);
        }
        CELLS.add(0, 1);
    }
}

fn tree(shape: Shape, size: u64) -> Outcome {
    CELLS.clear();
    let mut crew = Crew::new()?;
    let at = PAGE.0.as_ptr() as u64;
    kit::touch(at);
    let tasks = kit::slots(2);
    let (a, b) = (tasks, tasks.next());
    for task in [a, b] {
        ok(kit::create_task(own_factory(), Fpage::INVALID, task))?;
    }
    let page = |at| Fpage::page(at, MemRights::RX);
    ok(kit::map(a, CapIdx::TASK, page(at), START))?;
    let mut made = 0;
    while made < size {
        let place = START + (made / 2) * 4096;
        let code = match shape {
            Shape::Wide | Shape::Task => kit::map(b, a, page(START), START + made * 4096),
            Shape::Deep if made % 2 == 0 => kit::map(b, a, page(place), place),
            Shape::Deep => kit::map(a, b, page(place), place + 4096),
        };
        if is_no_memory(code) {
            // The limit of this program, or of the kernel: what there is has to go all the same.
            break;
        }
        ok(code)?;
        made += 1;
    }
    check!(made > 1000);
    crew.spawn(0, HIGH, watch, 0)?;
    kit::sleep_us(5 * BEAT_US);
    CELLS.set(1, 0);
    let beats = CELLS.get(0);
    let from = kit::now_us();
    match shape {
        Shape::Task => ok(kit::delete(b))?,
        _ => ok(kit::unmap(a, page(START), UnmapFlags::ALL_SPACES))?,
    }
    let took = kit::now_us() - from;
    kit::sleep_us(2 * BEAT_US);
    let (beats, late) = (CELLS.get(0) - beats, CELLS.get(1));
    crew.end(0);
    l4re::println!("# {made} mappings gone in {took} us; {beats} beats, the latest {late} us late");
    // All are gone: the places can be had again, and nothing is left to be given.
    let last = START + made.saturating_sub(2) / 2 * 4096;
    let empty = kit::map(CapIdx::TASK, a, page(last), kit::reserve(12).ok_or(-1)?);
    check!(empty <= 0 || shape == Shape::Task);
    kit::delete(a);
    kit::delete(b);
    check!(late < LATE_US);
    Ok(())
}
