//! Inhibitors ([`proto::INHIBITOR`](crate::proto::INHIBITOR)).

abi! {
    in "l4/re/inhibitor" {
        /// In: the lock's number (8, word), length of the reason (16, word), the reason (24).
        ACQUIRE: u32 = 0 => "L4Re::Inhibitor::acquire";
        /// In: the lock's number (8, word).
        RELEASE: u32 = 1 => "L4Re::Inhibitor::release";
        /// In: the number of the lock before, or -1 (8, word). Out: the number (0, word), length
        /// of the name (8, word), the name (16).
        NEXT_LOCK_INFO: u32 = 2 => "L4Re::Inhibitor::next_lock_info";
        /// The longest name of a lock, its 0 included.
        NAME_MAX: usize = 20 => "L4Re::Inhibitor::Name_max";
    }
}
