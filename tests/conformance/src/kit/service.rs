//! The pager of other tasks: it shares the program's own memory with them, page by page.

use super::thread::{self};
use super::{Msg, case, gate as new_gate, mr};
use core::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use l4re::sys::{CapIdx, Fpage, MapItem, MemRights, Sysf, Timeout, proto};

static GATE: AtomicU64 = AtomicU64::new(0);

/// The pager's gate.
pub fn gate() -> CapIdx {
    CapIdx(GATE.load(Ordering::Relaxed))
}

/// Starts the pager.
pub fn start(prio: u64) -> case::Outcome {
    let worker = thread::new(prio, serve)?;
    thread::keep(worker);
    GATE.store(new_gate(worker.cap(), 0)?.leak().0, Ordering::Relaxed);
    worker.start()
}

fn serve() {
    let mut answer = super::Msg::new(0).ipc(CapIdx::INVALID, Sysf::WAIT);
    loop {
        // Who raises anything else stays where it is until the case ends.
        if answer.tag.has_error() || answer.tag.label() != proto::PAGE_FAULT {
            answer = Msg::new(0).ipc(CapIdx::INVALID, Sysf::WAIT);
            continue;
        }
        let fault = mr(0);
        let at = (fault & !7) as usize;
        let byte = core::ptr::with_exposed_provenance_mut::<u8>(at);
        // SAFETY: the threads of other tasks use the program's own memory and no other. An
        // atomic addition of nothing has the page mapped for writing and loses no other
        // thread's write.
        unsafe {
            if fault & 2 != 0 {
                AtomicU8::from_ptr(byte).fetch_or(0, Ordering::Relaxed);
            } else {
                byte.read_volatile();
            }
        }
        let page = Fpage::page(at as u64, MemRights::RWX);
        let items = [MapItem::map(page.addr(), page)];
        let reply = Msg::new(0).items(&items).timeout(Timeout::SEND_ZERO);
        answer = reply.ipc(CapIdx::INVALID, Sysf::REPLY_AND_WAIT);
    }
}
