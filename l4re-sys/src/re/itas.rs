//! The part of the loader that stays in a program's task ([`proto::ITAS`](crate::proto::ITAS)).

abi! {
    in "l4/re/itas" {
        /// In: UTCB's address (8, word); items: parent thread, the new thread.
        REGISTER_THREAD: u32 = 0 => "L4Re::Itas::register_thread";
        /// Items: the thread.
        UNREGISTER_THREAD: u32 = 1 => "L4Re::Itas::unregister_thread";
    }
}
