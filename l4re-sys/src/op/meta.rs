//! Questions about an object's interfaces ([`proto::META`](crate::proto::META)). The operation
//! takes 4 bytes; arguments start at byte 8.

abi! {
    in "l4/sys/meta" {
        /// How many interfaces: the label.
        NUM_INTERFACES: u32 = 0 => "L4::Meta::num_interfaces";
        /// An interface: its number; the reply holds protocol and name.
        INTERFACE: u32 = 1 => "L4::Meta::interface";
        /// Whether the object speaks a protocol: the label is 1 or 0.
        SUPPORTS: u32 = 2 => "L4::Meta::supports";
    }
}
