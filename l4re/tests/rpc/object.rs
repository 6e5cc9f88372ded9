//! An object that implements every service: it checks what it is asked, and answers with values
//! that are known.

use crate::facts::{self, Kind, Op};
use crate::sample::{Values, same};
use l4re::dataspace::Dataspace as DataspaceCap;
use l4re::interface::{Elements, Pages, Rights, Varg};
use l4re::irq::Irq;
use l4re::msg::Plain;
use l4re::remote_access::RemoteAccess as RemoteAccessCap;
use l4re::services::*;
use l4re::sys::op::icu::MsiInfo;
use l4re::sys::re::event::{AbsInfo, StreamInfo, StreamState};
use l4re::sys::re::goos::{Info, ViewInfo};
use l4re::sys::re::itas::{ITimerVal, SigAction, SigStack};
use l4re::sys::re::rm::Region;
use l4re::sys::re::{dataspace, mem_alloc};
use l4re::sys::{CapIdx, CpuSet, ExcRegs, Fpage, MapItem, MemRights, SchedParam};
use l4re::task::Task;
use l4re::thread::Thread;
use l4re::vcon::{Read, VconAttr};
use l4re::{Cap, OwnedCap, Result};
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::fmt::Debug;
use std::rc::Rc;

/// The capability that is given away.
pub const GIVEN: Cap<()> = Cap::new(CapIdx::from_index(0x99));

/// The object.
#[derive(Default)]
pub struct Object {
    /// What each operation gets and answers, where it is not told otherwise.
    samples: RefCell<BTreeMap<(&'static str, &'static str), Rc<Values>>>,
    /// What the operation that is to be called gets and answers.
    strict: RefCell<Option<Rc<Values>>>,
    /// How often a method was called.
    pub calls: Rc<Cell<u64>>,
    /// The operation that was called last.
    pub last: Cell<Option<(&'static str, &'static str)>>,
}

/// A call: arguments are checked one by one, and all of them.
struct Called {
    values: Rc<Values>,
    op: &'static Op,
    strict: bool,
    checked: RefCell<Vec<&'static str>>,
}

impl Object {
    /// An object that has to be called with certain values, and answers with them.
    pub fn expecting(values: Values) -> Self {
        let object = Object::default();
        object.strict.replace(Some(Rc::new(values)));
        object
    }

    fn called(&self, interface: &'static str, name: &'static str) -> Called {
        self.calls.set(self.calls.get() + 1);
        self.last.set(Some((interface, name)));
        let strict = self.strict.borrow().clone();
        let is_strict = strict.is_some();
        let op = facts::op(interface, name);
        let values = strict.unwrap_or_else(|| {
            let mut samples = self.samples.borrow_mut();
            let sample = samples.entry((interface, name));
            sample.or_insert_with(|| Rc::new(Values::of(op))).clone()
        });
        Called {
            values,
            op,
            strict: is_strict,
            checked: RefCell::default(),
        }
    }
}

impl Called {
    fn check(&self, name: &'static str, is_there: bool, right: impl FnOnce() -> bool) -> &Self {
        if self.strict {
            self.checked.borrow_mut().push(name);
            let due = self.values.input.contains_key(name) || self.values.caps.contains_key(name);
            assert_eq!(is_there, due, "{}: {name} is there", self.op.name);
            assert!(!is_there || right(), "{}: {name} is wrong", self.op.name);
        }
        self
    }

    fn value<T: Plain + Debug>(&self, name: &'static str, value: T) -> &Self {
        self.check(name, true, || same(&self.values.get::<T>(name), &value))
    }

    fn optional<T: Plain + Debug>(&self, name: &'static str, value: Option<T>) -> &Self {
        let right = || same(&Some(self.values.get::<T>(name)), &value);
        self.check(name, value.is_some(), right)
    }

    fn list<T: Plain + Debug>(&self, name: &'static str, value: &[T]) -> &Self {
        self.check(name, true, || same(&self.values.list::<T>(name), &value))
    }

    fn text(&self, name: &'static str, value: &str) -> &Self {
        self.check(name, true, || self.values.text(name) == value)
    }

