//! The servers: small ones, that do what their interface is for.

use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;
use core::cell::{Cell, RefCell};
use l4re::dataspace::Dataspace as DataspaceCap;
use l4re::event::{AbsInfo, StreamInfo, StreamState, Writer, codes};
use l4re::goos::{GoosFlags, Info, PixelInfo, ViewInfo};
use l4re::interface::{Elements, Pages, Rights, Varg};
use l4re::irq::Irq;
use l4re::itas::{ITimerVal, SigAction, SigStack};
use l4re::region::{Region, RegionDesc};
use l4re::server::Registry;
use l4re::services::*;
use l4re::sys::op::icu::MsiInfo;
use l4re::sys::re::{dataspace, mem_alloc};
use l4re::sys::{CapIdx, CpuSet, ExcRegs, Fpage, MapItem, MemRights, SchedParam, err};
use l4re::task::Task;
use l4re::thread::Thread;
use l4re::vcon::{Read, VconAttr};
use l4re::{Cap, Env, Error, ErrorCode, OwnedCap, Result};

pub const PAGE: u64 = 4096;

fn code(code: i64) -> Error {
    Error::Service(ErrorCode(code))
}

/// Whether a capability has come with a request.
fn is_there<T: ?Sized>(cap: Cap<T>) -> Result<()> {
    match Cap::<Task>::THIS.cap_valid(cap.idx())? {
        true => Ok(()),
        false => Err(Error::INVALID),
    }
}

/// A page of the server's memory.
pub struct Memory {
    region: RefCell<Region>,
}

impl Memory {
    pub fn new(env: &Env) -> Result<Self> {
        let memory = env.mem_alloc().dataspace(PAGE as usize)?;
        let region = RefCell::new(env.rm().attach(memory)?);
        Ok(Memory { region })
    }

    /// Pages are shared as they are: all of the memory is one.
    fn pages(&self, spot: u64, rights: MemRights) -> Result<Pages<'_>> {
        let region = self.region.borrow();
        // Mapped here, or it could not be sent.
        region.share(0, 12, rights)?;
        let page = Fpage::page(region.as_ptr().addr() as u64, rights);
        // SAFETY: the region lives as long as `self`, and is read and written by copies only.
        Ok(unsafe { Pages::from_item(MapItem::map(spot, page)) })
    }
}

impl Dataspace for Memory {
    fn map(&self, _: Rights, offset: u64, spot: u64, flags: u64) -> Result<Pages<'_>> {
        if offset >= PAGE {
            return Err(Error::OUT_OF_RANGE);
        }
        let writes = flags & 2 != 0;
        self.pages(spot, if writes { MemRights::RW } else { MemRights::R })
    }
    fn clear(&self, _: Rights, offset: u64, size: u64) -> Result<()> {
        let zeros = vec![0; size.min(PAGE) as usize];
        self.region.borrow_mut().write(offset as usize, &zeros)
    }
    fn info(&self, _: Rights) -> Result<dataspace::Stats> {
        Ok(dataspace::Stats {
            size: PAGE,
            flags: 7,
        })
    }
    fn copy_in(
        &self,
        _: Rights,
        to: u64,
        source: Cap<DataspaceCap>,
        from: u64,
        size: u64,
    ) -> Result<()> {
        let source = l4re::start::env().rm().attach_read_only(source.take()?)?;
        let mut bytes = vec![0; size.min(PAGE) as usize];
        source.read(from as usize, &mut bytes)?;
        self.region.borrow_mut().write(to as usize, &bytes)
    }
    fn allocate(&self, _: Rights, _: u64, size: u64) -> Result<()> {
        if size > PAGE {
            return Err(Error::NO_MEMORY);
        }
        Ok(())
    }
}

