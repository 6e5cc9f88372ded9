//! The table of everything that the macros of the crate define, for the interface check (`check-abi`).

/// A constant of the interface.
#[derive(Clone, Copy, Debug)]
pub struct Const {
    /// The name in C, or the operation of a C++ interface.
    pub name: &'static str,
    /// The header.
    pub header: &'static str,
    /// The name here.
    pub rust: &'static str,
    /// The value that this crate gives it.
    pub value: fn() -> Value,
}

impl Const {
    pub(crate) const fn new(
        name: &'static str,
        header: &'static str,
        rust: &'static str,
        value: fn() -> Value,
    ) -> Self {
        Const {
            name,
            header,
            rust,
            value,
        }
    }
}

/// A value, and the bits that its type has.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Value {
    /// The value.
    pub value: i128,
    /// The width of its type.
    pub bits: u32,
}

impl Value {
    pub(crate) fn of(value: impl Into<Value>) -> Self {
        value.into()
    }
}

macro_rules! value_from {
    ($($ty:ty),*) => { $(
        impl From<$ty> for Value {
            fn from(value: $ty) -> Self {
                Value { value: value as i128, bits: <$ty>::BITS }
            }
        }
    )* };
}
value_from!(u8, u16, u32, u64, usize, i64);

impl From<crate::re::rm::RmFlags> for Value {
    fn from(flags: crate::re::rm::RmFlags) -> Self {
        flags.bits().into()
    }
}

impl From<crate::CapIdx> for Value {
    fn from(cap: crate::CapIdx) -> Self {
        cap.0.into()
    }
}

impl From<crate::unmap::UnmapFlags> for Value {
    fn from(flags: crate::unmap::UnmapFlags) -> Self {
        flags.bits().into()
    }
}

/// A structure of the interface.
#[derive(Clone, Copy, Debug)]
pub struct Layout {
    /// The name in C.
    pub name: &'static str,
    /// The header.
    pub header: &'static str,
    /// The name here.
    pub rust: &'static str,
    /// The size in bytes.
    pub size: usize,
    /// The alignment in bytes.
    pub align: usize,
    /// The fields.
    pub fields: &'static [Field],
}

/// A field of a structure.
#[derive(Clone, Copy, Debug)]
pub struct Field {
    /// The name in C.
    pub name: &'static str,
    /// The offset in bytes.
    pub offset: usize,
    /// The size in bytes.
    pub size: usize,
}

pub(crate) const fn size_of_field<S, F>(_: fn(&S) -> *const F) -> usize {
    size_of::<F>()
}

/// Constants of modules and types.
pub const MODULES: &[&[&[Const]]] = &[
    crate::auxv::FACTS,
    crate::bdr::FACTS,
    crate::cap::FACTS,
    crate::consts::FACTS,
    crate::elf::FACTS,
    crate::elf_aux::FACTS,
    crate::err::FACTS,
    crate::fpage::FACTS,
    crate::ipc_error::FACTS,
    crate::item::FACTS,
    crate::kip::FACTS,
    crate::l4mod::FACTS,
    crate::memdesc::FACTS,
    crate::multiboot::FACTS,
    crate::op::debugger::FACTS,
    crate::op::icu::FACTS,
    crate::op::iommu::FACTS,
    crate::op::ipc_gate::FACTS,
    crate::op::irq::FACTS,
    crate::op::kobject::FACTS,
    crate::op::meta::FACTS,
    crate::op::platform_ctl::FACTS,
    crate::op::rcv_endpoint::FACTS,
    crate::op::scheduler::FACTS,
    crate::op::semaphore::FACTS,
    crate::op::sigma0::FACTS,
    crate::op::task::FACTS,
    crate::op::thread::FACTS,
    crate::op::thread_group::FACTS,
    crate::op::vcon::FACTS,
    crate::pf_trampoline::FACTS,
    crate::proto::FACTS,
    crate::re::cmd_control::FACTS,
    crate::re::dataspace::FACTS,
    crate::re::dbg_events::FACTS,
    crate::re::dma_space::FACTS,
    crate::re::event::FACTS,
    crate::re::event::codes::FACTS,
    crate::re::goos::FACTS,
    crate::re::inhibitor::FACTS,
    crate::re::itas::FACTS,
    crate::re::mem_alloc::FACTS,
    crate::re::mmio_space::FACTS,
    crate::re::namespace::FACTS,
    crate::re::parent::FACTS,
    crate::re::random::FACTS,
    crate::re::remote_access::FACTS,
    crate::re::rm::FACTS,
    crate::timeout::FACTS,
    crate::unmap::FACTS,
    crate::utcb::FACTS,
    crate::util::FACTS,
    crate::varg::FACTS,
];

/// Flags.
pub const FLAGS: &[&[Const]] = &[
    crate::fpage::MemRights::FACTS,
    crate::fpage::ObjRights::FACTS,
    crate::msgtag::TagFlags::FACTS,
    crate::re::dataspace::DsFlags::FACTS,
    crate::re::dma_space::DmaAttrs::FACTS,
    crate::re::rm::RmFlags::FACTS,
    crate::sysf::Sysf::FACTS,
    crate::unmap::UnmapFlags::FACTS,
];

/// Structures.
pub const LAYOUTS: &[Layout] = &[
    crate::auxv::L4Aux::LAYOUT,
    crate::elf::Phdr::LAYOUT,
    crate::elf::Ehdr::LAYOUT,
    crate::elf_aux::ElfAuxWord::LAYOUT,
    crate::env::Env::LAYOUT,
    crate::env::EnvCapEntry::LAYOUT,
    crate::exc_regs::ExcRegs::LAYOUT,
    crate::kip::KernelInfo::LAYOUT,
    crate::l4mod::ModInfo::LAYOUT,
    crate::l4mod::Mod::LAYOUT,
    crate::memdesc::MemDesc::LAYOUT,
    crate::multiboot::MbInfo::LAYOUT,
    crate::multiboot::MbMod::LAYOUT,
    crate::op::icu::IcuInfo::LAYOUT,
    crate::op::icu::MsiInfo::LAYOUT,
    crate::op::vcon::VconAttr::LAYOUT,
    crate::re::dataspace::Stats::LAYOUT,
    crate::re::event::AbsInfo::LAYOUT,
    crate::re::event::Event::LAYOUT,
    crate::re::event::StreamId::LAYOUT,
    crate::re::event::StreamInfo::LAYOUT,
    crate::re::event::StreamState::LAYOUT,
    crate::re::goos::ColorComponent::LAYOUT,
    crate::re::goos::Info::LAYOUT,
    crate::re::goos::PixelInfo::LAYOUT,
    crate::re::goos::ViewInfo::LAYOUT,
    crate::re::itas::ITimerVal::LAYOUT,
    crate::re::itas::SigAction::LAYOUT,
    crate::re::itas::SigStack::LAYOUT,
    crate::re::itas::TimeVal::LAYOUT,
    crate::re::mem_alloc::Stats::LAYOUT,
    crate::re::rm::Region::LAYOUT,
    crate::sched::CpuSet::LAYOUT,
    crate::pf_trampoline::PfTrampoline::LAYOUT,
    crate::sched::SchedParam::LAYOUT,
    crate::utcb::MsgRegs::LAYOUT,
    crate::utcb::BufRegs::LAYOUT,
    crate::utcb::ThreadRegs::LAYOUT,
];
