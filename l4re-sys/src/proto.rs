//! Protocols: the label of a request tells which interface it is for.

abi! {
    in "l4/sys/__typeinfo.h" {
        /// No protocol: of an interface that consists of others.
        EMPTY: i64 = -19 => "L4::PROTO_EMPTY";
    }
    in "l4/sys/types.h" {
        /// The default reply to the kernel.
        NONE: i64 = 0 => "L4_PROTO_NONE";
        /// Reply to an alien thread's system call: let it through.
        ALLOW_SYSCALL: i64 = 1 => "L4_PROTO_ALLOW_SYSCALL";
        /// Reply to a page fault: make an exception of it.
        PF_EXCEPTION: i64 = 1 => "L4_PROTO_PF_EXCEPTION";
        /// Interrupts: what triggers them, and what they trigger.
        IRQ: i64 = -1 => "L4_PROTO_IRQ";
        /// Page faults.
        PAGE_FAULT: i64 = -2 => "L4_PROTO_PAGE_FAULT";
        /// Exceptions.
        EXCEPTION: i64 = -5 => "L4_PROTO_EXCEPTION";
        /// Memory from sigma0.
        SIGMA0: i64 = -6 => "L4_PROTO_SIGMA0";
        /// Faults of access to ports.
        IO_PAGE_FAULT: i64 = -8 => "L4_PROTO_IO_PAGE_FAULT";
        /// Thread groups.
        THREAD_GROUP: i64 = -9 => "L4_PROTO_THREAD_GROUP";
        /// Any kernel object: gates and other endpoints are bound by it.
        KOBJECT: i64 = -10 => "L4_PROTO_KOBJECT";
        /// Tasks.
        TASK: i64 = -11 => "L4_PROTO_TASK";
        /// Threads.
        THREAD: i64 = -12 => "L4_PROTO_THREAD";
        /// Virtual consoles and logs.
        LOG: i64 = -13 => "L4_PROTO_LOG";
        /// Schedulers.
        SCHEDULER: i64 = -14 => "L4_PROTO_SCHEDULER";
        /// Factories.
        FACTORY: i64 = -15 => "L4_PROTO_FACTORY";
        /// Virtual machines.
        VM: i64 = -16 => "L4_PROTO_VM";
        /// Address spaces of devices.
        DMA_SPACE: i64 = -17 => "L4_PROTO_DMA_SPACE";
        /// Interrupts, seen by who receives them.
        IRQ_SENDER: i64 = -18 => "L4_PROTO_IRQ_SENDER";
        /// Semaphores.
        SEMAPHORE: i64 = -20 => "L4_PROTO_SEMAPHORE";
        /// Questions about an object's interfaces.
        META: i64 = -21 => "L4_PROTO_META";
        /// I/O memory management units.
        IOMMU: i64 = -22 => "L4_PROTO_IOMMU";
        /// The kernel debugger.
        DEBUGGER: i64 = -23 => "L4_PROTO_DEBUGGER";
        /// ARM's secure monitor calls.
        SMCCC: i64 = -24 => "L4_PROTO_SMCCC";
        /// Contexts of virtual processors in hardware.
        VCPU_CONTEXT: i64 = -25 => "L4_PROTO_VCPU_CONTEXT";
    }
    in "l4/sys/platform_control.h" {
        /// Control of the machine: its own label is 0.
        PLATFORM_CTL: i64 = 0 => "L4_PROTO_PLATFORM_CTL";
    }
    in "l4/re/protocols.h" {
        /// Dataspaces.
        DATASPACE: i64 = 0x4000 => "L4RE_PROTO_DATASPACE";
        /// Name spaces.
        NAMESPACE: i64 = 0x4001 => "L4RE_PROTO_NAMESPACE";
        /// The parent of a program.
        PARENT: i64 = 0x4002 => "L4RE_PROTO_PARENT";
        /// Frame buffers.
        GOOS: i64 = 0x4003 => "L4RE_PROTO_GOOS";
        /// Not in use.
        RESERVED: i64 = 0x4004 => "L4RE_PROTO_RSVD_1";
        /// Region maps.
        RM: i64 = 0x4005 => "L4RE_PROTO_RM";
        /// Events of input devices.
        EVENT: i64 = 0x4006 => "L4RE_PROTO_EVENT";
        /// Inhibitors of shutdown and suspend.
        INHIBITOR: i64 = 0x4007 => "L4RE_PROTO_INHIBITOR";
        /// Address spaces of devices.
        RE_DMA_SPACE: i64 = 0x4008 => "L4RE_PROTO_DMA_SPACE";
        /// Device registers by message.
        MMIO_SPACE: i64 = 0x4009 => "L4RE_PROTO_MMIO_SPACE";
        /// The part of the loader that stays in a program's task.
        ITAS: i64 = 0x400a => "L4RE_PROTO_ITAS";
        /// Allocators of memory.
        MEM_ALLOC: i64 = 0x400b => "L4RE_PROTO_MEM_ALLOC";
        /// Access to another task's memory for debugging.
        REMOTE_ACCESS: i64 = 0x400c => "L4RE_PROTO_REMOTE_ACCESS";
        /// Debugging of servers.
        DEBUG: i64 = -0x8000 => "L4RE_PROTO_DEBUG";
    }
}