impl RemoteAccess for Memory {
    fn read_mem(&self, address: u64, width: u8) -> Result<u64> {
        let mut bytes = [0; 8];
        let len = 1usize.checked_shl(width.into()).filter(|len| *len <= 8);
        let to = bytes.get_mut(..len.ok_or(Error::INVALID)?);
        let to = to.ok_or(Error::INVALID)?;
        self.region.borrow().read(address as usize, to)?;
        Ok(u64::from_le_bytes(bytes))
    }
    fn write_mem(&self, address: u64, width: u8, value: u64) -> Result<()> {
        let bytes = value.to_le_bytes();
        let len = 1usize.checked_shl(width.into()).unwrap_or(0);
        let bytes = bytes.get(..len).ok_or(Error::INVALID)?;
        self.region.borrow_mut().write(address as usize, bytes)
    }
    fn terminate(&self, status: i32) -> Result<()> {
        self.write_mem(0, 2, status as u32 as u64)
    }
}

/// A frame buffer with a keyboard, whose keys the screen's refreshing presses.
pub struct Screen {
    memory: Cap<DataspaceCap>,
    events: RefCell<Writer>,
    irqs: VirtualIcu,
    view: Cell<ViewInfo>,
    front: Cell<bool>,
}

impl Screen {
    pub fn new(env: &Env) -> Result<Self> {
        let memory = env.mem_alloc().dataspace(PAGE as usize)?.leak();
        let buffer = env.mem_alloc().dataspace(PAGE as usize)?;
        Ok(Screen {
            memory,
            events: RefCell::new(Writer::attach(env.rm(), buffer)?),
            irqs: VirtualIcu::new(1),
            view: Cell::default(),
            front: Cell::new(false),
        })
    }

    fn press(&self, code: u16, value: i32) -> Result<()> {
        let event = l4re::sys::re::event::Event {
            time: 5,
            kind: codes::EV_KEY,
            code,
            value,
            stream_id: 3,
        };
        let full = !self.events.borrow_mut().put(event);
        self.irqs.trigger(0);
        if full { Err(code_of_full()) } else { Ok(()) }
    }
}

fn code_of_full() -> Error {
    code(err::ENOSPC)
}

impl Icu for Screen {
    fn bind(&self, number: u64, irq: Cap<Irq>) -> Result<()> {
        self.irqs.bind(number, irq)
    }
    fn unbind(&self, number: u64, irq: Cap<Irq>) -> Result<()> {
        self.irqs.unbind(number, irq)
    }
    fn info(&self) -> Result<(u64, u64, u64)> {
        self.irqs.info()
    }
    fn msi_info(&self, number: u64, source: u64) -> Result<MsiInfo> {
        Ok(MsiInfo {
            addr: source,
            data: number as u32,
            ..MsiInfo::default()
        })
    }
}

impl Event for Screen {
    fn get_buffer(&self) -> Result<OwnedCap<DataspaceCap>> {
        let mut events = self.events.borrow_mut();
        events.reset();
        Ok(events.memory().lend())
    }
    fn get_num_streams(&self) -> Result<i64> {
        Ok(1)
    }
    fn get_stream_info(&self, index: i32) -> Result<StreamInfo> {
        if index != 0 {
            return Err(Error::INVALID);
        }
        let mut info: StreamInfo = l4re::msg::zeroed();
        info.stream_id = 3;
        info.name[..4].copy_from_slice(b"keys");
        info.keybits[7] = 1 << 63;
        Ok(info)
    }
    fn get_axis_info(&self, stream_id: u64, axes: &[u32]) -> Result<Vec<AbsInfo>> {
        if stream_id != 3 {
            return Err(Error::INVALID);
        }
        let info = |axis: &u32| AbsInfo {
            value: *axis as i32,
            ..l4re::msg::zeroed()
        };
        Ok(axes.iter().map(info).collect())
    }
    fn get_stream_state_for_id(&self, _: u64) -> Result<StreamState> {
        let mut state: StreamState = l4re::msg::zeroed();
        state.swbits[0] = 0x5;
        Ok(state)
    }
}