    fn cap<T: ?Sized>(&self, name: &'static str, cap: Cap<T>) -> &Self {
        // The slot is one of the server's.
        self.check(name, true, || (0x1000..0x2000).contains(&cap.idx().index()))
    }

    fn optional_cap<T: ?Sized>(&self, name: &'static str, cap: Option<Cap<T>>) -> &Self {
        self.check(name, cap.is_some(), || {
            cap.is_some_and(|cap| cap.idx().index() >= 0x1000)
        })
    }

    fn done(&self) -> Result<()> {
        Ok(())
    }

    fn result<T: Plain>(&self, name: &str) -> T {
        self.values.result(name)
    }

    fn pages(&self) -> Pages<'static> {
        let page = Fpage::page(0x5000, MemRights::RW);
        // SAFETY: the fake kernel maps nothing.
        unsafe { Pages::from_item(MapItem::map(0x3000, page)) }
    }
}

impl Drop for Called {
    fn drop(&mut self) {
        if self.strict && !std::thread::panicking() {
            let seen = |arg: &&facts::Arg| {
                arg.is_in && !matches!(arg.kind, Kind::Slot | Kind::Window { .. })
            };
            let due: Vec<_> = self
                .op
                .args
                .iter()
                .filter(seen)
                .map(|arg| &arg.name[..])
                .collect();
            let mut checked = self.checked.take();
            checked.sort_by_key(|name| due.iter().position(|due| due == name));
            assert_eq!(
                checked, due,
                "{}: all arguments are looked at",
                self.op.name
            );
        }
    }
}

impl Icu for Object {
    fn bind(&self, number: u64, irq: Cap<Irq>) -> Result<()> {
        self.called("L4::Icu", "bind")
            .value("irqnum", number)
            .cap("irq", irq)
            .done()
    }
    fn unbind(&self, number: u64, irq: Cap<Irq>) -> Result<()> {
        self.called("L4::Icu", "unbind")
            .value("irqnum", number)
            .cap("irq", irq)
            .done()
    }
    fn info(&self) -> Result<(u64, u64, u64)> {
        let [features, irqs, msis] = self.called("L4::Icu", "info").result("info");
        Ok((features, irqs, msis))
    }
    fn msi_info(&self, number: u64, source: u64) -> Result<MsiInfo> {
        let c = self.called("L4::Icu", "msi_info");
        Ok(c.value("irqnum", number)
            .value("source", source)
            .result("msi_info"))
    }
    fn unmask(&self, number: u64) -> Result<()> {
        self.called("L4::Icu", "unmask")
            .value("irqnum", number)
            .done()
    }
    fn mask(&self, number: u64) -> Result<()> {
        self.called("L4::Icu", "mask")
            .value("irqnum", number)
            .done()
    }
    fn set_mode(&self, number: u64, mode: u64) -> Result<()> {
        let c = self.called("L4::Icu", "set_mode");
        c.value("irqnum", number).value("mode", mode).done()
    }
}

impl Scheduler for Object {
    fn cpus(&self, first: u64) -> Result<(u64, u64, u64)> {
        let c = self.called("L4::Scheduler", "info");
        c.value("gran_offset", first);
        Ok((
            c.result("map"),
            c.result("cpu_max"),
            c.result("sched_classes"),
        ))
    }
    fn run_thread(&self, thread: Cap<Thread>, param: &SchedParam) -> Result<()> {
        let c = self.called("L4::Scheduler", "run_thread");
        c.cap("thread", thread).value("sp", *param).done()
    }
    fn idle_time(&self, cpus: &CpuSet) -> Result<u64> {
        let c = self.called("L4::Scheduler", "idle_time");
        Ok(c.value("cpus", *cpus).result("us"))
    }
}

