//! `string.h`, `strings.h`.

use super::*;

functions! {
    #[link_name = "__xpg_strerror_r"]
    fn strerror_r(errnum: c_int, buf: *mut c_char, buflen: size_t) -> c_int;
    fn bcmp(s1: *const c_void, s2: *const c_void, n: size_t) -> c_int;
    fn bcopy(src: *const c_void, dest: *mut c_void, n: size_t);
    fn bzero(s: *mut c_void, n: size_t);
    fn explicit_bzero(d: *mut c_void, n: size_t);
    fn ffs(i: c_int) -> c_int;
    fn index(s: *const c_char, c: c_int) -> *mut c_char;
    fn memccpy(dest: *mut c_void, src: *const c_void, c: c_int, n: size_t) -> *mut c_void;
    fn memchr(s: *const c_void, c: c_int, n: size_t) -> *mut c_void;
    fn memcmp(s1: *const c_void, s2: *const c_void, n: size_t) -> c_int;
    fn memcpy(dest: *mut c_void, src: *const c_void, n: size_t) -> *mut c_void;
    fn memmem(
        haystack: *const c_void,
        haystacklen: size_t,
        needle: *const c_void,
        needlelen: size_t,
    ) -> *mut c_void;
    fn memmove(dest: *mut c_void, src: *const c_void, n: size_t) -> *mut c_void;
    fn mempcpy(dest: *mut c_void, src: *const c_void, n: size_t) -> *mut c_void;
    fn memrchr(s: *const c_void, c: c_int, n: size_t) -> *mut c_void;
    fn memset(s: *mut c_void, c: c_int, n: size_t) -> *mut c_void;
    fn rindex(s: *const c_char, c: c_int) -> *mut c_char;
    fn stpcpy(dest: *mut c_char, src: *const c_char) -> *mut c_char;
    fn stpncpy(dest: *mut c_char, src: *const c_char, n: size_t) -> *mut c_char;
    fn strcasecmp(s1: *const c_char, s2: *const c_char) -> c_int;
    fn strcasestr(haystack: *const c_char, needle: *const c_char) -> *mut c_char;
    fn strcat(dest: *mut c_char, src: *const c_char) -> *mut c_char;
    fn strchr(s: *const c_char, c: c_int) -> *mut c_char;
    fn strchrnul(s: *const c_char, c: c_int) -> *mut c_char;
    fn strcmp(s1: *const c_char, s2: *const c_char) -> c_int;
    fn strcoll(s1: *const c_char, s2: *const c_char) -> c_int;
    fn strcpy(dest: *mut c_char, src: *const c_char) -> *mut c_char;
    fn strcspn(s: *const c_char, reject: *const c_char) -> size_t;
    fn strdup(s: *const c_char) -> *mut c_char;
    fn strerror(errnum: c_int) -> *mut c_char;
    fn strlcat(dst: *mut c_char, src: *const c_char, n: size_t) -> size_t;
    fn strlcpy(dst: *mut c_char, src: *const c_char, n: size_t) -> size_t;
    fn strlen(s: *const c_char) -> size_t;
    fn strncasecmp(s1: *const c_char, s2: *const c_char, n: size_t) -> c_int;
    fn strncat(dest: *mut c_char, src: *const c_char, n: size_t) -> *mut c_char;
    fn strncmp(s1: *const c_char, s2: *const c_char, n: size_t) -> c_int;
    fn strncpy(dest: *mut c_char, src: *const c_char, n: size_t) -> *mut c_char;
    fn strndup(string: *const c_char, n: size_t) -> *mut c_char;
    fn strnlen(string: *const c_char, maxlen: size_t) -> size_t;
    fn strpbrk(s: *const c_char, accept: *const c_char) -> *mut c_char;
    fn strrchr(s: *const c_char, c: c_int) -> *mut c_char;
    fn strsep(stringp: *mut *mut c_char, delim: *const c_char) -> *mut c_char;
    fn strsignal(sig: c_int) -> *mut c_char;
    fn strspn(s: *const c_char, accept: *const c_char) -> size_t;
    fn strstr(haystack: *const c_char, needle: *const c_char) -> *mut c_char;
    fn strtok(s: *mut c_char, delim: *const c_char) -> *mut c_char;
    fn strtok_r(s: *mut c_char, delim: *const c_char, save_ptr: *mut *mut c_char) -> *mut c_char;
    fn strxfrm(dest: *mut c_char, src: *const c_char, n: size_t) -> size_t;
}
