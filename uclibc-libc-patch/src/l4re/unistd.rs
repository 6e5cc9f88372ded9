//! `getopt.h`, `libgen.h`, `unistd.h`.

use super::*;

structs! {
    "struct option" pub struct option {
        pub name: *const c_char,
        pub has_arg: c_int,
        pub flag: *mut c_int,
        pub val: c_int,
    }
}

constants! {
    c_int {
        F_OK = 0;
        STDIN_FILENO = 0;
        STDOUT_FILENO = 1;
        X_OK = 1;
        STDERR_FILENO = 2;
        W_OK = 2;
        R_OK = 4;
    }
}

functions! {
    fn _exit(status: c_int) -> !;
    fn access(name: *const c_char, type_: c_int) -> c_int;
    fn acct(name: *const c_char) -> c_int;
    fn alarm(seconds: c_uint) -> c_uint;
    fn brk(addr: *mut c_void) -> c_int;
    fn chdir(path: *const c_char) -> c_int;
    fn chown(file: *const c_char, owner: uid_t, group: gid_t) -> c_int;
    fn chroot(path: *const c_char) -> c_int;
    fn close(fd: c_int) -> c_int;
    fn confstr(name: c_int, buf: *mut c_char, len: size_t) -> size_t;
    fn daemon(nochdir: c_int, noclose: c_int) -> c_int;
    fn dup(fd: c_int) -> c_int;
    fn dup2(fd: c_int, fd2: c_int) -> c_int;
    fn dup3(fd: c_int, fd2: c_int, flags: c_int) -> c_int;
    fn execl(path: *const c_char, arg: *const c_char, ...) -> c_int;
    fn execle(path: *const c_char, arg: *const c_char, ...) -> c_int;
    fn execlp(file: *const c_char, arg: *const c_char, ...) -> c_int;
    fn execv(path: *const c_char, argv: *const *const c_char) -> c_int;
    fn execve(path: *const c_char, argv: *const *const c_char, envp: *const *const c_char) -> c_int;
    fn execvp(file: *const c_char, argv: *const *const c_char) -> c_int;
    fn execvpe(file: *const c_char, argv: *const *const c_char, envp: *const *const c_char) -> c_int;
    fn faccessat(fd: c_int, file: *const c_char, type_: c_int, flag: c_int) -> c_int;
    fn fchdir(fd: c_int) -> c_int;
    fn fchown(fd: c_int, owner: uid_t, group: gid_t) -> c_int;
    fn fchownat(fd: c_int, file: *const c_char, owner: uid_t, group: gid_t, flag: c_int) -> c_int;
    fn fdatasync(fildes: c_int) -> c_int;
    fn fexecve(fd: c_int, argv: *const *const c_char, envp: *const *const c_char) -> c_int;
    fn fork() -> pid_t;
    fn fpathconf(fd: c_int, name: c_int) -> c_long;
    fn fsync(fd: c_int) -> c_int;
    fn ftruncate(fd: c_int, length: off_t) -> c_int;
    fn ftruncate64(fd: c_int, length: off64_t) -> c_int;
    fn getcwd(buf: *mut c_char, size: size_t) -> *mut c_char;
    fn getdtablesize() -> c_int;
    fn getegid() -> gid_t;
    fn geteuid() -> uid_t;
    fn getgid() -> gid_t;
    fn getgroups(size: c_int, list: *mut gid_t) -> c_int;
    fn gethostid() -> c_long;
    fn gethostname(name: *mut c_char, len: size_t) -> c_int;
    fn getlogin() -> *mut c_char;
    fn getlogin_r(name: *mut c_char, name_len: size_t) -> c_int;
    fn getopt(argc: c_int, argv: *const *mut c_char, shortopts: *const c_char) -> c_int;
    fn getopt_long(
        argc: c_int,
        argv: *const *mut c_char,
        shortopts: *const c_char,
        longopts: *const option,
        longind: *mut c_int,
    ) -> c_int;
    fn getpagesize() -> c_int;
    fn getpgid(pid: pid_t) -> pid_t;
    fn getpgrp() -> pid_t;
    fn getpid() -> pid_t;
    fn getppid() -> pid_t;
    fn getresgid(rgid: *mut gid_t, egid: *mut gid_t, sgid: *mut gid_t) -> c_int;
    fn getresuid(ruid: *mut uid_t, euid: *mut uid_t, suid: *mut uid_t) -> c_int;
    fn getsid(pid: pid_t) -> pid_t;
    fn gettid() -> pid_t;
    fn getuid() -> uid_t;
    fn isatty(fd: c_int) -> c_int;
    fn lchown(file: *const c_char, owner: uid_t, group: gid_t) -> c_int;
    fn link(from: *const c_char, to: *const c_char) -> c_int;
    fn linkat(
        fromfd: c_int,
        from: *const c_char,
        tofd: c_int,
        to: *const c_char,
        flags: c_int,
    ) -> c_int;
    fn lseek(fd: c_int, offset: off_t, whence: c_int) -> off_t;
    fn lseek64(fd: c_int, offset: off64_t, whence: c_int) -> off64_t;
    fn nice(inc: c_int) -> c_int;
    fn pathconf(path: *const c_char, name: c_int) -> c_long;
    fn pause() -> c_int;
    fn pipe(pipedes: *mut c_int) -> c_int;
    fn pread(fd: c_int, buf: *mut c_void, nbytes: size_t, offset: off_t) -> isize;
    fn pread64(fd: c_int, buf: *mut c_void, nbytes: size_t, offset: off64_t) -> isize;
    fn pwrite(fd: c_int, buf: *const c_void, n: size_t, offset: off_t) -> isize;
    fn pwrite64(fd: c_int, buf: *const c_void, n: size_t, offset: off64_t) -> isize;
    fn read(fd: c_int, buf: *mut c_void, nbytes: size_t) -> isize;
    fn readlink(path: *const c_char, buf: *mut c_char, len: size_t) -> isize;
    fn readlinkat(fd: c_int, path: *const c_char, buf: *mut c_char, len: size_t) -> isize;
    fn rmdir(path: *const c_char) -> c_int;
    fn sbrk(delta: isize) -> *mut c_void;
    fn setegid(gid: gid_t) -> c_int;
    fn seteuid(uid: uid_t) -> c_int;
    fn setgid(gid: gid_t) -> c_int;
    fn sethostid(id: c_long) -> c_int;
    fn sethostname(name: *const c_char, len: size_t) -> c_int;
    fn setpgid(pid: pid_t, pgid: pid_t) -> c_int;
    fn setpgrp() -> c_int;
    fn setregid(rgid: gid_t, egid: gid_t) -> c_int;
    fn setresgid(rgid: gid_t, egid: gid_t, sgid: gid_t) -> c_int;
    fn setreuid(ruid: uid_t, euid: uid_t) -> c_int;
    fn setsid() -> pid_t;
    fn setuid(uid: uid_t) -> c_int;
    fn sleep(seconds: c_uint) -> c_uint;
    fn symlink(from: *const c_char, to: *const c_char) -> c_int;
    fn symlinkat(from: *const c_char, tofd: c_int, to: *const c_char) -> c_int;
    fn sync();
    fn syncfs(fd: c_int) -> c_int;
    fn syscall(sysno: c_long, ...) -> c_long;
    fn sysconf(name: c_int) -> c_long;
    fn tcgetpgrp(fd: c_int) -> pid_t;
    fn tcsetpgrp(fd: c_int, pgrp_id: pid_t) -> c_int;
    fn truncate(file: *const c_char, length: off_t) -> c_int;
    fn truncate64(file: *const c_char, length: off64_t) -> c_int;
    fn ttyname(fd: c_int) -> *mut c_char;
    fn ttyname_r(fd: c_int, buf: *mut c_char, buflen: size_t) -> c_int;
    fn unlink(name: *const c_char) -> c_int;
    fn unlinkat(fd: c_int, name: *const c_char, flag: c_int) -> c_int;
    fn usleep(useconds: useconds_t) -> c_int;
    fn vfork() -> pid_t;
    fn write(fd: c_int, buf: *const c_void, n: size_t) -> isize;
    fn dirname(path: *mut c_char) -> *mut c_char;
}
