//! The parent of a program ([`proto::PARENT`](crate::proto::PARENT)).

abi! {
    in "l4/re/parent" {
        /// In: signal (8, word), value (16, word). Signal 0 tells the end, its value is the
        /// status; a parent then does not answer.
        SIGNAL: u32 = 0 => "L4Re::Parent::signal";
    }
}

/// The signal by which a program tells its end (as the C library's `_exit()` sends it).
pub const SIGNAL_EXIT: u64 = 0;
