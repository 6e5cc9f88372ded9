//! Frame buffers.

use crate::cap::OwnedCap;
use crate::dataspace::Dataspace;
use crate::error::{Error, Result};
use l4re_sys::proto;
use l4re_sys::re::goos::{self, Info, ViewInfo};

/// A frame buffer (`L4Re::Video::Goos`, `l4/re/video/goos`).
#[l4re::interface(unsafe, protocol = proto::GOOS, name = "L4Re::Video::Goos")]
pub trait Goos {
    /// What it is like.
    ///
    /// # Errors
    /// The server's.
    #[op = goos::INFO]
    fn info(&self) -> Result<Info>;

    /// A buffer that is there without being made.
    ///
    /// # Errors
    /// [`Error::OUT_OF_RANGE`] if there is none of this index.
    #[op = goos::GET_STATIC_BUFFER]
    fn get_static_buffer(&self, index: u32) -> Result<OwnedCap<Dataspace>>;

    /// Makes a buffer: its index, and the memory.
    ///
    /// # Errors
    /// [`Error::NO_OPERATION`] if it makes none.
    #[op = goos::CREATE_BUFFER]
    #[label]
    fn create_buffer(&self, _size: u64) -> Result<(i64, OwnedCap<Dataspace>)> {
        Err(Error::NO_OPERATION)
    }

    /// Makes a view: its index.
    ///
    /// # Errors
    /// [`Error::NO_OPERATION`] if it makes none.
    #[op = goos::CREATE_VIEW]
    #[label]
    fn create_view(&self) -> Result<i64> {
        Err(Error::NO_OPERATION)
    }

    /// Deletes a buffer that was made.
    ///
    /// # Errors
    /// The server's.
    #[op = goos::DELETE_BUFFER]
    fn delete_buffer(&self, _index: u32) -> Result<()> {
        Err(Error::NO_OPERATION)
    }

    /// Deletes a view that was made.
    ///
    /// # Errors
    /// The server's.
    #[op = goos::DELETE_VIEW]
    fn delete_view(&self, _index: u32) -> Result<()> {
        Err(Error::NO_OPERATION)
    }

    /// What a view is like.
    ///
    /// # Errors
    /// [`Error::OUT_OF_RANGE`] if there is none of this index.
    #[op = goos::VIEW_INFO]
    fn view_info(&self, index: u32) -> Result<ViewInfo>;

    /// Sets of a view what its flags say.
    ///
    /// # Errors
    /// The server's.
    #[op = goos::SET_VIEW_INFO]
    fn set_view_info(&self, _index: u32, _info: &ViewInfo) -> Result<()> {
        Err(Error::NO_OPERATION)
    }

    /// Moves a view before or behind another; [`NO_VIEW`](goos::NO_VIEW) stands for all.
    ///
    /// # Errors
    /// The server's.
    #[op = goos::VIEW_STACK]
    fn view_stack(&self, _index: u32, _pivot: u32, _behind: bool) -> Result<()> {
        Err(Error::NO_OPERATION)
    }

    /// Shows what has been drawn in a part of a view.
    ///
    /// # Errors
    /// The server's.
    #[op = goos::VIEW_REFRESH]
    fn view_refresh(&self, index: u32, x: i32, y: i32, w: i32, h: i32) -> Result<()>;

    /// Shows what has been drawn in a part of the screen.
    ///
    /// # Errors
    /// The server's.
    #[op = goos::REFRESH]
    fn refresh(&self, x: i32, y: i32, w: i32, h: i32) -> Result<()>;
}
