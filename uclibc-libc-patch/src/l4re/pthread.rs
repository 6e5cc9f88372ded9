//! `pthread.h`.

use super::*;

structs! {
    "struct _pthread_fastlock" pub struct _pthread_fastlock {
        __status: c_long,
        __spinlock: c_int,
    }

    "struct l4_sched_cpu_set_t" pub struct l4_sched_cpu_set_t {
        pub gran_offset: l4_umword_t,
        pub map: l4_umword_t,
    }

    "pthread_attr_t" pub struct pthread_attr_t {
        __detachstate: c_int,
        __schedpolicy: c_int,
        __schedparam: __sched_param,
        __inheritsched: c_int,
        __scope: c_int,
        __guardsize: size_t,
        __stackaddr_set: c_int,
        __stackaddr: size_t,
        __stacksize: size_t,
        affinity: l4_sched_cpu_set_t,
        create_flags: c_uint,
    }

    "pthread_barrier_t" pub struct pthread_barrier_t {
        __ba_lock: _pthread_fastlock,
        __ba_required: c_int,
        __ba_present: c_int,
        __ba_waiting: size_t,
    }

    "pthread_barrierattr_t" pub struct pthread_barrierattr_t {
        __pshared: c_int,
    }

    "pthread_cond_t" pub struct pthread_cond_t {
        __c_lock: _pthread_fastlock,
        __c_waiting: size_t,
        __padding: [c_char; 16],
        __align: i64,
    }

    "pthread_condattr_t" pub struct pthread_condattr_t {
        __dummy: c_int,
    }

    "pthread_mutex_t" pub struct pthread_mutex_t {
        __m_reserved: c_int,
        __m_count: c_int,
        __m_owner: size_t,
        __m_kind: c_int,
        __m_lock: _pthread_fastlock,
    }

    "pthread_mutexattr_t" pub struct pthread_mutexattr_t {
        __mutexkind: c_int,
    }

    "pthread_rwlock_t" pub struct pthread_rwlock_t {
        __rw_lock: _pthread_fastlock,
        __rw_readers: c_int,
        __rw_writer: size_t,
        __rw_read_waiting: size_t,
        __rw_write_waiting: size_t,
        __rw_kind: c_int,
        __rw_pshared: c_int,
    }

    "pthread_rwlockattr_t" pub struct pthread_rwlockattr_t {
        __lockkind: c_int,
        __pshared: c_int,
    }
}

constants! {
    c_int {
        PTHREAD_BARRIER_SERIAL_THREAD = -1;
        PTHREAD_CREATE_JOINABLE = 0;
        PTHREAD_INHERIT_SCHED = 0;
        PTHREAD_MUTEX_DEFAULT = 0;
        PTHREAD_MUTEX_NORMAL = 0;
        PTHREAD_MUTEX_TIMED_NP = 0;
        PTHREAD_PROCESS_PRIVATE = 0;
        PTHREAD_RWLOCK_PREFER_READER_NP = 0;
        PTHREAD_SCOPE_SYSTEM = 0;
        PTHREAD_CREATE_DETACHED = 1;
        PTHREAD_EXPLICIT_SCHED = 1;
        PTHREAD_MUTEX_RECURSIVE = 1;
        PTHREAD_MUTEX_RECURSIVE_NP = 1;
        PTHREAD_PROCESS_SHARED = 1;
        PTHREAD_RWLOCK_DEFAULT_NP = 1;
        PTHREAD_RWLOCK_PREFER_WRITER_NP = 1;
        PTHREAD_SCOPE_PROCESS = 1;
        PTHREAD_MUTEX_ERRORCHECK = 2;
        PTHREAD_MUTEX_ERRORCHECK_NP = 2;
        PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP = 2;
        PTHREAD_MUTEX_ADAPTIVE_NP = 3;
    }
    pthread_once_t {
        PTHREAD_ONCE_INIT = 0;
    }
}