impl Goos for Screen {
    fn info(&self) -> Result<Info> {
        let mut pixel_info = PixelInfo::default();
        pixel_info.bytes = 4;
        Ok(Info {
            width: 32,
            height: 32,
            flags: GoosFlags::POINTER.bits(),
            num_static_views: 1,
            num_static_buffers: 1,
            pixel_info,
            ..Info::default()
        })
    }
    fn get_static_buffer(&self, index: u32) -> Result<OwnedCap<DataspaceCap>> {
        match index {
            0 => Ok(self.memory.lend()),
            _ => Err(Error::OUT_OF_RANGE),
        }
    }
    fn create_buffer(&self, size: u64) -> Result<(i64, OwnedCap<DataspaceCap>)> {
        let alloc = l4re::start::env().mem_alloc();
        Ok((7, alloc.dataspace(size as usize)?))
    }
    fn view_info(&self, _: u32) -> Result<ViewInfo> {
        Ok(self.view.get())
    }
    fn set_view_info(&self, index: u32, info: &ViewInfo) -> Result<()> {
        self.view.set(ViewInfo {
            view_index: index,
            ..*info
        });
        Ok(())
    }
    fn view_stack(&self, _: u32, pivot: u32, behind: bool) -> Result<()> {
        self.front.set(pivot == u32::MAX && behind);
        Ok(())
    }
    fn view_refresh(&self, index: u32, x: i32, y: i32, w: i32, h: i32) -> Result<()> {
        self.press(index as u16, x + y + w + h)
    }
    fn refresh(&self, x: i32, y: i32, w: i32, h: i32) -> Result<()> {
        self.press(0, x * y * w * h + i32::from(self.front.get()))
    }
}

impl Console for Screen {}

/// What services have that need little.
#[derive(Default)]
pub struct Small {
    registers: RefCell<[u64; 8]>,
    names: RefCell<Vec<(Vec<u8>, OwnedCap<()>)>>,
    text: RefCell<Vec<u8>>,
    attr: Cell<u64>,
    held: Cell<u64>,
}

impl Icu for Small {
    fn bind(&self, _: u64, irq: Cap<Irq>) -> Result<()> {
        irq.trigger()
    }
    fn unbind(&self, _: u64, irq: Cap<Irq>) -> Result<()> {
        is_there(irq)
    }
    fn info(&self) -> Result<(u64, u64, u64)> {
        Ok((0, 1, 0))
    }
}

impl Random for Small {
    fn get_random(&self, size: u64) -> Result<(i64, Vec<u8>)> {
        let size = size.min(400);
        Ok((size as i64, (0..size).map(|i| i as u8).collect()))
    }
}

impl Inhibitor for Small {
    fn acquire(&self, id: u64, reason: &str) -> Result<()> {
        if id > 1 || reason != "grüße" {
            return Err(code(err::ENODEV));
        }
        self.held.set(self.held.get() | 1 << id);
        Ok(())
    }
    fn release(&self, id: u64) -> Result<()> {
        let held = self.held.get();
        self.held.set(held & !(1 << (id & 63)));
        if held >> (id & 63) & 1 == 0 {
            Err(code(err::ENODEV))
        } else {
            Ok(())
        }
    }
    fn next_lock_info(&self, id: &mut i64) -> Result<String> {
        *id += 1;
        match *id {
            0 => Ok("suspend".into()),
            1 => Ok("shutdown".into()),
            _ => Err(code(err::ENODEV)),
        }
    }
}

impl MmioSpace for Small {
    fn mmio_read(&self, address: u64, width: u8) -> Result<u64> {
        let registers = self.registers.borrow();
        let register = registers.get(address as usize / 8).ok_or(Error::INVALID)?;
        let bits = 8u32 << (width & 3);
        Ok(register & (u64::MAX >> (64 - bits)))
    }
    fn mmio_write(&self, address: u64, _: u8, value: u64) -> Result<()> {
        let mut registers = self.registers.borrow_mut();
        *registers
            .get_mut(address as usize / 8)
            .ok_or(Error::INVALID)? = value;
        Ok(())
    }
}

impl Namespace for Small {
    fn query(
        &self,
        _: Rights,
        name: &[u8],
    ) -> Result<(i64, OwnedCap<()>, Option<u32>, Option<Vec<u8>>)> {
        let names = self.names.borrow();
        let found = names.iter().find(|(known, _)| known == name);
        let (_, object) = found.ok_or(Error::NOT_FOUND)?;
        Ok((0, object.cap().lend(), None, None))
    }
    fn register_obj(&self, _: u32, name: &[u8], object: Option<Cap<()>>) -> Result<()> {
        let object = object.ok_or(Error::INVALID)?.take()?;
        self.names.borrow_mut().push((name.to_vec(), object));
        Ok(())
    }
    fn unlink(&self, name: &[u8]) -> Result<()> {
        let mut names = self.names.borrow_mut();
        let before = names.len();
        names.retain(|(known, _)| known != name);
        if names.len() == before {
            Err(Error::NOT_FOUND)
        } else {
            Ok(())
        }
    }
}