impl PlatformControl for Object {
    fn system_suspend(&self, extras: u64) -> Result<()> {
        let c = self.called("L4::Platform_control", "system_suspend");
        c.value("extras", extras).done()
    }
    fn system_shutdown(&self, reboot: u64) -> Result<()> {
        let c = self.called("L4::Platform_control", "system_shutdown");
        c.value("reboot", reboot).done()
    }
    fn cpu_allow_shutdown(&self, cpu: u64, enable: u64) -> Result<()> {
        let c = self.called("L4::Platform_control", "cpu_allow_shutdown");
        c.value("phys_id", cpu).value("enable", enable).done()
    }
    fn cpu_enable(&self, cpu: u64) -> Result<()> {
        let c = self.called("L4::Platform_control", "cpu_enable");
        c.value("phys_id", cpu).done()
    }
    fn cpu_disable(&self, cpu: u64) -> Result<()> {
        let c = self.called("L4::Platform_control", "cpu_disable");
        c.value("phys_id", cpu).done()
    }
}

impl IoPager for Object {
    fn io_page_fault(&self, ports: Fpage, ip: u64) -> Result<Option<Pages<'_>>> {
        let c = self.called("L4::Io_pager", "io_page_fault");
        c.value("io_pfa", ports.raw()).value("pc", ip);
        Ok((!c.values.gives_nothing).then(|| c.pages()))
    }
}

impl Pager for Object {
    fn page_fault(&self, address: u64, ip: u64) -> Result<Option<Pages<'_>>> {
        let c = self.called("L4::Pager", "page_fault");
        c.value("pfa", address).value("pc", ip);
        Ok((!c.values.gives_nothing).then(|| c.pages()))
    }
}

impl ExceptionHandler for Object {
    fn exception(&self, regs: &mut ExcRegs) -> Result<Option<Pages<'_>>> {
        let c = self.called("L4::Exception", "exception");
        c.value("regs", *regs);
        *regs = c.result("regs");
        Ok((!c.values.gives_nothing).then(|| c.pages()))
    }
}

impl Factory for Object {
    fn create(&self, protocol: i64, args: Varg<'_>) -> Result<OwnedCap<()>> {
        let c = self.called("L4::Factory", "create");
        let args: Vec<_> = args.iter().collect();
        let due = || same(&args, &[Ok::<_, l4re::Error>(crate::varg(&c.values))]);
        c.value("obj", protocol).check("args", true, due);
        Ok(GIVEN.lend())
    }
}

impl MemAlloc for Object {
    fn info(&self) -> Result<mem_alloc::Stats> {
        Ok(self.called("L4Re::Mem_alloc", "info").result("stats"))
    }
}

impl Dataspace for Object {
    fn map(&self, _: Rights, offset: u64, spot: u64, flags: u64) -> Result<Pages<'_>> {
        let c = self.called("L4Re::Dataspace", "map");
        c.value("offset", offset)
            .value("spot", spot)
            .value("flags", flags);
        Ok(c.pages())
    }
    fn clear(&self, _: Rights, offset: u64, size: u64) -> Result<()> {
        let c = self.called("L4Re::Dataspace", "clear");
        c.value("offset", offset).value("size", size).done()
    }
    fn info(&self, _: Rights) -> Result<dataspace::Stats> {
        Ok(self.called("L4Re::Dataspace", "info").result("stats"))
    }
    fn copy_in(
        &self,
        _: Rights,
        to: u64,
        source: Cap<DataspaceCap>,
        from: u64,
        size: u64,
    ) -> Result<()> {
        let c = self.called("L4Re::Dataspace", "copy_in");
        c.value("dst_offs", to).cap("src", source);
        c.value("src_offs", from).value("size", size).done()
    }
    fn allocate(&self, _: Rights, offset: u64, size: u64) -> Result<()> {
        let c = self.called("L4Re::Dataspace", "allocate");
        c.value("offset", offset).value("size", size).done()
    }
    fn map_info(&self) -> Result<(i64, u64, u64)> {
        let c = self.called("L4Re::Dataspace", "map_info");
        Ok((c.values.label, c.result("start_addr"), c.result("end_addr")))
    }
}

