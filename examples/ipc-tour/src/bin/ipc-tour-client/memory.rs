//! A page that client and server share while the server answers.

use alloc::string::String;
use alloc::vec;
use ipc_tour::Tour;
use l4re::sys::MemRights;
use l4re::sys::consts::{PAGE_SHIFT, PAGE_SIZE};
use l4re::{Cap, Env, Error, Malformed, Result, println};

const TEXT: &str = "written in place";

pub fn run(env: &Env, tour: Cap<dyn Tour>) -> Result<()> {
    let memory = env.mem_alloc().dataspace(PAGE_SIZE)?;
    let mut page = env.rm().attach(memory)?;
    page.write(0, TEXT.as_bytes())?;
    let share = page.share(0, PAGE_SHIFT, MemRights::RW)?;
    tour.capitals(share.into(), TEXT.len() as u32)?;

    let mut answer = vec![0; TEXT.len()];
    page.read(0, &mut answer)?;
    let answer = String::from_utf8(answer).map_err(|_| Error::Malformed(Malformed::BadValue))?;
    println!("\"{TEXT}\" became \"{answer}\"");
    Ok(())
}
