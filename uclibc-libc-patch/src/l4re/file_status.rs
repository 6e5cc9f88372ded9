//! `sys/stat.h`, `sys/sysmacros.h`.

use super::*;

structs! {
    "struct stat64" pub struct stat64 {
        pub st_dev: dev_t,
        pub st_ino: ino64_t,
        pub st_nlink: nlink_t,
        pub st_mode: mode_t,
        pub st_uid: uid_t,
        pub st_gid: gid_t,
        __pad0: c_int,
        pub st_rdev: dev_t,
        pub st_size: off_t,
        pub st_blksize: blksize_t,
        pub st_blocks: blkcnt_t,
        pub st_atime: time_t,
        pub st_atime_nsec: c_long,
        pub st_mtime: time_t,
        pub st_mtime_nsec: c_long,
        pub st_ctime: time_t,
        pub st_ctime_nsec: c_long,
        __uclibc_unused: [c_long; 3],
    }

    "struct stat" pub struct stat {
        pub st_dev: dev_t,
        pub st_ino: ino_t,
        pub st_nlink: nlink_t,
        pub st_mode: mode_t,
        pub st_uid: uid_t,
        pub st_gid: gid_t,
        __pad0: c_int,
        pub st_rdev: dev_t,
        pub st_size: off_t,
        pub st_blksize: blksize_t,
        pub st_blocks: blkcnt_t,
        pub st_atime: time_t,
        pub st_atime_nsec: c_long,
        pub st_mtime: time_t,
        pub st_mtime_nsec: c_long,
        pub st_ctime: time_t,
        pub st_ctime_nsec: c_long,
        __uclibc_unused: [c_long; 3],
    }

    "struct statx_timestamp" pub struct statx_timestamp {
        pub tv_sec: i64,
        pub tv_nsec: u32,
        __statx_timestamp_pad1: [i32; 1],
    }

    "struct statx" pub struct statx {
        pub stx_mask: u32,
        pub stx_blksize: u32,
        pub stx_attributes: u64,
        pub stx_nlink: u32,
        pub stx_uid: u32,
        pub stx_gid: u32,
        pub stx_mode: u16,
        __statx_pad1: [u16; 1],
        pub stx_ino: u64,
        pub stx_size: u64,
        pub stx_blocks: u64,
        pub stx_attributes_mask: u64,
        pub stx_atime: statx_timestamp,
        pub stx_btime: statx_timestamp,
        pub stx_ctime: statx_timestamp,
        pub stx_mtime: statx_timestamp,
        pub stx_rdev_major: u32,
        pub stx_rdev_minor: u32,
        pub stx_dev_major: u32,
        pub stx_dev_minor: u32,
        pub stx_mnt_id: u64,
        pub stx_dio_mem_align: u32,
        pub stx_dio_offset_align: u32,
        pub stx_subvol: u64,
        pub stx_atomic_write_unit_min: u32,
        pub stx_atomic_write_unit_max: u32,
        pub stx_atomic_write_segments_max: u32,
        pub stx_dio_read_offset_align: u32,
        pub stx_atomic_write_unit_max_opt: u32,
        __statx_pad2: u32,
        __statx_pad3: [u64; 8],
    }
}

