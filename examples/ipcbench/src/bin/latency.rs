//! How long one stay in the kernel keeps interrupts off, whatever a program does: a thread of
//! high priority sleeps for a microsecond at a time, while the main thread has the kernel go
//! through as much as it can.

#![no_std]
#![no_main]

extern crate alloc;

use alloc::vec::Vec;
use core::sync::atomic::{AtomicBool, AtomicU64, Ordering::SeqCst};
use core::time::Duration;
use l4re::factory::{Arg, Factory};
use l4re::semaphore::Semaphore;
use l4re::sys::op::factory::OWNS_OBJECTS;
use l4re::sys::unmap::UnmapFlags;
use l4re::sys::{CapIdx, Fpage, MemRights, ObjRights, Timeout, proto};
use l4re::task::Task;
use l4re::{Cap, Env, OwnedCap, Result, println, thread, time};

/// Order of the piece of memory that all mappings are made from.
const LARGE: u32 = 21;
/// How often it is mapped: so many times 512 pages.
const COPIES: u64 = 40;
/// Where to.
const TO: u64 = 0x4000_0000_0000;
const AREA: Fpage = Fpage::memory(TO, 30, MemRights::RWX);
/// Threads that wait for the same thing.
const CROWD: usize = 400;
/// How long what happens to them is watched.
const MOMENT: Duration = Duration::from_millis(50);

/// Objects that one factory makes.
const OBJECTS: usize = 4_000;

static WORST: AtomicU64 = AtomicU64::new(0);
static BEST: AtomicU64 = AtomicU64::new(u64::MAX);
static DONE: AtomicBool = AtomicBool::new(false);

fn ticks() -> u64 {
    // SAFETY: the instruction exists on every amd64 processor and only reads.
    unsafe { core::arch::x86_64::_rdtsc() }
}

/// Sleeps and wakes, and keeps how long that took.
fn watch() {
    while !DONE.load(SeqCst) {
        let from = ticks();
        time::sleep(Duration::from_micros(1));
        let took = ticks() - from;
        WORST.fetch_max(took, SeqCst);
        BEST.fetch_min(took, SeqCst);
    }
}

/// What the longest sleep was longer than the shortest while `work` was done.
fn longest(what: &str, work: impl FnOnce() -> Result<()>) -> Result<u64> {
    WORST.store(0, SeqCst);
    work()?;
    let late = WORST.load(SeqCst).saturating_sub(BEST.load(SeqCst));
    println!("{what}: at most {late} ticks late");
    Ok(late)
}

fn empty_task(env: &Env) -> Result<OwnedCap<Task>> {
    let area = Fpage::memory(0x1000_0000, 12, MemRights::RW);
    Ok(env.factory().create_task(area)?.0)
}

fn memory(env: &Env, source: u64) -> Result<u64> {
    let own = Cap::<Task>::THIS;
    let piece = |rights| Fpage::memory(source, LARGE, rights);
    let fill = || {
        (0..COPIES).try_for_each(|n| {
            // SAFETY: nothing of this program is at those addresses.
            unsafe { own.map(own, piece(MemRights::RW), TO + (n << LARGE)) }
        })
    };
    let mut worst = longest("mapping a piece of memory again and again", fill)?;
    let other = empty_task(env)?;
    let mut note = |late: u64| worst = worst.max(late);
    note(longest("mapping all of it at once", || {
        // SAFETY: the other task has no program.
        unsafe { other.map(own, AREA, TO) }
    })?);
    note(longest("taking a right from all", || {
        // SAFETY: nobody uses the memory.
        unsafe { own.unmap(piece(MemRights::W), UnmapFlags::OTHER_SPACES) }
    })?);
    note(longest("unmapping what another task has", || {
        // SAFETY: the program does not use the area.
        unsafe { own.unmap(AREA, UnmapFlags::OTHER_SPACES) }
    })?);
    note(longest("looking for more of that", || {
        // SAFETY: the program does not use the area.
        unsafe { own.unmap(AREA, UnmapFlags::OTHER_SPACES) }
    })?);
    // SAFETY: the other task has no program.
    unsafe { other.map(own, AREA, TO)? };
    note(longest("the end of a task that has much", || {
        drop(other);
        Ok(())
    })?);
    note(longest("unmapping all", || {
        // SAFETY: the program does not use the area.
        unsafe { own.unmap(AREA, UnmapFlags::ALL_SPACES) }
    })?);
    Ok(worst)
}

