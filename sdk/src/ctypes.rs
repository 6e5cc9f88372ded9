//! The names that C has for the types of [`l4re_sys`]; the headers use them as they stand here.

use core::ffi::{CStr, c_char};

pub use core::ffi::{c_int, c_long, c_uint, c_ulong, c_void};
pub use l4re_sys::env::{Env as l4re_env_t, EnvCapEntry as l4re_env_cap_entry_t};
pub use l4re_sys::op::icu::IcuInfo as l4_icu_info_t;
pub use l4re_sys::op::icu::MsiInfo as l4_icu_msi_info_t;
pub use l4re_sys::op::vcon::VconAttr as l4_vcon_attr_t;
pub use l4re_sys::re::dataspace::Stats as l4re_ds_stats_t;
pub use l4re_sys::re::event::{
    AbsInfo as l4re_event_absinfo_t, StreamInfo as l4re_event_stream_info_t,
};
pub use l4re_sys::{
    CapIdx as l4_cap_idx_t, CpuSet as l4_sched_cpu_set_t, ExcRegs as l4_exc_regs_t,
    Fpage as l4_fpage_t, KernelInfo as l4_kernel_info_t, MemDesc as l4_kernel_info_mem_desc_t,
    MsgTag as l4_msgtag_t, SchedParam as l4_sched_param_t, Timeout as l4_timeout_t,
    TimeoutS as l4_timeout_s, Utcb as l4_utcb_t, UtcbRef,
};

pub type l4_addr_t = u64;
pub type l4_cpu_time_t = u64;
pub type l4_kernel_clock_t = u64;
pub type l4_mword_t = i64;
pub type l4_umword_t = u64;
pub type l4_uint8_t = u8;
pub type l4_uint16_t = u16;
pub type l4_uint32_t = u32;
pub type l4_uint64_t = u64;
pub type l4_ret_t = i16;
pub type c_uchar = u8;

pub type l4re_ds_t = l4_cap_idx_t;
pub type l4re_ds_offset_t = u64;
pub type l4re_ds_size_t = u64;
pub type l4re_ds_flags_t = u64;
pub type l4re_ds_map_addr_t = u64;
pub type l4re_rm_flags_t = u32;
pub type l4re_rm_offset_t = u64;
pub type l4re_namespace_t = l4_cap_idx_t;
pub type l4_size_t = u64;
pub type l4re_dma_space_t = l4_cap_idx_t;
pub type l4re_dma_space_mgr_t = l4_cap_idx_t;
pub type l4re_dma_space_dma_addr_t = u64;
pub type l4re_dma_space_dma_size_t = u64;

/// A string of C's, ended by 0, or null.
#[repr(transparent)]
#[derive(Clone, Copy, Debug)]
pub struct Str(*const c_char);

impl Str {
    /// A string of Rust's.
    #[cfg(test)]
    pub fn of(string: &'static CStr) -> Self {
        Str(string.as_ptr())
    }

    /// Whether it is null.
    pub fn is_null(self) -> bool {
        self.0.is_null()
    }

    /// The bytes without the end; of null, none.
    pub fn bytes<'a>(self) -> &'a [u8] {
        if self.is_null() {
            return &[];
        }
        // SAFETY: C's caller passes a string that is ended (the crate's documentation).
        unsafe { CStr::from_ptr(self.0) }.to_bytes()
    }

    /// The first `len` bytes, whatever they are.
    pub fn first<'a>(self, len: usize) -> &'a [u8] {
        if self.is_null() || len == 0 {
            return &[];
        }
        // SAFETY: C's caller passes this many bytes (the crate's documentation).
        unsafe { core::slice::from_raw_parts(self.0.cast(), len) }
    }

    /// The text; none if it is not UTF-8.
    pub fn text<'a>(self) -> Option<&'a str> {
        core::str::from_utf8(self.bytes()).ok()
    }
}

/// Room for a string: `size` bytes, or none.
pub fn room<'a>(at: *mut c_char, size: usize) -> &'a mut [u8] {
    if at.is_null() || size == 0 {
        return &mut [];
    }
    // SAFETY: C's caller passes this many bytes, which are nobody else's (the crate's
    // documentation). They may not be initialized, but bytes have no invalid value and are only
    // written here.
    unsafe { core::slice::from_raw_parts_mut(at.cast(), size) }
}

/// Copies a string into its room, cut if it is too long and ended by 0. Returns the number of
/// bytes with that end.
pub fn copy_string(to: &mut [u8], from: &[u8]) -> usize {
    let Some((last, _)) = to.split_last_mut() else {
        return 0;
    };
    *last = 0;
    let room = to.len() - 1;
    let len = from.iter().position(|b| *b == 0).unwrap_or(from.len());
    let len = len.min(room);
    for (to, from) in to.iter_mut().zip(from.iter().take(len)) {
        *to = *from;
    }
    if let Some(end) = to.get_mut(len) {
        *end = 0;
    }
    len + 1
}

/// A name with `enum_` is an enumeration of C's.
pub type enum_L4_sys_segment = c_uint;
pub type enum_l4re_dma_space_direction = c_uint;
pub type enum_l4re_dma_space_mgr_space_attribs = c_uint;
pub type enum_l4re_dma_space_mgr_block_flags = c_uint;

/// A name with `fn_` is a type of functions, which a header defines by hand.
pub type fn_l4util_splitlog2 = extern "C" fn(l4_addr_t, l4_addr_t, c_int) -> c_long;
