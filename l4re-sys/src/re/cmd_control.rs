//! Commands to the loader of programs (label 0: [`proto::NONE`](crate::proto::NONE)).

abi! {
    in "l4/ned/cmd_control" {
        /// In: length of the command (8, word), the command (16). Out: length of the result (0,
        /// 2 bytes), the result (2).
        EXECUTE: u32 = 0 => "L4Re::Ned::Cmd_control::execute";
    }
}