impl Namespace for Object {
    fn query(
        &self,
        _: Rights,
        name: &[u8],
    ) -> Result<(i64, OwnedCap<()>, Option<u32>, Option<Vec<u8>>)> {
        let c = self.called("L4Re::Namespace", "query");
        c.list("name", name);
        let v = &c.values;
        let rest = v
            .output
            .contains_key("out_name")
            .then(|| v.results("out_name"));
        let dummy = v.output.contains_key("dummy").then(|| v.result("dummy"));
        Ok((v.label, GIVEN.lend(), dummy, rest))
    }
    fn register_obj(&self, flags: u32, name: &[u8], object: Option<Cap<()>>) -> Result<()> {
        let c = self.called("L4Re::Namespace", "register_obj");
        c.value("flags", flags)
            .list("name", name)
            .optional_cap("obj", object)
            .done()
    }
    fn unlink(&self, name: &[u8]) -> Result<()> {
        self.called("L4Re::Namespace", "unlink")
            .list("name", name)
            .done()
    }
}

impl Parent for Object {
    fn signal(&self, signal: u64, value: u64) -> Result<()> {
        let c = self.called("L4Re::Parent", "signal");
        c.value("sig", signal).value("val", value).done()
    }
}

impl Rm for Object {
    fn attach(
        &self,
        start: &mut u64,
        size: u64,
        flags: u32,
        memory: Option<Cap<DataspaceCap>>,
        offset: u64,
        align: u8,
        client: Option<CapIdx>,
        name: &str,
        file_offset: u64,
    ) -> Result<()> {
        let c = self.called("L4Re::Rm", "attach");
        c.value("start", *start)
            .value("size", size)
            .value("flags", flags);
        c.optional_cap("mem", memory)
            .value("offs", offset)
            .value("align", align);
        c.optional("client_cap", client.map(|cap| cap.0))
            .text("name", name);
        c.value("backing_offset", file_offset);
        *start = c.result("start");
        Ok(())
    }
    fn detach(&self, address: u64, size: u64, flags: u32) -> Result<(i64, u64, u64, CapIdx)> {
        let c = self.called("L4Re::Rm", "detach");
        c.value("addr", address)
            .value("size", size)
            .value("flags", flags);
        Ok((
            c.values.label,
            c.result("start"),
            c.result("rsize"),
            c.result("mem_cap"),
        ))
    }
    fn find(&self, address: &mut u64, size: &mut u64) -> Result<(i64, u32, u64, CapIdx)> {
        let c = self.called("L4Re::Rm", "find");
        c.value("addr", *address).value("size", *size);
        (*address, *size) = (c.result("addr"), c.result("size"));
        Ok((
            c.values.label,
            c.result("flags"),
            c.result("offset"),
            c.result("m"),
        ))
    }
    fn reserve_area(&self, start: &mut u64, size: u64, flags: u32, align: u8) -> Result<()> {
        let c = self.called("L4Re::Rm", "reserve_area");
        c.value("start", *start).value("size", size);
        c.value("flags", flags).value("align", align);
        *start = c.result("start");
        Ok(())
    }
    fn free_area(&self, address: u64) -> Result<()> {
        self.called("L4Re::Rm", "free_area")
            .value("addr", address)
            .done()
    }
    fn get_regions(&self, start: u64) -> Result<(i64, Elements<Region>)> {
        let c = self.called("L4Re::Rm", "get_regions");
        Ok(Elements::counted(
            c.value("start", start).values.results("regions"),
        ))
    }
    fn get_areas(&self, start: u64) -> Result<(i64, Elements<Region>)> {
        let c = self.called("L4Re::Rm", "get_areas");
        Ok(Elements::counted(
            c.value("start", start).values.results("areas"),
        ))
    }
    fn get_info(&self, address: u64) -> Result<(String, u64)> {
        let c = self.called("L4Re::Rm", "get_info");
        c.value("addr", address);
        Ok((c.values.result_text("name"), c.result("backing_offset")))
    }
    fn add_rescue_jump(&self, begin: u64, end: u64, rescue: u64) -> Result<()> {
        let c = self.called("L4Re::Rm", "add_rescue_jump");
        c.value("pc_begin", begin)
            .value("pc_end", end)
            .value("rescue_pc", rescue)
            .done()
    }
    fn remove_rescue_jump(&self, ip: u64) -> Result<()> {
        self.called("L4Re::Rm", "remove_rescue_jump")
            .value("pc", ip)
            .done()
    }
    fn page_in(&self, min: u64, max: u64, flags: u16) -> Result<(u64, Pages<'_>)> {
        let c = self.called("L4Re::Rm", "page_in");
        c.value("min_addr", min)
            .value("max_addr", max)
            .value("rights", flags);
        Ok((c.result("helper"), c.pages()))
    }
}

