//! The lists in `l4re` as tables, beside the items themselves.

macro_rules! types {
    ($(pub type $name:ident = $ty:ty;)*) => {
        $( pub type $name = $ty; )*
        inventory::submit! { crate::Aliases(&[$( (stringify!($name), size_of::<$ty>()), )*]) }
    };
}

macro_rules! structs {
    ($($c:literal $(#[$attr:meta])* pub $kind:ident $name:ident {
        $($vis:vis $field:ident: $ty:ty,)*
    })*) => { $(
        #[repr(C)]
        #[derive(Clone, Copy)]
        $(#[$attr])*
        #[allow(dead_code)]
        pub $kind $name { $($vis $field: $ty,)* }

        inventory::submit! { crate::Layout {
            name: stringify!($name),
            c: $c,
            size: size_of::<$name>(),
            align: align_of::<$name>(),
            fields: &[$( (
                stringify!($field),
                core::mem::offset_of!($name, $field),
                size_of::<$ty>(),
            ), )*],
        } }
    )* };
}

macro_rules! unions {
    ($($list:tt)*) => { structs! { $($list)* } };
}

macro_rules! constants {
    ($($ty:ty { $($name:ident = $value:expr;)* })*) => { $(
        $( pub const $name: $ty = $value; )*
        inventory::submit! { crate::Constants {
            size: size_of::<$ty>(),
            values: &[$( (stringify!($name), $name as i128), )*],
        } }
    )* };
}

macro_rules! functions {
    ($($(#[link_name = $link:literal])? fn $name:ident($($arg:tt)*) $(-> $ret:ty)?;)*) => {
        unsafe extern "C" { $(
            $(#[link_name = $link])?
            pub fn $name($($arg)*) $(-> $ret)?;
        )* }
        inventory::submit! { crate::Functions(&[$( crate::Function {
            name: stringify!($name),
            link_name: concat!($($link)?),
            arguments: stringify!($($arg)*),
            result: stringify!($($ret)?),
        }, )*]) }
    };
}

macro_rules! statics {
    ($(static $name:ident: $ty:ty;)*) => {
        unsafe extern "C" { $( pub static $name: $ty; )* }
    };
}