impl Vcon for Small {
    fn write(&self, text: &[u8]) {
        self.text.borrow_mut().extend_from_slice(text);
    }
    fn read(&self, to: &mut [u8]) -> Result<Read> {
        let mut text = self.text.borrow_mut();
        let len = to.len().min(text.len());
        for (to, from) in to.iter_mut().zip(text.drain(..len)) {
            *to = from.to_ascii_uppercase();
        }
        Ok(Read {
            len,
            more: !text.is_empty(),
            is_break: false,
        })
    }
    fn attr(&self) -> Result<VconAttr> {
        let mut attr: VconAttr = l4re::msg::zeroed();
        attr.l_flags = self.attr.get();
        Ok(attr)
    }
    fn set_attr(&self, attr: VconAttr) -> Result<()> {
        self.attr.set(attr.l_flags);
        Ok(())
    }
}

impl Log for Small {}

impl DmaSpace for Small {
    fn map(
        &self,
        source: Option<Cap<DataspaceCap>>,
        offset: u64,
        size: &mut u64,
        align: u8,
        attrs: u32,
        address: &mut u64,
        max: u64,
    ) -> Result<()> {
        let there = source.ok_or(Error::INVALID)?.size()?;
        *size = (*size).min(there);
        *address = 0x1000_0000 + offset + u64::from(align) + u64::from(attrs);
        if *address > max {
            Err(Error::OUT_OF_RANGE)
        } else {
            Ok(())
        }
    }
    fn unmap(&self, address: u64, _: u64, flags: u32) -> Result<()> {
        if address == 0 || flags > 1 {
            Err(Error::INVALID)
        } else {
            Ok(())
        }
    }
}

type DmaCap = Cap<l4re::dma_space::DmaSpace>;

impl DmaSpaceMgr for Small {
    fn associate(&self, space: DmaCap, task: Cap<Task>, attrs: u32) -> Result<()> {
        is_there(space)?;
        is_there(task)?;
        if attrs == 1 && space != task.cast() {
            Ok(())
        } else {
            Err(Error::INVALID)
        }
    }
    fn associate_phys(&self, space: DmaCap, _: u32) -> Result<()> {
        is_there(space)
    }
    fn disassociate(&self, space: DmaCap) -> Result<()> {
        is_there(space)
    }
    fn block_area(
        &self,
        space: DmaCap,
        address: &mut u64,
        size: u64,
        _: u64,
        flags: u32,
        _: u8,
    ) -> Result<()> {
        *address += size + u64::from(flags);
        is_there(space)
    }
    fn set_limits(&self, space: DmaCap, min: u64, max: u64) -> Result<()> {
        is_there(space)?;
        if min < max {
            Ok(())
        } else {
            Err(Error::INVALID)
        }
    }
}

impl Itas for Small {
    fn register_thread(&self, parent: Cap<Thread>, thread: Cap<Thread>, utcb: u64) -> Result<()> {
        is_there(parent)?;
        is_there(thread)?;
        if utcb == 0xb300_0000 {
            Ok(())
        } else {
            Err(Error::INVALID)
        }
    }
    fn unregister_thread(&self, thread: Cap<Thread>) -> Result<()> {
        is_there(thread)
    }
    fn sigaction(&self, signal: i32, action: &SigAction) -> Result<SigAction> {
        let mut old = *action;
        old.mask = signal as u64;
        Ok(old)
    }
    fn sigaltstack(&self, thread: Cap<Thread>, stack: &SigStack) -> Result<SigStack> {
        is_there(thread)?;
        let mut old = *stack;
        old.size += 1;
        Ok(old)
    }
    fn sigprocmask(&self, thread: Cap<Thread>, how: i32, set: u64) -> Result<u64> {
        is_there(thread)?;
        Ok(set + how as u64)
    }
    fn sigpending(&self, thread: Cap<Thread>) -> Result<u64> {
        is_there(thread)?;
        Ok(0x4000)
    }
    fn setitimer(&self, which: i32, value: &ITimerVal) -> Result<ITimerVal> {
        let mut old = *value;
        old.value.sec = which.into();
        Ok(old)
    }
    fn getitimer(&self, which: i32) -> Result<ITimerVal> {
        let mut value: ITimerVal = l4re::msg::zeroed();
        value.interval.usec = which.into();
        Ok(value)
    }
    fn raise(&self, thread: Cap<Thread>, signal: i32) -> Result<()> {
        is_there(thread)?;
        if signal == 2 {
            Ok(())
        } else {
            Err(Error::INVALID)
        }
    }
}

