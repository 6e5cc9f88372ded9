//! C++: GCC's library, made for this computer's C library, above uClibc-ng.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::PathBuf;

use anyhow::{Context, Result};

use super::{COMPLETE, folder};
use crate::setup::CxxTools;
use crate::workspace::Workspace;

/// Where the headers are that take the place of the library's.
const HEADERS: &str = "uclibc/cxx/bits";
/// Their names.
const NAMES: [&str; 2] = ["c++config.h", "c++locale.h"];

/// The folder with `include/` and `libstdc++.a`, for `-isystem` and `-L`.
pub fn ensure(ws: &Workspace, tools: &CxxTools) -> Result<PathBuf> {
    let room = ws.own_dir().join("uclibc");
    let mut texts = Vec::new();
    for name in NAMES {
        let file = ws.root.join(HEADERS).join(name);
        let text = fs::read(&file).with_context(|| format!("cannot read {}", file.display()))?;
        texts.push(text);
    }
    let dir = folder(&room, "cxx", (&texts, &tools.library));
    if dir.join(COMPLETE).exists() {
        return Ok(dir);
    }
    // Made aside, so that two at a time do not meet.
    let new = room.join(format!("cxx-new-{}", std::process::id()));
    let bits = new.join("include/bits");
    fs::create_dir_all(&bits).with_context(|| format!("cannot make {}", bits.display()))?;
    for (name, text) in NAMES.iter().zip(&texts) {
        fs::write(bits.join(name), text)?;
    }
    symlink(&tools.library, new.join("libstdc++.a"))?;
    fs::write(new.join(COMPLETE), "")?;
    if let Err(error) = fs::rename(&new, &dir) {
        fs::remove_dir_all(&new)?;
        // The other one was faster.
        if !dir.join(COMPLETE).exists() {
            return Err(error).with_context(|| format!("cannot make {}", dir.display()));
        }
    }
    Ok(dir)
}
