//! What the cases share: messages made by hand, objects, threads, tasks, and how a case is run.

mod case;
mod memory;
mod msg;
mod obj;
mod peer;
mod service;
mod space;
mod thread;

pub use case::{Case, Outcome, SKIP, case, me, run};
pub use memory::{access, page, window};
pub use msg::{
    Answer, Msg, echo, ipc_error, mr, raw, receive, sleep_ms, timeout_ms, wait, wait_with,
};
pub use obj::{
    Obj, bind, cap_equal, cap_valid, copy, create, create_by, delete, down, factory, gate, irq,
    map, range, semaphore, slot, thread_cap, trigger, unbound_gate, unmap, unmap_cap,
};
pub use peer::Peer;
pub use space::Space;
pub use thread::{
    HIGH, LOW, NORMAL, Worker, cell, counter, note, put, run_thread, settle, spawn, spawn_paged,
    stack_top, utcb_addr,
};

/// Fails a case, and shows both values, if they differ.
#[macro_export]
macro_rules! same {
    ($left:expr, $right:expr) => {
        let (left, right) = (($left), ($right));
        if left != right {
            l4re::println!(
                "# {} line {}: {} = {left:?} ({left:x?}), due {right:?}",
                file!(),
                line!(),
                stringify!($left)
            );
            return Err(line!() as i64);
        }
    };
}
