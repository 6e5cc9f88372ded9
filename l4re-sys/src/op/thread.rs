//! Threads ([`proto::THREAD`](crate::proto::THREAD)).

abi! {
    in "l4/sys/thread.h" {
        /// Bits of register 0 that are the operation; flags stand above.
        OPCODE_MASK: u64 = 0xffff => "L4_THREAD_OPCODE_MASK";
        /// Pager, exception handler, task, UTCB: six words; item: the task, if it is bound.
        CONTROL: u64 = 0 => "L4_THREAD_CONTROL_OP";
        /// Set instruction and stack pointer (all ones: as they are); the reply holds flags and
        /// both pointers of before.
        EX_REGS: u64 = 1 => "L4_THREAD_EX_REGS_OP";
        /// Give the rest of the time slice to the thread.
        SWITCH: u64 = 2 => "L4_THREAD_SWITCH_OP";
        /// The time consumed, in microseconds.
        STATS: u64 = 3 => "L4_THREAD_STATS_OP";
        /// Leave a virtual processor's handler.
        VCPU_RESUME: u64 = 4 => "L4_THREAD_VCPU_RESUME_OP";
        /// Register an interrupt that tells of deleted gates; item: the interrupt.
        REGISTER_DELETE_IRQ: u64 = 5 => "L4_THREAD_REGISTER_DELETE_IRQ_OP";
        /// Change the labels of waiting senders: mask, match, bits to delete, bits to add.
        MODIFY_SENDER: u64 = 6 => "L4_THREAD_MODIFY_SENDER_OP";
        /// Make the thread a virtual processor: the address of its state.
        VCPU_CONTROL: u64 = 7 => "L4_THREAD_VCPU_CONTROL_OP";
        /// Make the thread an extended virtual processor: the address of its state.
        VCPU_CONTROL_EXT: u64 = VCPU_CONTROL | 0x1_0000 => "L4_THREAD_VCPU_CONTROL_EXT_OP";
        /// Register an interrupt that tells of waiting messages; item: the interrupt.
        REGISTER_DOORBELL_IRQ: u64 = 8 => "L4_THREAD_REGISTER_DOORBELL_IRQ_OP";
        /// Control of the page-fault trampoline; upper bits tell what.
        PF_TRAMP_CONTROL: u64 = 9 => "L4_THREAD_PF_TRAMP_CONTROL_OP";
        /// Set the place of the trampoline's state, and switch the trampoline on.
        PF_TRAMP_SETUP: u64 = PF_TRAMP_CONTROL => "L4_THREAD_PF_TRAMP_CONTROL_OP_SETUP";
        /// The handler is done: go on where the fault was.
        PF_TRAMP_RESUME: u64 = PF_TRAMP_CONTROL | 0x1_0000 => "L4_THREAD_PF_TRAMP_CONTROL_OP_RESUME";
        /// The handler cannot help: make an exception of the fault.
        PF_TRAMP_REFLECT: u64 = PF_TRAMP_CONTROL | 0x2_0000 => "L4_THREAD_PF_TRAMP_CONTROL_OP_REFLECT";
        /// Switch the trampoline off.
        PF_TRAMP_DISABLE: u64 = PF_TRAMP_CONTROL | 0x3_0000 => "L4_THREAD_PF_TRAMP_CONTROL_OP_DISABLE";
        /// Switch it on again.
        PF_TRAMP_ENABLE: u64 = PF_TRAMP_CONTROL | 0x4_0000 => "L4_THREAD_PF_TRAMP_CONTROL_OP_ENABLE";
        /// Of [`CONTROL`]: set the pager.
        CONTROL_SET_PAGER: u64 = 0x1_0000 => "L4_THREAD_CONTROL_SET_PAGER";
        /// Of [`CONTROL`]: bind to a task.
        CONTROL_BIND_TASK: u64 = 0x20_0000 => "L4_THREAD_CONTROL_BIND_TASK";
        /// Of [`CONTROL`], in both the operation and the values: the thread is an alien, whose
        /// system calls are exceptions.
        CONTROL_ALIEN: u64 = 0x40_0000 => "L4_THREAD_CONTROL_ALIEN";
        /// Of [`CONTROL`]: set the exception handler.
        CONTROL_SET_EXC_HANDLER: u64 = 0x100_0000 => "L4_THREAD_CONTROL_SET_EXC_HANDLER";
        /// Of [`CONTROL`]: the register of operation and flags.
        CONTROL_MR_FLAGS: usize = 0 => "L4_THREAD_CONTROL_MR_IDX_FLAGS";
        /// Of [`CONTROL`]: the register of the pager; of the pager before in the reply.
        CONTROL_MR_PAGER: usize = 1 => "L4_THREAD_CONTROL_MR_IDX_PAGER";
        /// Of [`CONTROL`]: the register of the exception handler; of the one before in the reply.
        CONTROL_MR_EXC_HANDLER: usize = 2 => "L4_THREAD_CONTROL_MR_IDX_EXC_HANDLER";
        /// Of [`CONTROL`]: the register of the flags' values.
        CONTROL_MR_FLAG_VALS: usize = 4 => "L4_THREAD_CONTROL_MR_IDX_FLAG_VALS";
        /// Of [`CONTROL`]: the register of the UTCB's address.
        CONTROL_MR_BIND_UTCB: usize = 5 => "L4_THREAD_CONTROL_MR_IDX_BIND_UTCB";
        /// Of [`CONTROL`]: the register of the item that is the task.
        CONTROL_MR_BIND_TASK: usize = 6 => "L4_THREAD_CONTROL_MR_IDX_BIND_TASK";
        /// Of [`EX_REGS`]: cancel the system call that the thread is in.
        EX_REGS_CANCEL: u64 = 0x1_0000 => "L4_THREAD_EX_REGS_CANCEL";
        /// Of [`EX_REGS`]: raise an exception in the thread.
        EX_REGS_TRIGGER_EXCEPTION: u64 = 0x2_0000 => "L4_THREAD_EX_REGS_TRIGGER_EXCEPTION";
        /// Of [`EX_REGS`]: bits whose meaning is the machine's.
        EX_REGS_ARCH_MASK: u64 = 0xff00_0000 => "L4_THREAD_EX_REGS_ARCH_MASK";
        /// Set entries of the global descriptor table, or ask which are the thread's.
        X86_GDT: u64 = 0x10 => "L4_THREAD_X86_GDT_OP";
        /// Set the base of a segment (bits 16 and up tell which): the base.
        AMD64_SET_SEGMENT_BASE: u64 = 0x12 => "L4_THREAD_AMD64_SET_SEGMENT_BASE_OP";
        /// The user's segment selectors.
        AMD64_GET_SEGMENT_INFO: u64 = 0x13 => "L4_THREAD_AMD64_GET_SEGMENT_INFO_OP";
    }
    in "l4/sys/segment.h" {
        /// Of [`AMD64_SET_SEGMENT_BASE`]: the segment fs.
        SEGMENT_FS: u64 = 0 => "L4_AMD64_SEGMENT_FS";
        /// Of [`AMD64_SET_SEGMENT_BASE`]: the segment gs.
        SEGMENT_GS: u64 = 1 => "L4_AMD64_SEGMENT_GS";
    }
}

/// Words of a [`CONTROL`] request (`l4_thread_control_commit()`).
pub const CONTROL_WORDS: usize = 6;

/// The lowest bit of the segment in [`AMD64_SET_SEGMENT_BASE`] (`fiasco_amd64_set_segment_base()`).
pub const SEGMENT_SHIFT: u32 = 16;
