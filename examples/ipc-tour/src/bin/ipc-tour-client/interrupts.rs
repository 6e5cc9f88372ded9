//! An interrupt: what one program triggers, and another waits for.

use core::time::Duration;
use ipc_tour::Tour;
use l4re::sys::{Timeout, TimeoutS};
use l4re::{Cap, Env, Result, println};

pub fn run(env: &Env, tour: Cap<dyn Tour>) -> Result<()> {
    let irq = env.factory().create_irq()?;
    irq.bind_thread(env.main_thread(), 0)?;

    // The first half of a timeout is that of sending.
    let soon = Timeout::new(TimeoutS::NEVER, Duration::from_millis(5).into());
    match irq.receive(soon) {
        Err(error) if error.is_timeout() => println!("nobody triggers it: {error}"),
        result => return result,
    }

    tour.remind(irq.cap(), 5)?;
    irq.receive(Timeout::NEVER)?;
    println!("reminded");
    Ok(())
}