impl Event for Object {
    fn get_buffer(&self) -> Result<OwnedCap<DataspaceCap>> {
        self.called("L4Re::Event", "get_buffer");
        Ok(GIVEN.cast().lend())
    }
    fn get_num_streams(&self) -> Result<i64> {
        Ok(self.called("L4Re::Event", "get_num_streams").values.label)
    }
    fn get_stream_info(&self, index: i32) -> Result<StreamInfo> {
        let c = self.called("L4Re::Event", "get_stream_info");
        Ok(c.value("idx", index).result("info"))
    }
    fn get_stream_info_for_id(&self, stream_id: u64) -> Result<StreamInfo> {
        let c = self.called("L4Re::Event", "get_stream_info_for_id");
        Ok(c.value("stream_id", stream_id).result("info"))
    }
    fn get_axis_info(&self, stream_id: u64, axes: &[u32]) -> Result<Vec<AbsInfo>> {
        let c = self.called("L4Re::Event", "get_axis_info");
        Ok(c.value("stream_id", stream_id)
            .list("axes", axes)
            .values
            .results("info"))
    }
    fn get_stream_state_for_id(&self, stream_id: u64) -> Result<StreamState> {
        let c = self.called("L4Re::Event", "get_stream_state_for_id");
        Ok(c.value("stream_id", stream_id).result("state"))
    }
}

impl Inhibitor for Object {
    fn acquire(&self, id: u64, reason: &str) -> Result<()> {
        let c = self.called("L4Re::Inhibitor", "acquire");
        c.value("id", id).text("reason", reason).done()
    }
    fn release(&self, id: u64) -> Result<()> {
        self.called("L4Re::Inhibitor", "release")
            .value("id", id)
            .done()
    }
    fn next_lock_info(&self, id: &mut i64) -> Result<String> {
        let c = self.called("L4Re::Inhibitor", "next_lock_info");
        c.value("current_id", *id);
        *id = c.result("current_id");
        Ok(c.values.result_text("name"))
    }
}

impl DmaSpace for Object {
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
        let c = self.called("L4Re::Dma_space", "map");
        c.optional_cap("src", source)
            .value("offset", offset)
            .value("size", *size);
        c.value("align", align).value("attrs", attrs);
        c.value("dma_addr", *address).value("dma_max", max);
        (*size, *address) = (c.result("size"), c.result("dma_addr"));
        Ok(())
    }
    fn unmap(&self, address: u64, size: u64, flags: u32) -> Result<()> {
        let c = self.called("L4Re::Dma_space", "unmap");
        c.value("dma_addr", address)
            .value("size", size)
            .value("flags", flags)
            .done()
    }
}

type DmaCap = Cap<l4re::dma_space::DmaSpace>;

impl DmaSpaceMgr for Object {
    fn associate(&self, space: DmaCap, task: Cap<Task>, attrs: u32) -> Result<()> {
        let c = self.called("L4Re::Dma_space_mgr", "associate");
        c.cap("dma_space", space)
            .cap("dma_task", task)
            .value("attr", attrs)
            .done()
    }
    fn associate_phys(&self, space: DmaCap, attrs: u32) -> Result<()> {
        let c = self.called("L4Re::Dma_space_mgr", "associate_phys");
        c.cap("dma_space", space).value("attr", attrs).done()
    }
    fn disassociate(&self, space: DmaCap) -> Result<()> {
        let c = self.called("L4Re::Dma_space_mgr", "disassociate");
        c.cap("dma_space", space).done()
    }
    fn block_area(
        &self,
        space: DmaCap,
        address: &mut u64,
        size: u64,
        max: u64,
        flags: u32,
        align: u8,
    ) -> Result<()> {
        let c = self.called("L4Re::Dma_space_mgr", "block_area");
        c.cap("dma_space", space)
            .value("addr", *address)
            .value("size", size);
        c.value("max_addr", max)
            .value("flags", flags)
            .value("align", align);
        *address = c.result("addr");
        Ok(())
    }
    fn set_limits(&self, space: DmaCap, min: u64, max: u64) -> Result<()> {
        let c = self.called("L4Re::Dma_space_mgr", "set_limits");
        c.cap("dma_space", space)
            .value("min_addr", min)
            .value("max_addr", max)
            .done()
    }
}

