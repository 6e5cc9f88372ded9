//! `sys/time.h`, `sys/times.h`, `time.h`, `utime.h`.

use super::*;

structs! {
    "struct timespec" #[derive(Default)] pub struct timespec {
        pub tv_sec: time_t,
        pub tv_nsec: c_long,
    }

    "struct itimerspec" pub struct itimerspec {
        pub it_interval: timespec,
        pub it_value: timespec,
    }

    "struct timeval" #[derive(Default)] pub struct timeval {
        pub tv_sec: time_t,
        pub tv_usec: suseconds_t,
    }

    "struct itimerval" pub struct itimerval {
        pub it_interval: timeval,
        pub it_value: timeval,
    }

    "struct timezone" pub struct timezone {
        pub tz_minuteswest: c_int,
        pub tz_dsttime: c_int,
    }

    "struct tm" pub struct tm {
        pub tm_sec: c_int,
        pub tm_min: c_int,
        pub tm_hour: c_int,
        pub tm_mday: c_int,
        pub tm_mon: c_int,
        pub tm_year: c_int,
        pub tm_wday: c_int,
        pub tm_yday: c_int,
        pub tm_isdst: c_int,
        pub tm_gmtoff: c_long,
        pub tm_zone: *const c_char,
    }

    "struct tms" pub struct tms {
        pub tms_utime: clock_t,
        pub tms_stime: clock_t,
        pub tms_cutime: clock_t,
        pub tms_cstime: clock_t,
    }

    "struct utimbuf" pub struct utimbuf {
        pub actime: time_t,
        pub modtime: time_t,
    }
}

constants! {
    clockid_t {
        CLOCK_REALTIME = 0;
        CLOCK_MONOTONIC = 1;
        CLOCK_PROCESS_CPUTIME_ID = 2;
        CLOCK_THREAD_CPUTIME_ID = 3;
        CLOCK_MONOTONIC_RAW = 4;
        CLOCK_REALTIME_COARSE = 5;
        CLOCK_MONOTONIC_COARSE = 6;
        CLOCK_BOOTTIME = 7;
        CLOCK_REALTIME_ALARM = 8;
        CLOCK_BOOTTIME_ALARM = 9;
        CLOCK_TAI = 11;
    }
    c_int {
        ITIMER_REAL = 0;
        ITIMER_VIRTUAL = 1;
        TIMER_ABSTIME = 1;
        ITIMER_PROF = 2;
    }
}

functions! {
    fn adjtime(delta: *const timeval, olddelta: *mut timeval) -> c_int;
    fn asctime(tp: *const tm) -> *mut c_char;
    fn asctime_r(tp: *const tm, buf: *mut c_char) -> *mut c_char;
    fn clock() -> clock_t;
    fn clock_getcpuclockid(pid: pid_t, clock_id: *mut clockid_t) -> c_int;
    fn clock_getres(clock_id: clockid_t, res: *mut timespec) -> c_int;
    fn clock_gettime(clock_id: clockid_t, tp: *mut timespec) -> c_int;
    fn clock_nanosleep(
        clock_id: clockid_t,
        flags: c_int,
        req: *const timespec,
        rem: *mut timespec,
    ) -> c_int;
    fn clock_settime(clock_id: clockid_t, tp: *const timespec) -> c_int;
    fn ctime(timer: *const time_t) -> *mut c_char;
    fn ctime_r(timer: *const time_t, buf: *mut c_char) -> *mut c_char;
    fn difftime(time1: time_t, time0: time_t) -> f64;
    fn getitimer(which: __itimer_which_t, value: *mut itimerval) -> c_int;
    fn gettimeofday(tv: *mut timeval, tz: *mut timezone) -> c_int;
    fn gmtime(timer: *const time_t) -> *mut tm;
    fn gmtime_r(timer: *const time_t, tp: *mut tm) -> *mut tm;
    fn localtime(timer: *const time_t) -> *mut tm;
    fn localtime_r(timer: *const time_t, tp: *mut tm) -> *mut tm;
    fn lutimes(file: *const c_char, tvp: *const timeval) -> c_int;
    fn mktime(tp: *mut tm) -> time_t;
    fn nanosleep(requested_time: *const timespec, remaining: *mut timespec) -> c_int;
    fn setitimer(which: __itimer_which_t, new: *const itimerval, old: *mut itimerval) -> c_int;
    fn settimeofday(tv: *const timeval, tz: *const timezone) -> c_int;
    fn strftime(s: *mut c_char, maxsize: size_t, format: *const c_char, tp: *const tm) -> size_t;
    fn strftime_l(
        s: *mut c_char,
        maxsize: size_t,
        format: *const c_char,
        tp: *const tm,
        loc: locale_t,
    ) -> size_t;
    fn strptime(s: *const c_char, fmt: *const c_char, tp: *mut tm) -> *mut c_char;
    fn time(timer: *mut time_t) -> time_t;
    fn timegm(tp: *mut tm) -> time_t;
    fn timer_create(clock_id: clockid_t, evp: *mut sigevent, timerid: *mut timer_t) -> c_int;
    fn timer_delete(timerid: timer_t) -> c_int;
    fn timer_getoverrun(timerid: timer_t) -> c_int;
    fn timer_gettime(timerid: timer_t, value: *mut itimerspec) -> c_int;
    fn timer_settime(
        timerid: timer_t,
        flags: c_int,
        value: *const itimerspec,
        ovalue: *mut itimerspec,
    ) -> c_int;
    fn times(buffer: *mut tms) -> clock_t;
    fn tzset();
    fn utime(file: *const c_char, file_times: *const utimbuf) -> c_int;
    fn utimes(file: *const c_char, tvp: *const timeval) -> c_int;
}
