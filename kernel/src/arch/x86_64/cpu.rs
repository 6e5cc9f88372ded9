//! The processor: its tables, its registers, and what the kernel keeps for it.

use super::entry;
use super::paging;
use crate::obj::thread::{FPU_AREA_SIZE, Thread};
use core::arch::x86_64::{__cpuid, __cpuid_count};
use core::cell::{Cell, UnsafeCell};
use core::ops::Range;
use core::ptr::NonNull;
use x86_64::registers::control::{Cr4, Cr4Flags};
use x86_64::registers::model_specific::Msr;
use x86_64::registers::xcontrol::{XCr0, XCr0Flags};

/// Selector of the kernel's code.
pub const KERNEL_CS: u16 = 0x08;
/// Selector of the kernel's data.
pub const KERNEL_DS: u16 = 0x10;
/// Selector of 32-bit user code.
pub const USER_CS32: u16 = 0x1b;
/// Selector of user data.
pub const USER_DS: u16 = 0x23;
/// Selector of 64-bit user code.
pub const USER_CS: u16 = 0x2b;
const TSS_SELECTOR: u16 = 0x30;
/// Number of the first entry behind the kernel's in the table of segments.
pub const FIRST_FREE_SEGMENT: u64 = 8;

const MSR_STAR: u32 = 0xc000_0081;
const MSR_LSTAR: u32 = 0xc000_0082;
const MSR_CSTAR: u32 = 0xc000_0083;
const MSR_SFMASK: u32 = 0xc000_0084;
const MSR_FS_BASE: u32 = 0xc000_0100;
const MSR_GS_BASE: u32 = 0xc000_0101;
const MSR_KERNEL_GS_BASE: u32 = 0xc000_0102;

/// Flags cleared on entry: interrupts, direction, single step, alignment check, nested
/// task.
const ENTRY_FLAGS_CLEARED: u64 = 0x0004_4700;
/// Flags a user program may choose: the arithmetic ones, direction, trap, alignment
/// check and identification.
pub const USER_FLAGS: u64 = 0x0024_0dd5;
/// Flags every user program has: interrupts on, and the bit that is always one.
pub const USER_FLAGS_SET: u64 = 0x202;

/// What the kernel keeps for each processor; `gs` points at it while in the kernel.
#[repr(C)]
pub struct PerCpu {
    /// The thread whose registers the processor saves to on entry.
    pub current: Cell<Option<&'static Thread>>,
    /// Where the kernel's stack starts on each entry.
    pub kernel_stack: Cell<u64>,
    /// The same for system calls, which keep one word there.
    pub syscall_stack: Cell<u64>,
    /// The user's stack pointer, for the first instructions of a system call.
    pub user_sp: Cell<u64>,
    cr3: Cell<u64>,
    fs_base: Cell<u64>,
    gs_base: Cell<u64>,
    fpu_on: Cell<bool>,
    /// The registers that `xsave64` saves; none: `fxsave64` saves all that there are.
    xsave: Cell<XCr0Flags>,
    /// The bitmap of I/O ports that the task state segment has.
    io: Cell<Option<NonNull<u8>>>,
    /// When the current thread got the processor, in ticks of the time stamp counter.
    since: Cell<u64>,
    kernel_root: Cell<Option<NonNull<[Cell<u64>; 512]>>>,
    tss: UnsafeCell<Tss>,
    gdt: UnsafeCell<[u64; 8]>,
}

// SAFETY: each processor uses its own only, with interrupts off.
unsafe impl Sync for PerCpu {}

/// The 64-bit task state segment.
#[repr(C, packed(4))]
struct Tss {
    reserved0: u32,
    rsp: [u64; 3],
    reserved1: u64,
    ist: [u64; 7],
    reserved2: u64,
    reserved3: u16,
    io_map: u16,
    io_bitmap: [u8; IO_BYTES],
    /// The processor reads one byte more than there are.
    io_end: u8,
}

