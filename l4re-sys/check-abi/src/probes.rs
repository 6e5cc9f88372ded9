//! What C puts together in inline functions, without constants: a compiled probe over the headers
//! tells the words, and `l4re-sys` must make the same ones.

use l4re_sys::memdesc::MemDesc;
use l4re_sys::varg::{self, VargTag};
use l4re_sys::*;

/// An expression of C and what Rust makes in its place.
#[derive(Clone, Copy, Debug)]
pub struct Probe {
    /// The expression.
    pub c: &'static str,
    /// The header to include.
    pub header: &'static str,
    /// What Rust has.
    pub rust: fn() -> u64,
    /// The definitions of `l4re-sys` that it holds, as in `excuses.rs`.
    pub holds: &'static [&'static str],
}

fn memory() -> MemDesc {
    MemDesc::new(0x1234_5000, 0x2345_6fff, 3, 5, true)
}

macro_rules! mem_desc {
    ($field:literal) => {
        concat!(
            "({ l4_kernel_info_mem_desc_t d = {0}; ",
            "l4_kernel_info_set_mem_desc(&d, 0x12345000, 0x23456fff, 3, 1, 5); d.",
            $field,
            "; })"
        )
    };
}

/// The lowest number of a trap for which a function says yes.
macro_rules! trap {
    ($function:literal) => {
        concat!(
            "({ l4_exc_regs_t r = {0}; while (r.trapno < 1000 && !",
            $function,
            "(&r)) r.trapno++; r.trapno; })"
        )
    };
}

/// All probes.
pub const PROBES: &[Probe] = &[
    Probe {
        c: "l4_msgtag(-5, 33, 17, 0x8000).raw",
        header: "l4/sys/types.h",
        rust: || MsgTag::new(-5, 33, 17, TagFlags::from_bits_retain(0x8000)).0,
        holds: &[
            "msgtag::MsgTag::ITEMS_SHIFT",
            "msgtag::MsgTag::LABEL_SHIFT",
            "msgtag::MsgTag::WORDS_MASK",
        ],
    },
    Probe {
        c: "l4_timeout_rel(0x155, 11).t",
        header: "l4/sys/__timeout.h",
        rust: || TimeoutS::relative(0x155, 11).0.into(),
        holds: &[
            "timeout::TimeoutS::EXPONENT_MASK",
            "timeout::TimeoutS::MANTISSA_BITS",
            "timeout::TimeoutS::MANTISSA_MASK",
        ],
    },
    Probe {
        c: "l4_timeout(l4_timeout_rel(3, 7), l4_timeout_rel(0x3ff, 0x1f)).raw",
        header: "l4/sys/__timeout.h",
        rust: || {
            let (send, recv) = (TimeoutS::relative(3, 7), TimeoutS::relative(0x3ff, 0x1f));
            Timeout::new(send, recv).0.into()
        },
        holds: &["timeout::Timeout::SEND_SHIFT"],
    },
    Probe {
        c: "({ static l4_umword_t u[256]; l4_timeout_abs_u(123, 9, (l4_utcb_t *)u).t; })",
        header: "l4/sys/utcb.h",
        rust: || TimeoutS::absolute(9).0.into(),
        holds: &[
            "timeout::TimeoutS::ABSOLUTE_BIT",
            "timeout::TimeoutS::ABSOLUTE_INDEX_MASK",
        ],
    },
    Probe {
        c: "l4_bdr(3, 5, 7, 0)",
        header: "l4/sys/utcb.h",
        rust: || BufferDesc::new(3, 5, 7).0,
        holds: &["bdr::BufferDesc::INDEX_MASK"],
    },
    Probe {
        c: "l4_map_control(0x5000, 3, 0)",
        header: "l4/sys/__l4_fpage.h",
        rust: || {
            let page = Fpage::memory(0, consts::PAGE_SHIFT, MemRights::R);
            MapItem::map(0x5000, page).with_cache(3).control
        },
        holds: &["item::CACHE_SHIFT"],
    },
    Probe {
        c: mem_desc!("l"),
        header: "l4/sys/memdesc.h",
        rust: || memory().l,
        holds: &[
            "memdesc::MemDesc::ADDR_MASK",
            "memdesc::MemDesc::SUBTYPE_SHIFT",
            "memdesc::MemDesc::TYPE_MASK",
            "memdesc::MemDesc::VIRTUAL",
        ],
    },
    Probe {
        c: mem_desc!("h"),
        header: "l4/sys/memdesc.h",
        rust: || memory().h,
        holds: &["memdesc::MemDesc::ADDR_MASK"],
    },
    Probe {
        c: "({ l4_kernel_info_t k = {0}; k.offset_version_strings = 1; \
            l4_kernel_info_version_offset(&k); })",
        header: "l4/sys/kip.h",
        rust: || KernelInfo::VERSION_STRING_UNIT as u64,
        holds: &["kip::KernelInfo::VERSION_STRING_UNIT"],
    },
    Probe {
        c: "l4_sched_cpu_set(0x123456, 7, 1).gran_offset",
        header: "l4/sys/scheduler.h",
        rust: || CpuSet::new(0x12_3456, 7, 1).gran_offset,
        holds: &[
            "sched::CpuSet::GRANULARITY_SHIFT",
            "sched::CpuSet::OFFSET_MASK",
        ],
    },
    Probe {
        c: "({ static l4_umword_t u[256]; l4_msgtag_t t = l4_msgtag(0, 1, 0, 0); \
            l4_factory_create_add_uint_u(9, &t, (l4_utcb_t *)u); \
            l4_utcb_mr_u((l4_utcb_t *)u)->mr[1]; })",
        header: "l4/sys/factory.h",
        rust: || VargTag::new(varg::UMWORD, size_of::<u64>()).0,
        holds: &["varg::VargTag::SIZE_SHIFT"],
    },
    Probe {
        c: trap!("l4_utcb_exc_is_pf"),
        header: "l4/sys/utcb.h",
        rust: || ExcRegs::PAGE_FAULT_TRAP,
        holds: &["exc_regs::ExcRegs::PAGE_FAULT_TRAP"],
    },
    Probe {
        c: trap!("l4_utcb_exc_is_ex_regs_exception"),
        header: "l4/sys/utcb.h",
        rust: || ExcRegs::EX_REGS_TRAP,
        holds: &["exc_regs::ExcRegs::EX_REGS_TRAP"],
    },
];
