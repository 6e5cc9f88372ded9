//! `mntent.h`.

use super::*;

structs! {
    "struct mntent" pub struct mntent {
        pub mnt_fsname: *mut c_char,
        pub mnt_dir: *mut c_char,
        pub mnt_type: *mut c_char,
        pub mnt_opts: *mut c_char,
        pub mnt_freq: c_int,
        pub mnt_passno: c_int,
    }
}

functions! {
    fn addmntent(stream: *mut FILE, entry: *const mntent) -> c_int;
    fn endmntent(stream: *mut FILE) -> c_int;
    fn getmntent(stream: *mut FILE) -> *mut mntent;
    fn hasmntopt(entry: *const mntent, option: *const c_char) -> *mut c_char;
    fn setmntent(file: *const c_char, mode: *const c_char) -> *mut FILE;
}
