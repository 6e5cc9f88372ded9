//! `wchar.h`, `wctype.h`.

use super::*;

pub type __mbstate_t = mbstate_t;

structs! {
    "mbstate_t" pub struct mbstate_t {
        __mask: wchar_t,
        __wc: wchar_t,
    }
}

functions! {
    fn fwide(fp: *mut FILE, mode: c_int) -> c_int;
    fn mbrtowc(pwc: *mut wchar_t, s: *const c_char, n: size_t, p: *mut mbstate_t) -> size_t;
    fn mbsinit(ps: *const mbstate_t) -> c_int;
    fn towlower(wc: wint_t) -> wint_t;
    fn towupper(wc: wint_t) -> wint_t;
    fn wcrtomb(s: *mut c_char, wc: wchar_t, ps: *mut mbstate_t) -> size_t;
    fn wcslen(s: *const wchar_t) -> size_t;
    fn wcwidth(c: wchar_t) -> c_int;
    fn wmemchr(s: *const wchar_t, c: wchar_t, n: size_t) -> *mut wchar_t;
}
