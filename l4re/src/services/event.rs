//! Sources of events.

use super::Icu;
use crate::cap::OwnedCap;
use crate::dataspace::Dataspace;
use crate::error::{Error, Result};
use alloc::vec::Vec;
use l4re_sys::proto;
use l4re_sys::re::event::{self, AbsInfo, StreamInfo, StreamState};

/// A source of events (`L4Re::Event`, `l4/re/event`). Its interrupt 0 tells of new ones, which
/// [`Writer`](crate::event::Writer) puts into the buffer.
#[l4re::interface(unsafe, protocol = proto::EVENT, name = "L4Re::Event")]
pub trait Event: Icu {
    /// The buffer, which is emptied.
    ///
    /// # Errors
    /// The server's.
    #[op = event::GET_BUFFER]
    fn get_buffer(&self) -> Result<OwnedCap<Dataspace>>;

    /// How many streams there are.
    ///
    /// # Errors
    /// The server's.
    #[op = event::GET_NUM_STREAMS]
    #[label]
    fn get_num_streams(&self) -> Result<i64> {
        Ok(0)
    }

    /// What the stream of an index is.
    ///
    /// # Errors
    /// [`Error::INVALID`] if there is none.
    #[op = event::GET_STREAM_INFO]
    fn get_stream_info(&self, _index: i32) -> Result<StreamInfo> {
        Err(Error::INVALID)
    }

    /// What the stream of a number is.
    ///
    /// # Errors
    /// [`Error::INVALID`] if there is none.
    #[op = event::GET_STREAM_INFO_FOR_ID]
    fn get_stream_info_for_id(&self, _stream_id: u64) -> Result<StreamInfo> {
        Err(Error::INVALID)
    }

    /// What axes of a stream are like, one after the other.
    ///
    /// # Errors
    /// [`Error::INVALID`] if there is no such stream or axis.
    #[op = event::GET_AXIS_INFO]
    #[len(u64)]
    fn get_axis_info(&self, _stream_id: u64, #[len(u64)] _axes: &[u32]) -> Result<Vec<AbsInfo>> {
        Err(Error::INVALID)
    }

    /// What is pressed and switched on.
    ///
    /// # Errors
    /// [`Error::INVALID`] if there is no such stream.
    #[op = event::GET_STREAM_STATE_FOR_ID]
    fn get_stream_state_for_id(&self, _stream_id: u64) -> Result<StreamState> {
        Err(Error::INVALID)
    }
}
