//! Two requests at the same time: the server answers both later.

use ipc_tour::Tour;
use l4re::thread;
use l4re::{Cap, Result, println};

pub fn run(tour: Cap<dyn Tour>) -> Result<()> {
    let other = thread::spawn(move || tour.slow(20))?;
    let own = tour.slow(20)?;
    println!("two slow answers: {own} and {}", other.join()??);
    Ok(())
}
