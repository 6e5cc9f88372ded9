//! `regex.h`.

use super::*;

structs! {
    "regex_t" pub struct regex_t {
        __buffer: *mut c_void,
        __allocated: c_ulong,
        __used: c_ulong,
        __syntax: c_ulong,
        __fastmap: *mut c_char,
        __translate: *mut c_char,
        pub re_nsub: size_t,
        __flags: u64,
    }

    "regmatch_t" pub struct regmatch_t {
        pub rm_so: regoff_t,
        pub rm_eo: regoff_t,
    }
}

constants! {
    c_int {
        REG_ENOSYS = -1;
        REG_EXTENDED = 1;
        REG_NOMATCH = 1;
        REG_NOTBOL = 1;
        REG_BADPAT = 2;
        REG_ICASE = 2;
        REG_NOTEOL = 2;
        REG_ECOLLATE = 3;
        REG_ECTYPE = 4;
        REG_NEWLINE = 4;
        REG_STARTEND = 4;
        REG_EESCAPE = 5;
        REG_ESUBREG = 6;
        REG_EBRACK = 7;
        REG_EPAREN = 8;
        REG_NOSUB = 8;
        REG_EBRACE = 9;
        REG_BADBR = 10;
        REG_ERANGE = 11;
        REG_ESPACE = 12;
        REG_BADRPT = 13;
        REG_EEND = 14;
        REG_ESIZE = 15;
        REG_ERPAREN = 16;
    }
}

functions! {
    fn regcomp(preg: *mut regex_t, pattern: *const c_char, cflags: c_int) -> c_int;
    fn regerror(
        errcode: c_int,
        preg: *const regex_t,
        errbuf: *mut c_char,
        errbuf_size: size_t,
    ) -> size_t;
    fn regexec(
        preg: *const regex_t,
        string: *const c_char,
        nmatch: size_t,
        pmatch: *mut regmatch_t,
        eflags: c_int,
    ) -> c_int;
    fn regfree(preg: *mut regex_t);
}
