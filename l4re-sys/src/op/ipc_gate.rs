//! IPC gates ([`proto::KOBJECT`](crate::proto::KOBJECT)); binding is
//! [`rcv_endpoint`](super::rcv_endpoint)'s.

abi! {
    in "l4/sys/ipc_gate.h" {
        /// Bind to a thread: label; item: the thread.
        BIND: u64 = 0x10 => "L4_IPC_GATE_BIND_OP";
        /// The reply holds the label.
        GET_INFO: u64 = 0x11 => "L4_IPC_GATE_GET_INFO_OP";
    }
}

/// Bits of a gate's label that are the sender's rights and must be 0 when the gate is bound.
pub const LABEL_RIGHTS_MASK: u64 = 3;
