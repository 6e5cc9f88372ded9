//! What C's headers define as macros with arguments.

use super::*;

const fn cmsg_align(len: usize) -> usize {
    (len + size_of::<size_t>() - 1) & !(size_of::<size_t>() - 1)
}

pub const fn CMSG_SPACE(length: c_uint) -> c_uint {
    (cmsg_align(length as usize) + cmsg_align(size_of::<cmsghdr>())) as c_uint
}

pub const fn CMSG_LEN(length: c_uint) -> c_uint {
    (cmsg_align(size_of::<cmsghdr>()) + length as usize) as c_uint
}

/// # Safety
/// `cmsg` points to a control message.
pub const unsafe fn CMSG_DATA(cmsg: *const cmsghdr) -> *mut c_uchar {
    // SAFETY: one past the header is within the message or at its end.
    unsafe { cmsg.offset(1) as *mut c_uchar }
}

/// # Safety
/// `mhdr` points to a message header.
pub const unsafe fn CMSG_FIRSTHDR(mhdr: *const msghdr) -> *mut cmsghdr {
    // SAFETY: the caller's pointer is valid.
    let (control, len) = unsafe { ((*mhdr).msg_control, (*mhdr).msg_controllen) };
    if len >= size_of::<cmsghdr>() {
        control as *mut cmsghdr
    } else {
        core::ptr::null_mut()
    }
}

/// # Safety
/// `cmsg` points into the control messages of `mhdr`.
pub unsafe fn CMSG_NXTHDR(mhdr: *const msghdr, cmsg: *const cmsghdr) -> *mut cmsghdr {
    // SAFETY: the caller's pointers are valid.
    let (len, end) = unsafe {
        (
            (*cmsg).cmsg_len,
            (*mhdr).msg_control as usize + (*mhdr).msg_controllen,
        )
    };
    if len < size_of::<cmsghdr>() {
        return core::ptr::null_mut();
    }
    let next = cmsg as usize + cmsg_align(len);
    let rest = end.saturating_sub(next);
    if rest < size_of::<cmsghdr>() {
        return core::ptr::null_mut();
    }
    let next = next as *mut cmsghdr;
    // SAFETY: a whole header lies before the end.
    if cmsg_align(unsafe { (*next).cmsg_len }) > rest {
        core::ptr::null_mut()
    } else {
        next
    }
}

const FD_BITS: usize = c_long::BITS as usize;

/// # Safety
/// `set` is valid and `fd` is below [`FD_SETSIZE`].
pub unsafe fn FD_CLR(fd: c_int, set: *mut fd_set) {
    let fd = fd as usize;
    // SAFETY: the caller's pointer is valid.
    unsafe { (*set).fds_bits[fd / FD_BITS] &= !(1 << (fd % FD_BITS)) }
}

/// # Safety
/// `set` is valid and `fd` is below [`FD_SETSIZE`].
pub unsafe fn FD_ISSET(fd: c_int, set: *const fd_set) -> bool {
    let fd = fd as usize;
    // SAFETY: the caller's pointer is valid.
    unsafe { (*set).fds_bits[fd / FD_BITS] & (1 << (fd % FD_BITS)) != 0 }
}

/// # Safety
/// `set` is valid and `fd` is below [`FD_SETSIZE`].
pub unsafe fn FD_SET(fd: c_int, set: *mut fd_set) {
    let fd = fd as usize;
    // SAFETY: the caller's pointer is valid.
    unsafe { (*set).fds_bits[fd / FD_BITS] |= 1 << (fd % FD_BITS) }
}

/// # Safety
/// `set` is valid.
pub unsafe fn FD_ZERO(set: *mut fd_set) {
    // SAFETY: the caller's pointer is valid.
    unsafe { (*set).fds_bits = [0; 16] }
}

const CPU_BITS: usize = c_ulong::BITS as usize;

/// Takes all processors out of the set.
pub fn CPU_ZERO(set: &mut cpu_set_t) {
    set.bits = [0; 16];
}

/// Puts a processor into the set.
pub fn CPU_SET(cpu: usize, set: &mut cpu_set_t) {
    set.bits[cpu / CPU_BITS] |= 1 << (cpu % CPU_BITS);
}

/// Takes a processor out of the set.
pub fn CPU_CLR(cpu: usize, set: &mut cpu_set_t) {
    set.bits[cpu / CPU_BITS] &= !(1 << (cpu % CPU_BITS));
}

/// Whether a processor is in the set.
pub fn CPU_ISSET(cpu: usize, set: &cpu_set_t) -> bool {
    set.bits[cpu / CPU_BITS] & (1 << (cpu % CPU_BITS)) != 0
}

/// How many processors are in the set.
pub fn CPU_COUNT(set: &cpu_set_t) -> c_int {
    set.bits.iter().map(|word| word.count_ones()).sum::<u32>() as c_int
}

/// Bytes of a set for so many processors.
pub const fn CPU_ALLOC_SIZE(count: c_int) -> size_t {
    (count as usize).div_ceil(CPU_BITS) * size_of::<c_ulong>()
}

/// How many processors are in the first `size` bytes of the set.
pub fn CPU_COUNT_S(size: usize, set: &cpu_set_t) -> c_int {
    let words = size / size_of::<c_ulong>();
    let counted = set.bits.iter().take(words);
    counted.map(|word| word.count_ones()).sum::<u32>() as c_int
}

