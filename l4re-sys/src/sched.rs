//! Parameters of scheduling.

use zerocopy::{FromBytes, Immutable, IntoBytes};

abi_struct! {
    /// A set of processors: a bit map, each bit for `1 << granularity` processors.
    #[derive(FromBytes, Immutable, IntoBytes)]
    pub struct CpuSet = "l4_sched_cpu_set_t" in "l4/sys/scheduler.h" {
        /// Granularity (upper 8 bits of the lower 32) and the first processor (24 bits).
        gran_offset: u64 => "gran_offset",
        /// The bit map.
        map: u64 => "map",
    }
}

impl CpuSet {
    const GRANULARITY_SHIFT: u32 = 24;
    const OFFSET_MASK: u64 = 0x00ff_ffff;

    /// A set: bit `i` of `map` stands for the `1 << granularity` processors from
    /// `offset + (i << granularity)` on.
    #[doc(alias = "l4_sched_cpu_set")]
    pub const fn new(offset: u32, granularity: u8, map: u64) -> Self {
        CpuSet {
            gran_offset: ((granularity as u64) << Self::GRANULARITY_SHIFT)
                | (offset as u64 & Self::OFFSET_MASK),
            map,
        }
    }

    /// The first processor of the set.
    pub const fn offset(&self) -> u32 {
        (self.gran_offset & Self::OFFSET_MASK) as u32
    }

    /// The granularity.
    pub const fn granularity(&self) -> u8 {
        (self.gran_offset >> Self::GRANULARITY_SHIFT) as u8
    }
}

pub use param::SchedParam;
mod param {
    use super::CpuSet;
    use zerocopy::{FromBytes, Immutable, IntoBytes};

    abi_struct! {
        /// How a thread is scheduled.
        #[derive(FromBytes, Immutable, IntoBytes)]
        pub struct SchedParam = "l4_sched_param_t" in "l4/sys/scheduler.h" {
            /// On which processors.
            affinity: CpuSet => "affinity",
            /// The priority, 1 to 255.
            prio: u64 => "prio",
            /// The time slice in microseconds; 0: the default.
            quantum: u64 => "quantum",
        }
    }
}

impl SchedParam {
    /// Priority `prio`, the default time slice, any processor.
    #[doc(alias = "l4_sched_param")]
    pub const fn prio(prio: u64) -> Self {
        SchedParam {
            affinity: CpuSet::new(0, u8::MAX, 1),
            prio,
            quantum: 0,
        }
    }
}
