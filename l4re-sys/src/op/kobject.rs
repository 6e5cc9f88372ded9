//! Any kernel object ([`proto::KOBJECT`](crate::proto::KOBJECT)).

abi! {
    in "l4/sys/kernel_object.h" {
        /// Subtract from the count of references; the label tells whether more are left.
        DEC_REFCNT: u64 = 0 => "L4_KOBJECT_OP_DEC_REFCNT";
        /// Register an interrupt.
        REGISTER_IRQ: u64 = 1 => "L4_KOBJECT_OP_REGISTER_IRQ";
    }
}
