//! `fnmatch.h`, `glob.h`.

use super::*;

structs! {
    "glob64_t" pub struct glob64_t {
        pub gl_pathc: size_t,
        pub gl_pathv: *mut *mut c_char,
        pub gl_offs: size_t,
        pub gl_flags: c_int,
        pub gl_closedir: Option<unsafe extern "C" fn(*mut c_void)>,
        pub gl_readdir: Option<unsafe extern "C" fn(*mut c_void) -> *mut dirent64>,
        pub gl_opendir: Option<unsafe extern "C" fn(*const c_char) -> *mut c_void>,
        pub gl_lstat: Option<unsafe extern "C" fn(*const c_char, *mut stat64) -> c_int>,
        pub gl_stat: Option<unsafe extern "C" fn(*const c_char, *mut stat64) -> c_int>,
    }

    "glob_t" pub struct glob_t {
        pub gl_pathc: size_t,
        pub gl_pathv: *mut *mut c_char,
        pub gl_offs: size_t,
        pub gl_flags: c_int,
        pub gl_closedir: Option<unsafe extern "C" fn(*mut c_void)>,
        pub gl_readdir: Option<unsafe extern "C" fn(*mut c_void) -> *mut dirent>,
        pub gl_opendir: Option<unsafe extern "C" fn(*const c_char) -> *mut c_void>,
        pub gl_lstat: Option<unsafe extern "C" fn(*const c_char, *mut stat) -> c_int>,
        pub gl_stat: Option<unsafe extern "C" fn(*const c_char, *mut stat) -> c_int>,
    }
}

constants! {
    c_int {
        FNM_NOMATCH = 1;
        FNM_PATHNAME = 1;
        GLOB_ERR = 1;
        GLOB_NOSPACE = 1;
        FNM_NOESCAPE = 2;
        GLOB_ABORTED = 2;
        GLOB_MARK = 2;
        GLOB_NOMATCH = 3;
        FNM_PERIOD = 4;
        GLOB_NOSORT = 4;
        GLOB_DOOFFS = 8;
        FNM_CASEFOLD = 16;
        GLOB_NOCHECK = 16;
        GLOB_APPEND = 32;
        GLOB_NOESCAPE = 64;
        GLOB_PERIOD = 128;
        GLOB_ALTDIRFUNC = 512;
        GLOB_BRACE = 1024;
        GLOB_NOMAGIC = 2048;
        GLOB_TILDE = 0x1000;
        GLOB_ONLYDIR = 0x2000;
        GLOB_TILDE_CHECK = 0x4000;
    }
}

functions! {
    fn fnmatch(pattern: *const c_char, name: *const c_char, flags: c_int) -> c_int;
    fn glob(
        pattern: *const c_char,
        flags: c_int,
        errfunc: Option<unsafe extern "C" fn(*const c_char, c_int) -> c_int>,
        pglob: *mut glob_t,
    ) -> c_int;
    fn glob64(
        pattern: *const c_char,
        flags: c_int,
        errfunc: Option<unsafe extern "C" fn(*const c_char, c_int) -> c_int>,
        pglob: *mut glob64_t,
    ) -> c_int;
    fn globfree(pglob: *mut glob_t);
    fn globfree64(pglob: *mut glob64_t);
}
