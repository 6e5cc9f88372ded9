//! A capability to an interface is called like an object of the program's own.

use ipc_tour::Tour;
use l4re::{Cap, Result, println};

pub fn run(tour: Cap<dyn Tour>) -> Result<()> {
    println!("1 + 2 + 3 = {}", tour.sum(&[1, 2, 3])?);
    Ok(())
}
