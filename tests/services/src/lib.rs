//! What the test programs share: reporting by TAP, and messages made by hand.

#![no_std]

use l4re::sys::{
    self, BufferDesc, CapIdx, MapItem, MsgTag, RcvItem, Sysf, TagFlags, Timeout, utcb,
};

/// How a case went; an error is a line, or an error code of `l4re`.
pub type Outcome = Result<(), i64>;

/// The error of an operation as the error of a case.
pub fn ok<T>(result: l4re::Result<T>) -> Result<T, i64> {
    result.map_err(|error| {
        l4re::println!("# {error}");
        error.label()
    })
}

/// Test cases in the making, reported by the Test Anything Protocol.
#[derive(Default)]
pub struct Tap {
    count: usize,
    failed: usize,
}

impl Tap {
    /// Reports a case.
    pub fn case(&mut self, name: &str, outcome: Outcome) {
        self.count += 1;
        let count = self.count;
        match outcome {
            Ok(()) => l4re::println!("ok {count} - {name}"),
            Err(what) => {
                self.failed += 1;
                l4re::println!("not ok {count} - {name} # {what}");
            }
        }
    }

    /// Reports a case that cannot be tried here.
    pub fn skip(&mut self, name: &str, why: &str) {
        self.count += 1;
        l4re::println!("ok {} - {name} # SKIP {why}", self.count);
    }

    /// Ends the report; gives the program's status.
    pub fn end(self) -> i32 {
        l4re::println!("1..{}", self.count);
        i32::from(self.failed != 0)
    }
}

/// Fails a case with the line that the check stands in.
#[macro_export]
macro_rules! check {
    ($condition:expr) => {
        if !$condition {
            l4re::println!("# line {}: {}", line!(), stringify!($condition));
            return Err(line!() as i64);
        }
    };
}

/// A reply: its tag, and registers by [`word`].
pub type Reply = MsgTag;

/// Register `i` of the reply to the last [`call`].
pub fn word(i: usize) -> u64 {
    utcb().mr(i)
}

/// Sends words and perhaps an item, and waits for the reply. One capability of the reply goes
/// to `slot`.
pub fn call(
    dest: CapIdx,
    label: i64,
    words: &[u64],
    item: Option<MapItem>,
    slot: Option<CapIdx>,
) -> Reply {
    let regs = utcb();
    for (i, &word) in words.iter().enumerate() {
        regs.set_mr(i, word);
    }
    if let Some(item) = item {
        regs.set_mr(words.len(), item.control);
        regs.set_mr(words.len() + 1, item.fpage.raw());
    }
    regs.set_bdr(BufferDesc(0));
    regs.set_br(0, slot.map_or(RcvItem::VOID, RcvItem::single).0);
    regs.set_br(1, RcvItem::VOID.0);
    let tag = MsgTag::new(label, words.len(), item.iter().count(), TagFlags::empty());
    send(dest, tag)
}

/// As [`call`], with the message that stands in the registers.
pub fn send(dest: CapIdx, tag: MsgTag) -> Reply {
    // SAFETY: the tests ask for nothing that replaces memory they use.
    unsafe { sys::ipc(dest, Sysf::CALL, 0, tag, Timeout::NEVER).0 }
}

/// The label of a reply, or an error that no label is if the message did not get through.
pub fn label(reply: Reply) -> i64 {
    if reply.has_error() {
        -sys::err::EIPC_LO - utcb().error() as i64
    } else {
        reply.label()
    }
}

/// Numbers that repeat: xorshift.
pub struct Random(pub u64);

impl Random {
    /// The next one.
    #[expect(clippy::should_implement_trait, reason = "there is no end to them")]
    pub fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }
}
