//! Interrupts: triggered and acknowledged by [`proto::IRQ`](crate::proto::IRQ), bound by
//! [`proto::IRQ_SENDER`](crate::proto::IRQ_SENDER) and
//! [`rcv_endpoint`](super::rcv_endpoint).

abi! {
    in "l4/sys/irq.h" {
        /// Not in use (`IRQ_SENDER`).
        SENDER_RESERVED: u64 = 0 => "L4_IRQ_SENDER_OP_RESERVED1";
        /// Detach from the thread (`IRQ_SENDER`).
        SENDER_DETACH: u64 = 1 => "L4_IRQ_SENDER_OP_DETACH";
        /// Bind to a virtual processor (`IRQ_SENDER`): configuration; item: the thread.
        SENDER_BIND_VCPU: u64 = 2 => "L4_IRQ_SENDER_OP_BIND_VCPU";
        /// Trigger (`IRQ`); an empty message does the same.
        TRIGGER: u64 = 2 => "L4_IRQ_OP_TRIGGER";
        /// Acknowledge (`IRQ`).
        EOI: u64 = 4 => "L4_IRQ_OP_EOI";
    }
}
