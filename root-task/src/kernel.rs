//! The kernel's objects, as far as the root task uses them.

use l4re_sys::consts::PAGE_SHIFT;
use l4re_sys::fpage::WHOLE_SPACE;
use l4re_sys::op::{
    factory, kobject, platform_ctl, rcv_endpoint, scheduler, sigma0, task, thread, vcon,
};
use l4re_sys::unmap::UnmapFlags;
use l4re_sys::varg::{self, VargTag};
use l4re_sys::{
    BufferDesc, CapIdx, Fpage, MapItem, MemRights, MsgTag, ObjRights, RcvItem, SchedParam, Sysf,
    TagFlags, Timeout, proto, utcb,
};

use crate::error::{Error, Result};
use crate::pool::Revoke;
use crate::verdict;

/// Sends the `words` and `item` to `dest` and waits for its answer, which brings nothing else.
fn call(dest: CapIdx, label: i64, words: &[u64], item: Option<MapItem>) -> Result<MsgTag> {
    call_for(&[], dest, label, words, item)
}

/// The same; items of the answer go into `buffers`.
fn call_for(
    buffers: &[u64],
    dest: CapIdx,
    label: i64,
    words: &[u64],
    item: Option<MapItem>,
) -> Result<MsgTag> {
    let regs = utcb();
    regs.set_bdr(BufferDesc(0));
    for (i, &word) in buffers.iter().chain(&[RcvItem::VOID.0]).enumerate() {
        regs.set_br(i, word);
    }
    for (i, &word) in words.iter().enumerate() {
        regs.set_mr(i, word);
    }
    if let Some(item) = item {
        regs.set_mr(words.len(), item.control);
        regs.set_mr(words.len() + 1, item.fpage.raw());
    }
    let items = usize::from(item.is_some());
    let tag = MsgTag::new(label, words.len(), items, TagFlags::empty());
    // SAFETY: what is received goes into the caller's buffers alone; a request that changes
    // address spaces is made by the functions below, which say why it is sound.
    let (tag, _) = unsafe { l4re_sys::ipc(dest, Sysf::CALL, 0, tag, Timeout::NEVER) };
    if tag.has_error() {
        return Err(Error::from_label(
            -l4re_sys::err::EIPC_LO - regs.error() as i64,
        ));
    }
    if tag.label() < 0 {
        Err(Error::from_label(tag.label()))
    } else {
        Ok(tag)
    }
}

/// Whether the root task has a capability at `cap`.
pub fn has_cap(cap: CapIdx) -> bool {
    call(
        CapIdx::TASK,
        proto::TASK,
        &[task::CAP_INFO, cap.0 & !1],
        None,
    )
    .is_ok_and(|tag| tag.label() > 0)
}

/// Whether the kernel has a slot for a capability at `slot`, which must be empty.
pub fn has_slot(slot: CapIdx) -> bool {
    let own = MapItem::map(slot.0, Fpage::obj(CapIdx::TASK, 0, ObjRights::R));
    let there = map_to(CapIdx::TASK, own.fpage, own.control).is_ok() && has_cap(slot);
    if there {
        unmap(Fpage::obj(slot, 0, ObjRights::RWSD), UnmapFlags::ALL_SPACES);
    }
    there
}

/// Maps from the root task into `task`: `fpage` to where `control` (hot spot, object rights)
/// says.
///
/// # Errors
/// The kernel's: no memory, no such task.
pub fn map_to(task: CapIdx, fpage: Fpage, control: u64) -> Result<()> {
    let own = MapItem::cap(CapIdx::TASK, ObjRights::RWS);
    call(
        task,
        proto::TASK,
        &[task::MAP, control, fpage.raw()],
        Some(own),
    )
    .map(drop)
}

/// Maps the root task's `cap` to `slot` of `task`.
///
/// # Errors
/// As [`map_to`].
pub fn give_cap(task: CapIdx, cap: CapIdx, rights: ObjRights, own: u64, slot: u64) -> Result<()> {
    let item = MapItem::map(CapIdx::from_index(slot).0, Fpage::obj(cap, 0, rights));
    map_to(task, item.fpage, item.with_obj_rights(own).control)
}

fn unmap(fpage: Fpage, flags: UnmapFlags) {
    let request = [task::UNMAP, flags.bits(), fpage.raw()];
    // There is nothing that could be done about a failure, and no reason for one.
    let _ = call(CapIdx::TASK, proto::TASK, &request, None);
}

