//! Revocation while messages are under way, and faults inside receive windows.

use crate::{Budget, Case, HIGH, Outcome, PAGER, crew, ok, own_factory};
use l4re::sys::unmap::UnmapFlags;
use l4re::sys::{
    BufferDesc, CapIdx, Fpage, MapItem, MemRights, MsgTag, ObjRights, RcvItem, Sysf, TagFlags,
    Timeout, proto, utcb,
};
use test_pressure::{self as kit, Cells, Crew, Outpost};
use test_services::check;

pub const CASES: &[Case] = &[
    ("what is sent is revoked before it is received", revoked),
    ("what is received is revoked, a thousand times", received),
    ("a page fault inside a receive window", fault_in_window),
];

static CELLS: Cells<8> = Cells::new();

#[repr(align(65536))]
struct Pages([[u8; 4096]; 16]);

static PAGES: Pages = Pages([[0x11; 4096]; 16]);

fn page(i: u64) -> u64 {
    PAGES.0.as_ptr() as u64 + i * 4096
}

/// Where the other task receives memory: a place that is not the program's.
const WINDOW: u64 = 0x5000_0000_0000;
const SERVER: CapIdx = CapIdx::from_index(0x20);
const GIFT: CapIdx = CapIdx::from_index(0x21);
const SLOT: CapIdx = CapIdx::from_index(0x30);
const LABEL: u64 = 0x40;

/// Receives a capability and a page at a time, without end: how many messages, and how many
/// capabilities came with them.
fn receiver(_: u64) {
    loop {
        utcb().set_bdr(BufferDesc::new(1, 0, 0));
        utcb().set_br(0, RcvItem::single(SLOT).0);
        utcb().set_br(1, RcvItem::WINDOW.0);
        utcb().set_br(2, Fpage::memory(WINDOW, 16, MemRights::RWX).raw());
        utcb().set_br(3, 0);
        let (tag, _) = kit::raw(CapIdx::INVALID, Sysf::WAIT, MsgTag(0), Timeout::NEVER);
        CELLS.add(usize::from(tag.has_error()), 1);
        if CELLS.get(7) == 1 {
            kit::sleep_us(1 << 40);
        }
    }
}

/// Sends a page, to a place in the window, and a capability. Tells whether it arrived.
fn send(gate: CapIdx, place: u64) -> bool {
    let items = [
        MapItem::map(place, Fpage::page(page(3), MemRights::RX)),
        MapItem::cap(CapIdx(CELLS.get(6)), ObjRights::RWS),
    ];
    for (i, item) in items.iter().enumerate() {
        utcb().set_mr(2 * i, item.control);
        utcb().set_mr(2 * i + 1, item.fpage.raw());
    }
    let tag = MsgTag::new(1, 0, 2, TagFlags::empty());
    !kit::raw(gate, Sysf::SEND, tag, Timeout::NEVER)
        .0
        .has_error()
}

/// Sends, and notes how it went.
fn sender(gate: u64) {
    let arrived = send(CapIdx(gate), 0x3000);
    CELLS.add(3 - usize::from(arrived), 1);
}

/// The sender waits; what it sends is deleted; then the receiver comes.
fn revoked() -> Outcome {
    let budget = Budget::new(1 << 20)?;
    let mut crew = crew()?;
    for round in 0..20 {
        CELLS.clear();
        CELLS.set(7, 1);
        let objects = kit::slots(2);
        let (gift, gate) = (objects, objects.next());
        ok(kit::create(budget.factory, proto::IRQ_SENDER, None, gift))?;
        CELLS.set(6, gift.0);
        let mut outpost = Outpost::new(budget.factory, crew.cap(PAGER))?;
        // The gate is bound when the receiver is there.
        ok(kit::create(budget.factory, 0, Some(0), gate))?;
        crew.spawn(0, HIGH, sender, gate.0)?;
        check!(CELLS.get(2) + CELLS.get(3) == 0);
        if round % 2 == 0 {
            ok(kit::delete(gift))?;
        } else {
            ok(kit::unmap(
                CapIdx::TASK,
                Fpage::obj(gift, 0, ObjRights::RWSD),
                UnmapFlags::ALL_SPACES,
            ))?;
        }
        outpost.spawn(&mut crew, 1, HIGH, receiver, 0)?;
        ok(kit::bind(gate, crew.cap(1), LABEL))?;
        kit::sleep_us(500);
        // One message, whole or cut, and both know how it went.
        check!(CELLS.get(0) + CELLS.get(1) == 1);
        check!(CELLS.get(2) + CELLS.get(3) == 1);
        kit::delete(gate);
        drop(outpost);
        crew.end(0);
        crew.end(1);
    }
    check!(budget.is_whole());
    Ok(())
}

