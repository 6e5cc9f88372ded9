//! Thread groups ([`proto::THREAD_GROUP`](crate::proto::THREAD_GROUP)).

abi! {
    in "l4/sys/thread_group.h" {
        /// Add a thread; item: the thread.
        ADD: u64 = 2 => "L4_THREAD_GROUP_ADD_OP";
        /// Remove a thread; item: the thread.
        REMOVE: u64 = 3 => "L4_THREAD_GROUP_REMOVE_OP";
        /// Policy: only a thread on the sender's processor receives.
        POLICY_STRICT_CORE_LOCAL: u64 = 0 => "L4_THREAD_GROUP_POLICY_STRICT_CORE_LOCAL";
        /// Policy: a thread on the sender's processor receives, else any.
        POLICY_SOFT_CORE_LOCAL: u64 = 1 => "L4_THREAD_GROUP_POLICY_SOFT_CORE_LOCAL";
    }
}
