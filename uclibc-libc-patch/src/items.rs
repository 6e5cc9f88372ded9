//! What the lists in `l4re` stand for in the crate itself.
//!
//! The checks read the same lists with macros of these names that make tables of them.

/// Names of types.
macro_rules! types {
    ($($item:item)*) => { $($item)* };
}

/// Types with C's layout, each with its name in C (none: a part of another type).
macro_rules! structs {
    ($($c:literal $(#[$attr:meta])* pub $kind:ident $name:ident {
        $($vis:vis $field:ident: $ty:ty,)*
    })*) => { $(
        #[repr(C)]
        #[derive(Clone, Copy, Debug)]
        #[cfg_attr(feature = "extra_traits", derive(PartialEq, Eq, Hash))]
        $(#[$attr])*
        pub $kind $name { $($vis $field: $ty,)* }
    )* };
}

/// The same for unions, and for types with unions in them: which part holds is not known, so they
/// are neither compared nor printed.
macro_rules! unions {
    ($($c:literal $(#[$attr:meta])* pub $kind:ident $name:ident {
        $($vis:vis $field:ident: $ty:ty,)*
    })*) => { $(
        #[repr(C)]
        #[derive(Clone, Copy)]
        $(#[$attr])*
        pub $kind $name { $($vis $field: $ty,)* }

        impl core::fmt::Debug for $name {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                f.debug_struct(stringify!($name)).finish_non_exhaustive()
            }
        }
    )* };
}

/// Constants by type.
macro_rules! constants {
    ($($ty:ty { $($name:ident = $value:expr;)* })*) => { $($(
        pub const $name: $ty = $value;
    )*)* };
}

/// Functions of the library.
macro_rules! functions {
    ($($(#[$attr:meta])* fn $name:ident($($arg:tt)*) $(-> $ret:ty)?;)*) => {
        // Linked where a program is; the library is not known before.
        #[link(name = "c", kind = "static", modifiers = "-bundle")]
        unsafe extern "C" { $(
            $(#[$attr])*
            pub fn $name($($arg)*) $(-> $ret)?;
        )* }
    };
}

/// Objects of the library.
macro_rules! statics {
    ($(static $name:ident: $ty:ty;)*) => {
        #[link(name = "c", kind = "static", modifiers = "-bundle")]
        unsafe extern "C" { $( pub static $name: $ty; )* }
    };
}
