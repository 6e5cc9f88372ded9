//! What can go wrong is one type, and each error is a sentence.

use ipc_tour::Tour;
use l4re::{Cap, Env, Error, Result, println};

pub fn run(env: &Env, tour: Cap<dyn Tour>) -> Result<()> {
    if let Err(error) = env.named::<dyn Tour>("nobody") {
        println!("no such capability: {error}");
    }
    match tour.half(7) {
        Err(Error::INVALID) => println!("the server's error: {}", Error::INVALID),
        Err(error) => return Err(error),
        Ok(half) => println!("half of 7 is {half}"),
    }
    Ok(())
}
