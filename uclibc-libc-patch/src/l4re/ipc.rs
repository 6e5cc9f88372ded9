//! `sys/ipc.h`, `sys/sem.h`, `sys/shm.h`.

use super::*;

structs! {
    "struct ipc_perm" pub struct ipc_perm {
        __key: key_t,
        pub uid: uid_t,
        pub gid: gid_t,
        pub cuid: uid_t,
        pub cgid: gid_t,
        pub mode: c_uint,
        __seq: c_ushort,
        __pad2: c_ushort,
        __uclibc_unused1: c_ulong,
        __uclibc_unused2: c_ulong,
    }

    "struct sembuf" pub struct sembuf {
        pub sem_num: c_ushort,
        pub sem_op: c_short,
        pub sem_flg: c_short,
    }

    "struct semid_ds" pub struct semid_ds {
        pub sem_perm: ipc_perm,
        pub sem_otime: time_t,
        __uclibc_unused1: c_ulong,
        pub sem_ctime: time_t,
        __uclibc_unused2: c_ulong,
        pub sem_nsems: c_ulong,
        __uclibc_unused3: c_ulong,
        __uclibc_unused4: c_ulong,
    }

    "struct seminfo" pub struct seminfo {
        pub semmap: c_int,
        pub semmni: c_int,
        pub semmns: c_int,
        pub semmnu: c_int,
        pub semmsl: c_int,
        pub semopm: c_int,
        pub semume: c_int,
        pub semusz: c_int,
        pub semvmx: c_int,
        pub semaem: c_int,
    }

    "struct shmid_ds" pub struct shmid_ds {
        pub shm_perm: ipc_perm,
        pub shm_segsz: size_t,
        pub shm_atime: time_t,
        pub shm_dtime: time_t,
        pub shm_ctime: time_t,
        pub shm_cpid: pid_t,
        pub shm_lpid: pid_t,
        pub shm_nattch: shmatt_t,
        __uclibc_unused4: c_ulong,
        __uclibc_unused5: c_ulong,
    }
}

constants! {
    c_int {
        IPC_RMID = 0;
        IPC_SET = 1;
        IPC_STAT = 2;
        IPC_INFO = 3;
        GETPID = 11;
        SHM_LOCK = 11;
        GETVAL = 12;
        SHM_UNLOCK = 12;
        GETALL = 13;
        GETNCNT = 14;
        GETZCNT = 15;
        SETVAL = 16;
        SETALL = 17;
        SEM_STAT = 18;
        SEM_INFO = 19;
        SHM_W = 128;
        SHM_R = 256;
        IPC_CREAT = 512;
        IPC_EXCL = 1024;
        IPC_NOWAIT = 2048;
        SHM_HUGETLB = 2048;
        SEM_UNDO = 0x1000;
        SHM_NORESERVE = 0x1000;
        SHM_RDONLY = 0x1000;
        SHM_RND = 0x2000;
        SHM_REMAP = 0x4000;
    }
    key_t {
        IPC_PRIVATE = 0;
    }
}

functions! {
    fn ftok(pathname: *const c_char, proj_id: c_int) -> key_t;
    fn semctl(semid: c_int, semnum: c_int, cmd: c_int, ...) -> c_int;
    fn semget(key: key_t, nsems: c_int, semflg: c_int) -> c_int;
    fn semop(semid: c_int, sops: *mut sembuf, nsops: size_t) -> c_int;
    fn shmat(shmid: c_int, shmaddr: *const c_void, shmflg: c_int) -> *mut c_void;
    fn shmctl(shmid: c_int, cmd: c_int, buf: *mut shmid_ds) -> c_int;
    fn shmdt(shmaddr: *const c_void) -> c_int;
    fn shmget(key: key_t, size: size_t, shmflg: c_int) -> c_int;
}