/// Takes memory of the root task back from all that it was passed on to.
pub fn revoke(address: usize, order: u32, what: Revoke) {
    let rights = match what {
        Revoke::Write => MemRights::W,
        Revoke::All => MemRights::RWX,
    };
    unmap(
        Fpage::memory(address as u64, order, rights),
        UnmapFlags::OTHER_SPACES,
    );
}

/// Gives up a capability: the slot is empty afterwards.
pub fn release_cap(cap: CapIdx) {
    unmap(Fpage::obj(cap, 0, ObjRights::RWSD), UnmapFlags::ALL_SPACES);
}

/// Deletes the object behind a capability.
pub fn delete_object(cap: CapIdx) {
    unmap(Fpage::obj(cap, 0, ObjRights::RWSD), UnmapFlags::DELETE_OBJ);
}

/// Creates an object with `factory`; its capability goes to `slot`.
fn create(factory: CapIdx, slot: CapIdx, words: &[u64], item: Option<MapItem>) -> Result<()> {
    let buffers = [RcvItem::single(slot).0];
    call_for(&buffers, factory, proto::FACTORY, words, item).map(drop)
}

/// A gate bound to the root task's thread.
///
/// # Errors
/// The factory's: no memory.
pub fn create_gate(factory: CapIdx, slot: CapIdx, label: u64) -> Result<()> {
    let words = [factory::GATE as u64, VargTag::new(varg::UMWORD, 8).0, label];
    create(
        factory,
        slot,
        &words,
        Some(MapItem::cap(CapIdx::THREAD, ObjRights::RWS)),
    )
}

/// A gate that nobody serves yet.
///
/// # Errors
/// As [`create_gate`].
pub fn create_unbound_gate(factory: CapIdx, slot: CapIdx) -> Result<()> {
    create(
        factory,
        slot,
        &[factory::GATE as u64, VargTag::new(varg::UMWORD, 8).0, 0],
        None,
    )
}

/// A factory whose objects take at most `limit` bytes of the kernel's memory, and that ends all
/// of them with itself: tasks that a program made and that keep themselves, too. (Fiasco takes
/// no notice of the flag.)
///
/// # Errors
/// As [`create_gate`].
pub fn create_factory(factory: CapIdx, slot: CapIdx, limit: usize) -> Result<()> {
    let words = [
        proto::FACTORY as u64,
        VargTag::new(varg::UMWORD, 8).0,
        limit as u64,
        VargTag::new(varg::UMWORD, 8).0,
        factory::OWNS_OBJECTS,
    ];
    create(factory, slot, &words, None)
}

/// A task with room for UTCBs in `utcbs`.
///
/// # Errors
/// As [`create_gate`].
pub fn create_task(factory: CapIdx, slot: CapIdx, utcbs: Fpage) -> Result<()> {
    let words = [
        proto::TASK as u64,
        VargTag::new(varg::FPAGE, 8).0,
        utcbs.raw(),
    ];
    create(factory, slot, &words, None)
}

/// A thread.
///
/// # Errors
/// As [`create_gate`].
pub fn create_thread(factory: CapIdx, slot: CapIdx) -> Result<()> {
    create(factory, slot, &[proto::THREAD as u64], None)
}

/// An interrupt.
///
/// # Errors
/// As [`create_gate`].
pub fn create_irq(factory: CapIdx, slot: CapIdx) -> Result<()> {
    create(factory, slot, &[proto::IRQ_SENDER as u64], None)
}

/// Binds an interrupt or gate to the root task's thread.
///
/// # Errors
/// The object's.
pub fn bind(endpoint: CapIdx, label: u64) -> Result<()> {
    let own = MapItem::cap(CapIdx::THREAD, ObjRights::RWS);
    call(
        endpoint,
        proto::KOBJECT,
        &[rcv_endpoint::BIND, label],
        Some(own),
    )
    .map(drop)
}

/// Has `irq` triggered when an object vanishes whose capability the root task holds.
///
/// # Errors
/// The kernel's; not every kernel tells.
pub fn register_deletion_irq(irq: CapIdx) -> Result<()> {
    let item = MapItem::cap(irq, ObjRights::RWS);
    call(
        CapIdx::THREAD,
        proto::THREAD,
        &[thread::REGISTER_DELETE_IRQ],
        Some(item),
    )
    .map(drop)
}

