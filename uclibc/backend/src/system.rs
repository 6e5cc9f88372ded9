//! What a program asks about itself and its system, and how it ends.

use crate::errno::{EINVAL, EPERM, Result, fail};
use crate::{exports, thread, time, user};
use l4re::thread::Thread;
use l4re::{Cap, start};
use l4re_sys::elf_aux::USUAL_STACK_SIZE;
use linux_raw_sys::general::{RLIM64_INFINITY, RLIMIT_NOFILE, RLIMIT_STACK, rlimit64, rusage};
use linux_raw_sys::system::new_utsname;

/// How many descriptors there can be.
const FILES: u64 = 1024;

/// Ends the program: tells its parent the status, of which Linux passes on eight bits.
pub fn exit_group(status: u64) -> ! {
    l4re::exit((status & 0xff) as i32)
}

/// `ARCH_SET_FS` of Linux's `asm/prctl.h`.
const ARCH_SET_FS: u64 = 0x1002;

/// `arch_prctl`: the calling thread's `fs` base. (`gs` is L4's.)
///
/// # Safety
/// What uses the base finds there what it expects.
pub unsafe fn arch_prctl(what: u64, to: u64) -> Result {
    if what != ARCH_SET_FS {
        return fail(EINVAL);
    }
    // SAFETY: thread-local data are at `to` (contract of this function).
    unsafe { Cap::<Thread>::CURRENT.set_fs_base(to)? };
    thread::set_tls(to);
    Ok(0)
}

/// `getrlimit`, `prlimit64`.
///
/// # Safety
/// `to` is 0 or the place of a `struct rlimit`.
pub unsafe fn limit(what: u64, to: u64) -> Result {
    let limit = match what as u32 {
        RLIMIT_STACK => exports::first_stack_size().unwrap_or(USUAL_STACK_SIZE),
        RLIMIT_NOFILE => FILES,
        0..=15 => RLIM64_INFINITY as u64,
        _ => return fail(EINVAL),
    };
    let limit = rlimit64 {
        rlim_cur: limit,
        rlim_max: limit,
    };
    // SAFETY: `to` is 0 or the place of a value of this type (contract of this function).
    unsafe { user::put(to, limit) };
    Ok(0)
}

/// `setrlimit`: limits are what they are.
pub fn set_limit() -> Result {
    fail(EPERM)
}

/// `uname`.
///
/// # Safety
/// `to` is 0 or the place of a `struct utsname`.
pub unsafe fn uname(to: u64) -> Result {
    fn field(text: &str) -> [core::ffi::c_char; 65] {
        let mut field = [0; 65];
        for (to, from) in field.iter_mut().zip(text.bytes().take(64)) {
            *to = from as core::ffi::c_char;
        }
        field
    }
    let kip = start::env().kip();
    let name = new_utsname {
        sysname: field("L4Re"),
        nodename: field("l4re"),
        release: field(kip.name()),
        version: field(kip.version()),
        machine: field("x86_64"),
        domainname: field(""),
    };
    // SAFETY: `to` is 0 or the place of a value of this type (contract of this function).
    unsafe { user::put(to, name) };
    Ok(0)
}

/// The kernel's `struct sysinfo`, as far as it goes.
#[repr(C)]
struct SysInfo {
    uptime: i64,
    loads: [u64; 3],
    total: u64,
    free: u64,
    shared: u64,
    buffers: u64,
    swap: [u64; 2],
    processes: u16,
    pad: u16,
    high: [u64; 2],
    unit: u32,
}

/// `sysinfo`: memory is what the program's allocator has.
///
/// # Safety
/// `to` is 0 or the place of a `struct sysinfo`.
pub unsafe fn info(to: u64) -> Result {
    let memory = start::env().mem_alloc().info()?;
    // A quota may allow more than there is.
    let total = memory
        .quota
        .min(memory.quota_used.saturating_add(memory.mem_free));
    let info = SysInfo {
        uptime: time::now().as_secs() as i64,
        loads: [0; 3],
        total,
        free: total.saturating_sub(memory.quota_used),
        shared: 0,
        buffers: 0,
        swap: [0; 2],
        processes: 1,
        pad: 0,
        high: [0; 2],
        unit: 1,
    };
    // SAFETY: `to` is 0 or the place of a value of this type (contract of this function).
    unsafe { user::put(to, info) };
    Ok(0)
}

/// `getrusage`: the processor time.
///
/// # Safety
/// `to` is 0 or the place of a `struct rusage`.
pub unsafe fn usage(to: u64) -> Result {
    let time = thread::cpu_time()?;
    // SAFETY: the structure holds integers only.
    let mut usage: rusage = unsafe { core::mem::zeroed() };
    usage.ru_utime.tv_sec = time.as_secs() as i64;
    usage.ru_utime.tv_usec = time.subsec_micros().into();
    // SAFETY: `to` is 0 or the place of a value of this type (contract of this function).
    unsafe { user::put(to, usage) };
    Ok(0)
}

/// `sched_getaffinity`: the processors that the program's scheduler has.
///
/// # Safety
/// `to` and `size` are of a buffer of the caller's.
pub unsafe fn affinity(size: u64, to: u64) -> Result {
    if size < 8 || !size.is_multiple_of(8) {
        return fail(EINVAL);
    }
    let online = start::env()
        .scheduler()
        .info(0, 0)
        .map_or(1, |info| info.map);
    // SAFETY: `to` is 0 or the place of a value of this type (contract of this function).
    unsafe { user::put(to, online) };
    Ok(8)
}
