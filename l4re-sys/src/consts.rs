//! Sizes of pages, priorities and other plain numbers.

abi! {
    in "l4/sys/consts.h" {
        /// The size of the smallest page in bytes.
        PAGE_SIZE: usize = 1 << PAGE_SHIFT => "L4_PAGESIZE";
        /// The size of a super page in bytes.
        SUPERPAGE_SIZE: usize = 1 << SUPERPAGE_SHIFT => "L4_SUPERPAGESIZE";
        /// The bits of an address that tell the page.
        PAGE_MASK: u64 = !((1 << PAGE_SHIFT) - 1) => "L4_PAGEMASK";
        /// The bits of an address that tell the super page.
        SUPERPAGE_MASK: u64 = !((1 << SUPERPAGE_SHIFT) - 1) => "L4_SUPERPAGEMASK";
        /// The logarithm (base 2) of [`PAGE_SIZE`], by another name.
        LOG2_PAGE_SIZE: u32 = PAGE_SHIFT => "L4_LOG2_PAGESIZE";
        /// The logarithm (base 2) of [`SUPERPAGE_SIZE`], by another name.
        LOG2_SUPERPAGE_SIZE: u32 = SUPERPAGE_SHIFT => "L4_LOG2_SUPERPAGESIZE";
        /// The lowest priority of a thread.
        MIN_PRIO: u64 = 1 => "L4_SCHED_MIN_PRIO";
        /// The highest priority of a thread.
        MAX_PRIO: u64 = 255 => "L4_SCHED_MAX_PRIO";
        /// An address that nothing has.
        INVALID_ADDR: u64 = !0 => "L4_INVALID_ADDR";
    }
    in "l4/sys/arch/consts.h" {
        /// The logarithm (base 2) of [`PAGE_SIZE`].
        PAGE_SHIFT: u32 = 12 => "L4_PAGESHIFT";
        /// The logarithm (base 2) of [`SUPERPAGE_SIZE`].
        SUPERPAGE_SHIFT: u32 = 21 => "L4_SUPERPAGESHIFT";
    }
    in "l4/sys/arch/l4int.h" {
        /// The bits of a word.
        WORD_BITS: u32 = u64::BITS => "L4_MWORD_BITS";
    }
    in "l4/sys/compiler.h" {
        /// The alignment of the stack at a call, in bytes.
        STACK_ALIGN: usize = 16 => "L4_STACK_ALIGN";
    }
    in "l4/re/consts.h" {
        /// The priority that a loader gives a program's first thread.
        MAIN_THREAD_PRIO: u64 = 2 => "L4RE_MAIN_THREAD_PRIO";
        /// The selector of a program's own task.
        THIS_TASK_CAP: u64 = crate::CapIdx::TASK.0 => "L4RE_THIS_TASK_CAP";
    }
}

/// Where a program's kernel information page is mapped (`L4_KIP_ADDR`, passed by the
/// linker line of L4Re's programs to the loader by an ELF-aux element).
pub const KIP_ADDR: u64 = 0x6fff_f000;

/// Where a program's first stack starts (the value that L4Re's linker line passes).
pub const STACK_ADDR: u64 = 0x7000_0000;
