//! The buffer that events come in: memory that is shared, and trusted by nobody.
//!
//! Each place holds an event and its time. A time of 0 says that the place is free; any other
//! one that the event is there. Both sides go round on their own, so that nothing else is
//! shared: what the other side writes can make events wrong, late or lost, and nothing worse.
#![allow(unsafe_code)]

use crate::cap::{Cap, OwnedCap};
use crate::dataspace::Dataspace;
use crate::error::{Error, Result};
use crate::region::{Region, Rm};
use core::mem::offset_of;
use core::sync::atomic::{AtomicI64, Ordering};
use l4re_sys::re::event::Event;
use zerocopy::IntoBytes;

/// What stands behind an event's time.
const REST: usize = size_of::<i64>();
const _: () = assert!(offset_of!(Event, time) == 0);

/// The places of a buffer, and which is next.
#[derive(Debug)]
struct Ring {
    region: Region,
    places: usize,
    next: usize,
}

impl Ring {
    fn attach(rm: Cap<Rm>, memory: OwnedCap<Dataspace>) -> Result<Self> {
        let size = usize::try_from(memory.size()?).map_err(|_| Error::INVALID)?;
        Self::of(rm.attach(memory)?, size)
    }

    fn of(region: Region, size: usize) -> Result<Self> {
        let places = size.min(region.size()) / size_of::<Event>();
        if places == 0 {
            return Err(Error::INVALID);
        }
        let ring = Ring {
            region,
            places,
            next: 0,
        };
        Ok(ring)
    }

    /// Where the next place is.
    fn place(&self) -> usize {
        debug_assert!(self.next < self.places);
        self.next * size_of::<Event>()
    }

    /// The time at the next place.
    fn time(&self) -> &AtomicI64 {
        // SAFETY: `next` is below `places`, and so many events are in the region, which lives as
        // long as `self`; the time is aligned, since regions start at pages and events are multiples
        // of 8 bytes; it is accessed by such operations alone.
        unsafe {
            let place = self.region.as_ptr().add(self.place());
            AtomicI64::from_ptr(place.add(offset_of!(Event, time)).cast())
        }
    }

    /// The event at the next place but for its time: any bits, if the other side writes meanwhile.
    fn read(&self) -> Event {
        let mut event: Event = crate::msg::zeroed();
        if let Some(rest) = event.as_mut_bytes().get_mut(REST..) {
            // It is inside of the region.
            let _ = self.region.read(self.place() + REST, rest);
        }
        event
    }

    /// Writes the event at the next place but for its time.
    fn write(&mut self, event: &Event) {
        let at = self.place() + REST;
        let _ = (self.region).write(at, event.as_bytes().get(REST..).unwrap_or(&[]));
    }

    fn advance(&mut self) {
        self.next = (self.next + 1) % self.places;
    }
}

/// The reader's side of a buffer of events: of who [asks](Cap::<super::Event>::get_buffer) for it.
#[derive(Debug)]
pub struct Buffer(Ring);

impl Buffer {
    /// Attaches the memory of a buffer.
    ///
    /// # Errors
    /// [`Error::INVALID`] if it holds no event; what region map or dataspace answer; an IPC error.
    pub fn attach(rm: Cap<Rm>, memory: OwnedCap<Dataspace>) -> Result<Self> {
        Ring::attach(rm, memory).map(Buffer)
    }

    /// The next event, if there is one.
    #[expect(
        clippy::should_implement_trait,
        reason = "there can be more after none"
    )]
    pub fn next(&mut self) -> Option<Event> {
        let time = self.0.time().load(Ordering::Acquire);
        if time == 0 {
            return None;
        }
        let event = self.0.read();
        self.0.time().store(0, Ordering::Release);
        self.0.advance();
        Some(Event { time, ..event })
    }
}

/// The writer's side of a buffer of events: the server's.
#[derive(Debug)]
pub struct Writer(Ring);

impl Writer {
    /// Attaches the memory of a buffer, and empties it.
    ///
    /// # Errors
    /// As [`Buffer::attach`].
    pub fn attach(rm: Cap<Rm>, memory: OwnedCap<Dataspace>) -> Result<Self> {
        let mut writer = Writer(Ring::attach(rm, memory)?);
        writer.reset();
        Ok(writer)
    }

    /// The memory, to be [lent](Cap::lend) to a client.
    pub fn memory(&self) -> Cap<Dataspace> {
        self.0.region.dataspace()
    }

    /// Empties the buffer, for another reader.
    pub fn reset(&mut self) {
        for place in 0..self.0.places {
            self.0.next = place;
            self.0.time().store(0, Ordering::Release);
        }
        self.0.next = 0;
    }

    /// Puts an event into the buffer. Whether there was room; if not, it is lost. An event
    /// without a time gets one: 1.
    #[must_use = "the event is lost if there was no room"]
    pub fn put(&mut self, event: Event) -> bool {
        if self.0.time().load(Ordering::Acquire) != 0 {
            return false;
        }
        self.0.write(&event);
        let time = if event.time == 0 { 1 } else { event.time };
        self.0.time().store(time, Ordering::Release);
        self.0.advance();
        true
    }
}

#[cfg(test)]
mod tests;
