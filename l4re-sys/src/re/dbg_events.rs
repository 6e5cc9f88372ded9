//! Who is told of a program's faults (label 0: [`proto::NONE`](crate::proto::NONE)).

abi! {
    in "l4/re/dbg_events" {
        /// In: [`ExcRegs`](crate::ExcRegs) (8); items: access to the task, its region map.
        REQUEST_BACKTRACE: u32 = 0 => "L4Re::Dbg_events::request_backtrace";
    }
}
