//! Which system call goes to which room.
// Linux's names.
#![allow(non_snake_case)]

use crate::entry::{Frame, Handler, entry, result};
use crate::errno::{EAFNOSUPPORT, ECHILD, EINVAL, ENOSYS, ENOTSOCK, fail};
use crate::{fs, memory, missing, random, signal, system, thread, time, user};
use core::time::Duration;
use l4re::Cap;
use linux_raw_sys::general::*;

/// The working directory, as the calls with a directory name it.
const CWD: u64 = AT_FDCWD as i64 as u64;

/// A call: its name, the arguments that it takes, and what it does.
macro_rules! call {
    ($name:ident, $frame:pat, $args:tt, $body:expr) => {
        mod $name {
            use super::*;

            pub unsafe extern "C" fn handler(frame: &Frame) -> i64 {
                let $args = frame.args();
                let $frame = frame;
                // SAFETY: uClibc passes on what the program has given it by the contract of the
                // C function or of the system call: addresses are 0, or of what the call is to
                // read or write.
                #[allow(unreachable_code, unused_unsafe)]
                result(unsafe { $body })
            }
            entry!($name, handler);
        }
    };
}

/// All calls; those with one line do the same.
macro_rules! calls {
    ($($args:tt $($name:ident)|+ => $body:expr,)*) => {
        call!(__NR_clone, frame, [args @ ..], thread::clone(args, frame));
        $($(
            call!($name, _, $args, $body);
        )+)*

        /// The handler of a number.
        fn find(number: u32) -> Option<Handler> {
            match number {
                linux_raw_sys::general::__NR_clone => Some(__NR_clone::handler),
                $($(
                    linux_raw_sys::general::$name => Some($name::handler),
                )+)*
                _ => missing::find(number),
            }
        }
    };
}

/// Does the system call whose number stands in the frame.
pub unsafe extern "C" fn any(frame: &Frame) -> i64 {
    match u32::try_from(frame.number).ok().and_then(find) {
        // SAFETY: the frame holds the arguments of this call, and they are valid for it (contract
        // of this function).
        Some(handler) => unsafe { handler(frame) },
        None => missing::unknown(frame.number),
    }
}

