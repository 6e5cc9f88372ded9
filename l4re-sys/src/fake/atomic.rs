//! Atomic operations before each of which the model checker may run another thread. They have the
//! names, the layout and the effect of those of `core`. (One thread runs at a time, so that
//! orderings make no difference: they are Miri's to check.)

use super::checker::step;
pub use core::sync::atomic::{Ordering, compiler_fence};

/// A fence.
pub fn fence(order: Ordering) {
    step();
    core::sync::atomic::fence(order);
}

macro_rules! wrapper {
    ($name:ident $(<$t:ident>)?, $value:ty) => {
        #[doc = concat!("As `", stringify!($name), "` of `core`.")]
        #[derive(Default)]
        #[repr(transparent)]
        pub struct $name $(<$t>)? (core::sync::atomic::$name $(<$t>)?);

        impl $(<$t>)? $name $(<$t>)? {
            /// With this value.
            pub const fn new(value: $value) -> Self {
                $name(core::sync::atomic::$name::new(value))
            }

            /// The value at a place.
            ///
            /// # Safety
            /// As of `core`'s.
            pub const unsafe fn from_ptr<'a>(place: *mut $value) -> &'a Self {
                // SAFETY: this type is laid out as the value, which is valid for `'a` and accessed by
                // atomic operations meanwhile (caller's contract).
                unsafe { &*place.cast() }
            }

            /// The place of the value.
            pub const fn as_ptr(&self) -> *mut $value {
                self.0.as_ptr()
            }

            /// The value, which nobody else has.
            pub fn get_mut(&mut self) -> &mut $value {
                self.0.get_mut()
            }

            /// The value, which nobody else has.
            pub const fn into_inner(self) -> $value {
                self.0.into_inner()
            }

            /// Reads the value.
            pub fn load(&self, order: Ordering) -> $value {
                step();
                self.0.load(order)
            }

            /// Writes the value.
            pub fn store(&self, value: $value, order: Ordering) {
                step();
                self.0.store(value, order);
            }

            /// Writes the value. Returns the one before.
            pub fn swap(&self, value: $value, order: Ordering) -> $value {
                step();
                self.0.swap(value, order)
            }

            /// Writes the value if there was the one that was expected.
            ///
            /// # Errors
            /// The value that there was.
            pub fn compare_exchange(
                &self,
                expected: $value,
                value: $value,
                success: Ordering,
                failure: Ordering,
            ) -> Result<$value, $value> {
                step();
                self.0.compare_exchange(expected, value, success, failure)
            }

            /// As [`compare_exchange`](Self::compare_exchange).
            ///
            /// # Errors
            /// The value that there was.
            pub fn compare_exchange_weak(
                &self,
                expected: $value,
                value: $value,
                success: Ordering,
                failure: Ordering,
            ) -> Result<$value, $value> {
                self.compare_exchange(expected, value, success, failure)
            }

            /// Changes the value as long as `change` has another one for it.
            ///
            /// # Errors
            /// The value for which it had none.
            pub fn try_update(
                &self,
                success: Ordering,
                failure: Ordering,
                mut change: impl FnMut($value) -> Option<$value>,
            ) -> Result<$value, $value> {
                let mut old = self.load(failure);
                while let Some(value) = change(old) {
                    match self.compare_exchange(old, value, success, failure) {
                        Ok(old) => return Ok(old),
                        Err(now) => old = now,
                    }
                }
                Err(old)
            }
        }

        impl $(<$t>)? core::fmt::Debug for $name $(<$t>)? {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

macro_rules! changes {
    ($name:ident, $value:ty: $($change:ident)*) => {
        impl $name {
            $(
                #[doc = concat!("As `", stringify!($change), "` of `core`.")]
                pub fn $change(&self, value: $value, order: Ordering) -> $value {
                    step();
                    self.0.$change(value, order)
                }
            )*
        }
    };
}

wrapper!(AtomicPtr<T>, *mut T);
wrapper!(AtomicBool, bool);
changes!(AtomicBool, bool: fetch_and fetch_or fetch_xor);
wrapper!(AtomicU8, u8);
changes!(AtomicU8, u8: fetch_add fetch_sub fetch_and fetch_or fetch_xor fetch_max fetch_min);
wrapper!(AtomicU32, u32);
changes!(AtomicU32, u32: fetch_add fetch_sub fetch_and fetch_or fetch_xor fetch_max fetch_min);
wrapper!(AtomicU64, u64);
changes!(AtomicU64, u64: fetch_add fetch_sub fetch_and fetch_or fetch_xor fetch_max fetch_min);
wrapper!(AtomicUsize, usize);
changes!(AtomicUsize, usize: fetch_add fetch_sub fetch_and fetch_or fetch_xor fetch_max fetch_min);
