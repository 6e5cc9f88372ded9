//! Access to another task for debugging ([`proto::REMOTE_ACCESS`](crate::proto::REMOTE_ACCESS));
//! it is a dataspace, too: the task's memory.

abi! {
    in "l4/re/remote_access" {
        /// In: address (8, word), logarithm of the width in bytes (16, 1 byte). Out: value (0,
        /// word).
        READ_MEM: u32 = 0 => "L4Re::Remote_access::read_mem";
        /// In: address (8, word), logarithm of the width in bytes (16, 1 byte), value (24, word).
        WRITE_MEM: u32 = 1 => "L4Re::Remote_access::write_mem";
        /// In: the status to end with (4, 4 bytes). Sent, not called.
        TERMINATE: u32 = 2 => "L4Re::Remote_access::terminate";
    }
}