/// Whether both sets have the same processors.
pub fn CPU_EQUAL(one: &cpu_set_t, other: &cpu_set_t) -> bool {
    one.bits == other.bits
}

/// The lowest real-time signal that is free.
pub fn SIGRTMIN() -> c_int {
    // SAFETY: has no preconditions.
    unsafe { __libc_current_sigrtmin() }
}

/// The highest real-time signal that is free.
pub fn SIGRTMAX() -> c_int {
    // SAFETY: has no preconditions.
    unsafe { __libc_current_sigrtmax() }
}

pub const fn WIFSTOPPED(status: c_int) -> bool {
    status & 0xff == 0x7f
}

pub const fn WSTOPSIG(status: c_int) -> c_int {
    status >> 8 & 0xff
}

pub const fn WIFCONTINUED(status: c_int) -> bool {
    status == 0xffff
}

pub const fn WIFSIGNALED(status: c_int) -> bool {
    ((status & 0x7f) + 1) as i8 >= 2
}

pub const fn WTERMSIG(status: c_int) -> c_int {
    status & 0x7f
}

pub const fn WIFEXITED(status: c_int) -> bool {
    status & 0x7f == 0
}

pub const fn WEXITSTATUS(status: c_int) -> c_int {
    status >> 8 & 0xff
}

pub const fn WCOREDUMP(status: c_int) -> bool {
    status & 0x80 != 0
}

pub const fn W_EXITCODE(status: c_int, signal: c_int) -> c_int {
    status << 8 | signal
}

pub const fn W_STOPCODE(signal: c_int) -> c_int {
    signal << 8 | 0x7f
}

pub const fn QCMD(command: c_int, kind: c_int) -> c_int {
    command << 8 | kind & 0xff
}

pub const fn IPOPT_COPIED(option: u8) -> u8 {
    option & IPOPT_COPY
}

pub const fn IPOPT_CLASS(option: u8) -> u8 {
    option & IPOPT_CLASS_MASK
}

pub const fn IPOPT_NUMBER(option: u8) -> u8 {
    option & IPOPT_NUMBER_MASK
}

pub const fn IPTOS_ECN(service: u8) -> u8 {
    service & IPTOS_ECN_MASK
}

pub const fn IPTOS_TOS(service: u8) -> u8 {
    service & IPTOS_TOS_MASK
}

pub const fn IPTOS_PREC(service: u8) -> u8 {
    service & IPTOS_PREC_MASK
}

pub const fn RT_TOS(service: u8) -> u8 {
    service & IPTOS_TOS_MASK
}

pub const fn RT_ADDRCLASS(flags: u32) -> u32 {
    flags >> 23
}

pub const fn RT_LOCALADDR(flags: u32) -> bool {
    flags & RTF_ADDRCLASSMASK == RTF_LOCAL | RTF_INTERFACE
}

pub const fn KERNEL_VERSION(major: u32, minor: u32, patch: u32) -> u32 {
    (major << 16) + (minor << 8) + if patch > 255 { 255 } else { patch }
}

pub const fn ELF32_R_SYM(info: Elf32_Word) -> Elf32_Word {
    info >> 8
}

pub const fn ELF32_R_TYPE(info: Elf32_Word) -> Elf32_Word {
    info & 0xff
}

pub const fn ELF32_R_INFO(symbol: Elf32_Word, kind: Elf32_Word) -> Elf32_Word {
    (symbol << 8) + (kind & 0xff)
}

pub const fn ELF64_R_SYM(info: Elf64_Xword) -> Elf64_Xword {
    info >> 32
}

pub const fn ELF64_R_TYPE(info: Elf64_Xword) -> Elf64_Xword {
    info & 0xffff_ffff
}

pub const fn ELF64_R_INFO(symbol: Elf64_Xword, kind: Elf64_Xword) -> Elf64_Xword {
    (symbol << 32) + kind
}

/// A request of a device: direction, kind, number, and the size of its argument.
const fn ioctl_number(direction: u32, kind: u32, number: u32, size: usize) -> Ioctl {
    (direction << 30 | (size as u32 & 0x3fff) << 16 | kind << 8 | number) as Ioctl
}

pub const fn _IO(kind: u32, number: u32) -> Ioctl {
    ioctl_number(0, kind, number, 0)
}

pub const fn _IOW<T>(kind: u32, number: u32) -> Ioctl {
    ioctl_number(1, kind, number, size_of::<T>())
}

pub const fn _IOR<T>(kind: u32, number: u32) -> Ioctl {
    ioctl_number(2, kind, number, size_of::<T>())
}

pub const fn _IOWR<T>(kind: u32, number: u32) -> Ioctl {
    ioctl_number(3, kind, number, size_of::<T>())
}

pub const fn major(dev: dev_t) -> c_uint {
    (dev >> 8 & 0xfff | dev >> 32 & !0xfff) as c_uint
}

pub const fn minor(dev: dev_t) -> c_uint {
    (dev & 0xff | dev >> 12 & !0xff) as c_uint
}

pub const fn makedev(major: c_uint, minor: c_uint) -> dev_t {
    let (major, minor) = (major as dev_t, minor as dev_t);
    minor & 0xff | (major & 0xfff) << 8 | (minor & !0xff) << 12 | (major & !0xfff) << 32
}
