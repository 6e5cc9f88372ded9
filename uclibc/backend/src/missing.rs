//! System calls that are not there.
//!
//! Each has an entry like the others, which says so once in the log, by the call's name.

// Linux's names.
#![allow(non_snake_case)]

use crate::entry::{Frame, Handler};
use crate::errno::{ENOSYS, Errno};
use crate::text::Line;
use core::sync::atomic::{AtomicBool, Ordering};

/// Says that a system call is not there, unless it has been said.
pub fn tell(name: &str, told: &AtomicBool) {
    if !told.swap(true, Ordering::Relaxed) {
        let mut line = Line::new();
        line.text("libc: there is no `");
        line.text(name.strip_prefix("__NR_").unwrap_or(name));
        line.text("` here (ENOSYS)");
        line.print();
    }
}

/// What a system call answers of which there is not even a name.
pub fn unknown(number: u64) -> i64 {
    let mut line = Line::new();
    line.text("libc: there is no system call ");
    line.number(number);
    line.text(" here (ENOSYS)");
    line.print();
    Errno(ENOSYS).as_result()
}

macro_rules! missing {
    ($($name:ident)*) => {
        $(
            mod $name {
                pub unsafe extern "C" fn handler(_: &super::Frame) -> i64 {
                    static TOLD: super::AtomicBool = super::AtomicBool::new(false);
                    super::tell(stringify!($name), &TOLD);
                    super::Errno(super::ENOSYS).as_result()
                }
                crate::entry::entry!($name, handler);
            }
        )*

        /// The handler of a number.
        pub fn find(number: u32) -> Option<Handler> {
            match number {
                $( linux_raw_sys::general::$name => Some($name::handler), )*
                _ => None,
            }
        }
    };
}

missing! {
    __NR_rt_sigreturn __NR_mincore __NR_shmget __NR_shmat __NR_shmctl __NR_getitimer
    __NR_alarm __NR_setitimer __NR_sendfile __NR_fork __NR_vfork __NR_execve __NR_semget __NR_semop
    __NR_semctl __NR_shmdt __NR_msgget __NR_msgsnd __NR_msgrcv __NR_msgctl __NR_getdents
    __NR_ptrace __NR_syslog __NR_setuid __NR_setgid __NR_setpgid __NR_setsid __NR_setreuid
    __NR_setregid __NR_setgroups __NR_setresuid __NR_getresuid __NR_setresgid __NR_getresgid
    __NR_setfsuid __NR_setfsgid __NR_capget __NR_capset __NR_rt_sigqueueinfo
    __NR_uselib __NR_personality __NR_ustat __NR_statfs __NR_fstatfs __NR_sysfs __NR_getpriority
    __NR_setpriority __NR_sched_setparam __NR_sched_setscheduler __NR_sched_rr_get_interval
    __NR_vhangup __NR_modify_ldt __NR_pivot_root __NR__sysctl __NR_adjtimex __NR_chroot __NR_acct
    __NR_settimeofday __NR_mount __NR_umount2 __NR_swapon __NR_swapoff __NR_reboot __NR_sethostname
    __NR_setdomainname __NR_iopl __NR_ioperm __NR_create_module __NR_init_module __NR_delete_module
    __NR_get_kernel_syms __NR_query_module __NR_quotactl __NR_nfsservctl __NR_getpmsg __NR_putpmsg
    __NR_afs_syscall __NR_tuxcall __NR_security __NR_readahead __NR_setxattr __NR_lsetxattr
    __NR_fsetxattr __NR_getxattr __NR_lgetxattr __NR_fgetxattr __NR_listxattr __NR_llistxattr
    __NR_flistxattr __NR_removexattr __NR_lremovexattr __NR_fremovexattr __NR_sched_setaffinity
    __NR_set_thread_area __NR_io_setup __NR_io_destroy __NR_io_getevents __NR_io_submit
    __NR_io_cancel __NR_get_thread_area __NR_lookup_dcookie __NR_epoll_create __NR_epoll_ctl_old
    __NR_epoll_wait_old __NR_remap_file_pages __NR_restart_syscall __NR_semtimedop
    __NR_timer_create __NR_timer_settime __NR_timer_gettime __NR_timer_getoverrun __NR_timer_delete
    __NR_clock_settime __NR_epoll_wait __NR_epoll_ctl __NR_vserver __NR_mbind __NR_set_mempolicy
    __NR_get_mempolicy __NR_mq_open __NR_mq_unlink __NR_mq_timedsend __NR_mq_timedreceive
    __NR_mq_notify __NR_mq_getsetattr __NR_kexec_load __NR_add_key __NR_request_key __NR_keyctl
    __NR_ioprio_set __NR_ioprio_get __NR_inotify_init __NR_inotify_add_watch __NR_inotify_rm_watch
    __NR_migrate_pages __NR_unshare __NR_get_robust_list __NR_splice __NR_tee __NR_sync_file_range
    __NR_vmsplice __NR_move_pages __NR_epoll_pwait __NR_signalfd __NR_timerfd_create __NR_eventfd
    __NR_timerfd_settime __NR_timerfd_gettime __NR_signalfd4 __NR_eventfd2 __NR_epoll_create1
    __NR_inotify_init1 __NR_preadv __NR_pwritev __NR_rt_tgsigqueueinfo
    __NR_perf_event_open __NR_recvmmsg __NR_fanotify_init __NR_fanotify_mark __NR_name_to_handle_at
    __NR_open_by_handle_at __NR_clock_adjtime __NR_sendmmsg __NR_setns __NR_process_vm_readv
    __NR_process_vm_writev __NR_kcmp __NR_finit_module __NR_sched_setattr __NR_sched_getattr
    __NR_seccomp __NR_memfd_create __NR_kexec_file_load __NR_bpf __NR_execveat __NR_userfaultfd
    __NR_membarrier __NR_mlock2 __NR_copy_file_range __NR_preadv2 __NR_pwritev2 __NR_pkey_mprotect
    __NR_pkey_alloc __NR_pkey_free __NR_io_pgetevents __NR_rseq __NR_uretprobe
    __NR_pidfd_send_signal __NR_io_uring_setup __NR_io_uring_enter __NR_io_uring_register
    __NR_open_tree __NR_move_mount __NR_fsopen __NR_fsconfig __NR_fsmount __NR_fspick
    __NR_pidfd_open __NR_clone3 __NR_close_range __NR_openat2 __NR_pidfd_getfd __NR_process_madvise
    __NR_epoll_pwait2 __NR_mount_setattr __NR_quotactl_fd __NR_landlock_create_ruleset
    __NR_landlock_add_rule __NR_landlock_restrict_self __NR_memfd_secret __NR_process_mrelease
    __NR_futex_waitv __NR_set_mempolicy_home_node __NR_cachestat __NR_fchmodat2
    __NR_map_shadow_stack __NR_futex_wake __NR_futex_wait __NR_futex_requeue __NR_statmount
    __NR_listmount __NR_lsm_get_self_attr __NR_lsm_set_self_attr __NR_lsm_list_modules __NR_mseal
    __NR_setxattrat __NR_getxattrat __NR_listxattrat __NR_removexattrat __NR_open_tree_attr
    __NR_file_getattr __NR_file_setattr
}
