//! Messages made by hand.

use l4re::sys::{
    self, BufferDesc, CapIdx, MapItem, MsgTag, Sysf, TagFlags, Timeout, TimeoutS, err, utcb,
};

/// A message to send, and what the sender is ready to receive.
#[derive(Clone, Copy)]
pub struct Msg<'a> {
    label: i64,
    words: &'a [u64],
    items: &'a [MapItem],
    flags: TagFlags,
    buffers: &'a [u64],
    bdr: u64,
    timeout: Timeout,
}

impl<'a> Msg<'a> {
    /// An empty message; waits without end.
    pub const fn new(label: i64) -> Self {
        Msg {
            label,
            words: &[],
            items: &[],
            flags: TagFlags::empty(),
            buffers: &[],
            bdr: 0,
            timeout: Timeout::NEVER,
        }
    }

    /// Untyped words.
    pub const fn words(self, words: &'a [u64]) -> Self {
        Msg { words, ..self }
    }

    /// Items behind the words.
    pub const fn items(self, items: &'a [MapItem]) -> Self {
        Msg { items, ..self }
    }

    /// Flags of the tag.
    pub const fn flags(self, flags: TagFlags) -> Self {
        Msg { flags, ..self }
    }

    /// Buffer registers, from the first on; a void one follows.
    pub const fn buffers(self, buffers: &'a [u64]) -> Self {
        Msg { buffers, ..self }
    }

    /// The buffer descriptor.
    pub const fn bdr(self, bdr: u64) -> Self {
        Msg { bdr, ..self }
    }

    /// The timeouts.
    pub const fn timeout(self, timeout: Timeout) -> Self {
        Msg { timeout, ..self }
    }

    /// Writes the message into the registers.
    pub fn prepare(&self) -> MsgTag {
        let regs = utcb();
        for (i, &word) in self.words.iter().enumerate() {
            regs.set_mr(i, word);
        }
        for (i, item) in self.items.iter().enumerate() {
            let at = self.words.len() + 2 * i;
            if at + 1 < utcb::MSG_REGS {
                regs.set_mr(at, item.control);
                regs.set_mr(at + 1, item.fpage.raw());
            }
        }
        set_buffers(self.buffers, self.bdr);
        MsgTag::new(self.label, self.words.len(), self.items.len(), self.flags)
    }

    /// The system call, with any phases.
    pub fn ipc(&self, dest: CapIdx, phases: Sysf) -> Answer {
        self.ipc_label(dest, phases, 0)
    }

    /// The system call, with the label of a sender that no gate stands in front of.
    pub fn ipc_label(&self, dest: CapIdx, phases: Sysf, label: u64) -> Answer {
        let tag = self.prepare();
        raw(dest, phases, label, tag, self.timeout)
    }

    /// Sends, and waits for the reply.
    pub fn call(&self, dest: CapIdx) -> Answer {
        self.ipc(dest, Sysf::CALL)
    }

    /// Sends.
    pub fn send(&self, dest: CapIdx) -> Answer {
        self.ipc(dest, Sysf::SEND)
    }

    /// Replies, by the calling thread's own reply capability.
    pub fn reply(&self) -> Answer {
        self.ipc(CapIdx::INVALID, Sysf::SEND | Sysf::REPLY)
    }
}

/// The system call with the message in the registers.
pub fn raw(dest: CapIdx, phases: Sysf, label: u64, tag: MsgTag, timeout: Timeout) -> Answer {
    // SAFETY: the cases receive into and unmap what is theirs alone.
    let (tag, label) = unsafe { sys::ipc(dest, phases, label, tag, timeout) };
    Answer {
        tag,
        label,
        error: utcb().error(),
    }
}

fn set_buffers(buffers: &[u64], bdr: u64) {
    let regs = utcb();
    regs.set_bdr(BufferDesc(bdr));
    for (i, &buffer) in buffers.iter().enumerate() {
        regs.set_br(i, buffer);
    }
    if buffers.len() < sys::utcb::BUF_REGS {
        regs.set_br(buffers.len(), 0);
    }
}

/// What a system call gave.
#[derive(Clone, Copy, Debug)]
pub struct Answer {
    /// The tag.
    pub tag: MsgTag,
    /// The sender's label.
    pub label: u64,
    /// The error register, valid if the tag says so.
    pub error: u64,
}

impl Answer {
    /// The label of the tag, or the IPC error as L4Re counts it ([`ipc_error`]).
    pub fn code(&self) -> i64 {
        if self.tag.has_error() {
            ipc_error(self.error)
        } else {
            self.tag.label()
        }
    }

    /// 0, or the IPC error as L4Re counts it.
    pub fn ipc(&self) -> i64 {
        if self.tag.has_error() {
            ipc_error(self.error)
        } else {
            0
        }
    }

    /// Words, items and flags of the tag.
    pub fn shape(&self) -> (usize, usize, u16) {
        (self.tag.words(), self.tag.items(), self.tag.flags().bits())
    }
}

/// An IPC error as a negative code (`l4_ipc_to_errno()`).
pub const fn ipc_error(error: u64) -> i64 {
    -err::EIPC_LO - error as i64
}

/// Message register `i`.
pub fn mr(i: usize) -> u64 {
    utcb().mr(i)
}

const fn ms(ms: u64) -> TimeoutS {
    TimeoutS::from_us(ms * 1000)
}

/// Timeouts of sending and receiving in milliseconds.
pub const fn timeout_ms(send: u64, receive: u64) -> Timeout {
    Timeout::new(ms(send), ms(receive))
}

/// Receives from `from` alone.
pub fn receive(from: CapIdx, timeout: u64) -> Answer {
    Msg::new(0)
        .timeout(timeout_ms(0, timeout))
        .ipc(from, Sysf::RECV)
}

/// Receives from anyone.
pub fn wait(timeout: u64) -> Answer {
    wait_with(&[], timeout)
}

/// Receives from anyone, with buffers.
pub fn wait_with(buffers: &[u64], timeout: u64) -> Answer {
    let message = Msg::new(0).buffers(buffers).timeout(timeout_ms(0, timeout));
    message.ipc(CapIdx::INVALID, Sysf::WAIT)
}

/// Sleeps.
pub fn sleep_ms(ms: u64) {
    receive(CapIdx::INVALID, ms);
}

/// Answers every message with itself, without end.
pub fn echo() {
    let mut answer = wait_with(&[], FOREVER);
    loop {
        let tag = MsgTag::new(answer.tag.label(), answer.tag.words(), 0, TagFlags::empty());
        answer = raw(
            CapIdx::INVALID,
            Sysf::REPLY_AND_WAIT,
            0,
            tag,
            Timeout::SEND_ZERO,
        );
    }
}

/// Longer than any case, in milliseconds.
const FOREVER: u64 = 1 << 20;
