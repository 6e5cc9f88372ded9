//! Random numbers (label 0: [`proto::NONE`](crate::proto::NONE)); such a server is an interrupt
//! controller, too: interrupt 0 tells that there is more.

abi! {
    in "l4/re/random" {
        /// In: how many bytes (8, word). Out: how many (0, word), bytes (8); the label, too, is
        /// how many.
        GET_RANDOM: u32 = 0 => "L4Re::Random::get_random";
    }
}
