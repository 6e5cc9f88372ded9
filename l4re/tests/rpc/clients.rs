//! What the crate's clients send and read, operation by operation.

use crate::sample::{Values, same};
use crate::{DEST, WINDOW};
use l4re::cmd_control::CmdControl;
use l4re::dataspace::{Dataspace, DsFlags};
use l4re::debug::{DbgEvents, DebugObj};
use l4re::dma_space::{DmaAttrs, DmaSpace, DmaSpaceMgr};
use l4re::event::Event;
use l4re::factory::Factory;
use l4re::goos::{Goos, Rect};
use l4re::icu::Icu;
use l4re::inhibitor::Inhibitor;
use l4re::iommu::Iommu;
use l4re::ipc_gate::IpcGate;
use l4re::itas::Itas;
use l4re::mem_alloc::MemAlloc;
use l4re::meta::Meta;
use l4re::mmio_space::MmioSpace;
use l4re::msg::Plain;
use l4re::namespace::Namespace;
use l4re::pager::{ExceptionHandler, Pager};
use l4re::parent::Parent;
use l4re::platform_control::PlatformControl;
use l4re::random::Random;
use l4re::region::{Rm, RmFlags};
use l4re::remote_access::RemoteAccess;
use l4re::scheduler::Scheduler;
use l4re::sys::re::{namespace, rm};
use l4re::sys::{Fpage, ObjRights};
use l4re::{Cap, Result};
use std::fmt::Debug;

/// Results that a client has read, to be compared.
pub struct Results<'a> {
    pub values: &'a Values,
    seen: Vec<&'static str>,
    /// Whether the reply is the one that the values are of.
    known: bool,
}

impl<'a> Results<'a> {
    pub fn new(values: &'a Values, known: bool) -> Self {
        Results {
            values,
            seen: Vec::new(),
            known,
        }
    }

    fn is(&mut self, name: &'static str, right: bool) -> &mut Self {
        assert!(right || !self.known, "the result {name} is wrong");
        self.seen.push(name);
        self
    }

    fn value<T: Plain + Debug>(&mut self, name: &'static str, value: T) -> &mut Self {
        let due = self.values.result::<T>(name);
        self.is(name, same(&due, &value))
    }

    fn list<T: Plain + Debug>(&mut self, name: &'static str, value: &[T]) -> &mut Self {
        let due = self.values.results::<T>(name);
        self.is(name, same(&due, &value))
    }

    fn text(&mut self, name: &'static str, value: &str) -> &mut Self {
        let due = self.values.result_text(name);
        self.is(name, due == value)
    }

    fn label(&mut self, label: impl TryInto<i64>) -> &mut Self {
        let right = label.try_into().ok() == Some(self.values.label);
        self.is("the label", right)
    }

    fn done(&mut self) -> Result<()> {
        Ok(())
    }

    /// Checks that all results have been compared, but for these.
    pub fn check_all(self, unseen: &[&str]) {
        if !self.known {
            return;
        }
        let mut due: Vec<_> = self.values.output.keys().map(String::as_str).collect();
        due.retain(|name| !unseen.contains(name));
        for name in due {
            assert!(
                self.seen.contains(&name),
                "nobody looks at the result {name}"
            );
        }
    }
}

/// An operation, and how the crate's client calls it.
pub struct Row {
    pub interface: &'static str,
    pub op: &'static str,
    /// Changes the sample values: to what the client can send.
    pub prepare: fn(&mut Values),
    pub call: fn(&Values, &mut Results<'_>) -> Result<()>,
    /// Results that the client keeps to itself.
    pub unseen: &'static [&'static str],
}

fn at<T: ?Sized>() -> Cap<T> {
    Cap::new(DEST)
}

fn window() -> Fpage {
    WINDOW
}

