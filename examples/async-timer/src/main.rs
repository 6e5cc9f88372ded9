//! Timers, interrupts and answers that come later, all in one thread.

#![no_std]
#![no_main]

extern crate alloc;

use alloc::rc::Rc;
use alloc::vec::Vec;
use core::cell::Cell;
use core::pin::pin;
use core::time::Duration;
use futures_util::future::{Either, join_all, select};
use l4re::server::Registry;
use l4re::sync::mpsc;
use l4re::time::{self, Instant};
use l4re::{Cap, Env, Error, Result, println, thread};

const TIMERS: u64 = 200;
const CLIENTS: u64 = 4;

#[l4re::interface(protocol = 0x4d)]
trait Clock {
    /// Answers in `ms` milliseconds; others are answered meanwhile.
    fn wait(&self, ms: u64) -> Result<u64>;
}

struct Server {
    registry: Registry,
    in_flight: Rc<Cell<u64>>,
}

// ANCHOR: answer
impl Clock for Server {
    fn wait(&self, ms: u64) -> Result<u64> {
        let (registry, in_flight) = (self.registry.clone(), self.in_flight.clone());
        in_flight.set(in_flight.get() + 1);
        self.registry.answer(async move {
            registry.sleep(Duration::from_millis(ms)).await;
            in_flight.set(in_flight.get() - 1);
            Ok(ms)
        })
    }
}
// ANCHOR_END: answer

/// Timers of all lengths, at the same time.
async fn timers(registry: &Registry) {
    let start = Instant::now();
    let all = (0..TIMERS).map(|i| registry.sleep(Duration::from_millis(i * 7 % 100)));
    join_all(all).await;
    let ms = start.elapsed().as_millis();
    println!("{TIMERS} timers in one thread: the last after {ms} ms");
}

// ANCHOR: interrupts
/// An interrupt that another thread triggers, until it does not come any more.
async fn interrupts(registry: &Registry, env: &Env) -> Result<()> {
    let irq = env.factory().create_irq()?;
    let mut interrupts = registry.interrupts(irq.cap())?;
    let cap = irq.cap();
    let trigger = thread::spawn(move || -> Result<()> {
        for _ in 0..5 {
            time::sleep(Duration::from_millis(10));
            cap.trigger()?;
        }
        Ok(())
    })?;
    let mut count = 0;
    while count < 5 {
        count += interrupts.next().await;
    }
    trigger.join()??;
    let none = registry.sleep(Duration::from_millis(50));
    match select(pin!(interrupts.next()), none).await {
        Either::Left(_) => println!("one interrupt too many"),
        Either::Right(_) => println!("{count} interrupts, then none for 50 ms"),
    }
    Ok(())
}
// ANCHOR_END: interrupts

/// Clients that call the server, each in a thread of its own. The first asks for the longest time.
async fn clients(clock: Cap<dyn Clock>) -> Result<()> {
    let (done, answered) = mpsc::channel();
    let start = Instant::now();
    for i in (1..=CLIENTS).rev() {
        let done = done.clone();
        thread::spawn(move || {
            // They need not be served at the same moment: what counts is when they ask.
            let late = start.elapsed().as_millis() as u64;
            let ms = (i * 10 + 50).saturating_sub(late);
            let _ = done.send(clock.wait(ms).map(|_| i * 10));
        })?;
    }
    drop(done);
    let mut order = Vec::new();
    while let Some(answer) = answered.next().await {
        order.push(answer?);
    }
    print_order(&order);
    Ok(())
}

fn print_order(order: &[u64]) {
    l4re::print!("{} clients were answered in the order ", order.len());
    for (i, ms) in order.iter().enumerate() {
        l4re::print!("{}{ms}", if i == 0 { "" } else { ", " });
    }
    println!(" ms");
}

#[l4re::main]
fn main(env: &'static Env) -> Result<()> {
    let registry = Registry::new()?;
    registry.allow_deferring()?;
    let in_flight = Rc::new(Cell::new(0));
    let server = Server {
        registry: registry.clone(),
        in_flight: in_flight.clone(),
    };
    let clock = registry.make::<dyn Clock, _>(server)?.cap();
    let own = registry.clone();
    let result = Rc::new(Cell::new(Err(Error::NOT_FOUND)));
    let to = result.clone();
    let all = async move {
        timers(&own).await;
        let outcome = match interrupts(&own, env).await {
            Ok(()) => clients(clock).await,
            error => error,
        };
        to.set(outcome);
        own.stop();
    };
    registry.spawn(all)?.detach();
    registry.run()?;
    if in_flight.get() == 0 {
        println!("nothing is in flight any more");
    }
    result.get()
}
