//! Requests that are right, almost right, and not right at all.

use l4re::sys::op::{pager, scheduler, vcon};
use l4re::sys::re::{dataspace, dma_space, mem_alloc, namespace, rm};
use l4re::sys::varg::{self, VargTag};
use l4re::sys::{op::meta, proto};

/// Random numbers, the same for the same seed (splitmix64).
pub struct Random(u64);

impl Random {
    /// Those of a client.
    pub fn of(seed: u64, client: u64) -> Self {
        Random(seed.wrapping_add(client.wrapping_mul(0xa076_1d64_78bd_642f)))
    }

    /// Any number.
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `end`.
    pub fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    /// One of these.
    pub fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len() as u64) as usize]
    }
}

/// A message in the making.
pub struct Message {
    pub label: i64,
    words: [u64; 63],
    len: usize,
    pub items: usize,
}

impl Message {
    pub fn words(&self) -> &[u64] {
        &self.words[..self.len]
    }

    fn put(&mut self, word: u64) {
        if let Some(place) = self.words.get_mut(self.len) {
            *place = word;
            self.len += 1;
        }
    }

    fn all(mut self, words: &[u64]) -> Self {
        words.iter().for_each(|word| self.put(*word));
        self
    }
}

const LABELS: [i64; 14] = [
    proto::DATASPACE,
    proto::NAMESPACE,
    proto::RM,
    proto::MEM_ALLOC,
    proto::FACTORY,
    proto::SCHEDULER,
    proto::META,
    proto::IRQ,
    proto::DEBUG,
    proto::IO_PAGE_FAULT,
    proto::PAGE_FAULT,
    proto::EXCEPTION,
    proto::RE_DMA_SPACE,
    proto::PARENT,
];

/// A size or an offset: small ones more often.
pub fn size(random: &mut Random) -> u64 {
    match random.below(8) {
        0 => random.below(64),
        1 => (1 + random.below(1024)) << 12,
        2 => u64::MAX - random.below(0x2000),
        3 => 1 << random.below(64),
        _ => random.below(64) << 12,
    }
}

fn address(random: &mut Random) -> u64 {
    match random.below(8) {
        0 => random.next(),
        1 => 1 << random.below(64),
        _ => 0x10_0000 + (random.below(256) << 12),
    }
}

/// A request for an object of the kind.
pub fn of(kind: i64, random: &mut Random) -> Message {
    let label = match random.below(12) {
        0 => random.pick(&LABELS),
        _ => kind,
    };
    let empty = Message {
        label,
        words: [0; 63],
        len: 0,
        items: 0,
    };
    let mut message = match label {
        proto::DATASPACE => dataspace(empty, random),
        proto::RM => region_map(empty, random),
        proto::NAMESPACE => namespace(empty, random),
        proto::FACTORY => factory(empty, random),
        proto::MEM_ALLOC => empty.all(&[mem_alloc::INFO.into()]),
        proto::LOG => log(empty, random),
        proto::SCHEDULER => scheduler(empty, random),
        proto::META => {
            let op = random.pick(&[meta::NUM_INTERFACES, meta::INTERFACE, meta::SUPPORTS]);
            empty.all(&[op.into(), random.below(4)])
        }
        proto::RE_DMA_SPACE => dma(empty, random),
        proto::PAGE_FAULT => {
            let bits = random.pick(&[0, pager::FAULT_WRITE, pager::FAULT_FETCH]);
            empty.all(&[address(random) & !0xfff | bits, 0])
        }
        _ => noise(empty, random),
    };
    match random.below(10) {
        // Something is wrong with one word.
        0 if message.len > 0 => {
            let at = random.below(message.len as u64) as usize;
            message.words[at] = match random.below(3) {
                0 => random.next(),
                1 => size(random),
                _ => message.words[at] ^ 1 << random.below(64),
            };
        }
        1 => message.len = random.below(message.len as u64 + 1) as usize,
        2 => message.items = random.below(4) as usize,
        3 => message = noise(message, random),
        _ => {}
    }
    message
}

/// Anything.
fn noise(mut message: Message, random: &mut Random) -> Message {
    message.len = 0;
    for _ in 0..random.below(20) {
        let word = match random.below(4) {
            0 => random.next(),
            1 => size(random),
            _ => random.below(16),
        };
        message.put(word);
    }
    message.items = random.below(3) as usize;
    message
}

