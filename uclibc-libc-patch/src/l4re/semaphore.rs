//! `semaphore.h`.

use super::*;

structs! {
    "sem_t" pub struct sem_t {
        __sem_lock: _pthread_fastlock,
        __sem_value: c_int,
        __sem_waiting: size_t,
    }
}

functions! {
    fn sem_close(sem: *mut sem_t) -> c_int;
    fn sem_destroy(sem: *mut sem_t) -> c_int;
    fn sem_getvalue(sem: *mut sem_t, sval: *mut c_int) -> c_int;
    fn sem_init(sem: *mut sem_t, pshared: c_int, value: c_uint) -> c_int;
    fn sem_open(name: *const c_char, oflag: c_int, ...) -> *mut sem_t;
    fn sem_post(sem: *mut sem_t) -> c_int;
    fn sem_timedwait(sem: *mut sem_t, abstime: *const timespec) -> c_int;
    fn sem_trywait(sem: *mut sem_t) -> c_int;
    fn sem_unlink(name: *const c_char) -> c_int;
    fn sem_wait(sem: *mut sem_t) -> c_int;
}
