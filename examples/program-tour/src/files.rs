//! A file among the boot modules: the program's own.

use l4re::{Env, Error, Result, println};

pub fn run(env: &Env) -> Result<()> {
    let path = env.args().next().ok_or(Error::NOT_FOUND)?;
    let file = env.open(path)?;
    let size = file.size()?;
    let content = env.rm().attach_read_only(file)?;
    let mut magic = [0; 4];
    content.read(0, &mut magic)?;
    if magic != *b"\x7fELF" {
        return Err(Error::INVALID);
    }
    println!("{} is an ELF file of {} KiB", env.name(), size / 1024);
    Ok(())
}
