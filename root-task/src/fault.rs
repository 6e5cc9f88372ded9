//! What is told about a program that faults.

use core::fmt;

use l4re_sys::ExcRegs;
use l4re_sys::consts::PAGE_SIZE;

use crate::budget::{Budget, Step, cost};
use crate::regions::{Access, RegionMap};

/// The most lines of a backtrace.
const MAX_LINES: usize = 24;
/// As many frames are looked at.
const MAX_FRAMES: usize = 1 << 16;
/// A fault this far below a stack is still taken for an overflow.
const BELOW_STACK: u64 = 64 << 10;
/// Bits of the error code of a page fault (x86-64).
const ERROR_WRITE: u64 = 1 << 1;
const ERROR_FETCH: u64 = 1 << 4;

/// A fault, as it is reported.
#[derive(Clone, Debug, PartialEq)]
pub struct Fault {
    /// What happened.
    pub kind: Kind,
    /// The instruction.
    pub ip: u64,
    /// The stack pointer.
    pub sp: u64,
    trace: Trace,
}

/// The way to an instruction, as far as it has been followed.
#[derive(Clone, Debug, PartialEq)]
struct Trace {
    frames: [Frame; MAX_LINES],
    len: usize,
    /// The next frame; 0: there is none.
    next: u64,
    /// How many have been looked at.
    looked: usize,
}

/// An address in a backtrace, and how often it stands there in a row.
#[derive(Debug, Default, PartialEq, Clone, Copy)]
pub struct Frame {
    /// The address.
    pub address: u64,
    /// How often; more than once in a recursion.
    pub count: usize,
}

impl fmt::Display for Frame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "at {:#018x}", self.address)?;
        match self.count {
            1 => Ok(()),
            count => write!(f, " ({count} times)"),
        }
    }
}

/// What happened.
#[derive(Debug, PartialEq, Clone, Copy)]
pub enum Kind {
    /// An access through a pointer that is null, or nearly.
    Null(Access, u64),
    /// An access where nothing is.
    Unmapped(Access, u64),
    /// An access that the memory is not for.
    Forbidden(Access, u64),
    /// An access to memory that could not be had.
    NoMemory(Access, u64),
    /// The stack is full; the address is below it.
    StackOverflow(u64),
    /// An exception of the processor, by its number.
    Exception(u64),
}

impl Fault {
    /// Finds out what the registers tell. The way to the instruction is still to be
    /// [followed](Self::follow).
    pub fn examine(regs: &ExcRegs, regions: &RegionMap) -> Fault {
        let kind = if regs.trapno == ExcRegs::PAGE_FAULT_TRAP {
            page_fault(regs, regions)
        } else {
            Kind::Exception(regs.trapno)
        };
        let mut trace = Trace {
            frames: [Frame::default(); MAX_LINES],
            len: 0,
            next: regs.rbp,
            looked: 0,
        };
        trace.push(regs.ip);
        if regions.find(regs.ip, 1).is_none()
            && let Some(caller) = read(regions, regs.sp)
        {
            // A call to nowhere: the stack still has where it came from.
            trace.push(caller);
        }
        Fault {
            kind,
            ip: regs.ip,
            sp: regs.sp,
            trace,
        }
    }

    /// Follows the frame pointers within the budget, as far as they make sense.
    pub fn follow(&mut self, regions: &RegionMap, budget: &Budget) -> Step<()> {
        let trace = &mut self.trace;
        while trace.looked < MAX_FRAMES {
            if !budget.is_left() {
                return Step::More;
            }
            budget.spend(cost::FRAME);
            trace.looked += 1;
            let frame = trace.next;
            if frame == 0 || !frame.is_multiple_of(8) {
                break;
            }
            let caller = read(regions, frame.wrapping_add(8));
            let (Some(next), Some(caller)) = (read(regions, frame), caller) else {
                break;
            };
            // Callers' frames are above.
            if caller == 0 || !trace.push(caller) || next <= frame {
                break;
            }
            trace.next = next;
        }
        Step::Done(())
    }

