//! What has no fact, and why.

use l4re_sys::*;

/// Types of one word or two, defined by hand for what their names guarantee: their names, their
/// names in C, and their sizes.
pub const NEWTYPES: &[(&str, &str, usize)] = &[
    ("CapIdx", "l4_cap_idx_t", size_of::<CapIdx>()),
    ("Fpage", "l4_fpage_t", size_of::<Fpage>()),
    ("MapItem", "l4_snd_fpage_t", size_of::<MapItem>()),
    ("MsgTag", "l4_msgtag_t", size_of::<MsgTag>()),
    ("Timeout", "l4_timeout_t", size_of::<Timeout>()),
    ("TimeoutS", "l4_timeout_s", size_of::<TimeoutS>()),
];

const NEWTYPE: &str = "A type of one word or two: its size is held by `NEWTYPES`.";
const WORD: &str = "A word that C has no type for.";
const OPAQUE: &str = "C keeps the UTCB opaque; its parts have facts, and where they are is asserted at their definition.";
const INLINE: &str = "Bits that C puts together in an inline function that makes a system call at once, without a constant: no probe can ask it.";
/// Held by [`PROBES`](crate::probes::PROBES).
pub const PROBED: &str = "Bits that C puts together in an inline function, without a constant: held by a probe (`probes.rs`).";
const COMPOUND: &str = "A compound literal of C, or a value of a Rust type that C has no name for.";
const CXX: &str = "Bits that C++ compares in inline functions, without a constant: held by the test of how words are put together.";
const PROSE: &str = "Said in words, or by a plain number in code: what the facts list, where they do, is the number of words of the message.";
const LINKER: &str = "Of the linker's command line: no header has it.";
const OWN: &str = "This project's own: what its root task, its kernel and its programs agree on. L4Re's own system does not look at it.";
const MULTIBOOT: &str = "Of the multiboot specification, which L4Re has no header for.";

/// Numbers and structures defined outside of the macros.
pub const DEFINED_OUTSIDE: &[(&str, &str)] = &[
    ("elf::PIE_BASE", OWN),
    ("elf_aux::USUAL_STACK_SIZE", OWN),
    ("op/factory::OWNS_OBJECTS", OWN),
    ("cap::CapIdx", NEWTYPE),
    ("fpage::Fpage", NEWTYPE),
    ("item::MapItem", NEWTYPE),
    ("msgtag::MsgTag", NEWTYPE),
    ("timeout::Timeout", NEWTYPE),
    ("timeout::TimeoutS", NEWTYPE),
    ("bdr::BufferDesc", WORD),
    ("item::RcvItem", WORD),
    ("varg::VargTag", WORD),
    ("utcb::Utcb", OPAQUE),
    ("utcb::UtcbRef", COMPOUND),
    ("bdr::BufferDesc::INDEX_MASK", PROBED),
    ("item::CACHE_SHIFT", PROBED),
    ("kip::KernelInfo::VERSION_STRING_UNIT", PROBED),
    ("memdesc::MemDesc::ADDR_MASK", PROBED),
    ("memdesc::MemDesc::SUBTYPE_SHIFT", PROBED),
    ("memdesc::MemDesc::TYPE_MASK", PROBED),
    ("memdesc::MemDesc::VIRTUAL", PROBED),
    ("msgtag::MsgTag::ITEMS_SHIFT", PROBED),
    ("msgtag::MsgTag::LABEL_SHIFT", PROBED),
    ("msgtag::MsgTag::WORDS_MASK", PROBED),
    ("op/thread::SEGMENT_SHIFT", INLINE),
    ("op/vcon::READ_SIZE_SHIFT", INLINE),
    ("sched::CpuSet::GRANULARITY_SHIFT", PROBED),
    ("sched::CpuSet::OFFSET_MASK", PROBED),
    ("timeout::Timeout::SEND_SHIFT", PROBED),
    ("timeout::TimeoutS::ABSOLUTE_BIT", PROBED),
    ("timeout::TimeoutS::ABSOLUTE_INDEX_MASK", PROBED),
    ("timeout::TimeoutS::EXPONENT_MASK", PROBED),
    ("timeout::TimeoutS::MANTISSA_BITS", PROBED),
    ("timeout::TimeoutS::MANTISSA_MASK", PROBED),
    ("varg::VargTag::SIZE_SHIFT", PROBED),
    ("exc_regs::ExcRegs::ALIEN_TRAP", PROSE),
    ("exc_regs::ExcRegs::EX_REGS_TRAP", PROBED),
    ("exc_regs::ExcRegs::PAGE_FAULT_TRAP", PROBED),
    ("exc_regs::ExcRegs::ZERO", COMPOUND),
    ("fpage::Fpage::INVALID", COMPOUND),
    ("item::MapItem::VOID", COMPOUND),
    ("item::RcvItem::VOID", COMPOUND),
    ("timeout::TimeoutS::NEVER", COMPOUND),
    ("timeout::TimeoutS::ZERO", COMPOUND),
    ("utcb::Utcb::ZERO", COMPOUND),
    ("item::ReturnItem::ID", CXX),
    ("item::ReturnItem::KIND_MASK", CXX),
    ("item::ReturnItem::LOCAL", CXX),
    ("item::ReturnItem::NOTHING", CXX),
    ("env::EnvCapEntry::END", PROSE),
    ("item::WORDS", PROSE),
    ("op/debugger::LOG_NAME_SIZE", PROSE),
    ("op/factory::GATE", PROSE),
    ("op/ipc_gate::LABEL_RIGHTS_MASK", PROSE),
    ("op/pager::FAULT_FETCH", PROSE),
    ("op/pager::FAULT_MASK", PROSE),
    ("op/pager::FAULT_PRESENT", PROSE),
    ("op/pager::FAULT_WRITE", PROSE),
    ("op/thread::CONTROL_WORDS", PROSE),
    ("re/parent::SIGNAL_EXIT", PROSE),
    ("re/rm::ANY_ADDR", PROSE),
    ("consts::KIP_ADDR", LINKER),
    ("consts::STACK_ADDR", LINKER),
    ("multiboot::HEADER_ADDRESSES", MULTIBOOT),
    ("multiboot::HEADER_MAGIC", MULTIBOOT),
    ("multiboot::HEADER_MEMORY_INFO", MULTIBOOT),
    ("multiboot::HEADER_PAGE_ALIGN", MULTIBOOT),
];
