//! Flags of the system call.

abi_flags! {
    /// What one system call does: its phases, in the low bits of the destination register.
    #[doc(alias = "l4_syscall_flags_t")]
    pub struct Sysf: u64 in "l4/sys/consts.h" {
        /// Send to the destination.
        SEND = 1 => "L4_SYSF_SEND";
        /// Neither phase.
        NONE = 0 => "L4_SYSF_NONE";
        /// Receive from the destination, behind sending if both are set.
        RECV = 2 => "L4_SYSF_RECV";
        /// Receive from anyone instead of the destination alone.
        OPEN_WAIT = 4 => "L4_SYSF_OPEN_WAIT";
        /// Send to the caller by the reply capability.
        REPLY = 8 => "L4_SYSF_REPLY";
        /// Send, then receive from the destination.
        CALL = 3 => "L4_SYSF_CALL";
        /// Receive from anyone.
        WAIT = 6 => "L4_SYSF_WAIT";
        /// Send, then receive from anyone.
        SEND_AND_WAIT = 7 => "L4_SYSF_SEND_AND_WAIT";
        /// Answer the caller, then receive from anyone.
        REPLY_AND_WAIT = 15 => "L4_SYSF_REPLY_AND_WAIT";
    }
}

impl Sysf {
    /// The bits of the destination register that are flags.
    pub const MASK: u64 = Sysf::REPLY_AND_WAIT.bits();
}