macro_rules! rows {
    (@prepare) => { |_| {} };
    (@prepare $prepare:expr) => { $prepare };
    ($( $interface:literal { $(
        $op:ident $(($prepare:expr))? $([$($unseen:literal),*])? = |$v:pat_param, $r:pat_param| $call:expr;
    )* } )*) => {
        &[ $($( Row {
            interface: $interface,
            op: stringify!($op),
            prepare: rows!(@prepare $($prepare)?),
            call: |$v, $r| $call,
            unseen: &[$($($unseen),*)?],
        }, )*)* ]
    };
}

/// Every operation that has a client.
pub const ROWS: &[Row] = rows! {
    "L4::Meta" {
        num_interfaces(|v| { v.label(5); }) = |_, r| {
            r.label(at::<Meta>().num_interfaces()? as i64).done()
        };
        interface = |v, r| {
            let (protocol, name) = at::<Meta>().interface(v.get("idx"))?;
            r.value("proto", protocol).text("name", &name).done()
        };
        supports(|v| { v.label(1); }) = |v, r| {
            r.label(at::<Meta>().supports(v.get("protocol"))?).done()
        };
    }
    "L4::Icu" {
        bind = |v, _| at::<Icu>().bind(v.get("irqnum"), v.cap("irq")).map(drop);
        unbind = |v, _| at::<Icu>().unbind(v.get("irqnum"), v.cap("irq"));
        info = |v, r| {
            let info = at::<Icu>().info()?;
            let [features, ..]: [u64; 3] = v.result("info");
            r.is("the features", info.has_msi == (features & 0x8000_0000 != 0));
            r.value("info", [features, info.irqs, info.msis]).done()
        };
        msi_info = |v, r| {
            let info = at::<Icu>().msi_info(v.get("irqnum"), v.get("source"))?;
            r.value("msi_info", info).done()
        };
        unmask = |v, _| at::<Icu>().unmask(v.get("irqnum"));
        mask = |v, _| at::<Icu>().mask(v.get("irqnum"));
        set_mode = |v, _| at::<Icu>().set_mode(v.get("irqnum"), v.get("mode"));
    }
    "L4::Scheduler" {
        info(|v| { v.set_number("gran_offset", 3 << 24 | 5); }) = |_, r| {
            let info = at::<Scheduler>().info(5, 3)?;
            r.value("map", info.map).value("cpu_max", info.max);
            r.value("sched_classes", info.classes).done()
        };
        run_thread = |v, _| at::<Scheduler>().run_thread(v.cap("thread"), v.get("sp"));
        idle_time = |v, r| r.value("us", at::<Scheduler>().idle_time(v.get("cpus"))?).done();
    }
    "L4::Ipc_gate" {
        bind_thread = |v, _| at::<IpcGate>().bind_thread(v.cap("t"), v.get("label"));
        get_infos = |_, r| r.value("label", at::<IpcGate>().label()?).done();
    }
    "L4::Rcv_endpoint" {
        bind_thread = |v, _| at::<IpcGate>().bind_group(v.cap("t"), v.get("label"));
    }
    "L4::Platform_control" {
        system_suspend = |v, _| at::<PlatformControl>().system_suspend(v.get("extras"));
        system_shutdown(|v| { v.set_number("reboot", 1); }) = |_, _| {
            at::<PlatformControl>().system_shutdown(true)
        };
        cpu_allow_shutdown(|v| { v.set_number("enable", 1); }) = |v, _| {
            at::<PlatformControl>().cpu_allow_shutdown(v.get("phys_id"), true)
        };
        cpu_enable = |v, _| at::<PlatformControl>().cpu_enable(v.get("phys_id"));
        cpu_disable = |v, _| at::<PlatformControl>().cpu_disable(v.get("phys_id"));
    }
    "L4::Io_pager" {
        io_page_fault(|v| { v.set_number("io_pfa", WINDOW_OF_PORTS).set_number("pc", 0); }) = |v, _| {
            at::<Pager>().io_ports(Fpage::from_raw(v.get("io_pfa")))
        };
    }
    "L4::Pager" {
        page_fault = |v, _| {
            // SAFETY: the fake kernel maps nothing.
            unsafe { at::<Pager>().page_fault(v.get("pfa"), v.get("pc"), window()) }.map(drop)
        };
    }
    "L4::Exception" {
        exception = |v, r| {
            // SAFETY: the fake kernel maps nothing.
            let regs = unsafe { at::<ExceptionHandler>().exception(&v.get("regs"), window()) };
            r.value("regs", regs?).done()
        };
    }
    "L4::Iommu" {
        bind = |v, r| {
            let (min, max) = at::<Iommu>().bind(v.get("src_id"), v.cap("dma_space"))?.into_inner();
            r.value("min_addr", min).value("max_addr", max).done()
        };
        unbind = |v, _| at::<Iommu>().unbind(v.get("src_id"), v.cap("dma_space"));
    }
    "L4::Factory" {
        create = |v, _| {
            let object = at::<Factory>().create::<()>(v.get("obj"), &[crate::varg(v)])?;
            assert!(object.idx().index() >= 0x1000);
            Ok(())
        };
    }
    "L4Re::Dataspace" {
        map = |v, r| {
            let flags = DsFlags::from_bits_retain(v.get("flags"));
            let (offset, spot) = (v.get("offset"), v.get("spot"));
            // SAFETY: the fake kernel maps nothing.
            let order = unsafe { at::<Dataspace>().map(offset, spot, flags, window()) }?;
            r.is("the order", order == 12).done()
        };
        clear = |v, _| {
            // SAFETY: there is no memory.
            unsafe { at::<Dataspace>().clear(v.get("offset"), v.get("size")) }
        };
        info = |_, r| {
            let info = at::<Dataspace>().info()?;
            r.value("stats", [info.size, info.flags.bits()]);
            Ok(())
        };
        copy_in = |v, _| {
            let (to, from, size) = (v.get("dst_offs"), v.get("src_offs"), v.get("size"));
            // SAFETY: the fake kernel copies nothing.
            unsafe { at::<Dataspace>().copy_in(to, v.cap("src"), from, size) }
        };
        allocate = |v, _| at::<Dataspace>().allocate(v.get("offset"), v.get("size"));
    }
    "L4Re::Namespace" {
        query(|v| { v.without_result("dummy").without_result("out_name").gives_cap = true; }) = |v, _| {
            let found = at::<Namespace>().query::<()>(&v.text("name"))?;
            assert!(found.idx().index() >= 0x1000);
            Ok(())
        };
        register_obj(|v| { v.set_number("flags", 0x207); }) = |v, _| {
            let flags = namespace::REGISTER_OVERWRITE;
            let object: Option<Cap<()>> = Some(v.cap("obj"));
            at::<Namespace>().register(&v.text("name"), object, ObjRights::RWS, flags)
        };
        register_obj(|v| { v.set_number("flags", 4).without("obj"); }) = |v, _| {
            at::<Namespace>().register::<()>(&v.text("name"), None, ObjRights::R, 0)
        };
        unlink = |v, _| at::<Namespace>().unlink(&v.text("name"));
    }
    "L4Re::Rm" {
        attach(|v| {
            let client = v.caps["mem"];
            v.set("name", [0]).set_number("size", 0x5000).set_number("backing_offset", 0);
            v.set_number("client_cap", client);
        }) = |v, r| {
            let flags = RmFlags::from_bits_retain(v.get("flags"));
            let (start, offset, align) = (v.get("start"), v.get("offs"), v.get("align"));
            // SAFETY: the fake kernel maps nothing.
            let at = unsafe { at::<Rm>().attach_at(start, 0x4001, flags, v.cap("mem"), offset, align) };
            r.value("start", at?).done()
        };
        detach(|v| {
            v.set_number("size", 1).set_number("flags", 2).label(rm::UNMAPPED_RANGE);
        })["start", "rsize", "mem_cap"] = |v, _| {
            // SAFETY: the fake kernel unmaps nothing.
            unsafe { at::<Rm>().detach(v.get("addr")) }
        };
        find(|v| { v.label(1); }) = |v, r| {
            let found = at::<Rm>().find(v.get("addr"), v.get("size"))?;
            r.value("addr", found.start).value("size", found.size);
            r.value("flags", found.flags.bits()).value("offset", found.offset);
            r.value("m", found.dataspace).label(found.is_area).done()
        };
        reserve_area(|v| { v.set_number("size", 0x5000); }) = |v, r| {
            let flags = RmFlags::from_bits_retain(v.get("flags"));
            let start = at::<Rm>().reserve_area(v.get("start"), 0x4001, flags, v.get("align"))?;
            r.value("start", start).done()
        };
        // SAFETY: there is no region map.
        free_area = |v, _| unsafe { at::<Rm>().free_area(v.get("addr")) };
        get_regions = |v, r| r.list("regions", &at::<Rm>().regions(v.get("start"))?).done();
        get_areas = |v, r| r.list("areas", &at::<Rm>().areas(v.get("start"))?).done();
        get_info = |v, r| {
            let info = at::<Rm>().region_info(v.get("addr"))?;
            r.text("name", &info.name).value("backing_offset", info.file_offset).done()
        };
        add_rescue_jump = |v, _| {
            let (begin, end) = (v.get("pc_begin"), v.get("pc_end"));
            // SAFETY: nothing faults.
            unsafe { at::<Rm>().add_rescue_jump(begin, end, v.get("rescue_pc")) }
        };
        remove_rescue_jump = |v, _| at::<Rm>().remove_rescue_jump(v.get("pc"));
        page_in = |v, r| {
            let rights = RmFlags::from_bits_retain(v.get::<u16>("rights").into());
            let (min, max) = (v.get("min_addr"), v.get("max_addr"));
            // SAFETY: the fake kernel maps nothing.
            let helper = unsafe { at::<Rm>().page_in(min, max, rights, window()) };
            r.value("helper", helper?).done()
        };
    }
    "L4Re::Mem_alloc" {
        info = |_, r| r.value("stats", at::<MemAlloc>().info()?).done();
    }
    "L4Re::Parent" {
        signal = |v, _| at::<Parent>().signal(v.get("sig"), v.get("val"));
    }
    "L4Re::Event" {
        get_buffer = |_, _| {
            let buffer = at::<Event>().get_buffer()?;
            assert!(buffer.idx().index() >= 0x1000);
            Ok(())
        };
        get_num_streams(|v| { v.label(7); }) = |_, r| {
            r.label(at::<Event>().num_streams()? as i64).done()
        };
        get_stream_info(|v| { v.set_number("idx", 3); }) = |_, r| {
            r.value("info", at::<Event>().stream_info(3)?).done()
        };
        get_stream_info_for_id = |v, r| {
            r.value("info", at::<Event>().stream_info_for_id(v.get("stream_id"))?).done()
        };
        get_axis_info = |v, r| {
            let info = at::<Event>().axis_info(v.get("stream_id"), &v.list("axes"))?;
            r.list("info", &info).done()
        };
        get_stream_state_for_id = |v, r| {
            r.value("state", at::<Event>().stream_state(v.get("stream_id"))?).done()
        };
    }
    "L4Re::Inhibitor" {
        acquire = |v, _| at::<Inhibitor>().acquire(v.get("id"), &v.text("reason"));
        release = |v, _| at::<Inhibitor>().release(v.get("id"));
        next_lock_info(|v| { v.set_number("current_id", u64::MAX).answer("current_id", 4); }) = |_, r| {
            let mut locks = at::<Inhibitor>().locks();
            let Some(lock) = locks.next() else {
                return r.is("a lock", false).done();
            };
            let (id, name) = lock?;
            r.value("current_id", id as i64).text("name", &name).done()
        };
    }
    "L4Re::Dma_space" {
        map(|v| { v.set_number("dma_max", u64::MAX); }) = |v, r| {
            let addresses = v.get("dma_addr")..=u64::MAX;
            let attrs = DmaAttrs::from_bits_retain(v.get("attrs"));
            let (offset, size, align) = (v.get("offset"), v.get("size"), v.get("align"));
            let source = Some(v.cap("src"));
            let mapped = at::<DmaSpace>().map_at(source, offset, size, addresses, attrs, align)?;
            r.value("dma_addr", mapped.address).value("size", mapped.size).done()
        };
        map(|v| { v.without("src").set_number("attrs", 4).set_number("align", 21); }) = |v, r| {
            let addresses = v.get("dma_addr")..=v.get("dma_max");
            let (offset, size) = (v.get("offset"), v.get("size"));
            let attrs = DmaAttrs::RESERVE;
            let mapped = at::<DmaSpace>().map_at(None, offset, size, addresses, attrs, 21)?;
            r.value("dma_addr", mapped.address).value("size", mapped.size).done()
        };
        unmap(|v| { v.set_number("flags", 0); }) = |v, _| {
            at::<DmaSpace>().unmap(v.get("dma_addr"), v.get("size"))
        };
        unmap(|v| { v.set_number("flags", 1); }) = |v, _| {
            at::<DmaSpace>().cancel_reservation(v.get("dma_addr"), v.get("size"))
        };
    }
    "L4Re::Dma_space_mgr" {
        associate(|v| { v.set_number("attr", 1); }) = |v, _| {
            at::<DmaSpaceMgr>().associate(v.cap("dma_space"), v.cap("dma_task"), true)
        };
        associate_phys(|v| { v.set_number("attr", 0); }) = |v, _| {
            at::<DmaSpaceMgr>().associate_phys(v.cap("dma_space"))
        };
        disassociate = |v, _| at::<DmaSpaceMgr>().disassociate(v.cap("dma_space"));
        block_area(|v| { v.set_number("flags", 1); }) = |v, r| {
            let (space, addresses) = (v.cap("dma_space"), v.get("addr")..=v.get("max_addr"));
            let (size, align) = (v.get("size"), v.get("align"));
            let address = at::<DmaSpaceMgr>().block_area(space, addresses, size, true, align)?;
            r.value("addr", address).done()
        };
        set_limits = |v, _| {
            let addresses = v.get("min_addr")..=v.get("max_addr");
            at::<DmaSpaceMgr>().set_limits(v.cap("dma_space"), addresses)
        };
    }
    "L4Re::Mmio_space" {
        mmio_read(|v| { v.set_number("width", 3); }) = |v, r| {
            r.value("value", at::<MmioSpace>().read::<u64>(v.get("addr"))?).done()
        };
        mmio_read(|v| { v.set_number("width", 0).answer("value", 0xab); }) = |v, r| {
            r.value("value", u64::from(at::<MmioSpace>().read::<u8>(v.get("addr"))?)).done()
        };
        mmio_write(|v| { v.set_number("width", 2).set_number("value", 0xdead_beef); }) = |v, _| {
            at::<MmioSpace>().write(v.get("addr"), 0xdead_beef_u32)
        };
    }
    "L4Re::Itas" {
        register_thread = |v, _| {
            let (parent, thread) = (v.cap("parent"), v.cap("thread_cap"));
            // SAFETY: there is no thread.
            unsafe { at::<Itas>().register_thread(parent, thread, v.get("thread_utcb")) }
        };
        unregister_thread = |v, _| at::<Itas>().unregister_thread(v.cap("thread"));
        sigaction = |v, r| {
            // SAFETY: nobody signals.
            let old = unsafe { at::<Itas>().set_action(v.get("signum"), v.get("act")) };
            r.value("oldact", old?).done()
        };
        sigaltstack = |v, r| {
            // SAFETY: the fake kernel changes no thread.
            let old = unsafe { at::<Itas>().set_stack(v.cap("thread"), v.get("ss")) };
            r.value("oss", old?).done()
        };
        sigprocmask = |v, r| {
            let old = at::<Itas>().set_mask(v.cap("thread"), v.get("how"), v.get("set"))?;
            r.value("oldset", old).done()
        };
        sigpending = |v, r| r.value("set", at::<Itas>().pending(v.cap("thread"))?).done();
        setitimer = |v, r| {
            let old = at::<Itas>().set_timer(v.get("which"), v.get("new_value"))?;
            r.value("old_value", old).done()
        };
        getitimer = |v, r| r.value("curr_value", at::<Itas>().timer(v.get("which"))?).done();
        raise = |v, _| at::<Itas>().raise(v.cap("thread"), v.get("sig"));
    }
    "L4Re::Random" {
        get_random(|v| { v.set_number("size", 100).label(3); }) = |_, r| {
            r.list("buffer", &at::<Random>().get(100)?).done()
        };
    }
    "L4Re::Remote_access" {
        read_mem(|v| { v.set_number("width", 3); }) = |v, r| {
            r.value("value", at::<RemoteAccess>().read::<u64>(v.get("addr"))?).done()
        };
        write_mem(|v| { v.set_number("width", 1).set_number("value", 0xbeef); }) = |v, _| {
            // SAFETY: there is no memory.
            unsafe { at::<RemoteAccess>().write(v.get("addr"), 0xbeef_u16) }
        };
        terminate = |v, _| at::<RemoteAccess>().terminate(v.get("exit_code"));
    }
    "L4Re::Dbg_events" {
        request_backtrace = |v, _| {
            let (task, rm) = (v.cap("raif"), v.cap("rmif"));
            at::<DbgEvents>().request_backtrace(&v.get("regs"), task, rm)
        };
    }
    "L4Re::Debug_obj" {
        debug = |v, _| at::<DebugObj>().debug(v.get("function"));
    }
    "L4Re::Video::Goos" {
        info = |_, r| r.value("info", at::<Goos>().info()?).done();
        get_static_buffer = |v, _| at::<Goos>().static_buffer(v.get("idx")).map(drop);
        create_buffer(|v| { v.label(6); }) = |v, r| {
            r.label(at::<Goos>().create_buffer(v.get("size"))?.0).done()
        };
        create_view(|v| { v.label(9); }) = |_, r| r.label(at::<Goos>().create_view()?.index()).done();
        delete_buffer = |v, _| at::<Goos>().delete_buffer(v.get("idx"));
        delete_view = |v, _| at::<Goos>().view(v.get("index")).delete();
        view_info = |v, r| r.value("info", at::<Goos>().view(v.get("index")).info()?).done();
        set_view_info = |v, _| at::<Goos>().view(v.get("index")).set_info(&v.get("info"));
        view_stack = |v, _| {
            let pivot = at::<Goos>().view(v.get("pivot"));
            at::<Goos>().view(v.get("index")).stack(pivot, true)
        };
        view_stack(|v| { v.set_number("pivot", u64::MAX).set_number("behind", 0); }) = |v, _| {
            at::<Goos>().view(v.get("index")).push_bottom()
        };
        view_refresh = |v, _| at::<Goos>().view(v.get("index")).refresh(rect(v));
        refresh = |v, _| at::<Goos>().refresh(rect(v));
    }
    "L4Re::Ned::Cmd_control" {
        execute = |v, r| {
            r.list("result", &at::<CmdControl>().execute(&v.text("cmd"))?).done()
        };
    }
};

fn rect(v: &Values) -> Rect {
    Rect {
        x: v.get("x"),
        y: v.get("y"),
        width: v.get("w"),
        height: v.get("h"),
    }
}

/// Some I/O ports.
const WINDOW_OF_PORTS: u64 = Fpage::io(0x70, 1).raw();
