//! Memory that the heap does not give: whole pages, which can be shared.

use l4re::sys::consts::PAGE_SIZE;
use l4re::{Env, Result, println};

pub fn run(env: &Env) -> Result<()> {
    let memory = env.mem_alloc().dataspace(PAGE_SIZE)?;
    let mut page = env.rm().attach(memory)?;
    page.write(0, &[1, 2, 3])?;
    let mut bytes = [0; 3];
    page.read(0, &mut bytes)?;
    let [a, b, c] = bytes;
    println!("a page at {:p} holds {a} {b} {c}", page.as_ptr());
    // Here it is detached, and its memory goes back.
    Ok(())
}
