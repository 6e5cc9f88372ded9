//! Clients and servers of every service, in real IPC: words, text, memory and capabilities go
//! both ways, on L4Re's own system and on the embedded one. The server is a thread of the
//! program. Then the clients ask the system's own services.

#![no_std]
#![no_main]

extern crate alloc;

mod device;

use alloc::vec::Vec;
use device::{Gates, PAGE};
use l4re::cmd_control::CmdControl;
use l4re::console::Console;
use l4re::dataspace::{Dataspace, DsFlags};
use l4re::debug::{DbgEvents, DebugObj};
use l4re::dma_space::{DmaAttrs, DmaSpace, DmaSpaceMgr};
use l4re::event::{Buffer, codes};
use l4re::factory::{Arg, Factory};
use l4re::goos::{Rect, ViewFlags, ViewInfo};
use l4re::icu::Icu;
use l4re::inhibitor::Inhibitor;
use l4re::itas::Itas;
use l4re::mem_alloc::MemAlloc;
use l4re::meta::Meta;
use l4re::mmio_space::MmioSpace;
use l4re::namespace::Namespace;
use l4re::pager::ExceptionHandler;
use l4re::parent::Parent;
use l4re::platform_control::PlatformControl;
use l4re::random::Random;
use l4re::region::{Area, Rm, RmFlags};
use l4re::remote_access::RemoteAccess;
use l4re::scheduler::{SchedParam, Scheduler};
use l4re::sys::unmap::UnmapFlags;
use l4re::sys::{CapIdx, CpuSet, ExcRegs, Fpage, MemRights, ObjRights, ReturnItem, Timeout, proto};
use l4re::task::Task;
use l4re::vcon::Vcon;
use l4re::{Cap, Env, Error, OwnedCap, Result};
use test_services::{Outcome, Tap, check, ok};

