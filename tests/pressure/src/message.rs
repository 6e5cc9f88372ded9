//! The system call, and time.

use l4re::sys::{self, BufferDesc, CapIdx, MsgTag, RcvItem, Sysf, Timeout, TimeoutS, err, utcb};

/// The system call with the message that stands in the registers; the tag and the label of the
/// sender.
pub fn raw(dest: CapIdx, phases: Sysf, tag: MsgTag, timeout: Timeout) -> (MsgTag, u64) {
    // SAFETY: the programs of these tests receive into and unmap what is theirs alone.
    unsafe { sys::ipc(dest, phases, 0, tag, timeout) }
}

/// The label of an answer, or its IPC error as L4Re counts it.
pub fn code(tag: MsgTag) -> i64 {
    if tag.has_error() {
        -err::EIPC_LO - utcb().error() as i64
    } else {
        tag.label()
    }
}

/// Message register `i`.
pub fn mr(i: usize) -> u64 {
    utcb().mr(i)
}

/// Timeouts of sending and receiving in microseconds.
pub const fn timeout_us(send: u64, receive: u64) -> Timeout {
    Timeout::new(TimeoutS::from_us(send), TimeoutS::from_us(receive))
}

/// Receives words from anyone.
pub fn receive(timeout: Timeout) -> (MsgTag, u64) {
    utcb().set_bdr(BufferDesc(0));
    utcb().set_br(0, RcvItem::VOID.0);
    raw(CapIdx::INVALID, Sysf::WAIT, MsgTag(0), timeout)
}

/// Sleeps.
pub fn sleep_us(us: u64) {
    raw(
        CapIdx::INVALID,
        Sysf::RECV,
        MsgTag(0),
        timeout_us(0, us.max(1)),
    );
}

/// Microseconds since the machine started.
pub fn now_us() -> u64 {
    l4re::start::env().kip().clock_us()
}
