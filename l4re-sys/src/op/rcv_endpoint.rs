//! What a thread receives from: gates, interrupts ([`proto::KOBJECT`](crate::proto::KOBJECT)).

abi! {
    in "l4/sys/rcv_endpoint.h" {
        /// Bind to a thread: label; item: the thread.
        BIND: u64 = 0x10 => "L4_RCV_EP_BIND_OP";
    }
}