functions! {
    fn pthread_attr_destroy(attr: *mut pthread_attr_t) -> c_int;
    fn pthread_attr_getdetachstate(attr: *const pthread_attr_t, detachstate: *mut c_int) -> c_int;
    fn pthread_attr_getguardsize(attr: *const pthread_attr_t, guardsize: *mut usize) -> c_int;
    fn pthread_attr_getinheritsched(attr: *const pthread_attr_t, inherit: *mut c_int) -> c_int;
    fn pthread_attr_getschedparam(attr: *const pthread_attr_t, param: *mut sched_param) -> c_int;
    fn pthread_attr_getschedpolicy(attr: *const pthread_attr_t, policy: *mut c_int) -> c_int;
    fn pthread_attr_getscope(attr: *const pthread_attr_t, scope: *mut c_int) -> c_int;
    fn pthread_attr_getstack(
        attr: *const pthread_attr_t,
        stackaddr: *mut *mut c_void,
        stacksize: *mut usize,
    ) -> c_int;
    fn pthread_attr_getstacksize(attr: *const pthread_attr_t, stacksize: *mut usize) -> c_int;
    fn pthread_attr_init(attr: *mut pthread_attr_t) -> c_int;
    fn pthread_attr_setdetachstate(attr: *mut pthread_attr_t, detachstate: c_int) -> c_int;
    fn pthread_attr_setguardsize(attr: *mut pthread_attr_t, guardsize: size_t) -> c_int;
    fn pthread_attr_setinheritsched(attr: *mut pthread_attr_t, inherit: c_int) -> c_int;
    fn pthread_attr_setschedparam(attr: *mut pthread_attr_t, param: *const sched_param) -> c_int;
    fn pthread_attr_setschedpolicy(attr: *mut pthread_attr_t, policy: c_int) -> c_int;
    fn pthread_attr_setscope(attr: *mut pthread_attr_t, scope: c_int) -> c_int;
    fn pthread_attr_setstack(
        attr: *mut pthread_attr_t,
        stackaddr: *mut c_void,
        stacksize: size_t,
    ) -> c_int;
    fn pthread_attr_setstacksize(attr: *mut pthread_attr_t, stacksize: size_t) -> c_int;
    fn pthread_barrier_destroy(barrier: *mut pthread_barrier_t) -> c_int;
    fn pthread_barrier_init(
        barrier: *mut pthread_barrier_t,
        attr: *const pthread_barrierattr_t,
        count: c_uint,
    ) -> c_int;
    fn pthread_barrier_wait(barrier: *mut pthread_barrier_t) -> c_int;
    fn pthread_barrierattr_destroy(attr: *mut pthread_barrierattr_t) -> c_int;
    fn pthread_barrierattr_getpshared(
        attr: *const pthread_barrierattr_t,
        pshared: *mut c_int,
    ) -> c_int;
    fn pthread_barrierattr_init(attr: *mut pthread_barrierattr_t) -> c_int;
    fn pthread_barrierattr_setpshared(attr: *mut pthread_barrierattr_t, pshared: c_int) -> c_int;
    fn pthread_cancel(cancelthread: pthread_t) -> c_int;
    fn pthread_cond_broadcast(cond: *mut pthread_cond_t) -> c_int;
    fn pthread_cond_destroy(cond: *mut pthread_cond_t) -> c_int;
    fn pthread_cond_init(cond: *mut pthread_cond_t, cond_attr: *const pthread_condattr_t) -> c_int;
    fn pthread_cond_signal(cond: *mut pthread_cond_t) -> c_int;
    fn pthread_cond_timedwait(
        cond: *mut pthread_cond_t,
        mutex: *mut pthread_mutex_t,
        abstime: *const timespec,
    ) -> c_int;
    fn pthread_cond_wait(cond: *mut pthread_cond_t, mutex: *mut pthread_mutex_t) -> c_int;
    fn pthread_condattr_destroy(attr: *mut pthread_condattr_t) -> c_int;
    fn pthread_condattr_getpshared(attr: *const pthread_condattr_t, pshared: *mut c_int) -> c_int;
    fn pthread_condattr_init(attr: *mut pthread_condattr_t) -> c_int;
    fn pthread_condattr_setpshared(attr: *mut pthread_condattr_t, pshared: c_int) -> c_int;
    fn pthread_create(
        threadp: *mut pthread_t,
        attr: *const pthread_attr_t,
        start_routine: extern "C" fn(*mut c_void) -> *mut c_void,
        arg: *mut c_void,
    ) -> c_int;
    fn pthread_detach(th: pthread_t) -> c_int;
    fn pthread_equal(thread1: pthread_t, thread2: pthread_t) -> c_int;
    fn pthread_exit(retval: *mut c_void) -> !;
    fn pthread_getaffinity_np(th: pthread_t, cpusetsize: size_t, cpuset: *mut cpu_set_t) -> c_int;
    fn pthread_getattr_np(th: pthread_t, attr: *mut pthread_attr_t) -> c_int;
    fn pthread_getcpuclockid(thread_id: pthread_t, clock_id: *mut clockid_t) -> c_int;
    fn pthread_getschedparam(
        target_thread: pthread_t,
        policy: *mut c_int,
        param: *mut sched_param,
    ) -> c_int;
    fn pthread_getspecific(key: pthread_key_t) -> *mut c_void;
    fn pthread_join(th: pthread_t, thread_return: *mut *mut c_void) -> c_int;
    fn pthread_key_create(
        key: *mut pthread_key_t,
        destr_function: Option<unsafe extern "C" fn(*mut c_void)>,
    ) -> c_int;
    fn pthread_key_delete(key: pthread_key_t) -> c_int;
    fn pthread_kill(threadid: pthread_t, signo: c_int) -> c_int;
    fn pthread_mutex_destroy(mutex: *mut pthread_mutex_t) -> c_int;
    fn pthread_mutex_init(
        mutex: *mut pthread_mutex_t,
        mutex_attr: *const pthread_mutexattr_t,
    ) -> c_int;
    fn pthread_mutex_lock(mutex: *mut pthread_mutex_t) -> c_int;
    fn pthread_mutex_timedlock(mutex: *mut pthread_mutex_t, abstime: *const timespec) -> c_int;
    fn pthread_mutex_trylock(mutex: *mut pthread_mutex_t) -> c_int;
    fn pthread_mutex_unlock(mutex: *mut pthread_mutex_t) -> c_int;
    fn pthread_mutexattr_destroy(attr: *mut pthread_mutexattr_t) -> c_int;
    fn pthread_mutexattr_getpshared(attr: *const pthread_mutexattr_t, pshared: *mut c_int) -> c_int;
    fn pthread_mutexattr_gettype(attr: *const pthread_mutexattr_t, kind: *mut c_int) -> c_int;
    fn pthread_mutexattr_init(attr: *mut pthread_mutexattr_t) -> c_int;
    fn pthread_mutexattr_setpshared(attr: *mut pthread_mutexattr_t, pshared: c_int) -> c_int;
    fn pthread_mutexattr_settype(attr: *mut pthread_mutexattr_t, kind: c_int) -> c_int;
    fn pthread_once(
        once_control: *mut pthread_once_t,
        init_routine: extern "C" fn(),
    ) -> c_int;
    fn pthread_rwlock_destroy(rwlock: *mut pthread_rwlock_t) -> c_int;
    fn pthread_rwlock_init(
        rwlock: *mut pthread_rwlock_t,
        attr: *const pthread_rwlockattr_t,
    ) -> c_int;
    fn pthread_rwlock_rdlock(rwlock: *mut pthread_rwlock_t) -> c_int;
    fn pthread_rwlock_tryrdlock(rwlock: *mut pthread_rwlock_t) -> c_int;
    fn pthread_rwlock_trywrlock(rwlock: *mut pthread_rwlock_t) -> c_int;
    fn pthread_rwlock_unlock(rwlock: *mut pthread_rwlock_t) -> c_int;
    fn pthread_rwlock_wrlock(rwlock: *mut pthread_rwlock_t) -> c_int;
    fn pthread_rwlockattr_destroy(attr: *mut pthread_rwlockattr_t) -> c_int;
    fn pthread_rwlockattr_getkind_np(attr: *const pthread_rwlockattr_t, pref: *mut c_int) -> c_int;
    fn pthread_rwlockattr_getpshared(
        attr: *const pthread_rwlockattr_t,
        pshared: *mut c_int,
    ) -> c_int;
    fn pthread_rwlockattr_init(attr: *mut pthread_rwlockattr_t) -> c_int;
    fn pthread_rwlockattr_setkind_np(attr: *mut pthread_rwlockattr_t, pref: c_int) -> c_int;
    fn pthread_rwlockattr_setpshared(attr: *mut pthread_rwlockattr_t, pshared: c_int) -> c_int;
    fn pthread_self() -> pthread_t;
    fn pthread_setaffinity_np(th: pthread_t, cpusetsize: size_t, cpuset: *const cpu_set_t) -> c_int;
    fn pthread_setcancelstate(state: c_int, oldstate: *mut c_int) -> c_int;
    fn pthread_setcanceltype(type_: c_int, oldtype: *mut c_int) -> c_int;
    fn pthread_setschedparam(
        target_thread: pthread_t,
        policy: c_int,
        param: *const sched_param,
    ) -> c_int;
    fn pthread_setspecific(key: pthread_key_t, pointer: *const c_void) -> c_int;
    fn pthread_sigmask(how: c_int, newmask: *const sigset_t, oldmask: *mut sigset_t) -> c_int;
    fn pthread_spin_destroy(lock: *mut pthread_spinlock_t) -> c_int;
    fn pthread_spin_init(lock: *mut pthread_spinlock_t, pshared: c_int) -> c_int;
    fn pthread_spin_lock(lock: *mut pthread_spinlock_t) -> c_int;
    fn pthread_spin_trylock(lock: *mut pthread_spinlock_t) -> c_int;
    fn pthread_spin_unlock(lock: *mut pthread_spinlock_t) -> c_int;
    fn pthread_testcancel();
}