/// What another task has received is taken back while it receives the next.
fn received() -> Outcome {
    let budget = Budget::new(1 << 20)?;
    let mut crew = crew()?;
    CELLS.clear();
    let objects = kit::slots(2);
    let (gift, gate) = (objects, objects.next());
    let mut outpost = Outpost::new(budget.factory, crew.cap(PAGER))?;
    outpost.spawn(&mut crew, 1, HIGH, receiver, 0)?;
    ok(kit::create_gate(budget.factory, crew.cap(1), LABEL, gate))?;
    kit::touch(page(3));
    for _ in 0..1000 {
        ok(kit::create(budget.factory, proto::SEMAPHORE, Some(0), gift))?;
        CELLS.set(6, gift.0);
        sender(gate.0);
        ok(kit::unmap(
            CapIdx::TASK,
            Fpage::page(page(3), MemRights::RX),
            UnmapFlags::empty(),
        ))?;
        ok(kit::delete(gift))?;
    }
    check!(CELLS.get(0) == 1000 && CELLS.get(1) == 0);
    check!(CELLS.get(2) == 1000 && CELLS.get(3) == 0);
    kit::delete(gate);
    drop(outpost);
    crew.end(1);
    check!(budget.is_whole());
    Ok(())
}

/// Reads where nothing is; what it finds, the pager decides, or whoever is faster.
fn reader(_: u64) {
    let at = core::ptr::with_exposed_provenance::<u64>((WINDOW + 0x3000) as usize);
    // SAFETY: memory that the case maps there.
    let word = unsafe { at.read_volatile() };
    CELLS.set(5, word);
    CELLS.set(4, 1);
}

/// The pager: tells that there is a fault, waits until it may answer, and does.
fn slow_pager(_: u64) {
    let (mut tag, _) = kit::receive(Timeout::NEVER);
    loop {
        let at = kit::mr(0) & !0xfff;
        let from = if at == WINDOW + 0x3000 { page(5) } else { at };
        if tag.label() == proto::PAGE_FAULT && at == WINDOW + 0x3000 {
            CELLS.add(3, 1);
            while CELLS.get(2) == 0 {
                kit::sleep_us(50);
            }
        }
        kit::touch(from);
        let item = MapItem::map(at, Fpage::page(from, MemRights::RWX));
        utcb().set_mr(0, item.control);
        utcb().set_mr(1, item.fpage.raw());
        let reply = MsgTag::new(0, 0, 1, TagFlags::empty());
        (tag, _) = kit::raw(
            CapIdx::INVALID,
            Sysf::REPLY_AND_WAIT,
            reply,
            Timeout::SEND_ZERO,
        );
    }
}

fn fault_in_window() -> Outcome {
    let budget = Budget::new(1 << 20)?;
    let mut crew = Crew::new()?;
    crew.spawn(PAGER, HIGH + 10, slow_pager, 0)?;
    CELLS.clear();
    let objects = kit::slots(2);
    let (gift, gate) = (objects, objects.next());
    ok(kit::create(budget.factory, proto::IRQ_SENDER, None, gift))?;
    let mut outpost = Outpost::new(budget.factory, crew.cap(PAGER))?;
    outpost.give(gift, GIFT)?;
    outpost.spawn(&mut crew, 1, HIGH, receiver, 0)?;
    ok(kit::create_gate(own_factory(), crew.cap(1), LABEL, gate))?;
    outpost.give(gate, SERVER)?;
    kit::touch(page(3));
    CELLS.set(6, gift.0);
    // Once without a fault, so that the receiver's own code is mapped.
    check!(send(gate, 0x1000));
    outpost.spawn(&mut crew, 2, HIGH, reader, 0)?;
    kit::sleep_us(500);
    check!(CELLS.get(3) == 1 && CELLS.get(4) == 0);
    // A message brings the page that the reader waits for.
    check!(send(gate, 0x3000));
    check!(CELLS.get(0) == 2 && CELLS.get(4) == 0);
    // Now the pager answers, too.
    CELLS.set(2, 1);
    kit::sleep_us(2_000);
    check!(CELLS.get(4) == 1);
    check!(CELLS.get(5) == 0x1111_1111_1111_1111);
    kit::delete(gate);
    kit::delete(gift);
    drop(outpost);
    for n in [1, 2, PAGER] {
        crew.end(n);
    }
    check!(budget.is_whole());
    Ok(())
}