impl MmioSpace for Object {
    fn mmio_read(&self, address: u64, width: u8) -> Result<u64> {
        let c = self.called("L4Re::Mmio_space", "mmio_read");
        Ok(c.value("addr", address)
            .value("width", width)
            .result("value"))
    }
    fn mmio_write(&self, address: u64, width: u8, value: u64) -> Result<()> {
        let c = self.called("L4Re::Mmio_space", "mmio_write");
        c.value("addr", address)
            .value("width", width)
            .value("value", value)
            .done()
    }
}

impl Itas for Object {
    fn register_thread(&self, parent: Cap<Thread>, thread: Cap<Thread>, utcb: u64) -> Result<()> {
        let c = self.called("L4Re::Itas", "register_thread");
        c.cap("parent", parent)
            .cap("thread_cap", thread)
            .value("thread_utcb", utcb)
            .done()
    }
    fn unregister_thread(&self, thread: Cap<Thread>) -> Result<()> {
        self.called("L4Re::Itas", "unregister_thread")
            .cap("thread", thread)
            .done()
    }
    fn sigaction(&self, signal: i32, action: &SigAction) -> Result<SigAction> {
        let c = self.called("L4Re::Itas", "sigaction");
        Ok(c.value("signum", signal)
            .value("act", *action)
            .result("oldact"))
    }
    fn sigaltstack(&self, thread: Cap<Thread>, stack: &SigStack) -> Result<SigStack> {
        let c = self.called("L4Re::Itas", "sigaltstack");
        Ok(c.cap("thread", thread).value("ss", *stack).result("oss"))
    }
    fn sigprocmask(&self, thread: Cap<Thread>, how: i32, set: u64) -> Result<u64> {
        let c = self.called("L4Re::Itas", "sigprocmask");
        Ok(c.cap("thread", thread)
            .value("how", how)
            .value("set", set)
            .result("oldset"))
    }
    fn sigpending(&self, thread: Cap<Thread>) -> Result<u64> {
        let c = self.called("L4Re::Itas", "sigpending");
        Ok(c.cap("thread", thread).result("set"))
    }
    fn setitimer(&self, which: i32, value: &ITimerVal) -> Result<ITimerVal> {
        let c = self.called("L4Re::Itas", "setitimer");
        Ok(c.value("which", which)
            .value("new_value", *value)
            .result("old_value"))
    }
    fn getitimer(&self, which: i32) -> Result<ITimerVal> {
        let c = self.called("L4Re::Itas", "getitimer");
        Ok(c.value("which", which).result("curr_value"))
    }
    fn raise(&self, thread: Cap<Thread>, signal: i32) -> Result<()> {
        let c = self.called("L4Re::Itas", "raise");
        c.cap("thread", thread).value("sig", signal).done()
    }
}

impl Random for Object {
    fn get_random(&self, size: u64) -> Result<(i64, Vec<u8>)> {
        let c = self.called("L4Re::Random", "get_random");
        c.value("size", size);
        Ok((c.values.label, c.values.results("buffer")))
    }
}

impl RemoteAccess for Object {
    fn read_mem(&self, address: u64, width: u8) -> Result<u64> {
        let c = self.called("L4Re::Remote_access", "read_mem");
        Ok(c.value("addr", address)
            .value("width", width)
            .result("value"))
    }
    fn write_mem(&self, address: u64, width: u8, value: u64) -> Result<()> {
        let c = self.called("L4Re::Remote_access", "write_mem");
        c.value("addr", address)
            .value("width", width)
            .value("value", value)
            .done()
    }
    fn terminate(&self, status: i32) -> Result<()> {
        let c = self.called("L4Re::Remote_access", "terminate");
        c.value("exit_code", status).done()
    }
}

