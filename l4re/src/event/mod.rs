//! Sources of events: input devices, and what else happens.

mod buffer;

pub use buffer::{Buffer, Writer};

use crate::cap::{Cap, Object, OwnedCap};
use crate::dataspace::Dataspace;
use crate::error::Result;
use crate::icu::Icu;
use crate::services;
use alloc::vec::Vec;
use l4re_sys::proto;
use l4re_sys::re::event as op;

pub use op::codes;
pub use op::{AbsInfo, StreamId, StreamInfo, StreamState};

/// A source of events (`L4Re::Event`, `l4/re/event`). Events come into a [`Buffer`] that is shared
/// with the server; interrupt 0 of the source tells of them ([`Cap::icu`]).
///
/// ```no_run
/// use l4re::event::{Buffer, Event};
/// use l4re::sys::Timeout;
///
/// fn watch(env: &l4re::Env) -> l4re::Result<()> {
///     let input = env.named::<Event>("input")?;
///     let irq = env.factory().create_irq()?;
///     irq.bind_thread(env.main_thread(), 0)?;
///     input.icu().bind(0, irq.cap())?;
///     let mut events = Buffer::attach(env.rm(), input.get_buffer()?)?;
///     loop {
///         irq.receive(Timeout::NEVER)?;
///         while let Some(event) = events.next() {
///             l4re::println!("{} {} {}", event.kind, event.code, event.value);
///         }
///     }
/// }
/// ```
#[derive(Debug)]
pub enum Event {}

impl Object for Event {
    const PROTOCOL: i64 = proto::EVENT;
}

impl Cap<Event> {
    fn service(self) -> Cap<dyn services::Event> {
        self.cast()
    }

    /// Its interrupts.
    pub fn icu(self) -> Cap<Icu> {
        self.cast()
    }

    /// The memory of the buffer, which the server empties.
    ///
    /// # Errors
    /// What the server answers, or an IPC error.
    pub fn get_buffer(self) -> Result<OwnedCap<Dataspace>> {
        services::Event::get_buffer(&self.service())
    }

    /// How many streams there are: devices, say.
    ///
    /// # Errors
    /// What the server answers, or an IPC error.
    pub fn num_streams(self) -> Result<usize> {
        Ok(services::Event::get_num_streams(&self.service())? as usize)
    }

    /// What a stream is, by its index.
    ///
    /// # Errors
    /// [`Error::INVALID`](crate::Error::INVALID) if there is none; an IPC error.
    pub fn stream_info(self, index: usize) -> Result<StreamInfo> {
        let index = i32::try_from(index).map_err(|_| crate::Error::INVALID)?;
        services::Event::get_stream_info(&self.service(), index)
    }

    /// What a stream is, by the number that its events have.
    ///
    /// # Errors
    /// As [`stream_info`](Self::stream_info).
    pub fn stream_info_for_id(self, stream_id: u64) -> Result<StreamInfo> {
        services::Event::get_stream_info_for_id(&self.service(), stream_id)
    }

    /// What absolute axes of a stream are like, one after the other.
    ///
    /// # Errors
    /// [`Error::INVALID`](crate::Error::INVALID) if there is no such stream or axis;
    /// [`Error::TOO_LONG`](crate::Error::TOO_LONG) if there are more axes than fit into a
    /// message; an IPC error.
    pub fn axis_info(self, stream_id: u64, axes: &[u32]) -> Result<Vec<AbsInfo>> {
        services::Event::get_axis_info(&self.service(), stream_id, axes)
    }

    /// What of a stream is pressed and switched on.
    ///
    /// # Errors
    /// [`Error::INVALID`](crate::Error::INVALID) if there is no such stream; an IPC error.
    pub fn stream_state(self, stream_id: u64) -> Result<StreamState> {
        services::Event::get_stream_state_for_id(&self.service(), stream_id)
    }
}
