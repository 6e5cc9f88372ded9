//! The servers' side: every interface of the facts, and the trait that stands for it.

use crate::object::Object;
use l4re::interface::{Incoming, Lent, Reception, ServedBy};
use l4re::server::Registry;
use l4re::services::*;
use l4re::sys::MsgTag;
use l4re::{Cap, Result};

/// What an object answers by an interface.
type Answer = fn(&Object, &Incoming<'_>) -> MsgTag;

/// An interface with its trait.
pub struct Server {
    pub interface: &'static str,
    pub answer: Answer,
    /// Serves an object by a registry.
    pub serve: fn(&Registry, Object) -> Result<()>,
}

fn serve<I: ServedBy<Object> + ?Sized>(registry: &Registry, object: Object) -> Result<()> {
    let gate: Cap<I> = Cap::new(l4re::sys::CapIdx::from_index(0x77));
    registry.serve(gate, object).map(drop)
}

macro_rules! servers {
    ($($name:literal $service:path,)*) => {
        &[ $( Server {
            interface: $name,
            answer: <dyn $service as ServedBy<Object>>::dispatch,
            serve: serve::<dyn $service>,
        }, )* ]
    };
}

/// Every trait of [`l4re::services`].
pub const SERVERS: &[Server] = servers! {
    "L4::Icu" Icu,
    "L4::Scheduler" Scheduler,
    "L4::Vcon" Vcon,
    "L4::Platform_control" PlatformControl,
    "L4::Io_pager" IoPager,
    "L4::Pager" Pager,
    "L4::Exception" ExceptionHandler,
    "L4::Factory" Factory,
    "L4Re::Dataspace" Dataspace,
    "L4Re::Namespace" Namespace,
    "L4Re::Rm" Rm,
    "L4Re::Mem_alloc" MemAlloc,
    "L4Re::Log" Log,
    "L4Re::Parent" Parent,
    "L4Re::Event" Event,
    "L4Re::Inhibitor" Inhibitor,
    "L4Re::Dma_space" DmaSpace,
    "L4Re::Dma_space_mgr" DmaSpaceMgr,
    "L4Re::Mmio_space" MmioSpace,
    "L4Re::Itas" Itas,
    "L4Re::Random" Random,
    "L4Re::Remote_access" RemoteAccess,
    "L4Re::Dbg_events" DbgEvents,
    "L4Re::Debug_obj" DebugObj,
    "L4Re::Video::Goos" Goos,
    "L4Re::Console" Console,
    "L4Re::Ned::Cmd_control" CmdControl,
};

/// What answers the requests of an interface.
pub fn of(interface: &str) -> Option<Answer> {
    let server = SERVERS.iter().find(|server| server.interface == interface);
    server.map(|server| server.answer)
}

/// Has an object answer the message in the registers, of a client with those rights.
pub fn answer(answer: Answer, object: &Object, tag: MsgTag, rights: u64) -> MsgTag {
    l4re::cap_alloc::init(0x1000);
    let lent = Lent::with_slots(4).expect("there are slots");
    let reception = Reception::default();
    answer(object, &Incoming::new(tag, rights & 3, &lent, &reception))
}