/// Bytes of the I/O bitmap.
const IO_BYTES: usize = 8192;
/// Where it stands in the segment.
const IO_MAP: u16 = core::mem::offset_of!(Tss, io_bitmap) as u16;
/// A place behind the segment: no port is allowed.
const NO_IO_MAP: u16 = u16::MAX;

static CPU: PerCpu = PerCpu {
    current: Cell::new(None),
    kernel_stack: Cell::new(0),
    syscall_stack: Cell::new(0),
    user_sp: Cell::new(0),
    cr3: Cell::new(0),
    fs_base: Cell::new(0),
    gs_base: Cell::new(0),
    fpu_on: Cell::new(true),
    xsave: Cell::new(XCr0Flags::empty()),
    io: Cell::new(None),
    since: Cell::new(0),
    kernel_root: Cell::new(None),
    tss: UnsafeCell::new(Tss {
        reserved0: 0,
        rsp: [0; 3],
        reserved1: 0,
        ist: [0; 7],
        reserved2: 0,
        reserved3: 0,
        io_map: NO_IO_MAP,
        io_bitmap: [0xff; IO_BYTES],
        io_end: 0xff,
    }),
    gdt: UnsafeCell::new([
        0,
        0x00af_9b00_0000_ffff,
        0x00cf_9300_0000_ffff,
        0x00cf_fb00_0000_ffff,
        0x00cf_f300_0000_ffff,
        0x00af_fb00_0000_ffff,
        0,
        0,
    ]),
};

/// A stack for what must not use the one it interrupted.
#[repr(align(16))]
struct FaultStack(UnsafeCell<[u8; FAULT_STACK_BYTES]>);
const FAULT_STACK_BYTES: usize = 8192;
// SAFETY: each is used by the one trap that has it, which does not come back.
unsafe impl Sync for FaultStack {}
/// For double faults, non-maskable interrupts and machine checks: none destroys the frame
/// of another.
static FAULT_STACKS: [FaultStack; 3] =
    [const { FaultStack(UnsafeCell::new([0; FAULT_STACK_BYTES])) }; 3];

#[repr(C, align(16))]
struct Idt(UnsafeCell<[[u64; 2]; 256]>);
// SAFETY: written once at start, then read by the processor.
unsafe impl Sync for Idt {}
static IDT: Idt = Idt(UnsafeCell::new([[0; 2]; 256]));

/// This processor's data.
#[inline]
pub fn this() -> &'static PerCpu {
    &CPU
}

#[repr(C, packed)]
struct TablePointer {
    limit: u16,
    base: u64,
}

fn write_msr(msr: u32, value: u64) {
    // SAFETY: the callers in this file write values that the manual allows there.
    unsafe { Msr::new(msr).write(value) };
}