/// Makes the root task's own capability not count: the object vanishes when nobody else has one.
///
/// # Errors
/// The kernel's; not every kernel can.
pub fn do_not_count(cap: CapIdx) -> Result<()> {
    call(cap, proto::KOBJECT, &[kobject::DEC_REFCNT, 1], None).map(drop)
}

/// Binds a thread to a task, with its UTCB there, and with pager and exception handler from the
/// task's own capabilities.
///
/// # Errors
/// The kernel's.
pub fn control_thread(thread: CapIdx, task: CapIdx, utcb: u64, handler: u64) -> Result<()> {
    let handler = CapIdx::from_index(handler).0;
    let mut words = [0; thread::CONTROL_WORDS];
    words[thread::CONTROL_MR_FLAGS] = thread::CONTROL
        | thread::CONTROL_SET_PAGER
        | thread::CONTROL_SET_EXC_HANDLER
        | thread::CONTROL_BIND_TASK;
    words[thread::CONTROL_MR_PAGER] = handler;
    words[thread::CONTROL_MR_EXC_HANDLER] = handler;
    words[thread::CONTROL_MR_BIND_UTCB] = utcb;
    let item = MapItem::cap(task, ObjRights::RWS);
    call(thread, proto::THREAD, &words, Some(item)).map(drop)
}

/// Sets where a thread goes on.
///
/// # Errors
/// The kernel's.
pub fn ex_regs(thread: CapIdx, ip: u64, sp: u64) -> Result<()> {
    call(thread, proto::THREAD, &[thread::EX_REGS, ip, sp], None).map(drop)
}

/// Lets the kernel's scheduler run a thread.
///
/// # Errors
/// The scheduler's.
pub fn run_thread(thread: CapIdx, param: &SchedParam) -> Result<()> {
    let words = [
        scheduler::RUN_THREAD,
        param.affinity.gran_offset,
        param.affinity.map,
        param.prio,
        param.quantum,
    ];
    let item = MapItem::cap(thread, ObjRights::RWS);
    call(CapIdx::SCHEDULER, proto::SCHEDULER, &words, Some(item)).map(drop)
}

/// Asks the kernel's scheduler for processors: their map, number, and the classes it knows.
///
/// # Errors
/// The scheduler's.
pub fn scheduler_info(gran_offset: u64) -> Result<[u64; 3]> {
    call(
        CapIdx::SCHEDULER,
        proto::SCHEDULER,
        &[scheduler::INFO, gran_offset],
        None,
    )?;
    let regs = utcb();
    Ok([regs.mr(0), regs.mr(1), regs.mr(2)])
}

/// Asks the kernel's scheduler how long processors were idle, in microseconds.
///
/// # Errors
/// The scheduler's.
pub fn idle_time(gran_offset: u64, map: u64) -> Result<u64> {
    call(
        CapIdx::SCHEDULER,
        proto::SCHEDULER,
        &[scheduler::IDLE_TIME, gran_offset, map],
        None,
    )?;
    Ok(utcb().mr(0))
}

/// Writes to the kernel's log.
pub fn log(mut text: &[u8]) {
    while !text.is_empty() {
        let (piece, rest) = text.split_at(text.len().min(vcon::WRITE_SIZE));
        let regs = utcb();
        regs.set_mr(0, vcon::WRITE);
        regs.set_mr(1, piece.len() as u64);
        for (i, bytes) in piece.chunks(8).enumerate() {
            let mut word = [0; 8];
            word[..bytes.len()].copy_from_slice(bytes);
            regs.set_mr(2 + i, u64::from_le_bytes(word));
        }
        let words = 2 + piece.len().div_ceil(8);
        let tag = MsgTag::new(proto::LOG, words, 0, TagFlags::SCHEDULE);
        // SAFETY: writing to a log changes no memory.
        unsafe { l4re_sys::ipc(CapIdx::LOG, Sysf::SEND, 0, tag, Timeout::NEVER) };
        text = rest;
    }
}

/// Reads from the kernel's log: at most `size` bytes, as the reply's words.
///
/// # Errors
/// The log's.
pub fn read_log(size: u32) -> Result<[u64; l4re_sys::utcb::MSG_REGS]> {
    let size = size.min(vcon::READ_SIZE as u32);
    let request = u64::from(size) << vcon::READ_SIZE_SHIFT | vcon::READ;
    call(CapIdx::LOG, proto::LOG, &[request], None)?;
    let regs = utcb();
    Ok(core::array::from_fn(|i| regs.mr(i)))
}

