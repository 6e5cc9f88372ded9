//! Which system call goes to which room.
// Linux's names.
#![allow(non_upper_case_globals)]

use crate::entry::Frame;
use crate::errno::{EAFNOSUPPORT, EBADF, ECHILD, EINVAL, ENOSYS, ENOTSOCK, EROFS, Result, fail};
use crate::{fs, memory, names, random, signal, system, thread, time, user};
use core::time::Duration;
use l4re::Cap;
use linux_raw_sys::general::*;

/// The working directory, as the calls with a directory name it.
const CWD: u64 = AT_FDCWD as i64 as u64;

/// Does a system call.
pub fn dispatch(number: u64, frame: &Frame) -> Result {
    let args = frame.args();
    let [a, b, c, d, e, _] = args;
    let Ok(number) = u32::try_from(number) else {
        return fail(ENOSYS);
    };
    // SAFETY: uClibc passes on what the program has given it by the contract of the C function
    // or of the system call: addresses are 0, or of what the call is to read or write.
    unsafe {
        match number {
            __NR_read => fs::read(a, b, c),
            __NR_write => fs::write(a, b, c),
            __NR_open => fs::open(CWD, a, b),
            __NR_openat => fs::open(a, b, c),
            __NR_close => fs::close(a),
            __NR_stat | __NR_lstat => fs::stat(a, b),
            __NR_fstat => fs::fstat(a, b),
            __NR_newfstatat => fs::newfstatat(a, b, c, d),
            __NR_statx => fs::statx(a, b, c, e),
            __NR_lseek => fs::lseek(a, b, c),
            __NR_pread64 => fs::pread(a, b, c, d),
            __NR_readv => fs::readv(a, b, c),
            __NR_writev => fs::writev(a, b, c),
            __NR_access => fs::access(CWD, a, b),
            __NR_faccessat | __NR_faccessat2 => fs::access(a, b, c),
            __NR_dup => fs::dup(a, 0, 0),
            __NR_dup2 => fs::dup_to(a, b, None),
            __NR_dup3 => fs::dup_to(a, b, Some(c)),
            __NR_fcntl => fs::fcntl(a, b, c),
            __NR_ioctl => fs::ioctl(a, b, c),
            __NR_getdents64 => fs::getdents(a, b, c),
            __NR_getcwd => fs::getcwd(a, b),
            __NR_chdir => fs::chdir(a),
            __NR_fchdir => fs::fchdir(a),
            __NR_readlink => fs::readlink(CWD, a),
            __NR_readlinkat => fs::readlink(a, b),
            __NR_poll => {
                let time = u64::try_from(c as i32).ok().map(Duration::from_millis);
                fs::poll(a, b, time)
            }
            __NR_ppoll => fs::poll(a, b, fs::timeout(c)?),
            __NR_select => fs::select(args),
            __NR_pselect6 => fs::pselect(args),
            // Nothing is kept back that would have to be written.
            __NR_fsync | __NR_fdatasync | __NR_flock | __NR_syncfs | __NR_fadvise64 => fs::check(a),
            __NR_sync => Ok(0),
            __NR_umask => Ok(0o022),
            __NR_unlink | __NR_rmdir | __NR_truncate | __NR_chmod | __NR_chown | __NR_lchown
            | __NR_utime | __NR_utimes | __NR_rename => fs::refuse_change(CWD, a, false),
            __NR_unlinkat | __NR_fchmodat | __NR_fchownat | __NR_utimensat | __NR_futimesat
            | __NR_renameat | __NR_renameat2 => fs::refuse_change(a, b, false),
            __NR_mkdir | __NR_creat | __NR_mknod => fs::refuse_change(CWD, a, true),
            __NR_mkdirat | __NR_mknodat => fs::refuse_change(a, b, true),
            __NR_link | __NR_symlink => fs::refuse_change(CWD, b, true),
            __NR_symlinkat => fs::refuse_change(b, c, true),
            __NR_linkat => fs::refuse_change(c, d, true),
            __NR_ftruncate | __NR_fchmod | __NR_fchown | __NR_fallocate | __NR_pwrite64 => {
                fs::check(a)?;
                fail(if number == __NR_pwrite64 {
                    EBADF
                } else {
                    EROFS
                })
            }

            __NR_brk => Ok(memory::brk(a)),
            __NR_mmap => memory::mmap(args),
            __NR_munmap => memory::munmap(a, b),
            __NR_mprotect => memory::mprotect(a, b, c),
            __NR_mremap => memory::mremap(args),
            // Memory stays as it is, which is what was asked for, or no worse.
            __NR_madvise | __NR_msync | __NR_mlock | __NR_munlock | __NR_mlockall
            | __NR_munlockall => Ok(0),

            __NR_clone => thread::clone(args, frame),
            __NR_exit => thread::exit(),
            __NR_exit_group => system::exit_group(a),
            __NR_futex => thread::futex(args),
            __NR_gettid => Ok(thread::current()?.id.into()),
            __NR_getpid => Ok(thread::main_id().into()),
            __NR_set_tid_address => thread::set_tid_address(a),
            // The kernel would look at the list when a thread ends. uClibc does without.
            __NR_set_robust_list => fail(ENOSYS),
            __NR_arch_prctl if a == ARCH_SET_FS => {
                Cap::<l4re::thread::Thread>::CURRENT.set_fs_base(b)?;
                thread::set_tls(b);
                Ok(0)
            }
            __NR_sched_yield => {
                Cap::<l4re::thread::Thread>::CURRENT.switch_to()?;
                Ok(0)
            }
            __NR_sched_getaffinity => system::affinity(b, c),
            __NR_sched_get_priority_max | __NR_sched_get_priority_min => Ok(0),
            __NR_sched_getscheduler => Ok(0),
            __NR_sched_getparam => {
                user::put(b, 0i32);
                Ok(0)
            }
            __NR_getcpu => {
                user::put(a, 0u32);
                user::put(b, 0u32);
                Ok(0)
            }

            __NR_clock_gettime => time::clock_gettime(a, b),
            __NR_clock_getres => time::clock_getres(a, b),
            __NR_gettimeofday => time::gettimeofday(a),
            __NR_time => time::time(a),
            __NR_nanosleep => time::nanosleep(CLOCK_MONOTONIC.into(), 0, a),
            __NR_clock_nanosleep => time::nanosleep(a, b, c),
            __NR_times => {
                // In hundredths of a second.
                let ticks = (thread::cpu_time()?.as_millis() / 10) as i64;
                user::put(a, [ticks, 0, 0, 0]);
                Ok((time::now().as_millis() / 10) as i64)
            }

            __NR_getrandom => {
                let to = user::buffer(a, b)?;
                random::fill(to);
                Ok(to.len() as i64)
            }

            __NR_rt_sigaction => signal::action(a, b, c),
            __NR_rt_sigprocmask => signal::mask(a, b, c),
            __NR_rt_sigpending => {
                user::put(a, 0u64);
                Ok(0)
            }
            __NR_sigaltstack => signal::alt_stack(a, b),
            __NR_kill => signal::kill(a, b),
            __NR_tkill => signal::kill_thread(a, b),
            __NR_tgkill => signal::kill_thread(b, c),
            // Nothing would end the wait.
            __NR_pause | __NR_rt_sigsuspend => time::sleep_forever(),

            __NR_getuid | __NR_geteuid | __NR_getgid | __NR_getegid | __NR_getppid
            | __NR_getgroups => Ok(0),
            __NR_getpgrp | __NR_getpgid | __NR_getsid => Ok(thread::main_id().into()),
            __NR_getrlimit => system::limit(a, b),
            __NR_prlimit64 if c == 0 => system::limit(b, d),
            __NR_setrlimit | __NR_prlimit64 => system::set_limit(),
            __NR_getrusage => system::usage(b),
            __NR_uname => system::uname(a),
            __NR_sysinfo => system::info(a),

            // There are no sockets and no pipes, and so no descriptors of such.
            __NR_socket | __NR_socketpair => fail(EAFNOSUPPORT),
            __NR_connect | __NR_accept | __NR_accept4 | __NR_bind | __NR_listen | __NR_shutdown
            | __NR_getsockname | __NR_getpeername | __NR_setsockopt | __NR_getsockopt
            | __NR_sendto | __NR_recvfrom | __NR_sendmsg | __NR_recvmsg => {
                fs::check(a)?;
                fail(ENOTSOCK)
            }
            __NR_wait4 | __NR_waitid => fail(ECHILD),
            __NR_prctl => fail(EINVAL),
            _ => {
                names::tell_missing(number.into());
                fail(ENOSYS)
            }
        }
    }
}

/// `ARCH_SET_FS` of Linux's `asm/prctl.h`.
const ARCH_SET_FS: u64 = 0x1002;