/// Loads the kernel's own descriptor tables and sets `syscall` up.
///
/// # Safety
/// Called once, at start, with interrupts off; `stack_top` is the end of the kernel's
/// stack.
pub unsafe fn init(stack_top: u64) {
    let cpu = this();
    cpu.kernel_stack.set(stack_top);
    // The call finds the stack aligned as a function wants it.
    cpu.syscall_stack.set(stack_top - 8);
    let tss = cpu.tss.get() as u64;
    let tss_limit = size_of::<Tss>() as u64 - 1;
    // SAFETY: nobody else uses the tables yet; they are static, so that the addresses
    // that are loaded stay good; the descriptors are those the constants above name.
    unsafe {
        let gdt = &mut *cpu.gdt.get();
        gdt[6] = tss_limit | (tss & 0x00ff_ffff) << 16 | 0x89 << 40 | (tss >> 24 & 0xff) << 56;
        gdt[7] = tss >> 32;
        for (n, stack) in FAULT_STACKS.iter().enumerate() {
            (*cpu.tss.get()).ist[n] = stack.0.get() as u64 + FAULT_STACK_BYTES as u64;
        }
        let idt = &mut *IDT.0.get();
        for (vector, gate) in idt.iter_mut().enumerate() {
            let stub = &raw const entry::trap_stubs as u64 + 16 * vector as u64;
            // Breakpoint and overflow are for users to raise.
            let dpl: u64 = if matches!(vector, 3 | 4) { 3 } else { 0 };
            let ist: u64 = match vector {
                8 => 1,
                2 => 2,
                18 => 3,
                _ => 0,
            };
            gate[0] = stub & 0xffff
                | u64::from(KERNEL_CS) << 16
                | ist << 32
                | (0x8e | dpl << 5) << 40
                | (stub >> 16 & 0xffff) << 48;
            gate[1] = stub >> 32;
        }
        let gdt_pointer = TablePointer {
            limit: size_of_val(gdt) as u16 - 1,
            base: gdt.as_ptr() as u64,
        };
        let idt_pointer = TablePointer {
            limit: size_of_val(idt) as u16 - 1,
            base: idt.as_ptr() as u64,
        };
        core::arch::asm!(
            "lgdt [{gdt}]",
            "lidt [{idt}]",
            "push {cs}",
            "lea {tmp}, [rip + 2f]",
            "push {tmp}",
            "retfq",
            "2:",
            "mov ds, {ds:e}",
            "mov es, {ds:e}",
            "mov ss, {ds:e}",
            "ltr {tss:x}",
            gdt = in(reg) &gdt_pointer,
            idt = in(reg) &idt_pointer,
            cs = in(reg) u64::from(KERNEL_CS),
            ds = in(reg) u64::from(KERNEL_DS),
            tss = in(reg) u64::from(TSS_SELECTOR),
            tmp = out(reg) _,
        );
    }
    write_msr(MSR_GS_BASE, core::ptr::from_ref(cpu) as u64);
    // sysret takes SS = base + 8 and CS = base + 16.
    write_msr(
        MSR_STAR,
        u64::from(USER_CS32) << 48 | u64::from(KERNEL_CS) << 32,
    );
    write_msr(MSR_LSTAR, entry::syscall_entry as *const () as u64);
    write_msr(MSR_CSTAR, entry::narrow_entry as *const () as u64);
    write_msr(MSR_SFMASK, ENTRY_FLAGS_CLEARED);
    // SAFETY: at start, before the text is read-only.
    unsafe { protect() };
}

/// User programs cannot store the addresses of descriptor tables.
const CR4_UMIP: u64 = 1 << 11;
/// The kernel does not execute what is mapped for users.
const CR4_SMEP: u64 = 1 << 20;
/// Nor read or write it. The kernel never has to: it knows user memory by its physical address.
const CR4_SMAP: u64 = 1 << 21;

/// Turns on what the processor has to protect the kernel from what users map.
///
/// # Safety
/// Called once, while the kernel's text can be written.
unsafe fn protect() {
    use core::arch::x86_64::{__cpuid, __cpuid_count};
    let features = match __cpuid(0).eax {
        7.. => __cpuid_count(7, 0),
        _ => return,
    };
    let mut bits = 0;
    if features.ecx & 1 << 2 != 0 {
        bits |= CR4_UMIP;
    }
    if features.ebx & 1 << 7 != 0 {
        bits |= CR4_SMEP;
    }
    if features.ebx & 1 << 20 != 0 {
        bits |= CR4_SMAP;
        // A trap leaves the flag as it was by which users could switch this off: `clac` in the
        // place of an instruction that does nothing, since it is not known without SMAP.
        let clac = [0x0f, 0x01, 0xca];
        let place = &raw const entry::trap_clac;
        // SAFETY: three bytes are kept free there (`trap.S`), which nothing executes now.
        unsafe { place.cast_mut().cast::<[u8; 3]>().write_volatile(clac) };
    }
    // SAFETY: the processor has these bits; kernel memory is not mapped for users, neither by
    // the boot tables nor by `paging::init`.
    unsafe {
        core::arch::asm!(
            "mov {t}, cr4", "or {t}, {bits}", "mov cr4, {t}",
            t = out(reg) _, bits = in(reg) bits, options(nostack)
        );
    }
}

