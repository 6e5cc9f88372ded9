//! `alloca.h`, `malloc.h`, `stdlib.h`, `sys/random.h`.

use super::*;

structs! {
    "div_t" pub struct div_t {
        pub quot: c_int,
        pub rem: c_int,
    }

    "ldiv_t" pub struct ldiv_t {
        pub quot: c_long,
        pub rem: c_long,
    }

    "lldiv_t" pub struct lldiv_t {
        pub quot: c_longlong,
        pub rem: c_longlong,
    }

    "struct mallinfo" pub struct mallinfo {
        pub arena: c_int,
        pub ordblks: c_int,
        pub smblks: c_int,
        pub hblks: c_int,
        pub hblkhd: c_int,
        pub usmblks: c_int,
        pub fsmblks: c_int,
        pub uordblks: c_int,
        pub fordblks: c_int,
        pub keepcost: c_int,
    }
}

constants! {
    c_int {
        M_PERTURB = -6;
        M_CHECK_ACTION = -5;
        M_MMAP_MAX = -4;
        M_MMAP_THRESHOLD = -3;
        M_TOP_PAD = -2;
        M_TRIM_THRESHOLD = -1;
        EXIT_SUCCESS = 0;
        EXIT_FAILURE = 1;
        M_MXFAST = 1;
        M_NLBLKS = 2;
        M_GRAIN = 3;
        M_KEEP = 4;
        RAND_MAX = 0x7fffffff;
    }
}

functions! {
    fn _Exit(status: c_int) -> !;
    fn abort() -> !;
    fn abs(x: c_int) -> c_int;
    fn aligned_alloc(alignment: size_t, size: size_t) -> *mut c_void;
    fn atexit(func: extern "C" fn()) -> c_int;
    fn atof(nptr: *const c_char) -> f64;
    fn atoi(nptr: *const c_char) -> c_int;
    fn atol(nptr: *const c_char) -> c_long;
    fn atoll(nptr: *const c_char) -> c_longlong;
    fn bsearch(
        key: *const c_void,
        base: *const c_void,
        nmemb: size_t,
        size: size_t,
        compar: Option<unsafe extern "C" fn(*const c_void, *const c_void) -> c_int>,
    ) -> *mut c_void;
    fn calloc(nmemb: size_t, size: size_t) -> *mut c_void;
    fn clearenv() -> c_int;
    fn div(numer: c_int, denom: c_int) -> div_t;
    fn drand48() -> f64;
    fn erand48(xsubi: *mut c_ushort) -> f64;
    fn exit(status: c_int) -> !;
    fn free(ptr: *mut c_void);
    fn getenv(name: *const c_char) -> *mut c_char;
    fn getloadavg(loadavg: *mut f64, nelem: c_int) -> c_int;
    fn jrand48(xsubi: *mut c_ushort) -> c_long;
    fn labs(x: c_long) -> c_long;
    fn lcong48(param: *mut c_ushort);
    fn ldiv(numer: c_long, denom: c_long) -> ldiv_t;
    fn llabs(x: c_longlong) -> c_longlong;
    fn lldiv(numer: c_longlong, denom: c_longlong) -> lldiv_t;
    fn lrand48() -> c_long;
    fn mallinfo() -> mallinfo;
    fn malloc(size: size_t) -> *mut c_void;
    fn malloc_stats();
    fn malloc_trim(pad: size_t) -> c_int;
    fn malloc_usable_size(arg1: *mut c_void) -> size_t;
    fn mallopt(param: c_int, val: c_int) -> c_int;
    fn mblen(s: *const c_char, n: size_t) -> c_int;
    fn mbstowcs(pwcs: *mut wchar_t, s: *const c_char, n: size_t) -> size_t;
    fn mbtowc(pwc: *mut wchar_t, s: *const c_char, n: size_t) -> c_int;
    fn memalign(alignment: size_t, size: size_t) -> *mut c_void;
    fn mkdtemp(template: *mut c_char) -> *mut c_char;
    fn mkostemp(template: *mut c_char, flags: c_int) -> c_int;
    fn mkostemps(template: *mut c_char, suffixlen: c_int, flags: c_int) -> c_int;
    fn mkstemp(template: *mut c_char) -> c_int;
    fn mkstemps(template: *mut c_char, suffixlen: c_int) -> c_int;
    fn mktemp(template: *mut c_char) -> *mut c_char;
    fn mrand48() -> c_long;
    fn nrand48(xsubi: *mut c_ushort) -> c_long;
    fn posix_memalign(memptr: *mut *mut c_void, alignment: size_t, size: size_t) -> c_int;
    fn posix_openpt(oflag: c_int) -> c_int;
    fn putenv(string: *mut c_char) -> c_int;
    fn qsort(
        base: *mut c_void,
        nmemb: size_t,
        size: size_t,
        compar: Option<unsafe extern "C" fn(*const c_void, *const c_void) -> c_int>,
    );
    fn rand() -> c_int;
    fn rand_r(seed: *mut c_uint) -> c_int;
    fn random() -> c_long;
    fn realloc(ptr: *mut c_void, size: size_t) -> *mut c_void;
    fn reallocarray(ptr: *mut c_void, m: size_t, n: size_t) -> *mut c_void;
    fn realpath(name: *const c_char, resolved: *mut c_char) -> *mut c_char;
    fn secure_getenv(name: *const c_char) -> *mut c_char;
    fn seed48(seed16v: *mut c_ushort) -> *mut c_ushort;
    fn setenv(name: *const c_char, value: *const c_char, replace: c_int) -> c_int;
    fn srand(seed: c_uint);
    fn srand48(seedval: c_long);
    fn srandom(seed: c_uint);
    fn strtod(nptr: *const c_char, endptr: *mut *mut c_char) -> f64;
    fn strtof(nptr: *const c_char, endptr: *mut *mut c_char) -> f32;
    fn strtol(nptr: *const c_char, endptr: *mut *mut c_char, base: c_int) -> c_long;
    fn strtoll(nptr: *const c_char, endptr: *mut *mut c_char, base: c_int) -> c_longlong;
    fn strtoul(nptr: *const c_char, endptr: *mut *mut c_char, base: c_int) -> c_ulong;
    fn strtoull(nptr: *const c_char, endptr: *mut *mut c_char, base: c_int) -> c_ulonglong;
    fn system(command: *const c_char) -> c_int;
    fn unsetenv(name: *const c_char) -> c_int;
    fn wcstombs(s: *mut c_char, pwcs: *const wchar_t, n: size_t) -> size_t;
    fn wctomb(s: *mut c_char, wchar: wchar_t) -> c_int;
    fn getrandom(buf: *mut c_void, count: size_t, flags: c_uint) -> isize;
    fn getentropy(buf: *mut c_void, len: size_t) -> c_int;
}
