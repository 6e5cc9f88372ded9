//! The pages that files are made of.

use crate::error;
use crate::quota::{Charge, Quota};
use alloc::boxed::Box;
use alloc::rc::Rc;
use alloc::vec::Vec;
use core::cell::RefCell;
use l4re::Result;

/// Bytes of a page.
pub const PAGE: usize = 4096;

/// The memory behind the pages.
pub trait Memory {
    /// How many bytes there are.
    fn size(&self) -> usize;
    /// Copies bytes out.
    fn read(&self, at: usize, to: &mut [u8]);
    /// Copies bytes in.
    fn write(&mut self, at: usize, bytes: &[u8]);
    /// Has a page ready, so that using it cannot fail.
    ///
    /// # Errors
    /// There is no memory left in the system.
    fn ready(&mut self, at: usize) -> Result<()>;
    /// Takes a page from all who have mapped it.
    fn revoke(&mut self, at: usize);
}

struct Pages {
    memory: Box<dyn Memory>,
    /// Pages that were used and are free again.
    free: Vec<usize>,
    /// The first page that was never used.
    fresh: usize,
}

/// All pages of the server.
pub struct Arena(RefCell<Pages>);

/// A page, given back when dropped.
pub struct Page {
    arena: Rc<Arena>,
    at: usize,
    _charge: Charge,
}

impl Arena {
    /// The pages of some memory.
    pub fn new(memory: Box<dyn Memory>) -> Rc<Self> {
        Rc::new(Arena(RefCell::new(Pages {
            memory,
            free: Vec::new(),
            fresh: 0,
        })))
    }

    /// How many bytes there are, used or free.
    pub fn size(&self) -> u64 {
        self.0.borrow().memory.size() as u64
    }

    /// How many bytes are free.
    pub fn free(&self) -> u64 {
        let pages = self.0.borrow();
        let fresh = (pages.memory.size() / PAGE).saturating_sub(pages.fresh);
        ((pages.free.len() + fresh) * PAGE) as u64
    }

    /// A page of zeros, of a client's share.
    ///
    /// # Errors
    /// [`error::NO_SPACE`].
    pub fn page(self: &Rc<Self>, quota: &Rc<Quota>) -> Result<Page> {
        let charge = quota.charge(PAGE as u64)?;
        let mut pages = self.0.borrow_mut();
        let at = match pages.free.pop() {
            Some(at) => {
                pages.memory.write(at, &[0; PAGE]);
                at
            }
            None => {
                let at = pages.fresh * PAGE;
                if at + PAGE > pages.memory.size() {
                    return Err(error::NO_SPACE);
                }
                pages.memory.ready(at).map_err(|_| error::NO_SPACE)?;
                pages.fresh += 1;
                at
            }
        };
        Ok(Page {
            arena: self.clone(),
            at,
            _charge: charge,
        })
    }
}

impl Page {
    /// Where it is in the memory.
    pub fn place(&self) -> usize {
        self.at
    }

    /// Copies bytes out; `at` and those are within the page.
    pub fn read(&self, at: usize, to: &mut [u8]) {
        self.arena.0.borrow().memory.read(self.at + at, to);
    }

    /// Copies bytes in; `at` and those are within the page.
    pub fn write(&self, at: usize, bytes: &[u8]) {
        self.arena.0.borrow_mut().memory.write(self.at + at, bytes);
    }
}

impl Drop for Page {
    fn drop(&mut self) {
        let mut pages = self.arena.0.borrow_mut();
        // Nobody sees what the page is next.
        pages.memory.revoke(self.at);
        pages.free.push(self.at);
    }
}