/// Lets programs use the AVX registers, if the processor has them and a thread has room for them.
/// Those of AVX-512 stay off: programs ask for them by `xgetbv`.
///
/// # Safety
/// Called once, at start, before there is a thread.
pub unsafe fn init_fpu() {
    const XSAVE: u32 = 1 << 26;
    const AVX: u32 = 1 << 28;
    /// The leaf that tells of `xsave`; its EBX is the size of the area for what XCR0 has now.
    const LEAF: u32 = 0xd;
    let features = __cpuid(1).ecx;
    if features & (XSAVE | AVX) != XSAVE | AVX || __cpuid(0).eax < LEAF {
        return;
    }
    let wanted = XCr0Flags::X87 | XCr0Flags::SSE | XCr0Flags::AVX;
    // SAFETY: the processor has `xsave` and the registers; what it saves is bounded below.
    unsafe {
        Cr4::update(|cr4| cr4.insert(Cr4Flags::OSXSAVE));
        XCr0::write(wanted);
    }
    if __cpuid_count(LEAF, 0).ebx as usize <= FPU_AREA_SIZE {
        this().xsave.set(wanted);
        return;
    }
    // SAFETY: without the AVX registers all is as it was before.
    unsafe {
        XCr0::write(XCr0Flags::X87 | XCr0Flags::SSE);
        Cr4::update(|cr4| cr4.remove(Cr4Flags::OSXSAVE));
    }
}

/// Takes the final page tables of the kernel.
///
/// # Safety
/// `root` maps the kernel as it runs now.
pub unsafe fn use_root(root: NonNull<[Cell<u64>; 512]>) {
    let cpu = this();
    cpu.kernel_root.set(Some(root));
    load_cr3(cpu, paging::virt_to_phys(root.as_ptr().cast()));
}

fn load_cr3(cpu: &PerCpu, cr3: u64) {
    cpu.cr3.set(cr3);
    // SAFETY: every root that gets here has the kernel's half (`Space::init`).
    unsafe { core::arch::asm!("mov cr3, {}", in(reg) cr3, options(nostack, preserves_flags)) };
}

/// The root table that all others share the kernel's half with.
pub fn kernel_root() -> NonNull<[Cell<u64>; 512]> {
    // Set at start, before there is a task.
    this().kernel_root.get().unwrap_or(NonNull::dangling())
}

/// The address space that the processor is in.
#[inline]
pub fn current_cr3() -> u64 {
    this().cr3.get()
}

/// Makes sure that the processor is not in the space of this root, which is to go.
pub fn leave_space(cr3: u64) {
    let cpu = this();
    if cpu.cr3.get() == cr3 {
        load_cr3(cpu, paging::virt_to_phys(kernel_root().as_ptr().cast()));
    }
}

/// The thread that runs, or ran last.
#[inline]
pub fn current() -> Option<&'static Thread> {
    this().current.get()
}

/// Charges the processor's time since the last charge to the current thread.
#[inline(always)]
pub fn charge() {
    let cpu = this();
    let now = tsc();
    let since = cpu.since.replace(now);
    if let Some(current) = cpu.current.get() {
        current
            .ticks
            .set(current.ticks.get().wrapping_add(now.wrapping_sub(since)));
    }
}

/// The processor was idle until now: nobody is charged for that.
pub fn charge_nobody() {
    this().since.set(tsc());
}

/// Forgets the current thread, which is to go.
pub fn forget_current() {
    this().current.set(None);
}

/// Makes a thread the one that runs when the kernel is left: its address space, its
/// segment bases and its floating-point registers.
#[inline(always)]
pub fn switch_to(next: &'static Thread) {
    let cpu = this();
    let before = cpu.current.get();
    if before.is_some_and(|before| core::ptr::eq(before, next)) {
        return;
    }
    if let Some(before) = before
        && cpu.fpu_on.get()
    {
        save_fpu(before);
    }
    charge();
    switch_rest(cpu, next);
}

