//! Elements that are counted by the label.

use super::out::{Buffers, Out};
use super::wire::{Decoder, Encoder};
use crate::error::Result;
use crate::msg::Plain;
use alloc::vec::Vec;

/// Elements in a reply that does not tell their number: its label does (`L4::Ipc::Ret_array`,
/// `l4/sys/cxx/ipc_ret_array`). A client gets what the whole message can hold; the label is how
/// many of them count.
#[derive(Debug)]
pub struct Elements<T>(Vec<T>);

impl<T: Plain> Elements<T> {
    /// What a server's method with `#[label]` returns: the number, and the elements, as many as a
    /// message holds.
    pub fn counted(mut elements: Vec<T>) -> (i64, Self) {
        elements.truncate(crate::msg::BYTES / size_of::<T>().max(1));
        (elements.len() as i64, Elements(elements))
    }

    /// The elements, of which the label says that there are `count`.
    pub fn take(mut self, count: i64) -> Vec<T> {
        self.0.truncate(usize::try_from(count).unwrap_or(0));
        self.0
    }
}

impl<T: Plain> Out for Elements<T> {
    type Ready = ();

    fn ready(_: &mut Buffers) -> Result<()> {
        Ok(())
    }

    fn get(from: &mut Decoder<'_>, (): ()) -> Result<Self> {
        let count = from.rest::<T>();
        from.collect(count).map(Elements)
    }

    fn put(&self, to: &mut Encoder) {
        to.values(&self.0);
    }
}