calls! {
    [a, b, c, ..] __NR_read => fs::read(a, b, c),
    [a, b, c, ..] __NR_write => fs::write(a, b, c),
    [a, b, c, ..] __NR_open => fs::open(CWD, a, b, c),
    [a, b, c, d, ..] __NR_openat => fs::open(a, b, c, d),
    [a, b, ..] __NR_creat => fs::open(CWD, a, (O_CREAT | O_WRONLY | O_TRUNC).into(), b),
    [a, ..] __NR_close => fs::close(a),
    [a, b, ..] __NR_stat | __NR_lstat => fs::stat(a, b),
    [a, b, ..] __NR_fstat => fs::fstat(a, b),
    [a, b, c, d, ..] __NR_newfstatat => fs::newfstatat(a, b, c, d),
    [a, b, c, _, e, ..] __NR_statx => fs::statx(a, b, c, e),
    [a, b, c, ..] __NR_lseek => fs::lseek(a, b, c),
    [a, b, c, d, ..] __NR_pread64 => fs::pread(a, b, c, d),
    [a, b, c, d, ..] __NR_pwrite64 => fs::pwrite(a, b, c, d),
    [a, b, c, ..] __NR_readv => fs::readv(a, b, c),
    [a, b, c, ..] __NR_writev => fs::writev(a, b, c),
    [a, b, ..] __NR_access => fs::access(CWD, a, b),
    [a, b, c, ..] __NR_faccessat | __NR_faccessat2 => fs::access(a, b, c),
    [a, ..] __NR_dup => fs::dup(a, 0, 0),
    [a, b, ..] __NR_dup2 => fs::dup_to(a, b, None),
    [a, b, c, ..] __NR_dup3 => fs::dup_to(a, b, Some(c)),
    [a, b, c, ..] __NR_fcntl => fs::fcntl(a, b, c),
    [a, b, c, ..] __NR_ioctl => fs::ioctl(a, b, c),
    [a, b, c, ..] __NR_getdents64 => fs::getdents(a, b, c),
    [a, b, ..] __NR_getcwd => fs::getcwd(a, b),
    [a, ..] __NR_chdir => fs::chdir(a),
    [a, ..] __NR_fchdir => fs::fchdir(a),
    [a, ..] __NR_readlink => fs::readlink(CWD, a),
    [a, b, ..] __NR_readlinkat => fs::readlink(a, b),
    [a, b, c, ..] __NR_poll => {
        fs::poll(a, b, u64::try_from(c as i32).ok().map(Duration::from_millis))
    },
    [a, b, c, d, ..] __NR_ppoll => match fs::timeout(c) {
        Ok(timeout) => signal::with_mask(d, || fs::poll(a, b, timeout)),
        Err(error) => Err(error),
    },
    [args @ ..] __NR_select => fs::select(args),
    [args @ ..] __NR_pselect6 => fs::pselect(args),
    // Nothing is kept back that would have to be written.
    [a, ..] __NR_fsync | __NR_fdatasync | __NR_flock | __NR_syncfs | __NR_fadvise64 => fs::check(a),
    [..] __NR_sync => Ok(0),
    [..] __NR_umask => Ok(0o022),
    [a, ..] __NR_unlink => fs::remove(CWD, a, 0),
    [a, ..] __NR_rmdir => fs::remove(CWD, a, AT_REMOVEDIR.into()),
    [a, b, c, ..] __NR_unlinkat => fs::remove(a, b, c),
    [a, ..] __NR_mkdir => fs::make_dir(CWD, a),
    [a, b, ..] __NR_mkdirat => fs::make_dir(a, b),
    [a, b, ..] __NR_rename => fs::rename(CWD, a, CWD, b, 0),
    [a, b, c, d, ..] __NR_renameat => fs::rename(a, b, c, d, 0),
    [a, b, c, d, e, ..] __NR_renameat2 => fs::rename(a, b, c, d, e),
    [a, b, ..] __NR_truncate => fs::truncate(a, b),
    [a, b, ..] __NR_ftruncate => fs::ftruncate(a, b),
    [a, b, c, d, ..] __NR_fallocate => fs::allocate(a, b, c, d),
    [_, b, ..] __NR_mknod | __NR_symlink => fs::refuse_new(CWD, b),
    [a, b, ..] __NR_mknodat => fs::refuse_new(a, b),
    [_, b, c, ..] __NR_symlinkat => fs::refuse_new(b, c),
    [_, b, ..] __NR_link => fs::refuse_new(CWD, b),
    [_, _, c, d, ..] __NR_linkat => fs::refuse_new(c, d),
    [a, ..] __NR_chmod => fs::keep_mode(CWD, a),
    [a, b, ..] __NR_fchmodat => fs::keep_mode(a, b),
    [a, ..] __NR_fchmod => fs::check(a),
    [a, b, c, ..] __NR_chown | __NR_lchown => fs::keep_owner(CWD, a, b, c),
    [a, b, c, d, ..] __NR_fchownat => fs::keep_owner(a, b, c, d),
    [a, b, c, ..] __NR_fchown => fs::keep_open_owner(a, b, c),
    [a, ..] __NR_utime | __NR_utimes => fs::refuse_times(CWD, a),
    [a, b, ..] __NR_utimensat | __NR_futimesat => fs::refuse_times(a, b),

    [a, ..] __NR_brk => Ok(memory::brk(a)),
    [args @ ..] __NR_mmap => memory::mmap(args),
    [a, b, ..] __NR_munmap => memory::munmap(a, b),
    [a, b, c, ..] __NR_mprotect => memory::mprotect(a, b, c),
    [args @ ..] __NR_mremap => memory::mremap(args),
    [a, b, c, ..] __NR_madvise => memory::madvise(a, b, c),
    // Memory stays as it is, which is what was asked for.
    [..] __NR_msync | __NR_mlock | __NR_munlock | __NR_mlockall | __NR_munlockall
        => Ok(0),

    [..] __NR_exit => thread::exit(),
    [a, ..] __NR_exit_group => system::exit_group(a),
    [args @ ..] __NR_futex => thread::futex(args),
    [..] __NR_gettid => thread::current().map(|thread| thread.id.into()),
    [..] __NR_getpid => Ok(thread::main_id().into()),
    [a, ..] __NR_set_tid_address => thread::set_tid_address(a),
    // The kernel would look at the list when a thread ends. uClibc does without.
    [..] __NR_set_robust_list => fail(ENOSYS),
    [a, b, ..] __NR_arch_prctl => system::arch_prctl(a, b),
    [..] __NR_sched_yield => {
        Cap::<l4re::thread::Thread>::CURRENT.switch_to().map_err(Into::into).map(|_| 0)
    },
    [_, b, c, ..] __NR_sched_getaffinity => system::affinity(b, c),
    [..] __NR_sched_get_priority_max | __NR_sched_get_priority_min | __NR_sched_getscheduler
        => Ok(0),
    [_, b, ..] __NR_sched_getparam => {
        user::put(b, 0i32);
        Ok(0)
    },
    [a, b, ..] __NR_getcpu => {
        user::put(a, 0u32);
        user::put(b, 0u32);
        Ok(0)
    },

    [a, b, ..] __NR_clock_gettime => time::clock_gettime(a, b),
    [a, b, ..] __NR_clock_getres => time::clock_getres(a, b),
    [a, ..] __NR_gettimeofday => time::gettimeofday(a),
    [a, ..] __NR_time => time::time(a),
    [a, b, ..] __NR_nanosleep => time::nanosleep(CLOCK_MONOTONIC.into(), 0, a, b),
    [a, b, c, d, ..] __NR_clock_nanosleep => time::nanosleep(a, b, c, d),
    [a, ..] __NR_times => time::times(a),

    [a, b, ..] __NR_getrandom => random::get(a, b),

    [a, b, c, ..] __NR_rt_sigaction => signal::action(a, b, c),
    [a, b, c, ..] __NR_rt_sigprocmask => signal::mask(a, b, c),
    [a, ..] __NR_rt_sigpending => signal::pending_set(a),
    [a, b, c, ..] __NR_rt_sigtimedwait => signal::wait_for(a, b, c),
    [a, b, ..] __NR_sigaltstack => signal::alt_stack(a, b),
    [a, b, ..] __NR_kill => signal::kill(a, b),
    [a, b, ..] __NR_tkill => signal::kill_thread(a, b),
    [_, b, c, ..] __NR_tgkill => signal::kill_thread(b, c),
    [..] __NR_pause => time::pause(),
    [a, ..] __NR_rt_sigsuspend => signal::with_mask(a, time::pause),

    [..] __NR_getuid | __NR_geteuid | __NR_getgid | __NR_getegid | __NR_getppid | __NR_getgroups
        => Ok(0),
    [..] __NR_getpgrp | __NR_getpgid | __NR_getsid => Ok(thread::main_id().into()),
    [a, b, ..] __NR_getrlimit => system::limit(a, b),
    [_, b, c, d, ..] __NR_prlimit64 => {
        if c == 0 { system::limit(b, d) } else { system::set_limit() }
    },
    [..] __NR_setrlimit => system::set_limit(),
    [_, b, ..] __NR_getrusage => system::usage(b),
    [a, ..] __NR_uname => system::uname(a),
    [a, ..] __NR_sysinfo => system::info(a),

    [a, ..] __NR_pipe => fs::pipe(a, 0),
    [a, b, ..] __NR_pipe2 => fs::pipe(a, b),
    [a, b, c, d, ..] __NR_socketpair => fs::socket_pair(a, b, c, d),
    [a, b, c, d, ..] __NR_sendto => fs::send(a, b, c, d),
    [a, b, c, d, _, f] __NR_recvfrom => fs::receive(a, b, c, d, f),
    [a, b, ..] __NR_shutdown => fs::shut_down(a, b),
    // There are no sockets but such pairs.
    [..] __NR_socket => fail(EAFNOSUPPORT),
    [a, ..] __NR_connect | __NR_accept | __NR_accept4 | __NR_bind | __NR_listen
    | __NR_getsockname | __NR_getpeername | __NR_setsockopt | __NR_getsockopt | __NR_sendmsg
    | __NR_recvmsg => {
        fs::check(a).and(fail(ENOTSOCK))
    },
    [..] __NR_wait4 | __NR_waitid => fail(ECHILD),
    [..] __NR_prctl => fail(EINVAL),
}
