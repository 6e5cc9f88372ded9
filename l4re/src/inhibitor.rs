//! Inhibitors of shutdown and suspend.

use crate::cap::{Cap, Object};
use crate::error::{Error, ErrorCode, Result};
use crate::services;
use alloc::string::String;
use l4re_sys::{err, proto};

/// Locks that hold off what the machine is about to do (`L4Re::Inhibitor`, `l4/re/inhibitor`). Who
/// holds one is told, by an event, when it is time to make ready and give the lock up.
#[derive(Debug)]
pub enum Inhibitor {}

impl Object for Inhibitor {
    const PROTOCOL: i64 = proto::INHIBITOR;
}

impl Cap<Inhibitor> {
    fn service(self) -> Cap<dyn services::Inhibitor> {
        self.cast()
    }

    /// Takes a lock; `reason` is for people.
    ///
    /// # Errors
    /// The error "no such device" if there is no such lock; an IPC error.
    pub fn acquire(self, id: u64, reason: &str) -> Result<()> {
        services::Inhibitor::acquire(&self.service(), id, reason)
    }

    /// Gives a lock up.
    ///
    /// # Errors
    /// As [`acquire`](Self::acquire).
    pub fn release(self, id: u64) -> Result<()> {
        services::Inhibitor::release(&self.service(), id)
    }

    /// All locks: their numbers and names. An error ends the list.
    ///
    /// ```
    /// use l4re::inhibitor::Inhibitor;
    /// use l4re::sys::{CapIdx, err, fake};
    /// use l4re::Cap;
    ///
    /// let inhibitor: Cap<Inhibitor> = Cap::new(CapIdx::from_index(9));
    /// let locks: Vec<_> = fake::with(
    ///     |call| match call.words()[1] as i64 {
    ///         -1 => call.reply(0, &[4, 8, u64::from_le_bytes(*b"suspend\0")]),
    ///         _ => fake::Reply::label(-err::ENODEV),
    ///     },
    ///     || inhibitor.locks().collect(),
    /// );
    /// assert_eq!(locks, [Ok((4, "suspend".into()))]);
    /// ```
    pub fn locks(self) -> impl Iterator<Item = Result<(u64, String)>> {
        let mut last = Some(-1);
        core::iter::from_fn(move || {
            let mut id = last?;
            let name = services::Inhibitor::next_lock_info(&self.service(), &mut id);
            // Numbers grow, or else there would be no end.
            last = last
                .filter(|before| name.is_ok() && id > *before)
                .map(|_| id);
            match name {
                Err(Error::Service(ErrorCode(err::ENODEV))) => None,
                Ok(_) if last.is_none() => None,
                name => Some(name.map(|name| (id as u64, name))),
            }
        })
    }
}
