//! `spawn.h`.

use super::*;

structs! {
    "posix_spawn_file_actions_t" pub struct posix_spawn_file_actions_t {
        __allocated: c_int,
        __used: c_int,
        __actions: *mut c_int,
        __pad: [c_int; 16],
    }

    "posix_spawnattr_t" pub struct posix_spawnattr_t {
        __flags: c_short,
        __pgrp: pid_t,
        __sd: sigset_t,
        __ss: sigset_t,
        __sp: sched_param,
        __policy: c_int,
        __pad: [c_int; 16],
    }
}

constants! {
    c_int {
        POSIX_SPAWN_RESETIDS = 1;
        POSIX_SPAWN_SETPGROUP = 2;
        POSIX_SPAWN_SETSIGDEF = 4;
        POSIX_SPAWN_SETSIGMASK = 8;
        POSIX_SPAWN_SETSCHEDPARAM = 16;
        POSIX_SPAWN_SETSCHEDULER = 32;
    }
    c_short {
        POSIX_SPAWN_USEVFORK = 64;
    }
}

functions! {
    fn posix_spawn(
        pid: *mut pid_t,
        path: *const c_char,
        file_actions: *const posix_spawn_file_actions_t,
        attrp: *const posix_spawnattr_t,
        argv: *const *mut c_char,
        envp: *const *mut c_char,
    ) -> c_int;
    fn posix_spawn_file_actions_addclose(
        file_actions: *mut posix_spawn_file_actions_t,
        fd: c_int,
    ) -> c_int;
    fn posix_spawn_file_actions_adddup2(
        file_actions: *mut posix_spawn_file_actions_t,
        fd: c_int,
        newfd: c_int,
    ) -> c_int;
    fn posix_spawn_file_actions_addopen(
        file_actions: *mut posix_spawn_file_actions_t,
        fd: c_int,
        path: *const c_char,
        oflag: c_int,
        mode: mode_t,
    ) -> c_int;
    fn posix_spawnp(
        pid: *mut pid_t,
        file: *const c_char,
        file_actions: *const posix_spawn_file_actions_t,
        attrp: *const posix_spawnattr_t,
        argv: *const *mut c_char,
        envp: *const *mut c_char,
    ) -> c_int;
}
