//! Random system calls that are almost right: what is all wrong is refused too soon.

use crate::child::Registers;
use crate::layout::{Control, cap, control};
use crate::random::Random;
use crate::stray::address;
use l4re::sys::varg::{self, VargTag};
use l4re::sys::{BufferDesc, CapIdx, MsgTag, Sysf, TagFlags, UtcbRef, op, proto, utcb};

/// Makes system calls up.
pub struct Generator<'a> {
    /// Where the randomness comes from.
    pub random: &'a mut Random,
    /// The registers of the calling thread.
    pub utcb: UtcbRef,
    /// How long calls may wait.
    pub waits: Waits,
}

/// How long calls may wait for others.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Waits {
    /// Mostly not at all or for some microseconds, but for any time, too.
    Timed,
    /// Not at all, or until somebody ends it: how such a call goes is no matter of time.
    Untimed,
}

/// Words of a message in the making.
struct Words {
    words: usize,
    items: usize,
}

const PROTOCOLS: [i64; 25] = [
    0, 1, -1, -2, -5, -6, -8, -9, -10, -11, -12, -13, -14, -15, -16, -17, -18, -20, -21, -22, -23,
    -24, -25, 0x4000, 0x1234,
];

impl Generator<'_> {
    /// Fills the message and buffer registers; gives the others.
    pub fn call(mut self) -> Registers {
        self.buffers();
        let (dest, label, message) = self.request();
        let (label, dest) = match self.random.below(16) {
            0 => (self.random.pick(&PROTOCOLS), dest),
            1 => (label, self.cap()),
            2 => (self.random.next() as i64, self.cap()),
            _ => (label, dest),
        };
        let mut tag = MsgTag::new(label, message.words, message.items, TagFlags::empty()).0;
        if self.random.once_in(16) {
            tag ^= 1 << self.random.below(64);
        }
        if self.random.once_in(8) {
            let at = self.random.below(utcb::MSG_REGS as u64) as usize;
            let value = self.value();
            self.utcb.set_mr(at, value);
        }
        let phases = self.phases();
        Registers {
            tag,
            dest: dest & !0xf | phases,
            label: self.value(),
            timeout: self.timeout(phases),
            other: self.random.next(),
            sp: self.random.once_in(64).then(|| address(self.random)),
        }
    }

    fn phases(&mut self) -> u64 {
        match self.random.below(8) {
            0..=4 => 3,
            5 => self.random.pick(&[1, 2, 6, 7, 15, 9]),
            _ => self.random.below(16),
        }
    }

    fn timeout(&mut self, phases: u64) -> u64 {
        const ZERO: u64 = 0x400;
        if self.waits == Waits::Untimed {
            let send = self.random.pick(&[ZERO, ZERO, 0]) << 16;
            // Whether a reply comes at once is a matter of time.
            let replies = phases & Sysf::CALL.bits() == Sysf::CALL.bits();
            return send
                | if replies {
                    0
                } else {
                    self.random.pick(&[ZERO, ZERO, 0])
                };
        }
        let mut one = || match self.random.below(64) {
            0..=43 => ZERO,
            44..=58 => 1 + self.random.below(200),
            59 | 60 => 0x8000 | self.random.below(64),
            61 => self.random.below(0x10000),
            62 => ZERO | self.random.below(0x400),
            _ => 0,
        };
        one() << 16 | one()
    }

    /// A selector: of something, of nothing, or of nonsense.
    fn cap(&mut self) -> u64 {
        let index = match self.random.below(16) {
            0..=9 => self.random.below(18),
            10..=12 => cap::NEW + self.random.below(cap::NEW_COUNT),
            13 => self.random.next() >> 12,
            _ => 1u64 << self.random.below(52),
        };
        let bits = match self.random.below(16) {
            0 => 0x800,
            1 => 0x400,
            2 => 0xc00,
            3 => self.random.below(0x1000),
            _ => 0,
        };
        index << 12 | bits
    }

    fn new_slot(&mut self) -> u64 {
        (cap::NEW + self.random.below(cap::NEW_COUNT)) << 12
    }

    fn object_page(&mut self) -> u64 {
        let order = self.random.pick(&[0, 0, 0, 0, 0, 0, 0, 1, 2, 5]);
        self.cap() & !0xfff | order << 6 | 3 << 4 | self.random.below(16)
    }

    fn flexpage(&mut self) -> u64 {
        let rights = self.random.below(16);
        match self.random.below(16) {
            0..=4 => {
                let order = self.random.pick(&[12, 12, 12, 13, 14, 16, 21, 30]);
                address(self.random) & !0xfff | order << 6 | 1 << 4 | rights
            }
            5..=9 => self.object_page(),
            10 => self.random.below(1 << 16) << 12 | self.random.below(18) << 6 | 2 << 4 | rights,
            11 => self.random.next(),
            12 => self.random.below(64) << 6 | rights,
            13 => address(self.random) & !0xfff | self.random.below(64) << 6 | 1 << 4 | rights,
            14 => self.cap() & !0xfff | self.random.below(64) << 6 | 3 << 4 | rights,
            _ => self.random.below(64) << 6 | self.random.below(64),
        }
    }

    /// The control word of an item.
    fn control(&mut self) -> u64 {
        let spot = match self.random.below(4) {
            0 => 0,
            1 => self.new_slot(),
            2 => address(self.random),
            _ => self.random.next(),
        };
        let bits = match self.random.below(4) {
            0 => self.random.below(0x1000),
            1 => 8 | self.random.below(8),
            _ => 8,
        };
        spot & !0xfff | bits
    }

    fn value(&mut self) -> u64 {
        match self.random.below(12) {
            0 => self.random.next(),
            1 => self.random.below(64),
            2 => self.cap(),
            3 => address(self.random),
            4 | 5 => self.flexpage(),
            6 => self.control(),
            7 => VargTag::new(self.random.below(6) as u8, self.random.below(32) as usize).0,
            8 => 1u64 << self.random.below(64),
            9 => (1u64 << self.random.below(64)).wrapping_neg(),
            10 => self.random.below(32) | self.random.next() << 16,
            _ => u64::MAX,
        }
    }

    fn buffers(&mut self) {
        let mut at = 0;
        let mut put = |generator: &mut Self, word: u64| {
            if at < utcb::BUF_REGS {
                generator.utcb.set_br(at, word);
            }
            at += 1;
        };
        for _ in 0..self.random.below(5) {
            match self.random.below(8) {
                0 => {
                    let word = self.value();
                    put(self, word);
                }
                1 | 2 => {
                    let bits = self.random.pick(&[8, 8, 9, 12, 15]);
                    put(self, bits);
                    let page = self.flexpage();
                    put(self, page);
                    let task = self.cap();
                    if bits & 1 != 0 {
                        put(self, task);
                    }
                }
                _ => {
                    let slot = self.new_slot();
                    let bits = self.random.pick(&[0xa, 0xa, 0xa, 0xe, 0xb]);
                    put(self, slot | bits);
                }
            }
        }
        put(self, 0);
        let bdr = match self.random.below(8) {
            0 => self.random.next(),
            1 => BufferDesc::new(1, 2, 0).0,
            2 => {
                BufferDesc::new(
                    self.random.below(32) as usize,
                    self.random.below(32) as usize,
                    self.random.below(32) as usize,
                )
                .0
            }
            _ => 0,
        };
        self.utcb.set_bdr(BufferDesc(bdr));
    }

    fn words<const N: usize>(&mut self, words: [u64; N]) -> Words {
        for (i, &word) in words.iter().enumerate() {
            self.utcb.set_mr(i, word);
        }
        Words { words: N, items: 0 }
    }

    fn with_item(&mut self, message: Words, control: u64, flexpage: u64) -> Words {
        let at = message.words + 2 * message.items;
        if at + 1 < utcb::MSG_REGS {
            self.utcb.set_mr(at, control);
            self.utcb.set_mr(at + 1, flexpage);
        }
        Words {
            items: message.items + 1,
            ..message
        }
    }

    fn with_cap(&mut self, message: Words, object: CapIdx) -> Words {
        let selector = if self.random.once_in(4) {
            self.cap()
        } else {
            object.0
        };
        let rights = self.random.pick(&[0xf, 0xf, 7, 4, 0]);
        self.with_item(message, 8, selector & !0xfff | 3 << 4 | rights)
    }

    fn request(&mut self) -> (u64, i64, Words) {
        match self.random.below(16) {
            0..=2 => self.for_task(),
            3..=5 => self.for_thread(),
            6 | 7 => self.for_factory(),
            8 => self.for_endpoint(),
            9 => self.for_semaphore(),
            10 => self.for_group(),
            11 => self.for_any(),
            _ => self.message(),
        }
    }

    fn task(&mut self) -> CapIdx {
        self.random.pick(&[cap::TASK, cap::TASK, cap::OTHER_TASK])
    }

    fn for_task(&mut self) -> (u64, i64, Words) {
        let task = self.task();
        let message = match self.random.below(8) {
            0..=2 => {
                let words = [op::task::MAP, self.control(), self.flexpage()];
                let message = self.words(words);
                let from = self.task();
                self.with_cap(message, from)
            }
            3 | 4 => {
                let flags = self
                    .random
                    .pick(&[0, 0x8000_0000, 0xc000_0000, 0x4000_0000]);
                let page = self.flexpage();
                let mut message = self.words([op::task::UNMAP, flags, page]);
                for _ in 0..self.random.pick(&[0, 0, 0, 1, 4, 60]) {
                    let page = self.flexpage();
                    if message.words < utcb::MSG_REGS {
                        self.utcb.set_mr(message.words, page);
                        message.words += 1;
                    }
                }
                message
            }
            5 => {
                let words = [op::task::CAP_INFO, self.cap(), self.cap()];
                let mut message = self.words(words);
                message.words -= self.random.below(2) as usize;
                message
            }
            6 => {
                let words = [op::task::ADD_KU_MEM, self.flexpage()];
                self.words(words)
            }
            _ => {
                let words = [
                    op::task::LDT_SET_X86,
                    self.value(),
                    self.value(),
                    self.value(),
                ];
                self.words(words)
            }
        };
        (task.0, proto::TASK, message)
    }

    fn thread(&mut self) -> CapIdx {
        self.random.pick(&[
            cap::THREAD,
            cap::THREAD.next(),
            CapIdx::INVALID,
            cap::LOOSE_THREAD,
            cap::LOOSE_THREAD,
        ])
    }

    fn for_thread(&mut self) -> (u64, i64, Words) {
        let thread = self.thread();
        let operation = self.random.pick(&[
            op::thread::CONTROL,
            op::thread::EX_REGS,
            op::thread::SWITCH,
            op::thread::STATS,
            op::thread::VCPU_RESUME,
            op::thread::REGISTER_DELETE_IRQ,
            op::thread::MODIFY_SENDER,
            op::thread::VCPU_CONTROL,
            op::thread::REGISTER_DOORBELL_IRQ,
            op::thread::PF_TRAMP_CONTROL,
            op::thread::X86_GDT,
            op::thread::AMD64_SET_SEGMENT_BASE,
            op::thread::AMD64_GET_SEGMENT_INFO,
        ]);
        let message = match operation {
            op::thread::CONTROL => {
                let flags = self.random.pick(&[
                    0,
                    op::thread::CONTROL_SET_PAGER,
                    op::thread::CONTROL_SET_EXC_HANDLER,
                    op::thread::CONTROL_BIND_TASK,
                    op::thread::CONTROL_ALIEN,
                    0xffff_0000,
                ]);
                // Mostly a pager that helps.
                let pager = if self.random.once_in(8) {
                    self.cap()
                } else {
                    cap::PAGER.0
                };
                let utcb = match self.random.below(3) {
                    0 => Control::get(&control().utcb[0]) + 0x400 * self.random.below(4),
                    1 => address(self.random),
                    _ => self.random.next(),
                };
                let words = [operation | flags, pager, pager, 0, self.value(), utcb];
                let message = self.words(words);
                let task = self.task();
                self.with_cap(message, task)
            }
            op::thread::EX_REGS => {
                let flags = self
                    .random
                    .pick(&[0, 0x1_0000, 0x2_0000, 0x3_0000, 0xffff_0000]);
                let ip = match self.random.below(4) {
                    0 => crate::child::entry as *const () as u64,
                    1 => address(self.random),
                    _ => u64::MAX,
                };
                let sp = if self.random.once_in(4) {
                    address(self.random)
                } else {
                    u64::MAX
                };
                self.words([operation | flags, ip, sp])
            }
            op::thread::AMD64_SET_SEGMENT_BASE => {
                let base = match self.random.below(3) {
                    0 => Control::get(&control().fs_base),
                    1 => address(self.random),
                    _ => Control::get(&control().utcb[0]) + 504,
                };
                let segment = self.random.below(3) << 16;
                self.words([operation | segment, base])
            }
            op::thread::REGISTER_DELETE_IRQ | op::thread::REGISTER_DOORBELL_IRQ => {
                let message = self.words([operation]);
                self.with_cap(message, cap::LOOSE_IRQ)
            }
            _ => {
                let words = [
                    operation,
                    self.value(),
                    self.value(),
                    self.value(),
                    self.value(),
                ];
                let mut message = self.words(words);
                message.words = 1 + self.random.below(62) as usize;
                message
            }
        };
        (thread.0, proto::THREAD, message)
    }

    fn for_factory(&mut self) -> (u64, i64, Words) {
        let factory = self
            .random
            .pick(&[cap::FACTORY, cap::FACTORY, cap::SMALL_FACTORY]);
        let kind = self.random.pick(&[
            op::factory::GATE,
            proto::TASK,
            proto::THREAD,
            proto::FACTORY,
            proto::IRQ_SENDER,
            proto::SEMAPHORE,
            proto::THREAD_GROUP,
            proto::VM,
            proto::VCPU_CONTEXT,
            proto::DATASPACE,
        ]);
        let number = VargTag::new(varg::UMWORD, 8).0;
        let message = match kind {
            op::factory::GATE => {
                let label = self.random.next() & !self.random.below(4);
                let message = self.words([kind as u64, number, label]);
                if self.random.once_in(2) {
                    let thread = self.thread();
                    self.with_cap(message, thread)
                } else {
                    message
                }
            }
            proto::TASK => {
                let page = self.flexpage();
                self.words([kind as u64, VargTag::new(varg::FPAGE, 8).0, page])
            }
            proto::FACTORY => {
                let limit = self
                    .random
                    .pick(&[1, 0x1000, 0x8000, 0x10_0000, u64::MAX, 0]);
                self.words([kind as u64, number, limit])
            }
            _ => {
                let argument = self.random.pick(&[0, 1, u64::MAX]);
                let mut message = self.words([kind as u64, number, argument]);
                if self.random.once_in(2) {
                    message.words = 1;
                }
                message
            }
        };
        if !self.random.once_in(8) {
            let slot = self.new_slot();
            self.utcb.set_bdr(BufferDesc(0));
            self.utcb.set_br(0, slot | 0xa);
        }
        (factory.0, proto::FACTORY, message)
    }

    fn for_endpoint(&mut self) -> (u64, i64, Words) {
        let endpoint = self.random.pick(&[
            cap::GATE,
            cap::IRQ,
            cap::LOOSE_GATE,
            cap::LOOSE_IRQ,
            cap::GROUP,
        ]);
        let label = self
            .random
            .pick(&[proto::KOBJECT, proto::IRQ, proto::IRQ_SENDER]);
        let operation = self.random.pick(&[0x10, 0x10, 0x11, 0, 1, 2, 4, 5, 6]);
        let bits = self.random.pick(&[0, 0, 0, 3]);
        let argument = self.value() & !3 | bits;
        let message = self.words([operation, argument]);
        let to = self.random.pick(&[
            cap::THREAD,
            cap::THREAD.next(),
            cap::GROUP,
            cap::LOOSE_THREAD,
        ]);
        let mut message = self.with_cap(message, to);
        if self.random.once_in(3) {
            message = Words { words: 0, items: 0 };
        }
        (endpoint.0, label, message)
    }

    fn for_semaphore(&mut self) -> (u64, i64, Words) {
        let message = self.words([op::semaphore::DOWN]);
        if self.random.once_in(2) {
            (cap::SEMAPHORE.0, proto::SEMAPHORE, message)
        } else {
            (cap::SEMAPHORE.0, proto::IRQ, Words { words: 0, items: 0 })
        }
    }

    fn for_group(&mut self) -> (u64, i64, Words) {
        let operation = self
            .random
            .pick(&[op::thread_group::ADD, op::thread_group::REMOVE, 7]);
        let message = self.words([operation]);
        let thread = self.thread();
        let message = self.with_cap(message, thread);
        (cap::GROUP.0, proto::THREAD_GROUP, message)
    }

    /// What any object answers, or refuses.
    fn for_any(&mut self) -> (u64, i64, Words) {
        let words = [
            self.random.below(4),
            self.value(),
            self.value(),
            self.value(),
        ];
        let message = self.words(words);
        let label = if self.random.once_in(2) {
            proto::META
        } else {
            self.random.pick(&PROTOCOLS)
        };
        (self.cap(), label, message)
    }

    /// A message from thread to thread.
    fn message(&mut self) -> (u64, i64, Words) {
        let dest = self.random.pick(&[
            cap::THREAD,
            cap::THREAD.next(),
            cap::THREAD,
            cap::THREAD.next(),
            cap::GATE,
            cap::GATE,
            cap::ECHO,
            cap::PAGER,
            cap::IRQ,
            CapIdx::INVALID,
        ]);
        let words = self.random.pick(&[0, 1, 2, 2, 3, 26, 57, 63]);
        for i in 0..words.min(utcb::MSG_REGS) {
            let value = self.value();
            self.utcb.set_mr(i, value);
        }
        let mut message = Words { words, items: 0 };
        for _ in 0..self.random.pick(&[0, 0, 0, 1, 1, 2, 3]) {
            let (control, page) = (self.control(), self.flexpage());
            message = self.with_item(message, control, page);
        }
        (dest.0, self.random.pick(&PROTOCOLS), message)
    }
}
