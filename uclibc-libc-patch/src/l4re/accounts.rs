//! `grp.h`, `pwd.h`, `shadow.h`, `utmp.h`, `utmpx.h`.

use super::*;

structs! {
    "struct group" pub struct group {
        pub gr_name: *mut c_char,
        pub gr_passwd: *mut c_char,
        pub gr_gid: gid_t,
        pub gr_mem: *mut *mut c_char,
    }

    "struct passwd" pub struct passwd {
        pub pw_name: *mut c_char,
        pub pw_passwd: *mut c_char,
        pub pw_uid: uid_t,
        pub pw_gid: gid_t,
        pub pw_gecos: *mut c_char,
        pub pw_dir: *mut c_char,
        pub pw_shell: *mut c_char,
    }

    "struct spwd" pub struct spwd {
        pub sp_namp: *mut c_char,
        pub sp_pwdp: *mut c_char,
        pub sp_lstchg: c_long,
        pub sp_min: c_long,
        pub sp_max: c_long,
        pub sp_warn: c_long,
        pub sp_inact: c_long,
        pub sp_expire: c_long,
        pub sp_flag: c_ulong,
    }

    "struct __exit_status" pub struct __exit_status {
        pub e_termination: c_short,
        pub e_exit: c_short,
    }

    "" pub struct __timeval {
        pub tv_sec: i32,
        pub tv_usec: i32,
    }

    "struct utmpx" pub struct utmpx {
        pub ut_type: c_short,
        pub ut_pid: pid_t,
        pub ut_line: [c_char; 32],
        pub ut_id: [c_char; 4],
        pub ut_user: [c_char; 32],
        pub ut_host: [c_char; 256],
        pub ut_exit: __exit_status,
        pub ut_session: i32,
        pub ut_tv: __timeval,
        pub ut_addr_v6: [i32; 4],
        __uclibc_unused: [c_char; 20],
    }
}

constants! {
    c_short {
        EMPTY = 0;
        RUN_LVL = 1;
        BOOT_TIME = 2;
        NEW_TIME = 3;
        OLD_TIME = 4;
        INIT_PROCESS = 5;
        LOGIN_PROCESS = 6;
        USER_PROCESS = 7;
        DEAD_PROCESS = 8;
        ACCOUNTING = 9;
    }
}

functions! {
    fn getspnam(name: *const c_char) -> *mut spwd;
    fn endgrent();
    fn endpwent();
    fn endutxent();
    fn fgetgrent_r(
        stream: *mut FILE,
        resultbuf: *mut group,
        buffer: *mut c_char,
        buflen: size_t,
        result: *mut *mut group,
    ) -> c_int;
    fn fgetpwent_r(
        stream: *mut FILE,
        resultbuf: *mut passwd,
        buffer: *mut c_char,
        buflen: size_t,
        result: *mut *mut passwd,
    ) -> c_int;
    fn getgrent() -> *mut group;
    fn getgrent_r(
        resultbuf: *mut group,
        buffer: *mut c_char,
        buflen: size_t,
        result: *mut *mut group,
    ) -> c_int;
    fn getgrgid(gid: gid_t) -> *mut group;
    fn getgrgid_r(
        gid: gid_t,
        resultbuf: *mut group,
        buffer: *mut c_char,
        buflen: size_t,
        result: *mut *mut group,
    ) -> c_int;
    fn getgrnam(name: *const c_char) -> *mut group;
    fn getgrnam_r(
        name: *const c_char,
        resultbuf: *mut group,
        buffer: *mut c_char,
        buflen: size_t,
        result: *mut *mut group,
    ) -> c_int;
    fn getgrouplist(
        user: *const c_char,
        group: gid_t,
        groups: *mut gid_t,
        ngroups: *mut c_int,
    ) -> c_int;
    fn getpwent() -> *mut passwd;
    fn getpwent_r(
        resultbuf: *mut passwd,
        buffer: *mut c_char,
        buflen: size_t,
        result: *mut *mut passwd,
    ) -> c_int;
    fn getpwnam(name: *const c_char) -> *mut passwd;
    fn getpwnam_r(
        name: *const c_char,
        resultbuf: *mut passwd,
        buffer: *mut c_char,
        buflen: size_t,
        result: *mut *mut passwd,
    ) -> c_int;
    fn getpwuid(uid: uid_t) -> *mut passwd;
    fn getpwuid_r(
        uid: uid_t,
        resultbuf: *mut passwd,
        buffer: *mut c_char,
        buflen: size_t,
        result: *mut *mut passwd,
    ) -> c_int;
    fn getutxent() -> *mut utmpx;
    fn getutxid(id: *const utmpx) -> *mut utmpx;
    fn getutxline(line: *const utmpx) -> *mut utmpx;
    fn initgroups(user: *const c_char, group: gid_t) -> c_int;
    fn putgrent(p: *const group, f: *mut FILE) -> c_int;
    fn putpwent(p: *const passwd, f: *mut FILE) -> c_int;
    fn pututxline(utmpx: *const utmpx) -> *mut utmpx;
    fn setgrent();
    fn setgroups(n: size_t, groups: *const gid_t) -> c_int;
    fn setpwent();
    fn setutxent();
    fn utmpname(file: *const c_char) -> c_int;
    fn utmpxname(file: *const c_char) -> c_int;
}
