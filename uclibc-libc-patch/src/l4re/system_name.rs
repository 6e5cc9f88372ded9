//! `bits/utsname.h`, `sys/utsname.h`.

use super::*;

structs! {
    "struct utsname" pub struct utsname {
        pub sysname: [c_char; 65],
        pub nodename: [c_char; 65],
        pub release: [c_char; 65],
        pub version: [c_char; 65],
        pub machine: [c_char; 65],
        pub domainname: [c_char; 65],
    }
}

functions! {
    fn uname(name: *mut utsname) -> c_int;
}
