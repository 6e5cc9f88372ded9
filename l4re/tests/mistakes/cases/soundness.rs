//! What only `unsafe` code may do.

use l4re::region::Rm;
use l4re::sys::CapIdx;
use l4re::thread::{Control, Thread};
use l4re::{Cap, Result};

fn give_away_a_place(rm: Cap<Rm>, at: u64) -> Result<()> {
    rm.free_area(at)?; //~ is unsafe
    rm.detach(at) //~ is unsafe
}

fn handle_own_faults(thread: Cap<Thread>, handler: CapIdx) -> Result<()> {
    let control = Control {
        exc_handler: Some(handler),
        ..Control::default()
    };
    thread.control_any(&control).map(drop) //~ is unsafe
}

fn give_back_a_slot(slot: CapIdx) {
    l4re::cap_alloc::free(slot); //~ is unsafe
}
