//! `bits/dirent.h`, `dirent.h`.

use super::*;

structs! {
    "struct dirent" pub struct dirent {
        pub d_ino: ino_t,
        pub d_off: off_t,
        pub d_reclen: c_ushort,
        pub d_type: c_uchar,
        pub d_name: [c_char; 256],
    }

    "struct dirent64" pub struct dirent64 {
        pub d_ino: ino64_t,
        pub d_off: off64_t,
        pub d_reclen: c_ushort,
        pub d_type: c_uchar,
        pub d_name: [c_char; 256],
    }

}

constants! {
    u8 {
        DT_UNKNOWN = 0;
        DT_FIFO = 1;
        DT_CHR = 2;
        DT_DIR = 4;
        DT_BLK = 6;
        DT_REG = 8;
        DT_LNK = 10;
        DT_SOCK = 12;
    }
}

functions! {
    fn alphasort(e1: *mut *const dirent, e2: *mut *const dirent) -> c_int;
    fn closedir(dirp: *mut DIR) -> c_int;
    fn dirfd(dirp: *mut DIR) -> c_int;
    fn fdopendir(fd: c_int) -> *mut DIR;
    fn opendir(name: *const c_char) -> *mut DIR;
    fn readdir(dirp: *mut DIR) -> *mut dirent;
    fn readdir64(dirp: *mut DIR) -> *mut dirent64;
    fn readdir64_r(dirp: *mut DIR, entry: *mut dirent64, result: *mut *mut dirent64) -> c_int;
    fn readdir_r(dirp: *mut DIR, entry: *mut dirent, result: *mut *mut dirent) -> c_int;
    fn rewinddir(dirp: *mut DIR);
    fn scandir(
        dir: *const c_char,
        namelist: *mut *mut *mut dirent,
        selector: Option<unsafe extern "C" fn(*const dirent) -> c_int>,
        compar: Option<unsafe extern "C" fn(*mut *const dirent, *mut *const dirent) -> c_int>,
    ) -> c_int;
    fn seekdir(dirp: *mut DIR, pos: c_long);
    fn telldir(dirp: *mut DIR) -> c_long;
}
