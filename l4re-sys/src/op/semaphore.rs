//! Semaphores ([`proto::SEMAPHORE`](crate::proto::SEMAPHORE)); an empty message of protocol
//! [`proto::IRQ`](crate::proto::IRQ) adds to one.

abi! {
    in "l4/sys/semaphore.h" {
        /// Subtract, waiting until it is possible or the receive timeout ends.
        DOWN: u64 = 0 => "L4_SEMAPHORE_OP_DOWN";
    }
}
