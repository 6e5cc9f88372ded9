//! `execinfo.h`, `sys/sysinfo.h`.

use super::*;

structs! {
    "struct sysinfo" pub struct sysinfo {
        pub uptime: c_long,
        pub loads: [c_ulong; 3],
        pub totalram: c_ulong,
        pub freeram: c_ulong,
        pub sharedram: c_ulong,
        pub bufferram: c_ulong,
        pub totalswap: c_ulong,
        pub freeswap: c_ulong,
        pub procs: c_ushort,
        pub pad: c_ushort,
        pub totalhigh: c_ulong,
        pub freehigh: c_ulong,
        pub mem_unit: c_uint,
    }
}

constants! {
    c_uint {
        SI_LOAD_SHIFT = 16;
    }
}

functions! {
    fn backtrace(array: *mut *mut c_void, size: c_int) -> c_int;
    fn sysinfo(info: *mut sysinfo) -> c_int;
    fn prctl(option: c_int, ...) -> c_int;
}
