//! Frame buffers, their buffers and views.

use crate::cap::{Cap, Object, OwnedCap};
use crate::dataspace::Dataspace;
use crate::error::{Error, Result};
use crate::services;
use l4re_sys::proto;
use l4re_sys::re::goos as op;

pub use op::{ColorComponent, GoosFlags, Info, PixelInfo, ViewFlags, ViewInfo};

/// A frame buffer (`L4Re::Video::Goos`, `l4/re/video/goos`). Its views, one in front of the other,
/// each show a part of a buffer: memory that is drawn into.
#[derive(Debug)]
pub enum Goos {}

impl Object for Goos {
    const PROTOCOL: i64 = proto::GOOS;
}

/// A rectangle in pixels: on the screen, or of a view.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Rect {
    /// From the left.
    pub x: i32,
    /// From the top.
    pub y: i32,
    /// To the right.
    pub width: i32,
    /// Down.
    pub height: i32,
}

impl Cap<Goos> {
    fn service(self) -> Cap<dyn services::Goos> {
        self.cast()
    }

    /// What it is like.
    ///
    /// # Errors
    /// What the server answers, or an IPC error.
    pub fn info(self) -> Result<Info> {
        services::Goos::info(&self.service())
    }

    /// One of the buffers that are there without being made.
    ///
    /// # Errors
    /// What the server answers, or an IPC error.
    pub fn static_buffer(self, index: u32) -> Result<OwnedCap<Dataspace>> {
        services::Goos::get_static_buffer(&self.service(), index)
    }

    /// Makes a buffer of `size` bytes: its index, and the memory. Not all can
    /// ([`GoosFlags::DYNAMIC_BUFFERS`]).
    ///
    /// # Errors
    /// What the server answers, or an IPC error.
    pub fn create_buffer(self, size: u64) -> Result<(u32, OwnedCap<Dataspace>)> {
        let (index, buffer) = services::Goos::create_buffer(&self.service(), size)?;
        Ok((number(index)?, buffer))
    }

    /// Deletes a buffer that was made.
    ///
    /// # Errors
    /// What the server answers, or an IPC error.
    pub fn delete_buffer(self, index: u32) -> Result<()> {
        services::Goos::delete_buffer(&self.service(), index)
    }

    /// A view, by its index. Whether there is one, its methods tell.
    pub fn view(self, index: u32) -> View {
        View { goos: self, index }
    }

    /// Makes a view. Not all can ([`GoosFlags::DYNAMIC_VIEWS`]).
    ///
    /// # Errors
    /// What the server answers, or an IPC error.
    pub fn create_view(self) -> Result<View> {
        let index = services::Goos::create_view(&self.service())?;
        Ok(self.view(number(index)?))
    }

    /// Shows what has been drawn in a part of the screen, unless all is seen at once
    /// ([`GoosFlags::AUTO_REFRESH`]).
    ///
    /// # Errors
    /// What the server answers, or an IPC error.
    pub fn refresh(self, part: Rect) -> Result<()> {
        let Rect {
            x,
            y,
            width,
            height,
        } = part;
        services::Goos::refresh(&self.service(), x, y, width, height)
    }
}

fn number(label: i64) -> Result<u32> {
    u32::try_from(label).map_err(|_| Error::OUT_OF_RANGE)
}

/// A view of a frame buffer (`L4Re::Video::View`, `l4/re/video/goos`).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct View {
    goos: Cap<Goos>,
    index: u32,
}

impl View {
    /// Its index.
    pub fn index(self) -> u32 {
        self.index
    }

    /// What it is like.
    ///
    /// # Errors
    /// What the server answers, or an IPC error.
    pub fn info(self) -> Result<ViewInfo> {
        services::Goos::view_info(&self.goos.service(), self.index)
    }

    /// Sets what the flags of `info` say.
    ///
    /// # Errors
    /// What the server answers, or an IPC error.
    pub fn set_info(self, info: &ViewInfo) -> Result<()> {
        services::Goos::set_view_info(&self.goos.service(), self.index, info)
    }

    /// Sets where on the screen the view is, and where in the buffer it starts (in bytes).
    ///
    /// ```
    /// use l4re::goos::{Goos, Rect, ViewFlags};
    /// use l4re::sys::{CapIdx, fake};
    /// use l4re::Cap;
    ///
    /// let goos: Cap<Goos> = Cap::new(CapIdx::from_index(9));
    /// let place = Rect { x: 10, y: 20, width: 640, height: 480 };
    /// let set = ViewFlags::SET_POSITION | ViewFlags::SET_BUFFER_OFFSET;
    /// fake::with(
    ///     |call| {
    ///         let words = call.words();
    ///         assert_eq!((words[1] as u32, &words[2..6]), (set.bits(), &[10, 20, 640, 480][..]));
    ///         fake::Reply::label(0)
    ///     },
    ///     || goos.view(3).set_viewport(place, 0),
    /// )?;
    /// # Ok::<(), l4re::Error>(())
    /// ```
    ///
    /// # Errors
    /// What the server answers, or an IPC error.
    pub fn set_viewport(self, on_screen: Rect, buffer_offset: u64) -> Result<()> {
        let flags = ViewFlags::SET_BUFFER_OFFSET | ViewFlags::SET_POSITION;
        self.set_info(&ViewInfo {
            flags: flags.bits(),
            // As C has it: a negative number stays one.
            xpos: i64::from(on_screen.x) as u64,
            ypos: i64::from(on_screen.y) as u64,
            width: i64::from(on_screen.width) as u64,
            height: i64::from(on_screen.height) as u64,
            buffer_offset,
            ..ViewInfo::default()
        })
    }

    /// Moves the view behind another one, or before it.
    ///
    /// # Errors
    /// What the server answers, or an IPC error.
    pub fn stack(self, pivot: View, behind: bool) -> Result<()> {
        services::Goos::view_stack(&self.goos.service(), self.index, pivot.index, behind)
    }

    /// Moves the view to the front.
    ///
    /// # Errors
    /// What the server answers, or an IPC error.
    pub fn push_top(self) -> Result<()> {
        self.stack(self.goos.view(op::NO_VIEW), true)
    }

    /// Moves the view to the back.
    ///
    /// # Errors
    /// What the server answers, or an IPC error.
    pub fn push_bottom(self) -> Result<()> {
        self.stack(self.goos.view(op::NO_VIEW), false)
    }

    /// Shows what has been drawn in a part of the view.
    ///
    /// # Errors
    /// What the server answers, or an IPC error.
    pub fn refresh(self, part: Rect) -> Result<()> {
        let Rect {
            x,
            y,
            width,
            height,
        } = part;
        let service = self.goos.service();
        services::Goos::view_refresh(&service, self.index, x, y, width, height)
    }

    /// Deletes the view, which was made.
    ///
    /// # Errors
    /// What the server answers, or an IPC error.
    pub fn delete(self) -> Result<()> {
        services::Goos::delete_view(&self.goos.service(), self.index)
    }
}