fn objects(env: &Env) -> Result<u64> {
    let own = Cap::<Task>::THIS;
    let flags = [Arg::Word(8 << 20), Arg::Word(OWNS_OBJECTS)];
    let factory: OwnedCap<Factory> = env.factory().create(proto::FACTORY, &flags)?;
    let made = (0..OBJECTS).map(|_| factory.create_semaphore());
    let made = made.collect::<Result<Vec<_>>>()?;
    let mut worst = 0;
    let mut note = |late: u64| worst = worst.max(late);
    let other = empty_task(env)?;
    note(longest("mapping all capabilities", || {
        let all = Fpage::obj(CapIdx::from_index(0), 16, ObjRights::RWSD);
        // SAFETY: the other task has no program.
        unsafe { other.map(own, all, 0) }
    })?);
    note(longest("the end of a task with many", || {
        drop(other);
        Ok(())
    })?);
    let mut tasks = Vec::new();
    for _ in 0..40 {
        let area = Fpage::memory(0x1000_0000, 14, MemRights::RW);
        tasks.push(factory.create_task(area)?.0);
    }
    note(longest("the end of a factory that owns them", || {
        drop(factory);
        Ok(())
    })?);
    // What is left are capabilities to nothing.
    drop((made, tasks));
    Ok(worst)
}

/// A crowd of threads that wait for the same thing, and do nothing for a while when it came:
/// the end of a thread is the root task's work, which has a higher priority than the watcher.
fn crowd(wait: impl Fn() + Copy + Send + 'static) -> Result<Vec<thread::JoinHandle<()>>> {
    let one = move || {
        wait();
        time::sleep(4 * MOMENT);
    };
    let spawn = |_| thread::Builder::new().stack_size(4096).spawn(one);
    (0..CROWD).map(spawn).collect()
}

/// Threads that wait for the same point in time, or the same semaphore.
fn crowds(env: &'static Env) -> Result<u64> {
    let kip = env.kip();
    let until = kip.clock_us() + 300_000;
    let left = move || Duration::from_micros(until.saturating_sub(kip.clock_us()));
    let sleepers = crowd(move || time::sleep(left()))?;
    time::sleep(left().saturating_sub(MOMENT / 2));
    let mut worst = longest("a crowd that wakes at the same time", || {
        time::sleep(MOMENT);
        Ok(())
    })?;
    let joined = |threads: Vec<thread::JoinHandle<()>>| {
        threads.into_iter().try_for_each(|thread| thread.join())
    };
    joined(sleepers)?;
    let semaphore = env.factory().create_semaphore()?;
    let index = semaphore.cap().idx();
    let waiting = crowd(move || {
        // Ends with an error when there is no semaphore any more.
        let _ = Cap::<Semaphore>::new(index).down(Timeout::NEVER);
    })?;
    time::sleep(MOMENT);
    worst = worst.max(longest(
        "the end of a semaphore that a crowd waits for",
        || {
            drop(semaphore);
            time::sleep(MOMENT);
            Ok(())
        },
    )?);
    joined(waiting)?;
    Ok(worst)
}

#[l4re::main]
fn main(env: &'static Env) -> Result<()> {
    // A large page's worth of memory, with a page for each.
    let bytes = alloc::vec![0x5au8; 2 << LARGE];
    let source = (bytes.as_ptr() as u64).next_multiple_of(1 << LARGE);
    let watcher = thread::Builder::new().prio(200).spawn(watch)?;
    time::sleep(Duration::from_millis(5));
    let worst = [memory(env, source)?, objects(env)?, crowds(env)?];
    DONE.store(true, SeqCst);
    watcher.join()?;
    let worst = worst.into_iter().max().unwrap_or(0);
    println!("at most {worst} ticks late");
    Ok(())
}
