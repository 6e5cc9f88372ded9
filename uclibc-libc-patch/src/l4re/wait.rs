//! `sys/wait.h`.

use super::*;

constants! {
    idtype_t {
        P_ALL = 0;
        P_PID = 1;
        P_PGID = 2;
    }
    c_int {
        __WNOTHREAD = 0x20000000;
        __WALL = 0x40000000;
        __WCLONE = c_int::MIN;
        WNOHANG = 1;
        WSTOPPED = 2;
        WUNTRACED = 2;
        WEXITED = 4;
        WCONTINUED = 8;
        WNOWAIT = 0x1000000;
    }
}

functions! {
    fn wait(stat_loc: *mut c_int) -> pid_t;
    fn wait4(pid: pid_t, stat_loc: *mut c_int, options: c_int, usage: *mut rusage) -> pid_t;
    fn waitid(idtype: idtype_t, id: id_t, infop: *mut siginfo_t, options: c_int) -> c_int;
    fn waitpid(pid: pid_t, stat_loc: *mut c_int, options: c_int) -> pid_t;
}