fn save_fpu(thread: &Thread) {
    let (area, mask) = (thread.fpu_area(), this().xsave.get().bits() as u32);
    // SAFETY: the area is `FPU_AREA_SIZE` bytes, aligned to 64, as much as the registers of the
    // mask take (`init_fpu`), and belongs to this thread, whose values are in the registers.
    unsafe {
        if mask == 0 {
            core::arch::asm!("fxsave64 [{}]", in(reg) area, options(nostack));
        } else {
            core::arch::asm!("xsave64 [{}]", in(reg) area, in("eax") mask, in("edx") 0,
                options(nostack));
        }
    }
}

fn load_fpu(thread: &Thread) {
    let (area, mask) = (thread.fpu_area(), this().xsave.get().bits() as u32);
    // SAFETY: the area holds what `save_fpu` wrote, or the initial state; nobody else writes it.
    unsafe {
        if mask == 0 {
            core::arch::asm!("fxrstor64 [{}]", in(reg) area, options(nostack));
        } else {
            core::arch::asm!("xrstor64 [{}]", in(reg) area, in("eax") mask, in("edx") 0,
                options(nostack));
        }
    }
}

#[inline(always)]
fn switch_rest(cpu: &PerCpu, next: &'static Thread) {
    cpu.current.set(Some(next));
    // SAFETY: the processor reads the field on the next trap only.
    unsafe { (*cpu.tss.get()).rsp[0] = next.trap_stack() };
    let cr3 = next.cr3();
    if cr3 != cpu.cr3.get() {
        load_cr3(cpu, cr3);
        load_all_bases(cpu, next);
    } else {
        load_bases(cpu, next);
    }
    if next.binding.io_bitmap.get() != cpu.io.get() {
        load_io(cpu, next.binding.io_bitmap.get());
    }
    // Threads that never used the floating-point unit run with it off: the first use
    // traps (`fpu_first_use`).
    match (next.fpu_used.get(), cpu.fpu_on.get()) {
        (true, on) => {
            if !on {
                set_fpu(cpu, true);
            }
            load_fpu(next);
        }
        (false, true) => set_fpu(cpu, false),
        (false, false) => {}
    }
}

/// Lets the processor use this bitmap of I/O ports.
#[cold]
fn load_io(cpu: &PerCpu, bitmap: Option<NonNull<u8>>) {
    cpu.io.set(bitmap);
    // SAFETY: the kernel alone writes the segment; a bitmap is `IO_BYTES` long and lives
    // until `io_gone`.
    unsafe {
        let tss = cpu.tss.get();
        (*tss).io_map = if bitmap.is_some() { IO_MAP } else { NO_IO_MAP };
        if let Some(bitmap) = bitmap {
            let place = &raw mut (*tss).io_bitmap;
            place
                .cast::<u8>()
                .copy_from_nonoverlapping(bitmap.as_ptr(), IO_BYTES);
        }
    }
}

/// A bitmap of I/O ports was changed, in these bytes.
pub fn io_changed(bitmap: NonNull<u8>, bytes: Range<usize>) {
    let cpu = this();
    if cpu.io.get() != Some(bitmap) || bytes.end > IO_BYTES || bytes.start > bytes.end {
        return;
    }
    // SAFETY: the kernel alone writes the segment; a bitmap is `IO_BYTES` long, which the
    // bytes are within.
    unsafe {
        let place = (&raw mut (*cpu.tss.get()).io_bitmap).cast::<u8>();
        place
            .add(bytes.start)
            .copy_from_nonoverlapping(bitmap.as_ptr().add(bytes.start), bytes.len());
    }
}

/// The thread has another bitmap of I/O ports than before.
pub fn reload_io(thread: &Thread) {
    if current().is_some_and(|c| core::ptr::eq(c, thread)) {
        load_io(this(), thread.binding.io_bitmap.get());
    }
}

