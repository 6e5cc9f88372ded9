//! Page faults that a thread handles itself: what the kernel leaves for its handler.

abi! {
    in "l4/sys/pf_trampoline.h" {
        /// Flag: the handler is at work.
        IN_PROGRESS: u64 = 1 => "Page_fault_in_progress";
        /// Flag: raise an exception when the handler is done.
        EXCEPTION_AFTER: u64 = 2 => "Trigger_exception_after_resume";
    }
}

pub use state::PfTrampoline;
mod state {
    abi_struct! {
        /// The state of a thread whose page fault its handler works on. It lies in
        /// kernel-user memory.
        pub struct PfTrampoline = "l4_pf_trampoline_t" in "l4/sys/pf_trampoline.h" {
            /// The address of the handler.
            handler_ip: u64 => "handler_ip",
            /// The program's own.
            user_data: [u64; 2] => "user_data",
            /// The first message register at the fault.
            saved_mr0: u64 => "saved_mr0",
            /// [`IN_PROGRESS`](super::IN_PROGRESS), [`EXCEPTION_AFTER`](super::EXCEPTION_AFTER).
            flags: u64 => "flags",
            /// The registers at the fault, in the order of [`ExcRegs`](crate::ExcRegs), up to
            /// the stack segment.
            state: [u64; 23] => "state",
        }
    }
}
