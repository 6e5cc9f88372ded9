//! The times of `struct stat` by their other names.
//!
//! C has `st_atim` of type `struct timespec`, and macros for the names before POSIX 2008. The crate
//! `libc` has either the one or the other: up to 0.2.183 it had `st_atime` and `st_atime_nsec` for
//! L4Re, which the library of Rust 1.98 reads, then `st_atim`, which that of 1.99 reads. Here
//! [`stat`] has the former as fields, and the latter through `Deref`.

use core::ops::{Deref, DerefMut};

use super::*;

/// What `stat` and `stat64` are, by the names of POSIX 2008.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct stat_times {
    // As long as what stands before, and as aligned as a time.
    __before: [u64; size_of::<stat>() / 8 - 9],
    pub st_atim: timespec,
    pub st_mtim: timespec,
    pub st_ctim: timespec,
    __uclibc_unused: [c_long; 3],
}

macro_rules! other_names {
    ($($name:ident)*) => { $(
        const _: () = {
            assert!(size_of::<$name>() == size_of::<stat_times>());
            assert!(align_of::<$name>() == align_of::<stat_times>());
            assert!(core::mem::offset_of!($name, st_atime) == core::mem::offset_of!(stat_times, st_atim));
            assert!(core::mem::offset_of!($name, st_mtime) == core::mem::offset_of!(stat_times, st_mtim));
            assert!(core::mem::offset_of!($name, st_ctime) == core::mem::offset_of!(stat_times, st_ctim));
            assert!(
                core::mem::offset_of!($name, st_atime_nsec)
                    == core::mem::offset_of!(stat_times, st_atim)
                        + core::mem::offset_of!(timespec, tv_nsec)
            );
        };

        impl Deref for $name {
            type Target = stat_times;

            #[inline]
            fn deref(&self) -> &stat_times {
                // SAFETY: both types have C's layout, of the same size and alignment (checked
                // above), and integers in every place but padding, of which neither has any.
                unsafe { &*(self as *const Self).cast() }
            }
        }

        impl DerefMut for $name {
            #[inline]
            fn deref_mut(&mut self) -> &mut stat_times {
                // SAFETY: both types have the same fields in the same order (`repr(C)`), and every
                // value of the one is a value of the other.
                unsafe { &mut *(self as *mut Self).cast() }
            }
        }
    )* };
}

other_names! { stat stat64 }