impl DbgEvents for Small {
    fn request_backtrace(
        &self,
        regs: &ExcRegs,
        task: Cap<l4re::remote_access::RemoteAccess>,
        rm: Cap<l4re::region::Rm>,
    ) -> Result<()> {
        is_there(task)?;
        is_there(rm)?;
        if regs.r15 == 15 && regs.sp == 0x5050 {
            Ok(())
        } else {
            Err(Error::INVALID)
        }
    }
}

impl DebugObj for Small {
    fn debug(&self, function: u64) -> Result<()> {
        if function == 9 {
            Ok(())
        } else {
            Err(Error::NO_OPERATION)
        }
    }
}

impl CmdControl for Small {
    fn execute(&self, command: &str) -> Result<Vec<u8>> {
        Ok(command.bytes().rev().collect())
    }
}

impl Parent for Small {
    fn signal(&self, signal: u64, value: u64) -> Result<()> {
        Err(code((signal * 10 + value) as i64))
    }
}

impl PlatformControl for Small {
    fn system_shutdown(&self, reboot: u64) -> Result<()> {
        if reboot == 1 {
            Ok(())
        } else {
            Err(Error::NO_PERMISSION)
        }
    }
}

impl Scheduler for Small {
    fn cpus(&self, first: u64) -> Result<(u64, u64, u64)> {
        Ok((0b101, first, 3))
    }
    fn run_thread(&self, thread: Cap<Thread>, param: &SchedParam) -> Result<()> {
        is_there(thread)?;
        if (param.prio, param.affinity.map) == (7, 1) {
            Ok(())
        } else {
            Err(Error::INVALID)
        }
    }
    fn idle_time(&self, cpus: &CpuSet) -> Result<u64> {
        Ok(cpus.map * 2)
    }
}

impl Factory for Small {
    fn create(&self, protocol: i64, args: Varg<'_>) -> Result<OwnedCap<()>> {
        use l4re::factory::Arg;
        match (protocol, args.get(0)?, args.get(1)?) {
            (0x4000, Arg::Int(size), Arg::Word(_)) => {
                let memory = l4re::start::env().mem_alloc().dataspace(size as usize)?;
                Ok(memory.cast())
            }
            (_, Arg::Str("no"), _) => Err(Error::NO_PERMISSION),
            _ => Err(Error::NO_OPERATION),
        }
    }
}

impl MemAlloc for Small {
    fn info(&self) -> Result<mem_alloc::Stats> {
        let mut stats: mem_alloc::Stats = l4re::msg::zeroed();
        stats.mem_free = 77;
        Ok(stats)
    }
}

/// A region map of a page.
pub struct Map(pub Memory);

impl IoPager for Map {
    fn io_page_fault(&self, _: Fpage, _: u64) -> Result<Option<Pages<'_>>> {
        Ok(None)
    }
}

impl Pager for Map {
    fn page_fault(&self, address: u64, _: u64) -> Result<Option<Pages<'_>>> {
        if address >= 1 << 40 {
            return Ok(None);
        }
        self.0.pages(address & !0xfff, MemRights::RW).map(Some)
    }
}

impl ExceptionHandler for Map {
    fn exception(&self, regs: &mut ExcRegs) -> Result<Option<Pages<'_>>> {
        regs.ip += 2;
        Ok(None)
    }
}

