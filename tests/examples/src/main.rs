//! What `cons` and `tmpfs` make of hostile clients: messages by chance, floods, clients that take all
//! there is, and that go without a word. The servers are threads of this program.

#![no_std]
#![no_main]

extern crate alloc;

mod consoles;
mod files;

use l4re::interface::ServedBy;
use l4re::server::Registry;
use l4re::sys::utcb::MSG_REGS;
use l4re::sys::{BufferDesc, MsgTag, RcvItem, Sysf, TagFlags, Timeout, TimeoutS, proto, utcb};
use l4re::thread::{self, JoinHandle};
use l4re::{Cap, Env, OwnedCap, Result, start};
use test_services::{Outcome, Random, Tap, ok};

/// How many messages by chance an object gets.
const MESSAGES: u32 = 20_000;

/// Starts a thread that serves an object.
fn serve<I, T>(object: impl FnOnce(&Registry) -> Result<T> + Send + 'static) -> Result<Service<I>>
where
    I: ServedBy<T> + ?Sized,
    T: 'static,
{
    let gate = start::env().factory().create_gate()?;
    let end = start::env().factory().create_gate()?;
    let (cap, end_cap) = (gate.cap().cast::<I>(), end.cap().cast::<dyn End>());
    let thread = thread::spawn(move || -> Result<()> {
        let registry = Registry::of_thread(start::env(), thread::current().cap());
        registry.serve(cap, object(&registry)?)?;
        registry.serve(end_cap, Ending(registry.clone()))?;
        registry.run()
    })?;
    Ok(Service {
        gate: gate.cast(),
        end: end.cast(),
        thread,
    })
}

/// A server in a thread of its own.
struct Service<I: ?Sized> {
    gate: OwnedCap<I>,
    end: OwnedCap<dyn End>,
    thread: JoinHandle<Result<()>>,
}

impl<I: ?Sized> Service<I> {
    /// Ends the server, which must have done well until then.
    fn end(self) -> Outcome {
        ok(self.end.end())?;
        ok(ok(self.thread.join())?)
    }
}

#[l4re::interface(protocol = 0x70)]
trait End {
    fn end(&self) -> Result<()>;
}

struct Ending(Registry);

impl End for Ending {
    fn end(&self) -> Result<()> {
        self.0.stop();
        Ok(())
    }
}

/// Messages by chance: of some protocols, mostly with operations that there are. Every one is
/// answered, if only by an error, or was sent without waiting.
fn by_chance<I: ?Sized>(object: Cap<I>, protocols: &[i64], seed: u64) {
    let mut random = Random(seed);
    let utcb = utcb();
    for _ in 0..MESSAGES {
        for i in 0..MSG_REGS {
            let word = random.next();
            // Small numbers, lengths and letters come further.
            utcb.set_mr(
                i,
                match word % 4 {
                    0 => word,
                    1 => word >> 32 & 0x7f7f_7f7f,
                    _ => word >> 32 & 0xff,
                },
            );
        }
        let word = random.next();
        utcb.set_mr(
            0,
            (word & 7) | (word >> 40) << 32 * u64::from(word & 8 == 0),
        );
        let protocol = match random.next() % 16 {
            0 => random.next() as i64 >> 48,
            1 => proto::META,
            n => *protocols.get(n as usize % protocols.len()).unwrap_or(&0),
        };
        // The kernel's own business with gates.
        if protocol == proto::KOBJECT {
            continue;
        }
        let words = random.next() as usize % (MSG_REGS + 1);
        utcb.set_bdr(BufferDesc::default());
        utcb.set_br(0, RcvItem::VOID.0);
        let tag = MsgTag::new(protocol, words, 0, TagFlags::empty());
        // What is not to be answered is not, so the wait is short; and while a computer is busy, it
        // may be too short for answers, which then are lost.
        let timeout = Timeout::new(TimeoutS::NEVER, TimeoutS::from_us(300));
        // SAFETY: nothing is received but words.
        unsafe { l4re::sys::ipc(object.idx(), Sysf::CALL, 0, tag, timeout) };
    }
}

#[l4re::main]
fn main(env: &'static Env) -> i32 {
    let mut tap = Tap::default();
    consoles::cases(&mut tap);
    files::cases(env, &mut tap);
    tap.end()
}