    /// The instruction and the return addresses of its callers, innermost first.
    pub fn frames(&self) -> &[Frame] {
        self.trace.frames.get(..self.trace.len).unwrap_or(&[])
    }
}

impl Trace {
    /// Adds an address; false if no more lines fit.
    fn push(&mut self, address: u64) -> bool {
        let last = self
            .len
            .checked_sub(1)
            .and_then(|last| self.frames.get_mut(last));
        if let Some(last) = last
            && last.address == address
        {
            last.count += 1;
            return true;
        }
        if let Some(place) = self.frames.get_mut(self.len) {
            *place = Frame { address, count: 1 };
            self.len += 1;
        }
        self.len < MAX_LINES
    }
}

/// A word of the address space, if it is there.
fn read(regions: &RegionMap, address: u64) -> Option<u64> {
    let mut word = [0; 8];
    let there = regions.peek(address, &mut word);
    there.then(|| u64::from_le_bytes(word))
}

fn page_fault(regs: &ExcRegs, regions: &RegionMap) -> Kind {
    let at = regs.pfa;
    let access = if regs.err & ERROR_FETCH != 0 {
        Access::Execute
    } else if regs.err & ERROR_WRITE != 0 {
        Access::Write
    } else {
        Access::Read
    };
    if is_overflow(at, regs.sp, regions) {
        return Kind::StackOverflow(at);
    }
    match regions.find(at, 1) {
        None if at < PAGE_SIZE as u64 => Kind::Null(access, at),
        None => Kind::Unmapped(access, at),
        Some(region) if region.value.allows(access) => Kind::NoMemory(access, at),
        Some(_) => Kind::Forbidden(access, at),
    }
}

/// Whether a thread with this stack pointer that touches `at` has used its stack up. Any writable
/// memory may be a stack; so that is one at whose lower end, or below, the stack pointer stands.
fn is_overflow(at: u64, sp: u64, regions: &RegionMap) -> bool {
    let Some(stack) = regions.next_above(at) else {
        return false;
    };
    let bottom = stack.start;
    let below = |address: u64| address < bottom && address >= bottom.saturating_sub(BELOW_STACK);
    let is_stack = stack.value.allows(Access::Write) && !stack.value.allows(Access::Execute);
    let has_ended = |access| match regions.find(at, 1) {
        Some(region) => !region.value.allows(access),
        None => true,
    };
    is_stack
        && below(at)
        && has_ended(Access::Write)
        && (below(sp) || sp.wrapping_sub(bottom) < PAGE_SIZE as u64)
}

impl fmt::Display for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Access::Read => "read",
            Access::Write => "write",
            Access::Execute => "execute",
        })
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let address = match self.kind {
            Kind::Null(access, at) => {
                write!(f, "null pointer {access}")?;
                Some(at)
            }
            Kind::Unmapped(access, at) => {
                write!(f, "{access} of unmapped memory")?;
                Some(at)
            }
            Kind::Forbidden(Access::Write, at) => {
                f.write_str("write to read-only memory")?;
                Some(at)
            }
            Kind::Forbidden(Access::Execute, at) => {
                f.write_str("execution of memory that is not executable")?;
                Some(at)
            }
            Kind::Forbidden(Access::Read, at) => {
                f.write_str("read of memory that is not readable")?;
                Some(at)
            }
            Kind::NoMemory(access, at) => {
                write!(f, "out of memory on {access}")?;
                Some(at)
            }
            Kind::StackOverflow(at) => {
                f.write_str("stack overflow")?;
                Some(at)
            }
            Kind::Exception(number) => {
                match exception_name(number) {
                    Some(name) => f.write_str(name)?,
                    None => write!(f, "exception {number}")?,
                }
                None
            }
        };
        write!(f, " at ip={:#x}", self.ip)?;
        if let Some(address) = address {
            write!(f, " addr={address:#x}")?;
        }
        write!(f, " sp={:#x}", self.sp)
    }
}

