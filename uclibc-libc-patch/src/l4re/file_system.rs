//! `sys/mount.h`, `sys/statfs.h`, `sys/statvfs.h`, `sys/vfs.h`.

use super::*;

structs! {
    "fsid_t" pub struct fsid_t {
        __val: [c_int; 2],
    }

    "struct statfs" pub struct statfs {
        pub f_type: c_long,
        pub f_bsize: c_long,
        pub f_blocks: fsblkcnt_t,
        pub f_bfree: fsblkcnt_t,
        pub f_bavail: fsblkcnt_t,
        pub f_files: fsfilcnt_t,
        pub f_ffree: fsfilcnt_t,
        pub f_fsid: fsid_t,
        pub f_namelen: c_long,
        pub f_frsize: c_long,
        pub f_flags: c_long,
        pub f_spare: [c_long; 4],
    }

    "struct statfs64" pub struct statfs64 {
        pub f_type: c_long,
        pub f_bsize: c_long,
        pub f_blocks: fsblkcnt64_t,
        pub f_bfree: fsblkcnt64_t,
        pub f_bavail: fsblkcnt64_t,
        pub f_files: fsfilcnt64_t,
        pub f_ffree: fsfilcnt64_t,
        pub f_fsid: fsid_t,
        pub f_namelen: c_long,
        pub f_frsize: c_long,
        pub f_flags: c_long,
        pub f_spare: [c_long; 4],
    }

    "struct statvfs" pub struct statvfs {
        pub f_bsize: c_ulong,
        pub f_frsize: c_ulong,
        pub f_blocks: fsblkcnt_t,
        pub f_bfree: fsblkcnt_t,
        pub f_bavail: fsblkcnt_t,
        pub f_files: fsfilcnt_t,
        pub f_ffree: fsfilcnt_t,
        pub f_favail: fsfilcnt_t,
        pub f_fsid: c_ulong,
        pub f_flag: c_ulong,
        pub f_namemax: c_ulong,
        __f_spare: [c_int; 6],
    }

    "struct statvfs64" pub struct statvfs64 {
        pub f_bsize: c_ulong,
        pub f_frsize: c_ulong,
        pub f_blocks: fsblkcnt64_t,
        pub f_bfree: fsblkcnt64_t,
        pub f_bavail: fsblkcnt64_t,
        pub f_files: fsfilcnt64_t,
        pub f_ffree: fsfilcnt64_t,
        pub f_favail: fsfilcnt64_t,
        pub f_fsid: c_ulong,
        pub f_flag: c_ulong,
        pub f_namemax: c_ulong,
        __f_spare: [c_int; 6],
    }
}

constants! {
    Ioctl {
        BLKSSZGET = 0x1268;
    }
    c_int {
        MNT_FORCE = 1;
        MNT_DETACH = 2;
        MNT_EXPIRE = 4;
        UMOUNT_NOFOLLOW = 8;
    }
    c_ulong {
        MS_RDONLY = 1;
        ST_RDONLY = 1;
        MS_NOSUID = 2;
        ST_NOSUID = 2;
        MS_NODEV = 4;
        ST_NODEV = 4;
        MS_NOEXEC = 8;
        ST_NOEXEC = 8;
        MS_SYNCHRONOUS = 16;
        ST_SYNCHRONOUS = 16;
        MS_REMOUNT = 32;
        MS_MANDLOCK = 64;
        ST_MANDLOCK = 64;
        MS_DIRSYNC = 128;
        ST_WRITE = 128;
        ST_APPEND = 256;
        ST_IMMUTABLE = 512;
        MS_NOATIME = 1024;
        ST_NOATIME = 1024;
        MS_NODIRATIME = 2048;
        ST_NODIRATIME = 2048;
        MS_BIND = 0x1000;
        ST_RELATIME = 0x1000;
        MS_MOVE = 0x2000;
        MS_REC = 0x4000;
        MS_SILENT = 0x8000;
        MS_POSIXACL = 0x10000;
        MS_UNBINDABLE = 0x20000;
        MS_PRIVATE = 0x40000;
        MS_SLAVE = 0x80000;
        MS_SHARED = 0x100000;
        MS_RELATIME = 0x200000;
        MS_KERNMOUNT = 0x400000;
        MS_I_VERSION = 0x800000;
        MS_RMT_MASK = 0x800051;
        MS_STRICTATIME = 0x1000000;
        MS_ACTIVE = 0x40000000;
        MS_MGC_VAL = 0xc0ed0000;
        MS_MGC_MSK = 0xffff0000;
        MS_NOUSER = 0xffffffff80000000;
    }
}

functions! {
    fn fstatfs(fildes: c_int, buf: *mut statfs) -> c_int;
    fn fstatfs64(fildes: c_int, buf: *mut statfs64) -> c_int;
    fn fstatvfs(fildes: c_int, buf: *mut statvfs) -> c_int;
    fn fstatvfs64(fildes: c_int, buf: *mut statvfs64) -> c_int;
    fn mount(
        special_file: *const c_char,
        dir: *const c_char,
        fstype: *const c_char,
        rwflag: c_ulong,
        data: *const c_void,
    ) -> c_int;
    fn statfs(file: *const c_char, buf: *mut statfs) -> c_int;
    fn statfs64(file: *const c_char, buf: *mut statfs64) -> c_int;
    fn statvfs(file: *const c_char, buf: *mut statvfs) -> c_int;
    fn statvfs64(file: *const c_char, buf: *mut statvfs64) -> c_int;
    fn umount(special_file: *const c_char) -> c_int;
}
