//! Files of a server that speaks `l4re_files`: made, written, renamed and removed.

use super::object::{About, Object};
use crate::errno::{EFBIG, Result, fail};
use crate::time;
use core::time::Duration;
use l4re::{Cap, OwnedCap};
use l4re_files::{File, Files, MOST_READ, Stat, kind};
use linux_raw_sys::general::{S_IFDIR, S_IFREG};

/// Where a path leads in such a server: its root directory, and the path from there.
#[derive(Clone, Copy)]
pub struct Spot<'a> {
    /// The server's directory.
    pub server: Cap<dyn Files>,
    /// The path from there, empty for the directory itself.
    pub path: &'a str,
}

impl Spot<'_> {
    /// What is there.
    pub fn about(self) -> Result<About> {
        Ok(about(&self.server.stat(self.path)?, self.server))
    }

    /// Opens the file that is there, or is made there.
    pub fn open(self, flags: u32) -> Result<Served> {
        let file = self.server.open(flags, self.path)?;
        Ok(Served {
            file,
            server: self.server,
        })
    }
}

fn about(stat: &Stat, server: Cap<dyn Files>) -> About {
    let mode = match stat.kind {
        kind::DIR => S_IFDIR | 0o777,
        _ => S_IFREG | 0o777,
    };
    About {
        mode,
        size: stat.size,
        used: stat.used,
        id: stat.id,
        // No two servers have the same capability, and none is the first.
        device: server.idx().0,
        links: stat.links.into(),
        written: time::date(Duration::from_micros(stat.written)),
    }
}

/// A file that is open.
pub struct Served {
    file: OwnedCap<dyn File>,
    server: Cap<dyn Files>,
}

impl Object for Served {
    fn about(&self) -> Result<About> {
        Ok(about(&self.file.cap().stat()?, self.server))
    }

    fn read(&self, to: &mut [u8], at: u64, _: bool) -> Result<usize> {
        let mut done = 0;
        for piece in to.chunks_mut(MOST_READ) {
            let Some(at) = at.checked_add(done as u64) else {
                break;
            };
            let bytes = match self.file.cap().read(at, piece.len() as u32) {
                Ok(bytes) => bytes,
                Err(error) if done == 0 => return Err(error.into()),
                Err(_) => break,
            };
            let len = bytes.len().min(piece.len());
            for (to, from) in piece.iter_mut().zip(&bytes) {
                *to = *from;
            }
            done += len;
            if len < piece.len() {
                break;
            }
        }
        Ok(done)
    }

    fn write(&self, from: &[u8], at: u64) -> Result<usize> {
        let mut done = 0;
        for piece in from.chunks(MOST_READ) {
            let Some(at) = at.checked_add(done as u64) else {
                return fail(EFBIG);
            };
            match self.file.cap().write(at, piece) {
                Ok(()) => done += piece.len(),
                Err(error) if done == 0 => return Err(error.into()),
                Err(_) => break,
            }
        }
        Ok(done)
    }

    fn resize(&self, size: u64) -> Result<()> {
        Ok(self.file.cap().resize(size)?)
    }
}