#[l4re::main]
fn main(env: &'static Env) -> Result<i32> {
    let factory = env.factory();
    let gate = || -> Result<Cap<()>> { Ok(factory.create_gate()?.leak().cast()) };
    let mut small = [Cap::new(CapIdx::INVALID); 17];
    for place in &mut small {
        *place = gate()?;
    }
    let gates = Gates {
        screen: gate()?.cast(),
        memory: gate()?.cast(),
        map: gate()?.cast(),
        exceptions: gate()?.cast(),
        small,
    };
    // It ends with the program.
    let _server = l4re::thread::spawn(move || device::serve(gates).expect("the server runs"))?;
    let mut tap = Tap::default();
    type Case = (&'static str, fn(&Env, &Gates) -> Outcome);
    let cases: [Case; 14] = [
        ("dataspaces and access to them", memory),
        ("region maps, pagers, exceptions", regions),
        ("events", events),
        ("frame buffers", screens),
        ("random numbers, inhibitors, registers", words),
        ("name spaces", names),
        ("consoles and logs", consoles),
        ("address spaces of devices", dma),
        ("threads and signals", itas),
        ("debugging, commands, parents", debugging),
        ("the machine, processors, memory", machine),
        ("interfaces tell what they are", interfaces),
        ("services: memory, regions and areas", own_memory),
        ("services: address spaces of devices", own_dma),
    ];
    for (name, case) in cases {
        tap.case(name, case(env, &gates));
    }
    Ok(tap.end())
}

/// A place in the address space, empty again behind `use_it`.
fn with_window(use_it: impl FnOnce(Fpage) -> Outcome) -> Outcome {
    let area = ok(Area::new(PAGE as usize, 12))?;
    let window = Fpage::page(area.start() as u64, MemRights::RW);
    let outcome = use_it(window);
    // SAFETY: nothing else is there.
    ok(unsafe { Cap::<Task>::THIS.unmap(window, UnmapFlags::ALL_SPACES) })?;
    outcome
}

/// The number at the start of a page that has been mapped.
fn first_word(window: Fpage) -> u32 {
    // SAFETY: a page has just been mapped there.
    unsafe { (window.addr() as *const u32).read_volatile() }
}

fn memory(env: &Env, gates: &Gates) -> Outcome {
    let remote: Cap<RemoteAccess> = gates.memory.cast();
    let ds: Cap<Dataspace> = remote.dataspace();
    let info = ok(ds.info())?;
    check!((info.size, info.flags) == (PAGE, DsFlags::RWX));
    check!(ds.allocate(0, 2 * PAGE) == Err(Error::NO_MEMORY));
    ok(ds.allocate(0, PAGE))?;
    // SAFETY: nobody here relies on the memory.
    unsafe { ok(remote.write(8, 0x1122_3344_u32))? };
    check!(ok(remote.read::<u32>(8))? == 0x1122_3344);
    check!(ok(remote.read::<u8>(11))? == 0x11);
    check!(remote.read::<u64>(PAGE) == Err(Error::OUT_OF_RANGE));
    let source = ok(env.mem_alloc().dataspace(PAGE as usize))?;
    // Kept by the region: what the server copies from is what is written here.
    let own = source.cap();
    let mut region = ok(env.rm().attach(source))?;
    ok(region.write(100, b"copied"))?;
    // SAFETY: the dataspace is the test's own; nobody refers to its content.
    unsafe {
        ok(ds.copy_in(0, own, 100, 6))?;
        check!(ok(remote.read::<u16>(0))? == u16::from_le_bytes(*b"co"));
        ok(ds.clear(0, 2))?;
    }
    check!(
        ok(remote.read::<u16>(0))? == 0 && ok(remote.read::<u16>(4))? == u16::from_le_bytes(*b"ed")
    );
    with_window(|window| {
        // SAFETY: the window is empty, and the test's own.
        let order = unsafe { ds.map(0, 0, DsFlags::R, window) };
        check!(ok(order)? == 12);
        check!(first_word(window) == u32::from_le_bytes(*b"\0\0pi"));
        // SAFETY: nothing is mapped: the offset is behind the end.
        check!(unsafe { ds.map(PAGE, 0, DsFlags::R, window) } == Err(Error::OUT_OF_RANGE));
        Ok(())
    })?;
    ok(remote.terminate(-5))?;
    check!(ok(remote.read::<u32>(0))? as i32 == -5);
    Ok(())
}

fn regions(env: &Env, gates: &Gates) -> Outcome {
    let rm: Cap<Rm> = gates.map.cast();
    let ds = ok(env.mem_alloc().dataspace(PAGE as usize))?;
    // SAFETY: nothing is attached really.
    let start = unsafe { rm.attach_at(0x10_0000, 1, RmFlags::RW, ds.cap(), 5, 12) };
    check!(ok(start)? == 0x10_0000 + PAGE + 5 + 12);
    check!(ok(rm.reserve(0x20_0000, 1, RmFlags::empty(), 12))? == 0x20_0000 + PAGE + 12);
    // SAFETY: nothing is unmapped really: the region map is a list of the server.
    unsafe {
        ok(rm.detach(0x7000_0000_0000))?;
        check!(rm.detach(0) == Err(Error::NOT_FOUND));
    }
    let found = ok(rm.find(7, 8))?;
    check!((found.start, found.size, found.is_area) == (8, 9, true));
    check!(
        (found.flags, found.offset, found.dataspace)
            == (RmFlags::RW, 0x3000, CapIdx::from_index(9))
    );
    check!(ok(rm.reserve_area(4096, 1, RmFlags::empty(), 12))? == 2 * PAGE);
    // SAFETY: the region map is the other program's, which tells what it was asked.
    check!(unsafe { rm.free_area(1) } == Err(Error::NOT_FOUND));
    let all = ok(rm.regions(1000))?;
    check!(all.len() == 21 && all.iter().zip(1000..).all(|(region, at)| region.end == at));
    check!(rm.areas(0).err() == Some(Error::NO_OPERATION));
    let info = ok(rm.region_info(4))?;
    check!((&info.name[..], info.file_offset) == ("a/file", 8));
    with_window(|window| {
        let (min, max) = (window.addr(), window.addr() + PAGE - 1);
        // SAFETY: the window is empty.
        unsafe {
            check!(ok(rm.page_in(min, max, RmFlags::R, window))? == 0);
            check!(rm.page_in(min, max, RmFlags::W, window) == Err(Error::INVALID));
        }
        check!(first_word(window) == 0);
        Ok(())
    })?;
    with_window(|window| {
        // SAFETY: the window is empty, and the test's own.
        let item = unsafe { rm.pager().page_fault(window.addr(), 1, window) };
        check!(matches!(ok(item)?, ReturnItem::Mapped { order: 12, .. }));
        check!(first_word(window) == 0);
        // SAFETY: nothing is mapped: the address is in no region.
        let item = unsafe { rm.pager().page_fault(1 << 40, 1, window) };
        check!(matches!(ok(item)?, ReturnItem::Void));
        Ok(())
    })?;
    check!(rm.pager().io_ports(Fpage::io(0x70, 1)) == Err(Error::NO_PERMISSION));
    let handler: Cap<ExceptionHandler> = gates.exceptions.cast();
    let mut regs: ExcRegs = l4re::msg::zeroed();
    (regs.ip, regs.sp) = (0x1000, 0x2000);
    with_window(|window| {
        // SAFETY: nothing is mapped.
        let regs = ok(unsafe { handler.exception(&regs, window) })?;
        check!((regs.ip, regs.sp) == (0x1002, 0x2000));
        Ok(())
    })
}

fn events(env: &Env, gates: &Gates) -> Outcome {
    let input = gates.screen.cast::<Console>().event();
    check!(ok(input.num_streams())? == 1);
    let info = ok(input.stream_info(0))?;
    check!(info.stream_id == 3 && info.name.starts_with(b"keys\0") && info.keybits[7] == 1 << 63);
    check!(input.stream_info(1).err() == Some(Error::INVALID));
    let axes = ok(input.axis_info(3, &[5, 6, 7]))?;
    check!(axes.iter().map(|axis| axis.value).collect::<Vec<_>>() == [5, 6, 7]);
    check!(ok(input.stream_state(0))?.swbits == [5]);
    let irq = ok(env.factory().create_irq())?;
    ok(irq.bind_thread(env.main_thread(), 0))?;
    check!(input.icu().bind(1, irq.cap()) == Err(Error::INVALID));
    ok(input.icu().bind(0, irq.cap()))?;
    check!(ok(input.icu().info())?.irqs == 1);
    let msi = ok(input.icu().msi_info(4, 9))?;
    check!((msi.addr, msi.data) == (9, 4));
    let mut buffer =
        ok(ok(input.get_buffer())
            .and_then(|memory| ok(Buffer::attach(env.rm(), memory)).map(Ok))?)?;
    check!(buffer.next().is_none());
    // A key goes down; more of them than there is room for are lost.
    let view = gates.screen.cast::<Console>().goos().view(30);
    let key = |x| {
        view.refresh(Rect {
            x,
            ..Rect::default()
        })
    };
    ok(key(1))?;
    ok(irq.receive(Timeout::NEVER))?;
    let event = buffer.next().ok_or(line!() as i64)?;
    check!((event.time, event.kind, event.code) == (5, codes::EV_KEY, 30));
    check!((event.value, event.stream_id) == (1, 3));
    let room = PAGE as usize / size_of_val(&event);
    for x in 0..room {
        ok(key(x as i32))?;
    }
    check!(key(0).is_err());
    for x in 0..room {
        check!(buffer.next().is_some_and(|event| event.value == x as i32));
    }
    check!(buffer.next().is_none());
    ok(input.icu().unbind(0, irq.cap()))
}

fn screens(env: &Env, gates: &Gates) -> Outcome {
    let goos = gates.screen.cast::<Console>().goos();
    let info = ok(goos.info())?;
    check!((info.width, info.num_static_views, info.pixel_info.bytes) == (32, 1, 4));
    let buffer = ok(goos.static_buffer(0))?;
    check!(ok(buffer.size())? == PAGE);
    let mut pixels = ok(env.rm().attach(buffer))?;
    ok(pixels.write(0, &[0xff; 128]))?;
    check!(goos.static_buffer(1).err() == Some(Error::OUT_OF_RANGE));
    let (index, made) = ok(goos.create_buffer(2 * PAGE))?;
    check!(index == 7 && ok(made.size())? == 2 * PAGE);
    check!(goos.create_view().err() == Some(Error::NO_OPERATION));
    let view = goos.view(4);
    ok(view.set_viewport(
        Rect {
            x: 1,
            y: 2,
            width: 3,
            height: 4,
        },
        5,
    ))?;
    let info: ViewInfo = ok(view.info())?;
    check!((info.view_index, info.xpos, info.height, info.buffer_offset) == (4, 1, 4, 5));
    check!(info.flags == (ViewFlags::SET_POSITION | ViewFlags::SET_BUFFER_OFFSET).bits());
    ok(view.push_top())?;
    check!(view.delete() == Err(Error::NO_OPERATION));
    Ok(())
}

fn words(_: &Env, gates: &Gates) -> Outcome {
    let random: Cap<Random> = gates.random();
    let bytes = ok(random.get(300))?;
    check!(bytes.len() == 300 && bytes.iter().enumerate().all(|(i, b)| *b == i as u8));
    check!(ok(random.get(0))?.is_empty());
    let inhibitor: Cap<Inhibitor> = gates.inhibitor();
    ok(inhibitor.acquire(1, "grüße"))?;
    check!(inhibitor.acquire(2, "grüße").is_err() && inhibitor.acquire(0, "x").is_err());
    ok(inhibitor.release(1))?;
    check!(inhibitor.release(1).is_err());
    let locks: Result<Vec<_>> = inhibitor.locks().collect();
    let locks = ok(locks)?;
    check!(locks.len() == 2 && locks[1] == (1, "shutdown".into()));
    let mmio: Cap<MmioSpace> = gates.mmio();
    ok(mmio.write(8, 0x1122_3344_5566_7788_u64))?;
    check!(ok(mmio.read::<u64>(8))? == 0x1122_3344_5566_7788);
    check!(ok(mmio.read::<u16>(8))? == 0x7788);
    check!(mmio.read::<u8>(64) == Err(Error::INVALID));
    Ok(())
}

fn names(env: &Env, gates: &Gates) -> Outcome {
    let names: Cap<Namespace> = gates.names();
    let irq = ok(env.factory().create_irq())?;
    ok(names.register("irq", Some(irq.cap()), ObjRights::RWS, 0))?;
    let found: OwnedCap<l4re::irq::Irq> = ok(names.query("irq"))?;
    check!(ok(Cap::<Task>::THIS.cap_equal(found.idx(), irq.idx()))?);
    drop(found);
    check!(names.query::<()>("none").err() == Some(Error::NOT_FOUND));
    check!(names.register::<()>("x", None, ObjRights::R, 0) == Err(Error::INVALID));
    ok(names.unlink("irq"))?;
    check!(names.unlink("irq") == Err(Error::NOT_FOUND));
    // A client without the right to write may not.
    let reader = ok(l4re::CapSlot::alloc())?;
    ok(Cap::<Task>::THIS.map_cap(names.idx(), ObjRights::R, reader.idx()))?;
    let reader: OwnedCap<Namespace> = reader.filled();
    check!(reader.unlink("irq") == Err(Error::NO_PERMISSION));
    Ok(())
}

fn consoles(env: &Env, gates: &Gates) -> Outcome {
    for console in [gates.vcon(), gates.log()] {
        let console: Cap<Vcon> = console;
        ok(console.write(&[b'a'; 600]))?;
        let mut text = [0; 600];
        let first = ok(console.read(&mut text))?;
        check!((first.len, first.more) == (496, true));
        let last = ok(console.read(&mut text))?;
        check!((last.len, last.more) == (104, false) && text[..104] == [b'A'; 104]);
        let mut attr = ok(console.attr())?;
        attr.l_flags = 9;
        ok(console.set_attr(attr))?;
        check!(ok(console.attr())?.l_flags == 9);
        // The server triggers what it is given.
        let irq = ok(env.factory().create_irq())?;
        ok(irq.bind_thread(env.main_thread(), 0))?;
        ok(console.icu().bind(0, irq.cap()))?;
        ok(irq.receive(Timeout::NEVER))?;
    }
    Ok(())
}

fn dma(env: &Env, gates: &Gates) -> Outcome {
    let dma: Cap<DmaSpace> = gates.dma();
    let buffer = ok(env.mem_alloc().dataspace(PAGE as usize))?;
    let mapped = ok(dma.map(buffer.cap(), 0x30, 8 * PAGE))?;
    check!((mapped.size, mapped.address) == (PAGE, 0x1000_0000 + 0x30 + 12 + 1));
    let low = dma.map_at(
        Some(buffer.cap()),
        0,
        1,
        0..=0xffff,
        DmaAttrs::SEARCH_ADDR,
        12,
    );
    check!(low == Err(Error::OUT_OF_RANGE));
    check!(dma.map_at(None, 0, 1, 0..=1, DmaAttrs::RESERVE, 12) == Err(Error::INVALID));
    ok(dma.unmap(mapped.address, mapped.size))?;
    ok(dma.cancel_reservation(1, 1))?;
    let manager: Cap<DmaSpaceMgr> = gates.dma_mgr();
    ok(manager.associate(dma, Cap::<Task>::THIS, true))?;
    ok(manager.associate_phys(dma))?;
    check!(ok(manager.block_area(dma, 0x1000..=0x9000, 0x100, true, 12))? == 0x1101);
    ok(manager.set_limits(dma, 1..=2))?;
    check!(manager.set_limits(dma, 2..=2) == Err(Error::INVALID));
    ok(manager.disassociate(dma))
}

fn itas(env: &Env, gates: &Gates) -> Outcome {
    let itas: Cap<Itas> = gates.itas();
    let thread = env.main_thread();
    // SAFETY: nothing is done with threads or signals.
    unsafe {
        ok(itas.register_thread(thread, thread, 0xb300_0000))?;
        check!(itas.register_thread(thread, thread, 1) == Err(Error::INVALID));
        let action = ok(itas.action(7))?;
        check!((action.mask, action.flags) == (7, 0xffff_ffff));
        let mut stack: l4re::itas::SigStack = l4re::msg::zeroed();
        stack.size = 99;
        check!(ok(itas.set_stack(thread, stack))?.size == 100);
    }
    check!(ok(itas.set_mask(thread, 2, 40))? == 42);
    check!(ok(itas.pending(thread))? == 0x4000);
    let timer = ok(itas.timer(1))?;
    check!(timer.interval.usec == 1);
    check!(ok(itas.set_timer(2, timer))?.value.sec == 2);
    ok(itas.raise(thread, 2))?;
    ok(itas.unregister_thread(thread))
}

fn debugging(env: &Env, gates: &Gates) -> Outcome {
    let mut regs: ExcRegs = l4re::msg::zeroed();
    (regs.r15, regs.sp) = (15, 0x5050);
    let watcher: Cap<DbgEvents> = gates.dbg_events();
    let task = gates.memory.cast();
    ok(watcher.request_backtrace(&regs, task, env.rm()))?;
    regs.sp = 1;
    check!(watcher.request_backtrace(&regs, task, env.rm()) == Err(Error::INVALID));
    ok(gates.debug::<DebugObj>().debug(9))?;
    check!(gates.debug::<DebugObj>().debug(8) == Err(Error::NO_OPERATION));
    check!(ok(gates.cmd::<CmdControl>().execute("abc"))? == b"cba");
    let told = gates.parent::<Parent>().signal(4, 2);
    check!(told == Err(Error::Service(l4re::ErrorCode(42))));
    Ok(())
}

fn machine(env: &Env, gates: &Gates) -> Outcome {
    let platform: Cap<PlatformControl> = gates.platform();
    ok(platform.system_shutdown(true))?;
    check!(platform.system_shutdown(false) == Err(Error::NO_PERMISSION));
    check!(platform.cpu_enable(1) == Err(Error::NO_OPERATION));
    let scheduler: Cap<Scheduler> = gates.scheduler();
    check!(ok(scheduler.info(5, 0))?.max == 5 && ok(scheduler.is_online(2))?);
    let mut param = SchedParam {
        affinity: CpuSet::new(0, 0, 1),
        prio: 7,
        quantum: 0,
    };
    ok(scheduler.run_thread(env.main_thread(), param))?;
    param.prio = 8;
    check!(scheduler.run_thread(env.main_thread(), param) == Err(Error::INVALID));
    check!(ok(scheduler.idle_time(CpuSet::new(0, 0, 4)))? == 8);
    let alloc: Cap<MemAlloc> = gates.alloc();
    check!(ok(alloc.info())?.mem_free == 77);
    let memory = ok(alloc.dataspace(3 * PAGE as usize))?;
    check!(ok(memory.size())? == 3 * PAGE);
    let factory: Cap<Factory> = gates.alloc();
    let refused = factory.create::<()>(1, &[Arg::Str("no")]);
    check!(refused.err() == Some(Error::NO_PERMISSION));
    Ok(())
}

fn interfaces(_: &Env, gates: &Gates) -> Outcome {
    let screen: Cap<Meta> = gates.screen.cast();
    // The console's own, which is none, does not count.
    check!(ok(screen.num_interfaces())? == 3);
    let protocols: Result<Vec<_>> = (0..3).map(|i| screen.interface(i).map(|i| i.0)).collect();
    check!(ok(protocols)? == [proto::GOOS, proto::EVENT, proto::IRQ]);
    check!(screen.interface(3).err() == Some(Error::OUT_OF_RANGE));
    check!(ok(screen.supports(proto::EVENT))? && !ok(screen.supports(proto::RM))?);
    check!(ok(gates.icu::<Icu>().info())?.irqs == 1);
    check!(gates.icu::<Random>().get(1).err() == Some(Error::BAD_PROTOCOL));
    Ok(())
}

/// What the system tells of the program's own memory.
fn own_memory(env: &Env, _: &Gates) -> Outcome {
    let before = ok(env.mem_alloc().info())?;
    check!(before.mem_free > 0);
    let memory = ok(env.mem_alloc().dataspace(4 * PAGE as usize))?;
    let region = ok(env.rm().attach(memory))?;
    let start = region.as_ptr().addr() as u64;
    match env.rm().regions(start) {
        Ok(regions) => {
            let first = regions.first().ok_or(line!() as i64)?;
            check!(first.start <= start && first.end >= start + 4 * PAGE - 1);
            check!(regions.is_sorted_by_key(|region| region.start));
        }
        Err(error) => check!(error == Error::NO_OPERATION),
    }
    let flags = RmFlags::SEARCH_ADDR;
    let area = ok(env.rm().reserve_area(0, 16 * PAGE as usize, flags, 16))?;
    match env.rm().areas(area) {
        Ok(areas) => {
            let found = areas.iter().find(|found| found.start == area);
            check!(found.is_some_and(|found| found.end == area + 16 * PAGE - 1));
        }
        Err(error) => check!(error == Error::NO_OPERATION),
    }
    // SAFETY: the area has been reserved here, and nothing is there.
    ok(unsafe { env.rm().free_area(area) })?;
    let found = ok(env.rm().find(start, 1))?;
    check!(!found.is_area && found.start <= start);
    let log: Cap<Meta> = env.log().cast();
    check!(ok(log.supports(proto::LOG))?);
    Ok(())
}

/// The system's address spaces of devices, where it has them.
fn own_dma(env: &Env, _: &Gates) -> Outcome {
    let made = env
        .mem_alloc()
        .cast::<Factory>()
        .create::<DmaSpace>(proto::RE_DMA_SPACE, &[]);
    let dma = match made {
        Ok(dma) => dma,
        Err(error) => {
            l4re::println!("# the system makes none: {error}");
            return Ok(());
        }
    };
    let memory = ok(env.mem_alloc().dataspace(PAGE as usize))?;
    check!(dma.unmap(0, 0).is_err());
    match dma.map(memory.cap(), 16, 2 * PAGE) {
        // It is memory itself: the same each time, and not beyond the end.
        Ok(mapped) => {
            check!(mapped.size == PAGE - 16 && mapped.address % PAGE == 16);
            check!(dma.map(memory.cap(), 16, 1).map(|again| again.address) == Ok(mapped.address));
            check!(dma.map(memory.cap(), PAGE, 1) == Err(Error::OUT_OF_RANGE));
            check!(dma.map(env.log().cast(), 0, 1) == Err(Error::INVALID));
            let low = dma.map_at(Some(memory.cap()), 0, 1, 0..=1, DmaAttrs::SEARCH_ADDR, 12);
            check!(low.is_err());
            let reserved = dma.map_at(None, 0, PAGE, 0..=u64::MAX, DmaAttrs::RESERVE, 12);
            check!(reserved == Err(Error::NO_PERMISSION));
            ok(dma.unmap(mapped.address, mapped.size))?;
            ok(dma.unmap(mapped.address, 1))
        }
        // Nobody has said what it is yet: that is who manages devices, on L4Re's own system.
        Err(error) => {
            l4re::println!("# not associated: {error}");
            Ok(())
        }
    }
}