/// A bitmap of I/O ports goes.
pub fn io_gone(bitmap: NonNull<u8>) {
    let cpu = this();
    if cpu.io.get() == Some(bitmap) {
        load_io(cpu, None);
    }
}

/// Loads the segment bases, whatever they were. A program changes them behind the
/// kernel's back when it loads a segment register: another task must not feel that.
#[inline]
fn load_all_bases(cpu: &PerCpu, thread: &Thread) {
    let (fs, gs) = thread.segment_bases();
    cpu.fs_base.set(fs);
    write_msr(MSR_FS_BASE, fs);
    cpu.gs_base.set(gs);
    write_msr(MSR_KERNEL_GS_BASE, gs);
}

/// Loads the segment bases that differ from those of the thread before, of the same task.
#[inline]
fn load_bases(cpu: &PerCpu, thread: &Thread) {
    let (fs, gs) = thread.segment_bases();
    if fs != cpu.fs_base.get() {
        cpu.fs_base.set(fs);
        write_msr(MSR_FS_BASE, fs);
    }
    if gs != cpu.gs_base.get() {
        cpu.gs_base.set(gs);
        write_msr(MSR_KERNEL_GS_BASE, gs);
    }
}

/// Loads the segment bases of a thread anew, if it is the one that runs.
pub fn reload_bases(thread: &Thread) {
    if current().is_some_and(|c| core::ptr::eq(c, thread)) {
        load_all_bases(this(), thread);
    }
}

fn set_fpu(cpu: &PerCpu, on: bool) {
    cpu.fpu_on.set(on);
    // SAFETY: the bit decides only whether user code traps on the FPU's use.
    unsafe {
        if on {
            core::arch::asm!("clts", options(nostack, preserves_flags));
        } else {
            core::arch::asm!(
                "mov {t}, cr0", "or {t}, 8", "mov cr0, {t}",
                t = out(reg) _, options(nostack)
            );
        }
    }
}

/// Gives the current thread the floating-point unit for the first time.
pub fn fpu_first_use(thread: &Thread) {
    set_fpu(this(), true);
    thread.fpu_used.set(true);
    load_fpu(thread);
}

/// Gives one thread a copy of another's floating-point registers.
pub fn copy_fpu(from: &'static Thread, to: &'static Thread) {
    let cpu = this();
    let runs = |thread: &Thread| current().is_some_and(|c| core::ptr::eq(c, thread));
    if cpu.fpu_on.get() && runs(from) {
        save_fpu(from);
    }
    // SAFETY: both areas are this large; they are two threads', or one and the same.
    unsafe { to.fpu_area().copy_from(from.fpu_area(), FPU_AREA_SIZE) };
    to.fpu_used.set(true);
    if runs(to) {
        set_fpu(cpu, true);
        load_fpu(to);
    }
}

/// The time stamp counter.
#[inline]
pub fn tsc() -> u64 {
    // SAFETY: the instruction only reads.
    unsafe { core::arch::x86_64::_rdtsc() }
}

/// Takes the interrupts that are there.
pub fn let_interrupts_in() {
    crate::stays::end();
    // SAFETY: the handlers of interrupts from the kernel (`trap::from_kernel`) only do what may be
    // done between any two instructions of the idle loop. Its other caller, `ipc::long::go_on`,
    // holds nothing that they change.
    unsafe { core::arch::asm!("sti", "nop", "cli") };
    crate::stays::begin();
}

/// Waits for an interrupt, and takes it.
pub fn wait_for_interrupt() {
    crate::stays::end();
    // SAFETY: the handlers of interrupts from the kernel (`trap::from_kernel`) only do
    // what may be done between any two instructions of the idle loop, the only place
    // with interrupts on.
    unsafe { core::arch::asm!("sti", "hlt", "cli") };
    crate::stays::begin();
}
