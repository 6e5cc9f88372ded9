//! The server: a factory of counters, each for one client and gone with it.

#![no_std]
#![no_main]

extern crate alloc;

use alloc::rc::Rc;
use core::cell::Cell;
use core::time::Duration;
use l4re::factory::Arg;
use l4re::interface::Varg;
use l4re::server::Registry;
use l4re::services::Factory;
use l4re::{Env, Error, OwnedCap, Result, println};
use sessions::{COUNTER, Counter, MOST, TICK};

struct Counters {
    registry: Registry,
    /// How many counters there are.
    live: Rc<Cell<usize>>,
}

impl Factory for Counters {
    fn create(&self, protocol: i64, args: Varg<'_>) -> Result<OwnedCap<()>> {
        let start = match (protocol, args.get(0)?) {
            (COUNTER, Arg::Word(start)) => start as u32,
            (COUNTER, _) => return Err(Error::INVALID),
            _ => return Err(Error::NO_OPERATION),
        };
        if self.live.get() == MOST {
            return Err(Error::NO_MEMORY);
        }
        let session = Session {
            value: Rc::new(Cell::new(start)),
            registry: self.registry.clone(),
            live: self.live.clone(),
        };
        self.live.set(self.live.get() + 1);
        let cap: OwnedCap<dyn Counter> = self.registry.session(session)?;
        Ok(cap.cast())
    }
}

struct Session {
    value: Rc<Cell<u32>>,
    registry: Registry,
    live: Rc<Cell<usize>>,
}

impl Counter for Session {
    fn next(&self) -> Result<u32> {
        let value = self.value.get();
        self.value.set(value.wrapping_add(1));
        Ok(value)
    }

    fn wait(&self, ticks: u32) -> Result<u32> {
        let deferred = self.registry.defer::<u32>()?;
        tick(&self.registry, ticks, self.value.clone(), move |value| {
            // The client may be gone.
            let _ = deferred.send(Ok(value));
        });
        // This is not sent: the answer comes later.
        Ok(0)
    }
}

/// Counts `ticks` ticks, then calls `done`.
fn tick(registry: &Registry, ticks: u32, value: Rc<Cell<u32>>, done: impl FnOnce(u32) + 'static) {
    if ticks == 0 {
        return done(value.get());
    }
    let again = registry.clone();
    registry.after(Duration::from_millis(TICK), move || {
        value.set(value.get().wrapping_add(1));
        tick(&again, ticks - 1, value, done);
    });
}

impl Drop for Session {
    fn drop(&mut self) {
        self.live.set(self.live.get() - 1);
        if self.live.get() == 0 {
            println!("all sessions are gone");
            self.registry.stop();
        }
    }
}

#[l4re::main]
fn main(env: &Env) -> Result<()> {
    let registry = Registry::new()?;
    registry.allow_deferring()?;
    let counters = Counters {
        registry: registry.clone(),
        live: Rc::default(),
    };
    registry.serve(env.named::<dyn Factory>("sessions")?, counters)?;
    registry.run()
}
