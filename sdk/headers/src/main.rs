//! Writes the headers to a folder, and prints the flags by which C code for the target is
//! compiled: `l4re-c-headers DIR`.

use anyhow::{Context, Result};
use std::path::Path;

fn main() -> Result<()> {
    let dir = std::env::args_os()
        .nth(1)
        .context("usage: l4re-c-headers DIR")?;
    l4re_c_headers::write(Path::new(&dir))?;
    for flag in l4re_c_headers::C_FLAGS {
        println!("{flag}");
    }
    Ok(())
}
