//! The server.

#![no_std]
#![no_main]

use core::time::Duration;
use ipc_tour::Tour;
use l4re::interface::Memory;
use l4re::irq::Irq;
use l4re::server::Registry;
use l4re::{Cap, Env, Error, Result, println};

struct Guide {
    registry: Registry,
}

impl Tour for Guide {
    // ANCHOR: values
    fn sum(&self, numbers: &[u32]) -> Result<u64> {
        Ok(numbers.iter().copied().map(u64::from).sum())
    }

    fn half(&self, number: u32) -> Result<u32> {
        if !number.is_multiple_of(2) {
            return Err(Error::INVALID);
        }
        Ok(number / 2)
    }
    // ANCHOR_END: values

    // ANCHOR: remind
    fn remind(&self, irq: Cap<Irq>, milliseconds: u32) -> Result<()> {
        let irq = irq.take()?;
        let time = Duration::from_millis(milliseconds.into());
        self.registry.after(time, move || {
            // Its owner may be gone.
            let _ = irq.trigger();
        });
        Ok(())
    }
    // ANCHOR_END: remind

    // ANCHOR: slow
    fn slow(&self, milliseconds: u32) -> Result<u32> {
        let answer = self.registry.defer::<u32>()?;
        let time = Duration::from_millis(milliseconds.into());
        self.registry.after(time, move || {
            // The client may be gone.
            let _ = answer.send(Ok(7));
        });
        // This is not sent: the answer comes later.
        Ok(0)
    }
    // ANCHOR_END: slow

    // ANCHOR: capitals
    fn capitals(&self, text: Memory<'_>, len: u32) -> Result<()> {
        let mut letter = [0];
        for at in 0..len as usize {
            text.read(at, &mut letter)?;
            letter.make_ascii_uppercase();
            text.write(at, &letter)?;
        }
        Ok(())
    }
    // ANCHOR_END: capitals

    fn end(&self) -> Result<()> {
        self.registry.stop();
        Ok(())
    }
}

// ANCHOR: main
#[l4re::main]
fn main(env: &Env) -> Result<()> {
    let registry = Registry::new()?;
    registry.allow_deferring()?;
    let guide = Guide {
        registry: registry.clone(),
    };
    registry.serve(env.named::<dyn Tour>("tour")?, guide)?;
    registry.run()?;
    println!("done");
    Ok(())
}
// ANCHOR_END: main
