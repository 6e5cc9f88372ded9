//! Frame buffers ([`proto::GOOS`](crate::proto::GOOS)).

use zerocopy::{FromBytes, Immutable, IntoBytes};

abi! {
    in "l4/re/video/goos" {
        /// Out: [`Info`] (0).
        INFO: u32 = 0 => "L4Re::Video::Goos::info";
        /// In: index (4, 4 bytes); buffer: one capability. Out: item: the dataspace.
        GET_STATIC_BUFFER: u32 = 1 => "L4Re::Video::Goos::get_static_buffer";
        /// In: size (8, word); buffer: one capability. Out: item: the dataspace; the label is the
        /// buffer's index.
        CREATE_BUFFER: u32 = 2 => "L4Re::Video::Goos::create_buffer";
        /// Out: the label is the view's index.
        CREATE_VIEW: u32 = 3 => "L4Re::Video::Goos::create_view";
        /// In: index (4, 4 bytes).
        DELETE_BUFFER: u32 = 4 => "L4Re::Video::Goos::delete_buffer";
        /// In: index (4, 4 bytes).
        DELETE_VIEW: u32 = 5 => "L4Re::Video::Goos::delete_view";
        /// In: index (4, 4 bytes). Out: [`ViewInfo`] (0).
        VIEW_INFO: u32 = 6 => "L4Re::Video::Goos::view_info";
        /// In: index (4, 4 bytes), [`ViewInfo`] (8).
        SET_VIEW_INFO: u32 = 7 => "L4Re::Video::Goos::set_view_info";
        /// In: index (4, 4 bytes), index of another view, or [`NO_VIEW`] (8, 4 bytes), whether it
        /// goes behind that one (12, 1 byte).
        VIEW_STACK: u32 = 8 => "L4Re::Video::Goos::view_stack";
        /// In: index (4, 4 bytes), x, y, width, height (8, 12, 16, 20, 4 bytes each).
        VIEW_REFRESH: u32 = 9 => "L4Re::Video::Goos::view_refresh";
        /// In: x, y, width, height (4, 8, 12, 16, 4 bytes each).
        REFRESH: u32 = 10 => "L4Re::Video::Goos::refresh";
    }
}

/// In place of a view: none (`L4Re::Video::View()`, `l4/re/video/goos`).
pub const NO_VIEW: u32 = u32::MAX;

bitflags::bitflags! {
    /// What a frame buffer can do (`L4Re::Video::Goos::Flags`, `l4/re/video/goos`).
    #[doc(alias = "l4re_video_goos_info_flags_t")]
    #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
    pub struct GoosFlags: u32 {
        /// What is drawn is seen at once (`F_auto_refresh`).
        const AUTO_REFRESH = 1;
        /// There is a pointer (`F_pointer`).
        const POINTER = 2;
        /// Views can be made (`F_dynamic_views`).
        const DYNAMIC_VIEWS = 4;
        /// Buffers can be made (`F_dynamic_buffers`).
        const DYNAMIC_BUFFERS = 8;
        // Bits that have no name here come from other versions: kept as they are.
        const _ = !0;
    }
}

bitflags::bitflags! {
    /// What can be, or is, set of a view (`L4Re::Video::View::Flags` and `V_flags`,
    /// `l4/re/video/goos`).
    #[doc(alias = "l4re_video_view_info_flags_t")]
    #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
    pub struct ViewFlags: u32 {
        /// The buffer (`F_set_buffer`).
        const SET_BUFFER = 0x01;
        /// The offset in the buffer (`F_set_buffer_offset`).
        const SET_BUFFER_OFFSET = 0x02;
        /// The bytes of a line (`F_set_bytes_per_line`).
        const SET_BYTES_PER_LINE = 0x04;
        /// The pixels (`F_set_pixel`).
        const SET_PIXEL = 0x08;
        /// Place and size (`F_set_position`).
        const SET_POSITION = 0x10;
        /// The view was made (`F_dyn_allocated`).
        const DYN_ALLOCATED = 0x20;
        /// It is the background (`F_set_background`).
        const SET_BACKGROUND = 0x40;
        /// Properties (`F_set_flags`).
        const SET_FLAGS = 0x80;
        /// All of a view that was made (`F_fully_dynamic`).
        const FULLY_DYNAMIC = 0x3f;
        /// Property: it stays on top (`F_above`).
        const ABOVE = 0x1000;
        /// All properties (`F_flags_mask`).
        const PROPERTIES = 0xf_f000;
        // Bits that have no name here come from other versions: kept as they are.
        const _ = !0;
    }
}

abi_struct! {
    /// A part of a pixel.
    #[derive(PartialEq, Eq, Default)]
    #[derive(FromBytes, Immutable, IntoBytes)]
    pub struct ColorComponent = "L4Re::Video::Color_component" in "l4/re/video/colors" {
        /// How many bits.
        bits: u8 => "_bits",
        /// Its lowest bit.
        shift: u8 => "_shift",
    }
}

abi_struct! {
    /// What a pixel is.
    #[derive(PartialEq, Eq, Default)]
    #[derive(FromBytes, Immutable, IntoBytes)]
    pub struct PixelInfo = "L4Re::Video::Pixel_info" in "l4/re/video/colors" {
        /// Red.
        r: ColorComponent => "_r",
        /// Green.
        g: ColorComponent => "_g",
        /// Blue.
        b: ColorComponent => "_b",
        /// Opacity.
        a: ColorComponent => "_a",
        /// How many bytes.
        bytes: u8 => "_bpp",
    }
}

abi_struct! {
    /// What a frame buffer is.
    #[derive(PartialEq, Eq, Default)]
    #[derive(FromBytes, Immutable, IntoBytes)]
    pub struct Info = "L4Re::Video::Goos::Info" in "l4/re/video/goos" {
        /// Its width in pixels.
        width: u64 => "width",
        /// Its height in pixels.
        height: u64 => "height",
        /// [`GoosFlags`].
        flags: u32 => "flags",
        /// How many views are there without being made.
        num_static_views: u32 => "num_static_views",
        /// How many buffers are there without being made.
        num_static_buffers: u32 => "num_static_buffers",
        /// The pixels.
        pixel_info: PixelInfo => "pixel_info",
        /// Not used: 0.
        padding: [u8; 3],
    }
}

abi_struct! {
    /// What a view is.
    #[derive(PartialEq, Eq, Default)]
    #[derive(FromBytes, Immutable, IntoBytes)]
    pub struct ViewInfo = "L4Re::Video::View::Info" in "l4/re/video/goos" {
        /// [`ViewFlags`]: what can be set; of a request, what is to be.
        flags: u32 => "flags",
        /// Its index.
        view_index: u32 => "view_index",
        /// Where it is, in pixels from the left.
        xpos: u64 => "xpos",
        /// Where it is, in pixels from the top.
        ypos: u64 => "ypos",
        /// Its width in pixels.
        width: u64 => "width",
        /// Its height in pixels.
        height: u64 => "height",
        /// Where it starts in the buffer, in bytes.
        buffer_offset: u64 => "buffer_offset",
        /// From one line to the next, in bytes.
        bytes_per_line: u64 => "bytes_per_line",
        /// The pixels.
        pixel_info: PixelInfo => "pixel_info",
        /// Not used: 0.
        padding: [u8; 3],
        /// The index of the buffer.
        buffer_index: u32 => "buffer_index",
    }
}
