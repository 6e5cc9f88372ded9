//! Messages in the UTCB that C code names: whole words, then items.

use crate::ctypes::*;
use l4re_sys::utcb::MSG_REGS;
use l4re_sys::{MapItem, ObjRights, Sysf, TagFlags, err, ipc_error, item};

/// A tag without flags.
pub const fn tag(protocol: i64, words: usize, items: usize) -> l4_msgtag_t {
    l4_msgtag_t::new(protocol, words, items, TagFlags::empty())
}

/// The system call. Only system calls of C code come here, which answers for them.
pub fn ipc(
    dest: l4_cap_idx_t,
    flags: Sysf,
    tag: l4_msgtag_t,
    timeout: l4_timeout_t,
) -> (l4_msgtag_t, u64) {
    // SAFETY: what the message makes the kernel do is the C caller's to answer for, as with every
    // function of this interface; no reference into the UTCB lives here.
    unsafe { l4re_sys::ipc(dest, flags, 0, tag, timeout) }
}

/// Sends, and waits for a message from anyone if the caller has a place for its label.
pub fn send_and_wait(
    dest: l4_cap_idx_t,
    tag: l4_msgtag_t,
    label: Option<&mut l4_umword_t>,
    timeout: l4_timeout_t,
) -> l4_msgtag_t {
    let Some(label) = label else {
        return ipc(dest, Sysf::SEND, tag, timeout).0;
    };
    let (tag, found) = ipc(dest, Sysf::SEND_AND_WAIT, tag, timeout);
    *label = found;
    tag
}

/// Writes words from a register on; those that do not fit are left out.
pub fn put(utcb: UtcbRef, at: usize, words: &[u64]) {
    for (i, word) in (at..MSG_REGS).zip(words) {
        utcb.set_mr(i, *word);
    }
}

/// Writes bytes from a register on, and zeros behind the last up to a whole word. Returns the
/// number of words; bytes that do not fit are left out.
pub fn put_bytes(utcb: UtcbRef, at: usize, bytes: &[u8]) -> usize {
    let mut words = 0;
    for (i, chunk) in (at..MSG_REGS).zip(bytes.chunks(size_of::<u64>())) {
        let mut word = [0; size_of::<u64>()];
        for (to, from) in word.iter_mut().zip(chunk) {
            *to = *from;
        }
        utcb.set_mr(i, u64::from_le_bytes(word));
        words += 1;
    }
    words
}

/// Writes a string, cut to `room` bytes with its end, from a register on. Returns the words.
pub fn put_string(utcb: UtcbRef, at: usize, string: Str, room: usize) -> usize {
    let mut bytes = [0; MSG_REGS * size_of::<u64>()];
    let room = room.min(bytes.len());
    let len = copy_string(bytes.get_mut(..room).unwrap_or(&mut []), string.bytes());
    put_bytes(utcb, at, bytes.get(..len).unwrap_or(&[]))
}

/// Copies bytes out of the registers from `at` on; what is behind the registers, is 0.
pub fn get_bytes(utcb: UtcbRef, at: usize, to: &mut [u8]) {
    for (i, chunk) in to.chunks_mut(size_of::<u64>()).enumerate() {
        let word = if at + i < MSG_REGS {
            utcb.mr(at + i)
        } else {
            0
        };
        for (to, from) in chunk.iter_mut().zip(word.to_le_bytes()) {
            *to = from;
        }
    }
}

/// The item that passes a capability on with all rights that kernel objects ask for.
pub fn object(cap: l4_cap_idx_t) -> [u64; item::WORDS] {
    let item = MapItem::cap(cap, ObjRights::RWS);
    [item.control, item.fpage.raw()]
}

/// Calls with `words`, and with `object` as an item if there is one.
pub fn call_with(
    dest: l4_cap_idx_t,
    protocol: i64,
    words: &[u64],
    cap: Option<l4_cap_idx_t>,
    timeout: l4_timeout_t,
    utcb: UtcbRef,
) -> l4_msgtag_t {
    put(utcb, 0, words);
    if let Some(cap) = cap {
        put(utcb, words.len(), &object(cap));
    }
    let tag = tag(protocol, words.len(), usize::from(cap.is_some()));
    ipc(dest, Sysf::CALL, tag, timeout).0
}

/// Calls with `words`.
pub fn call(dest: l4_cap_idx_t, protocol: i64, words: &[u64], utcb: UtcbRef) -> l4_msgtag_t {
    call_with(dest, protocol, words, None, l4_timeout_t::NEVER, utcb)
}

/// Calls with `words` and a capability.
pub fn call_cap(
    dest: l4_cap_idx_t,
    protocol: i64,
    words: &[u64],
    cap: l4_cap_idx_t,
    utcb: UtcbRef,
) -> l4_msgtag_t {
    call_with(dest, protocol, words, Some(cap), l4_timeout_t::NEVER, utcb)
}

/// The negative error code of an IPC error.
pub const fn ipc_errno(error: u64) -> i64 {
    -(err::EIPC_LO + (error & ipc_error::MASK) as i64)
}

/// The result of a request: a negative error code, or the reply's label.
pub fn result(tag: l4_msgtag_t, utcb: UtcbRef) -> i64 {
    if tag.has_error() {
        ipc_errno(utcb.error())
    } else {
        tag.label()
    }
}

/// Whether a request went well: neither an error of the system call nor of the object.
pub fn succeeded(tag: l4_msgtag_t) -> bool {
    !tag.has_error() && tag.label() >= 0
}
