//! `dlfcn.h`, `link.h`, `sys/auxv.h`.

use super::*;

structs! {
    "Dl_info" pub struct Dl_info {
        pub dli_fname: *const c_char,
        pub dli_fbase: *mut c_void,
        pub dli_sname: *const c_char,
        pub dli_saddr: *mut c_void,
    }

    "struct dl_phdr_info" pub struct dl_phdr_info {
        pub dlpi_addr: Elf64_Addr,
        pub dlpi_name: *const c_char,
        pub dlpi_phdr: *const Elf64_Phdr,
        pub dlpi_phnum: Elf64_Half,
    }
}

constants! {
    c_int {
        RTLD_LOCAL = 0;
        RTLD_LAZY = 1;
        RTLD_NOW = 2;
        RTLD_NOLOAD = 4;
        RTLD_GLOBAL = 256;
        RTLD_NODELETE = 0x1000;
    }
}

functions! {
    fn dladdr(address: *const c_void, info: *mut Dl_info) -> c_int;
    fn dlclose(handle: *mut c_void) -> c_int;
    fn dlerror() -> *mut c_char;
    fn dlopen(file: *const c_char, mode: c_int) -> *mut c_void;
    fn dlsym(handle: *mut c_void, name: *const c_char) -> *mut c_void;
    fn getauxval(type_: c_ulong) -> c_ulong;
    fn dl_iterate_phdr(
        callback: Option<unsafe extern "C" fn(*mut dl_phdr_info, usize, *mut c_void) -> c_int>,
        data: *mut c_void,
    ) -> c_int;
}
