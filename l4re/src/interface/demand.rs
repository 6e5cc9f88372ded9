//! What requests can bring.

/// What the requests of an interface can bring besides words: what its server has to have
/// buffers for.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Demand {
    /// The number of capabilities.
    pub caps: u8,
    /// The logarithm of the size of the memory in bytes, or 0.
    pub memory: u8,
}

impl Demand {
    /// Words only.
    pub const NONE: Demand = Demand { caps: 0, memory: 0 };
    /// A capability.
    pub const CAP: Demand = Demand { caps: 1, memory: 0 };
    /// A page of memory.
    pub const PAGE: Demand = Demand {
        caps: 0,
        memory: l4re_sys::consts::PAGE_SHIFT as u8,
    };

    /// What one request brings that has both: arguments of one method.
    pub const fn and(self, other: Demand) -> Demand {
        Demand {
            caps: self.caps + other.caps,
            memory: max(self.memory, other.memory),
        }
    }

    /// What a request brings that is either.
    pub const fn or(self, other: Demand) -> Demand {
        Demand {
            caps: max(self.caps, other.caps),
            memory: max(self.memory, other.memory),
        }
    }
}

const fn max(a: u8, b: u8) -> u8 {
    if a > b { a } else { b }
}
