//! The same request, its words put together by hand.

use ipc_tour::{TOUR, Tour};
use l4re::ipc::{self, Accept};
use l4re::msg::Writer;
use l4re::{Cap, Result, println};

pub fn run(tour: Cap<dyn Tour>) -> Result<()> {
    let mut request = Writer::new();
    // The operation; the slice's length, which takes two bytes; the elements.
    request.put(0i32).put(3u16).put([1u32, 2, 3]);
    let mut reply = ipc::request(tour, TOUR, &request, Accept::Words)?;
    println!("by hand: {}", reply.get::<u64>()?);
    Ok(())
}
