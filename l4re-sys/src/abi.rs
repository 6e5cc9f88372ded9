//! How interface facts are written down.
//!
//! Each macro defines what it is given, with the C name as a search alias and the header in the
//! documentation, and records the same in a table, which `check-abi` compares with the
//! headers. A name with `::` is an operation of a C++ interface; its number is its opcode.

/// Defines constants of a module, or of a type (`for Type`), and the module's table of them. A
/// constant without a C name has its own in C, too.
macro_rules! abi {
    ( $( in $header:literal $(for $owner:ident)? { $($body:tt)* } )* ) => {
        $( abi!(@define $header [$($owner)?] $($body)*); )*

        #[cfg(not(any(target_os = "l4re", target_os = "none")))]
        pub(crate) const FACTS: &[&[$crate::facts::Const]] =
            &[ $( abi!(@facts $header [$($owner)?] $($body)*) ),* ];
    };
    (@define $header:literal []
        $( $(#[$meta:meta])* $name:ident : $ty:ty = $value:expr $(=> $c:literal)? ; )* ) => {
        $(
            $(#[$meta])*
            #[doc = ""]
            #[doc = concat!($("`", $c, "`, ",)? "`", $header, "`")]
            $(#[doc(alias = $c)])?
            pub const $name: $ty = $value;
        )*
    };
    (@define $header:literal [$owner:ident]
        $( $(#[$meta:meta])* $name:ident : $ty:ty = $value:expr $(=> $c:literal)? ; )* ) => {
        impl $owner {
            $(
                $(#[$meta])*
                #[doc = ""]
                #[doc = concat!($("`", $c, "`, ",)? "`", $header, "`")]
                $(#[doc(alias = $c)])?
                pub const $name: $ty = $value;
            )*
        }
    };
    (@facts $header:literal []
        $( $(#[$meta:meta])* $name:ident : $ty:ty = $value:expr $(=> $c:literal)? ; )* ) => {
        &[ $( $crate::facts::Const::new(
            [$($c,)? stringify!($name)][0],
            $header,
            concat!(module_path!(), "::", stringify!($name)),
            || $crate::facts::Value::of($name),
        ) ),* ]
    };
    (@facts $header:literal [$owner:ident]
        $( $(#[$meta:meta])* $name:ident : $ty:ty = $value:expr $(=> $c:literal)? ; )* ) => {
        &[ $( $crate::facts::Const::new(
            [$($c,)? stringify!($name)][0],
            $header,
            concat!(module_path!(), "::", stringify!($owner), "::", stringify!($name)),
            || $crate::facts::Value::of($owner::$name),
        ) ),* ]
    };
}

/// Defines a set of flags (by the crate `bitflags`) and the type's table of them.
macro_rules! abi_flags {
    (
        $(#[$($smeta:tt)*])*
        pub struct $name:ident : $repr:ident in $header:literal {
            $( $(#[$($meta:tt)*])* $flag:ident = $value:expr => $c:literal ; )*
        }
    ) => {
        ::bitflags::bitflags! {
            $(#[$($smeta)*])*
            #[repr(transparent)]
            #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
            pub struct $name: $repr {
                $(
                    $(#[$($meta)*])*
                    #[doc = ""]
                    #[doc = concat!("`", $c, "`, `", $header, "`")]
                    #[doc(alias = $c)]
                    const $flag = $value;
                )*
                // Bits that have no name here come from other versions: kept as they are.
                const _ = !0;
            }
        }

        #[cfg(not(any(target_os = "l4re", target_os = "none")))]
        impl $name {
            pub(crate) const FACTS: &[$crate::facts::Const] = &[ $(
                $crate::facts::Const::new(
                    $c,
                    $header,
                    concat!(module_path!(), "::", stringify!($name), "::", stringify!($flag)),
                    || $crate::facts::Value::of($name::$flag.bits()),
                )
            ),* ];
        }
    };
}

/// Defines a `repr(C)` structure and the type's record of its size and its fields' offsets. A field
/// without a C name stands where C has padding: a structure that messages hold has none, so that
/// nothing goes with it that was in memory before.
macro_rules! abi_struct {
    (
        $(#[$smeta:meta])*
        pub struct $name:ident = $c:literal in $header:literal {
            $( $(#[$meta:meta])* $field:ident : $ty:ty $(=> $cfield:literal)? , )*
        }
    ) => {
        $(#[$smeta])*
        #[doc = ""]
        #[doc = concat!("`", $c, "`, `", $header, "`")]
        #[doc(alias = $c)]
        #[repr(C)]
        #[derive(Clone, Copy, Debug)]
        pub struct $name {
            $( $(#[$meta])* pub $field: $ty, )*
        }

        #[cfg(not(any(target_os = "l4re", target_os = "none")))]
        impl $name {
            pub(crate) const LAYOUT: $crate::facts::Layout = $crate::facts::Layout {
                name: $c,
                header: $header,
                rust: concat!(module_path!(), "::", stringify!($name)),
                size: ::core::mem::size_of::<$name>(),
                align: ::core::mem::align_of::<$name>(),
                fields: &[ $( $( $crate::facts::Field {
                    name: $cfield,
                    offset: ::core::mem::offset_of!($name, $field),
                    size: $crate::facts::size_of_field(|s: &$name| &raw const s.$field),
                }, )? )* ],
            };
        }
    };
}