impl DbgEvents for Object {
    fn request_backtrace(
        &self,
        regs: &ExcRegs,
        task: Cap<RemoteAccessCap>,
        rm: Cap<l4re::region::Rm>,
    ) -> Result<()> {
        let c = self.called("L4Re::Dbg_events", "request_backtrace");
        c.value("regs", *regs)
            .cap("raif", task)
            .cap("rmif", rm)
            .done()
    }
}

impl DebugObj for Object {
    fn debug(&self, function: u64) -> Result<()> {
        self.called("L4Re::Debug_obj", "debug")
            .value("function", function)
            .done()
    }
}

impl CmdControl for Object {
    fn execute(&self, command: &str) -> Result<Vec<u8>> {
        let c = self.called("L4Re::Ned::Cmd_control", "execute");
        Ok(c.text("cmd", command).values.results("result"))
    }
}

impl Goos for Object {
    fn info(&self) -> Result<Info> {
        Ok(self.called("L4Re::Video::Goos", "info").result("info"))
    }
    fn get_static_buffer(&self, index: u32) -> Result<OwnedCap<DataspaceCap>> {
        self.called("L4Re::Video::Goos", "get_static_buffer")
            .value("idx", index);
        Ok(GIVEN.cast().lend())
    }
    fn create_buffer(&self, size: u64) -> Result<(i64, OwnedCap<DataspaceCap>)> {
        let c = self.called("L4Re::Video::Goos", "create_buffer");
        Ok((c.value("size", size).values.label, GIVEN.cast().lend()))
    }
    fn create_view(&self) -> Result<i64> {
        Ok(self.called("L4Re::Video::Goos", "create_view").values.label)
    }
    fn delete_buffer(&self, index: u32) -> Result<()> {
        self.called("L4Re::Video::Goos", "delete_buffer")
            .value("idx", index)
            .done()
    }
    fn delete_view(&self, index: u32) -> Result<()> {
        self.called("L4Re::Video::Goos", "delete_view")
            .value("index", index)
            .done()
    }
    fn view_info(&self, index: u32) -> Result<ViewInfo> {
        let c = self.called("L4Re::Video::Goos", "view_info");
        Ok(c.value("index", index).result("info"))
    }
    fn set_view_info(&self, index: u32, info: &ViewInfo) -> Result<()> {
        let c = self.called("L4Re::Video::Goos", "set_view_info");
        c.value("index", index).value("info", *info).done()
    }
    fn view_stack(&self, index: u32, pivot: u32, behind: bool) -> Result<()> {
        let c = self.called("L4Re::Video::Goos", "view_stack");
        c.value("index", index)
            .value("pivot", pivot)
            .value("behind", u8::from(behind))
            .done()
    }
    fn view_refresh(&self, index: u32, x: i32, y: i32, w: i32, h: i32) -> Result<()> {
        let c = self.called("L4Re::Video::Goos", "view_refresh");
        c.value("index", index)
            .value("x", x)
            .value("y", y)
            .value("w", w)
            .value("h", h)
            .done()
    }
    fn refresh(&self, x: i32, y: i32, w: i32, h: i32) -> Result<()> {
        let c = self.called("L4Re::Video::Goos", "refresh");
        c.value("x", x)
            .value("y", y)
            .value("w", w)
            .value("h", h)
            .done()
    }
}

impl Console for Object {}

impl Vcon for Object {
    fn write(&self, text: &[u8]) {
        assert!(text.len() <= 488);
        self.calls.set(self.calls.get() + 1);
    }
    fn read(&self, to: &mut [u8]) -> Result<Read> {
        self.calls.set(self.calls.get() + 1);
        to.fill(b'x');
        Ok(Read {
            len: to.len(),
            more: false,
            is_break: false,
        })
    }
    fn attr(&self) -> Result<VconAttr> {
        self.calls.set(self.calls.get() + 1);
        Ok(l4re::msg::zeroed())
    }
    fn set_attr(&self, _: VconAttr) -> Result<()> {
        self.calls.set(self.calls.get() + 1);
        Ok(())
    }
}

impl Log for Object {}