const fn mutex(kind: c_int) -> pthread_mutex_t {
    pthread_mutex_t {
        __m_reserved: 0,
        __m_count: 0,
        __m_owner: 0,
        __m_kind: kind,
        __m_lock: UNLOCKED,
    }
}

pub(super) const UNLOCKED: _pthread_fastlock = _pthread_fastlock {
    __status: 0,
    __spinlock: 0,
};

pub const PTHREAD_MUTEX_INITIALIZER: pthread_mutex_t = mutex(PTHREAD_MUTEX_TIMED_NP);
pub const PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP: pthread_mutex_t =
    mutex(PTHREAD_MUTEX_RECURSIVE_NP);
pub const PTHREAD_ERRORCHECK_MUTEX_INITIALIZER_NP: pthread_mutex_t =
    mutex(PTHREAD_MUTEX_ERRORCHECK_NP);
pub const PTHREAD_ADAPTIVE_MUTEX_INITIALIZER_NP: pthread_mutex_t = mutex(PTHREAD_MUTEX_ADAPTIVE_NP);

pub const PTHREAD_COND_INITIALIZER: pthread_cond_t = pthread_cond_t {
    __c_lock: UNLOCKED,
    __c_waiting: 0,
    __padding: [0; 16],
    __align: 0,
};

pub const PTHREAD_RWLOCK_INITIALIZER: pthread_rwlock_t = pthread_rwlock_t {
    __rw_lock: UNLOCKED,
    __rw_readers: 0,
    __rw_writer: 0,
    __rw_read_waiting: 0,
    __rw_write_waiting: 0,
    __rw_kind: PTHREAD_RWLOCK_DEFAULT_NP,
    __rw_pshared: PTHREAD_PROCESS_PRIVATE,
};
