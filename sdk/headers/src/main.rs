//! Writes the headers to a folder: `l4re-c-headers DIR`.

use anyhow::{Context, Result};
use std::path::Path;

fn main() -> Result<()> {
    let dir = std::env::args_os()
        .nth(1)
        .context("usage: l4re-c-headers DIR")?;
    l4re_c_headers::write(Path::new(&dir))
}