fn dataspace(message: Message, random: &mut Random) -> Message {
    let op = random.pick(&[
        dataspace::CLEAR,
        dataspace::INFO,
        dataspace::COPY_IN,
        dataspace::ALLOCATE,
        dataspace::MAP_INFO,
        dataspace::MAP,
    ]);
    let mut message = message.all(&[op.into(), size(random), size(random), size(random)]);
    message.items = usize::from(op == dataspace::COPY_IN);
    message
}

fn region_map(mut message: Message, random: &mut Random) -> Message {
    let op = random.pick(&[
        rm::ATTACH,
        rm::ATTACH,
        rm::ATTACH,
        rm::DETACH,
        rm::FIND,
        rm::RESERVE_AREA,
        rm::FREE_AREA,
        rm::GET_REGIONS,
        rm::GET_AREAS,
        rm::GET_INFO,
        rm::ADD_RESCUE_JUMP,
        rm::REMOVE_RESCUE_JUMP,
        rm::PAGE_IN,
    ]);
    let head = [op.into(), address(random), size(random)];
    if op != rm::ATTACH {
        let align = random.below(16) << 32;
        return message.all(&head).all(&[align | random.below(4)]);
    }
    let flags = random.pick(&[0x2_0004, 0x2_0006, 0x2_2006, 0x2_1006, 0x2_1004, 0x4, 0x6]);
    let name = random.below(25);
    message.items = 1;
    message = message.all(&head).all(&[flags, 0, 12, 0, name * 8]);
    for _ in 0..name {
        message.put(random.next());
    }
    message.all(&[size(random)])
}

fn namespace(mut message: Message, random: &mut Random) -> Message {
    let op = random.pick(&[namespace::QUERY, namespace::REGISTER_OBJ, namespace::UNLINK]);
    let flags = random.below(32) << 32;
    let len = random.below(24);
    message.items = usize::from(op == namespace::REGISTER_OBJ);
    message = message.all(&[u64::from(op) | flags, len]);
    for _ in 0..len.div_ceil(8) {
        // Few names, so that they are found again.
        message.put(u64::from_le_bytes(*b"a/b/c/de") ^ random.below(4));
    }
    message
}

fn factory(mut message: Message, random: &mut Random) -> Message {
    let kinds = [
        proto::DATASPACE,
        proto::NAMESPACE,
        proto::RM,
        proto::LOG,
        proto::RE_DMA_SPACE,
        proto::FACTORY,
        proto::SCHEDULER,
        proto::THREAD,
    ];
    message = message.all(&[random.pick(&kinds) as u64]);
    for _ in 0..random.below(4) {
        match random.below(5) {
            0 => {
                let len = random.below(40);
                message.put(VargTag::new(varg::STRING, len as usize).0);
                for _ in 0..len.div_ceil(8) {
                    message.put(random.next());
                }
            }
            1 => message.put(VargTag::new(varg::NIL, 0).0),
            _ => message = message.all(&[VargTag::new(varg::UMWORD, 8).0, size(random)]),
        }
    }
    message
}

fn log(mut message: Message, random: &mut Random) -> Message {
    // Without a line's end: the text would only be noise. It is held back, and goes with the log.
    let len = random.below(10);
    message = message.all(&[vcon::WRITE, len]);
    for _ in 0..len.div_ceil(8) {
        message.put(u64::from_le_bytes([b'a' + random.below(26) as u8; 8]));
    }
    message
}

fn scheduler(message: Message, random: &mut Random) -> Message {
    let op = random.pick(&[scheduler::INFO, scheduler::IDLE_TIME]);
    message.all(&[op, random.below(1 << 33), random.next()])
}

fn dma(mut message: Message, random: &mut Random) -> Message {
    if random.below(3) == 0 {
        return message.all(&[
            dma_space::UNMAP.into(),
            address(random),
            size(random),
            random.below(2),
        ]);
    }
    message.items = 1;
    let attrs = random.below(4) << 32;
    message.all(&[
        dma_space::MAP.into(),
        size(random),
        size(random),
        attrs,
        0,
        u64::MAX,
    ])
}
