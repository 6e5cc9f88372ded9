//! Which I/O port an instruction wanted that the processor did not let through.

use super::paging::phys_to_virt;
use crate::obj::thread::Thread;
use l4re_sys::fpage::Fpage;

/// The longest an x86 instruction can be.
const LONGEST: u64 = 15;

/// A byte of the thread's code.
fn code(thread: &Thread, addr: u64) -> Option<u8> {
    let found = thread.task()?.space.translate(addr)?;
    let offset = addr & ((1 << found.order) - 1);
    let phys = found.phys + offset;
    // Only RAM is in the direct map.
    let ram = crate::mem::phys::access(phys & !0xfff, 0x1000).is_some_and(|attr| attr.caching == 0);
    // SAFETY: RAM is mapped in the direct map, for ever; user code does not run now.
    ram.then(|| unsafe { phys_to_virt(phys).read_volatile() })
}

/// The ports of the instruction that faulted, if it is one that uses ports.
pub fn used(thread: &Thread) -> Option<Fpage> {
    let (error, ip, dx) = thread.read_regs(|regs| (regs.err, regs.ip, regs.rdx as u16));
    if error != 0 {
        return None;
    }
    let mut narrow = false;
    let mut at = ip;
    let opcode = loop {
        if at >= ip + LONGEST {
            return None;
        }
        match code(thread, at)? {
            0x66 => narrow = true,
            0xf2 | 0xf3 | 0x67 | 0x2e | 0x36 | 0x3e | 0x26 | 0x64 | 0x65 | 0x40..=0x4f => {}
            other => break other,
        }
        at += 1;
    };
    let port = match opcode {
        // in and out with the port in the instruction
        0xe4..=0xe7 => u16::from(code(thread, at + 1)?),
        // ins, outs, and in and out with the port in dx
        0x6c..=0x6f | 0xec..=0xef => dx,
        _ => return None,
    };
    let order = match (opcode & 1, narrow) {
        (0, _) => 0,
        (_, true) => 1,
        _ => 2,
    };
    Some(Fpage::io(port, order))
}