/// The name of an exception of the processor.
fn exception_name(number: u64) -> Option<&'static str> {
    Some(match number {
        0 => "division error",
        1 => "debug exception",
        3 => "breakpoint",
        4 => "overflow",
        5 => "bound range exceeded",
        6 => "invalid instruction",
        7 => "floating-point unit not available",
        10 => "invalid task state",
        11 => "segment not present",
        12 => "stack segment fault",
        13 => "general protection fault",
        16 => "x87 floating-point error",
        17 => "alignment check",
        18 => "machine check",
        19 => "SIMD floating-point error",
        21 => "control protection fault",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dataspace::Dataspace;
    use crate::fallible::Shared;
    use crate::pool::tests::pool;
    use crate::quota::Quota;
    use crate::regions::Region;
    use l4re_sys::re::rm::RmFlags;
    use std::format;
    use std::vec::Vec;

    const STACK: (u64, u64) = (0x7000_0000, 0x7001_0000);

    fn regions() -> (RegionMap, Shared<Dataspace>) {
        let quota = Quota::of(usize::MAX, None);
        let mut map = RegionMap::new(quota.clone(), (0x1000, (1 << 47) - 1));
        let memory = Shared::new(Dataspace::on_demand(pool(64), &quota, 0x10000).unwrap()).unwrap();
        let mut attach = |at, flags| {
            let region = Region::of(memory.clone(), 0, flags, b"");
            let at_once = (&mut None, &Budget::unlimited());
            map.attach(at, 0x10000, flags, 12, region, at_once).unwrap();
        };
        attach(STACK.0, RmFlags::RW);
        attach(0x100_0000, RmFlags::RX);
        (map, memory)
    }

    fn fault(change: impl FnOnce(&mut ExcRegs)) -> Fault {
        let mut regs = ExcRegs {
            trapno: 14,
            ip: 0x100_0010,
            sp: 0x7000_8000,
            ..ExcRegs::ZERO
        };
        change(&mut regs);
        Fault::examine(&regs, &regions().0)
    }

    /// The frames, followed in short steps.
    fn traced(regs: &ExcRegs, map: &RegionMap) -> Vec<Frame> {
        let mut fault = Fault::examine(regs, map);
        while fault.follow(map, &Budget::of(3 * cost::FRAME)) == Step::More {}
        fault.frames().to_vec()
    }

    #[test]
    fn kinds_are_told_apart() {
        let kind = |pfa, err| fault(|r| (r.pfa, r.err) = (pfa, err)).kind;
        assert_eq!(kind(8, 4), Kind::Null(Access::Read, 8));
        assert_eq!(kind(0, 4 | 16), Kind::Null(Access::Execute, 0));
        assert_eq!(
            kind(0x5000_0000, 6),
            Kind::Unmapped(Access::Write, 0x5000_0000)
        );
        assert_eq!(
            kind(0x100_0020, 7),
            Kind::Forbidden(Access::Write, 0x100_0020)
        );
        assert_eq!(
            kind(0x7000_0000, 0x15),
            Kind::Forbidden(Access::Execute, 0x7000_0000)
        );
        assert_eq!(
            kind(0x7000_0000, 6),
            Kind::NoMemory(Access::Write, 0x7000_0000)
        );
        // Below the stack, but the stack pointer is not there.
        assert_eq!(
            kind(0x6fff_eff8, 6),
            Kind::Unmapped(Access::Write, 0x6fff_eff8)
        );
        assert_eq!(fault(|r| r.trapno = 6).kind, Kind::Exception(6));
    }

    #[test]
    fn a_full_stack_is_recognised() {
        for sp in [0x6fff_f000, 0x7000_0000, 0x6fff_e000] {
            let kind = fault(|r| (r.pfa, r.err, r.sp) = (0x6fff_fff8, 6, sp)).kind;
            assert_eq!(kind, Kind::StackOverflow(0x6fff_fff8));
        }
    }

    #[test]
    fn the_stack_of_any_thread_may_be_full() {
        let (mut map, memory) = regions();
        // As a C library makes one: mapped, and then the lowest page taken away again.
        let (guard, bottom) = (0xb800_0000, 0xb800_1000);
        let stack = Region::of(memory, 0, RmFlags::RW, b"");
        let none = Region::without_memory(RmFlags::empty(), b"");
        let all = &Budget::unlimited();
        map.attach(bottom, 0x8000, RmFlags::RW, 12, stack, (&mut None, all))
            .unwrap();
        map.attach(guard, 0x1000, RmFlags::empty(), 12, none, (&mut None, all))
            .unwrap();
        let kind = |pfa, sp| {
            let regs = ExcRegs {
                trapno: 14,
                err: 6,
                pfa,
                sp,
                ..ExcRegs::ZERO
            };
            Fault::examine(&regs, &map).kind
        };
        assert_eq!(kind(guard + 8, bottom + 16), Kind::StackOverflow(guard + 8));
        assert_eq!(kind(guard + 8, guard - 8), Kind::StackOverflow(guard + 8));
        // A pointer astray, with room on the stack.
        let astray = Kind::Forbidden(Access::Write, guard + 8);
        assert_eq!(kind(guard + 8, bottom + 0x4000), astray);
        // Code above is no stack.
        let kind = kind(0xff_fff8, 0xff_fff8);
        assert_eq!(kind, Kind::Unmapped(Access::Write, 0xff_fff8));
    }

    #[test]
    fn lines_say_where() {
        let f = fault(|r| (r.pfa, r.err) = (0, 6));
        assert_eq!(
            format!("{f}"),
            "null pointer write at ip=0x1000010 addr=0x0 sp=0x70008000"
        );
        let f = fault(|r| r.trapno = 0);
        assert_eq!(
            format!("{f}"),
            "division error at ip=0x1000010 sp=0x70008000"
        );
        assert_eq!(
            format!("{}", fault(|r| r.trapno = 99)),
            "exception 99 at ip=0x1000010 sp=0x70008000"
        );
    }

    #[test]
    fn frames_are_followed_and_hostile_ones_are_not() {
        let (map, memory) = regions();
        let word = |at: usize, value: u64| memory.write(at, &value.to_le_bytes()).unwrap();
        word(0x8000, 0x7000_8100);
        word(0x8008, 0x100_0100);
        word(0x8100, 0x7000_8000); // back down: the end
        word(0x8108, 0x100_0200);
        let mut regs = ExcRegs {
            ip: 0x100_0010,
            rbp: 0x7000_8000,
            ..ExcRegs::ZERO
        };
        let frames = |regs: &ExcRegs| {
            let frames = traced(regs, &map);
            frames.into_iter().map(|f| f.address).collect::<Vec<_>>()
        };
        assert_eq!(frames(&regs), [0x100_0010, 0x100_0100, 0x100_0200]);
        for rbp in [0, 3, 8, u64::MAX - 7, 0x7000_fff8, !0 << 48] {
            regs.rbp = rbp;
            assert_eq!(frames(&regs), [0x100_0010]);
        }
        // A call through a null pointer.
        word(0x8200, 0x100_0300);
        regs = ExcRegs {
            ip: 0,
            sp: 0x7000_8200,
            rbp: 0x7000_8000,
            ..regs
        };
        assert_eq!(frames(&regs), [0, 0x100_0300, 0x100_0100, 0x100_0200]);
    }

    #[test]
    fn recursion_takes_one_line() {
        let (map, memory) = regions();
        for i in 0..100u64 {
            let at = 0x1000 + i * 16;
            let next = 0x7000_0000 + at + 16;
            memory.write(at as usize, &next.to_le_bytes()).unwrap();
            memory
                .write(at as usize + 8, &0x100_0100u64.to_le_bytes())
                .unwrap();
        }
        let regs = ExcRegs {
            ip: 0x100_0010,
            rbp: 0x7000_1000,
            ..ExcRegs::ZERO
        };
        let frames = traced(&regs, &map);
        assert_eq!(
            frames[1],
            Frame {
                address: 0x100_0100,
                count: 100
            }
        );
        assert_eq!(frames.len(), 2);
        assert_eq!(
            format!("{}", frames[1]),
            "at 0x0000000001000100 (100 times)"
        );
    }
}