/// Switches the machine off, or has it start again.
///
/// # Errors
/// The kernel cannot, or may not.
pub fn shutdown(reboot: bool) -> Result<()> {
    let words = [platform_ctl::SYS_SHUTDOWN, reboot.into()];
    call(CapIdx::ICU, proto::PLATFORM_CTL, &words, None).map(drop)
}

/// Has ports of sigma0, if there is one: without it all are the root task's.
///
/// # Errors
/// [`Error::ENOMEM`] if they are not to be had.
pub fn io_ports(ports: Fpage) -> Result<()> {
    if !has_cap(CapIdx::PAGER) {
        return Ok(());
    }
    let buffers = [RcvItem::WINDOW.0, ports.raw()];
    let words = [ports.raw(), 0];
    // Without an item they are there already.
    call_for(&buffers, CapIdx::PAGER, proto::IO_PAGE_FAULT, &words, None).map(drop)
}

/// Tells how the system ends, by the port that programs do not have. Where there is no such port,
/// nothing is told.
pub fn tell_verdict(status: i64) {
    if io_ports(Fpage::io(verdict::PORT, 0)).is_ok() {
        verdict::write(status, write_verdict);
    }
}

#[cfg(target_os = "l4re")]
fn write_verdict(byte: u8) {
    // SAFETY: the port is a debug console's, which takes bytes and does nothing else; where there
    // is none, it is no device's.
    unsafe {
        core::arch::asm!(
            "out dx, al",
            in("dx") verdict::PORT,
            in("al") byte,
            options(nomem, nostack, preserves_flags),
        );
    }
}

/// On the host there are no ports.
#[cfg(not(target_os = "l4re"))]
fn write_verdict(_byte: u8) {}

/// Asks the kernel's interrupt controller: operation, number, and what else there is to say.
///
/// # Errors
/// The kernel's.
pub fn icu(words: &[u64], irq: Option<CapIdx>) -> Result<i64> {
    let item = irq.map(|irq| MapItem::cap(irq, ObjRights::RWS));
    Ok(call(CapIdx::ICU, proto::IRQ, words, item)?.label())
}

/// Masks or unmasks an interrupt: the kernel does not answer.
pub fn icu_send(operation: u64, number: u64) {
    let regs = utcb();
    regs.set_mr(0, operation);
    regs.set_mr(1, number);
    let tag = MsgTag::new(proto::IRQ, 2, 0, TagFlags::empty());
    // SAFETY: masking an interrupt changes no memory.
    unsafe { l4re_sys::ipc(CapIdx::ICU, Sysf::SEND, 0, tag, Timeout::NEVER) };
}

/// Waits for nothing, without end.
pub fn sleep() {
    // SAFETY: nothing is received.
    unsafe { l4re_sys::ipc(CapIdx::INVALID, Sysf::RECV, 0, MsgTag(0), Timeout::NEVER) };
}

/// What sigma0 gives: an address, where it is mapped.
fn ask_sigma0(words: &[u64], window: Fpage) -> Result<usize> {
    let buffers = [RcvItem::WINDOW.0, window.raw()];
    let tag = call_for(&buffers, CapIdx::PAGER, proto::SIGMA0, words, None)?;
    if tag.items() != 1 {
        return Err(Error::ENOMEM);
    }
    Ok(utcb().mr(tag.words()) as usize & !((1 << PAGE_SHIFT) - 1))
}

/// Asks sigma0 for any free memory of `1 << order` bytes; it is mapped at its own address.
///
/// # Errors
/// [`Error::ENOMEM`] if it has none.
pub fn any_memory(order: u32) -> Result<usize> {
    let any = Fpage::memory(0, order, MemRights::empty());
    let whole = Fpage::memory(0, WHOLE_SPACE, MemRights::RWX);
    ask_sigma0(&[sigma0::FPAGE_ANY, any.raw()], whole)
}

/// Asks sigma0 for the memory at an address, to be mapped there.
///
/// # Errors
/// [`Error::ENOMEM`] if it is not to be had.
pub fn memory_at(address: usize, order: u32) -> Result<()> {
    let page = Fpage::memory(address as u64, order, MemRights::RWX);
    ask_sigma0(&[sigma0::FPAGE_RAM, page.raw()], page).map(drop)
}

/// Asks sigma0 for the kernel information page; it is mapped at its own address.
///
/// # Errors
/// As [`memory_at`].
pub fn kip() -> Result<usize> {
    ask_sigma0(&[sigma0::KIP], Fpage::memory(0, WHOLE_SPACE, MemRights::RX))
}