constants! {
    c_uint {
        STATX_TYPE = 1;
        STATX_MODE = 2;
        STATX_NLINK = 4;
        STATX_UID = 8;
        STATX_GID = 16;
        STATX_ATIME = 32;
        STATX_MTIME = 64;
        STATX_CTIME = 128;
        STATX_INO = 256;
        STATX_SIZE = 512;
        STATX_BLOCKS = 1024;
        STATX_BASIC_STATS = 2047;
        STATX_BTIME = 2048;
        STATX_ALL = 4095;
        STATX_MNT_ID = 0x1000;
        STATX_DIOALIGN = 0x2000;
        STATX_MNT_ID_UNIQUE = 0x4000;
        STATX_SUBVOL = 0x8000;
        STATX_WRITE_ATOMIC = 0x10000;
        STATX_DIO_READ_ALIGN = 0x20000;
    }
    c_int {
        STATX__RESERVED = -2147483648;
        STATX_ATTR_COMPRESSED = 4;
        STATX_ATTR_IMMUTABLE = 16;
        STATX_ATTR_APPEND = 32;
        STATX_ATTR_NODUMP = 64;
        STATX_ATTR_ENCRYPTED = 2048;
        STATX_ATTR_AUTOMOUNT = 0x1000;
        STATX_ATTR_MOUNT_ROOT = 0x2000;
        STATX_ATTR_VERITY = 0x100000;
        STATX_ATTR_DAX = 0x200000;
        STATX_ATTR_WRITE_ATOMIC = 0x400000;
    }
    mode_t {
        S_IXOTH = 1;
        S_IWOTH = 2;
        S_IROTH = 4;
        S_IRWXO = 7;
        S_IXGRP = 8;
        S_IWGRP = 16;
        S_IRGRP = 32;
        S_IRWXG = 56;
        S_IEXEC = 64;
        S_IXUSR = 64;
        S_IWRITE = 128;
        S_IWUSR = 128;
        S_IREAD = 256;
        S_IRUSR = 256;
        S_IRWXU = 448;
        S_ISVTX = 512;
        S_ISGID = 1024;
        S_ISUID = 2048;
        S_IFIFO = 0x1000;
        S_IFCHR = 0x2000;
        S_IFDIR = 0x4000;
        S_IFBLK = 0x6000;
        S_IFREG = 0x8000;
        S_IFLNK = 0xa000;
        S_IFSOCK = 0xc000;
        S_IFMT = 0xf000;
    }
    c_long {
        UTIME_OMIT = 0x3ffffffe;
        UTIME_NOW = 0x3fffffff;
    }
}

functions! {
    fn chmod(file: *const c_char, mode: mode_t) -> c_int;
    fn fchmod(fd: c_int, mode: mode_t) -> c_int;
    fn fchmodat(fd: c_int, file: *const c_char, mode: mode_t, flag: c_int) -> c_int;
    fn fstat(fd: c_int, buf: *mut stat) -> c_int;
    fn fstat64(fd: c_int, buf: *mut stat64) -> c_int;
    fn fstatat(fd: c_int, file: *const c_char, buf: *mut stat, flag: c_int) -> c_int;
    fn fstatat64(fd: c_int, file: *const c_char, buf: *mut stat64, flag: c_int) -> c_int;
    fn futimens(fd: c_int, times: *const timespec) -> c_int;
    fn lstat(file: *const c_char, buf: *mut stat) -> c_int;
    fn lstat64(file: *const c_char, buf: *mut stat64) -> c_int;
    fn mkdir(path: *const c_char, mode: mode_t) -> c_int;
    fn mkdirat(fd: c_int, path: *const c_char, mode: mode_t) -> c_int;
    fn mkfifo(path: *const c_char, mode: mode_t) -> c_int;
    fn mkfifoat(fd: c_int, path: *const c_char, mode: mode_t) -> c_int;
    fn mknod(path: *const c_char, mode: mode_t, dev: dev_t) -> c_int;
    fn mknodat(fd: c_int, path: *const c_char, mode: mode_t, dev: dev_t) -> c_int;
    fn stat(file: *const c_char, buf: *mut stat) -> c_int;
    fn stat64(file: *const c_char, buf: *mut stat64) -> c_int;
    fn statx(
        dirfd: c_int,
        path: *const c_char,
        flags: c_int,
        mask: c_uint,
        buf: *mut statx,
    ) -> c_int;
    fn umask(mask: mode_t) -> mode_t;
    fn utimensat(fd: c_int, path: *const c_char, times: *const timespec, flags: c_int) -> c_int;
}
