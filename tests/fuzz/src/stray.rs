//! What a program can do besides system calls: touch memory, run instructions that are not its
//! to run, and set flags and segments.

use crate::layout::{self, Control, control};
use crate::random::Random;
use core::arch::asm;
use test_pressure as kit;

/// Addresses where something may go wrong.
pub fn address(random: &mut Random) -> u64 {
    match random.below(8) {
        0 => random.next(),
        1 => random
            .pick(&EDGES)
            .wrapping_add(random.below(32))
            .wrapping_sub(16),
        2 => layout::start() + random.below(16 << 12),
        3 => layout::play_page(random.next()),
        4 => crate::child::entry as *const () as u64 & !0xfff,
        5 => Control::get(&control().utcb[random.below(2) as usize]) & !0xfff,
        6 => 1u64.checked_shl(random.below(64) as u32).unwrap_or(0),
        _ => random.next() & 0x7fff_ffff_f000,
    }
}

const EDGES: [u64; 12] = [
    0,
    0x1000,
    0x20_0000,
    0x100_0000,
    0xffff_f000,
    0x1_0000_0000,
    0x7fff_ffff_e000,
    0x7fff_ffff_f000,
    0x8000_0000_0000,
    0xffff_8000_0000_0000,
    0xffff_ffff_8000_0000,
    u64::MAX,
];

/// Reads, writes or runs what is at some address.
pub fn touch(random: &mut Random) {
    let at = address(random);
    let pointer = core::ptr::with_exposed_provenance_mut::<u64>(at as usize);
    // SAFETY: the child's stacks and this code are the only memory whose contents matter to
    // it; should it hit them, the parent starts it again.
    unsafe {
        match random.below(8) {
            0..=3 => {
                pointer.read_volatile();
            }
            4 | 5 if !layout::contains(at) => pointer.write_volatile(random.next()),
            // Not the program's own code, from somewhere on: QEMU's processor, other than
            // any real one, lets a 32-bit `iret` take the interrupts from the machine.
            6 if kit::image(at).is_none() => asm!("call {}", in(reg) at, clobber_abi("C")),
            _ => {
                // A stack pointer to nowhere, for as long as it takes to push.
                asm!("xchg rsp, {0}", "push 0", "pop r11", "xchg rsp, {0}",
                     inout(reg) at => _, out("r11") _);
            }
        }
    }
}

/// An instruction that a program may not run, or not so.
pub fn instruction(random: &mut Random) {
    let any = random.next();
    // SAFETY: what comes back has kept all that the compiler counts on; what does not ends in
    // an exception, after which the parent starts the thread again.
    unsafe {
        match random.below(28) {
            0 => asm!("in al, dx", in("dx") any as u16, out("al") _),
            1 => asm!("out dx, al", in("dx") any as u16, in("al") 0u8),
            2 => asm!("hlt"),
            3 => asm!("cli"),
            4 => asm!("sti"),
            5 => asm!("ud2"),
            6 => asm!("int3"),
            7 => asm!("int 0x80"),
            8 => asm!("int 0x20"),
            9 => asm!("int 14"),
            10 => asm!("int 2"),
            11 => {
                asm!("rdmsr", in("ecx") MSRS[any as usize % MSRS.len()], out("eax") _, out("edx") _)
            }
            12 => {
                asm!("wrmsr", in("ecx") MSRS[any as usize % MSRS.len()], in("eax") 0, in("edx") 0)
            }
            13 => asm!("mov {}, cr3", out(reg) _),
            14 => asm!("mov cr0, {}", in(reg) any),
            15 => asm!("mov dr7, {}", in(reg) any),
            16 => asm!("lgdt [{}]", in(reg) layout::play_page(any)),
            17 => asm!("swapgs"),
            18 => asm!("sysretq", out("rcx") _, out("r11") _),
            19 => asm!("iretq"),
            20 => asm!("invlpg [{}]", in(reg) any),
            21 => asm!("wbinvd"),
            22 => asm!("sysenter"),
            23 => segment(random),
            24 => narrow(random),
            25 => asm!("clts"),
            26 => floats(any),
            _ => asm!("div {0}", in(reg) 0u64, inout("rax") any => _, inout("rdx") 0u64 => _),
        }
    }
}

const MSRS: [u32; 8] = [
    0x1b,
    0x10,
    0xc000_0080,
    0xc000_0082,
    0xc000_0100,
    0xc000_0101,
    0xc000_0102,
    0x174,
];

/// Loads a segment register: that spoils the bases of fs and gs, which other threads may share.
fn segment(random: &mut Random) {
    let selector = match random.below(4) {
        0 => random.next() as u16,
        1 => 0,
        2 => 0x23,
        _ => random.below(0x40) as u16,
    };
    // SAFETY: neither fs nor gs is used by the child's code.
    unsafe {
        match random.below(4) {
            0 => asm!("mov fs, {0:x}", in(reg) selector),
            1 => asm!("mov gs, {0:x}", in(reg) selector),
            2 => asm!("mov es, {0:x}", in(reg) selector),
            _ => asm!("mov ds, {0:x}", in(reg) selector),
        }
    }
}

/// Goes over to 32-bit code, which makes a system call or interrupt its way, or faults.
fn narrow(random: &mut Random) {
    const CODE32: u64 = 0x1b;
    let page = core::ptr::with_exposed_provenance_mut::<u8>(layout::play_page(0) as usize);
    let code: &[u8] = random.pick(&[
        &[0x0f, 0x05, 0x0f, 0x0b],
        &[0x0f, 0x34, 0x0f, 0x0b],
        &[0xcd, 0x80, 0x0f, 0x0b],
        &[0xf4, 0x0f, 0x0b, 0x90],
        &[0xa1, 0x00, 0x00, 0x00, 0x00],
    ]);
    // SAFETY: the page is there to be written to. The stack is below 4 GiB if the code is; what
    // comes of it is an exception, from which the parent starts the thread again.
    unsafe {
        for (i, byte) in code.iter().enumerate() {
            page.add(i).write_volatile(*byte);
        }
        asm!("push {0}", "push {1}", "retfq", in(reg) CODE32, in(reg) page, clobber_abi("C"));
    }
}

fn floats(any: u64) {
    // SAFETY: only floating-point registers change, and the control word that makes all
    // exceptions of theirs real.
    unsafe {
        asm!(
            "push {0}",
            "fninit",
            "fldcw [rsp]",
            "fld1",
            "fldz",
            "fdivp",
            "pop {0}",
            inout(reg) any & 0x7f => _,
            out("st(0)") _, out("st(1)") _, out("st(2)") _, out("st(3)") _,
            out("st(4)") _, out("st(5)") _, out("st(6)") _, out("st(7)") _,
        );
    }
}

/// A system call with odd flags: direction, single step, alignment check, nested task.
pub fn flags(random: &mut Random) {
    let flags = random.pick(&[
        0x400u64, 0x100, 0x4_0000, 0x4000, 0x3000, 0x20_0000, 0x1_0000,
    ]);
    // SAFETY: flags that the program may not have stay as they are; the others are put back.
    unsafe {
        asm!(
            "pushfq",
            "pushfq",
            "or [rsp], {flags}",
            "popfq",
            "syscall",
            "popfq",
            flags = in(reg) flags,
            inlateout("rax") 0u64 => _,
            inlateout("rdx") random.next() & 0xfff => _,
            inlateout("rsi") 0u64 => _,
            inlateout("r8") 0x0400_0400u64 => _,
            out("rdi") _, out("rcx") _, out("r11") _, out("r15") _,
        );
    }
}