impl Rm for Map {
    fn attach(
        &self,
        start: &mut u64,
        size: u64,
        _: u32,
        memory: Option<Cap<DataspaceCap>>,
        offset: u64,
        align: u8,
        client: Option<CapIdx>,
        name: &str,
        _: u64,
    ) -> Result<()> {
        match memory {
            Some(memory) => drop(memory.size()?),
            None if client == Some(CapIdx::INVALID) => {}
            None => return Err(Error::INVALID),
        }
        *start += size + offset + u64::from(align) + name.len() as u64;
        Ok(())
    }
    fn detach(&self, address: u64, _: u64, _: u32) -> Result<(i64, u64, u64, CapIdx)> {
        match address {
            0 => Err(Error::NOT_FOUND),
            // Unmapped already: nothing of the client's is.
            _ => Ok((8, address, PAGE, CapIdx::INVALID)),
        }
    }
    fn find(&self, address: &mut u64, size: &mut u64) -> Result<(i64, u32, u64, CapIdx)> {
        (*address, *size) = (*address + 1, *size + 1);
        Ok((1, 6, 0x3000, CapIdx::from_index(9)))
    }
    fn reserve_area(&self, start: &mut u64, size: u64, _: u32, _: u8) -> Result<()> {
        *start += size;
        Ok(())
    }
    fn free_area(&self, _: u64) -> Result<()> {
        Err(Error::NOT_FOUND)
    }
    fn get_regions(&self, start: u64) -> Result<(i64, Elements<RegionDesc>)> {
        let region = |i: u64| RegionDesc {
            start: start + i,
            end: start + i,
            flags: i as u16,
            padding: [0; 6],
        };
        // More than a message holds.
        Ok(Elements::counted((0..100).map(region).collect()))
    }
    fn get_info(&self, address: u64) -> Result<(String, u64)> {
        Ok(("a/file".into(), address * 2))
    }
    fn page_in(&self, min: u64, max: u64, flags: u16) -> Result<(u64, Pages<'_>)> {
        if (max - min, flags) != (PAGE - 1, 4) {
            return Err(Error::INVALID);
        }
        Ok((0, self.0.pages(min, MemRights::R)?))
    }
}

/// Capabilities to the gates of all servers.
#[derive(Clone, Copy)]
pub struct Gates {
    pub screen: Cap<dyn Console>,
    pub memory: Cap<dyn RemoteAccess>,
    pub map: Cap<dyn Rm>,
    pub exceptions: Cap<dyn ExceptionHandler>,
    pub small: [Cap<()>; 17],
}

/// The place of a service in [`Gates::small`].
macro_rules! small {
    ($($place:literal $name:ident $service:path,)*) => {
        impl Gates {
            $( pub fn $name<T: ?Sized>(&self) -> Cap<T> { self.small[$place].cast() } )*
        }

        fn serve_small(registry: &Registry, gates: &Gates) -> Result<()> {
            $( registry.serve(gates.small[$place].cast::<dyn $service>(), Small::default())?; )*
            Ok(())
        }
    };
}
small! {
    0 random Random,
    1 inhibitor Inhibitor,
    2 mmio MmioSpace,
    3 names Namespace,
    4 vcon Vcon,
    5 log Log,
    6 dma DmaSpace,
    7 dma_mgr DmaSpaceMgr,
    8 itas Itas,
    9 dbg_events DbgEvents,
    10 debug DebugObj,
    11 cmd CmdControl,
    12 parent Parent,
    13 platform PlatformControl,
    14 scheduler Scheduler,
    15 alloc MemAlloc,
    16 icu Icu,
}

/// Serves all, until the process ends.
pub fn serve(gates: Gates) -> Result<()> {
    let env = l4re::start::env();
    let registry = Registry::of_thread(env, l4re::thread::current().cap());
    let screen = Screen::new(env)?;
    registry.serve(gates.screen, screen)?;
    registry.serve(gates.memory, Memory::new(env)?)?;
    registry.serve(gates.map, Map(Memory::new(env)?))?;
    registry.serve(gates.exceptions, Map(Memory::new(env)?))?;
    serve_small(&registry, &gates)?;
    registry.run()
}
