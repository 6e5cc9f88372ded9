//! Items that pass capabilities on.

use crate::kit::*;
use crate::same;
use l4re::sys::{CapIdx, Fpage, MapItem, ObjRights, RcvItem, err, ipc_error as ie, item};
use test_services::check;

pub const CASES: &[Case] = &[
    case(
        "items/cap/single (l4/sys/consts.h: L4_RCV_ITEM_SINGLE_CAP)",
        single,
    ),
    case(
        "items/cap/behind-words (l4/sys/types.h: l4_msgtag_items)",
        behind_words,
    ),
    case(
        "items/cap/rights-cut (l4/sys/__l4_fpage.h: L4_cap_fpage_rights)",
        rights_cut,
    ),
    case(
        "items/cap/rights-not-more (l4/sys/__l4_fpage.h: L4_cap_fpage_rights)",
        rights_not_more,
    ),
    case(
        "items/cap/without-read (l4/sys/__l4_fpage.h: L4_CAP_FPAGE_R)",
        without_read,
    ),
    case(
        "items/cap/gate-without-s (l4/sys/__l4_fpage.h: L4_CAP_FPAGE_S)",
        gate_without_s,
    ),
    case(
        "items/cap/gate-without-w (l4/sys/__l4_fpage.h: L4_CAP_FPAGE_W)",
        gate_without_w,
    ),
    case(
        "items/cap/label-shows-rights (l4/sys/ipc_gate.h)",
        label_rights,
    ),
    case("items/cap/empty-slot (l4/sys/consts.h: L4_ITEM_MAP)", empty),
    case(
        "items/cap/void-item (l4/sys/consts.h: L4_ITEM_MAP)",
        void_item,
    ),
    case("items/cap/two (l4/sys/utcb.h: l4_buf_regs_t)", two),
    case(
        "items/cap/too-many (l4/sys/ipc.h: L4_IPC_REMSGCUT)",
        too_many,
    ),
    case(
        "items/cap/no-buffer (l4/sys/ipc.h: L4_IPC_REMSGCUT)",
        no_buffer,
    ),
    case(
        "items/cap/buffer-of-memory (l4/sys/consts.h: l4_buffer_desc_consts_t)",
        wrong_buffer,
    ),
    case(
        "items/cap/grant (l4/sys/consts.h: L4_MAP_ITEM_GRANT)",
        grant,
    ),
    case(
        "items/cap/window (l4/sys/__l4_fpage.h: l4_obj_fpage)",
        window_of_four,
    ),
    case(
        "items/cap/window-hot-spot (l4/sys/__l4_fpage.h: l4_map_control)",
        hot_spot,
    ),
    case(
        "items/cap/large-into-single (l4/sys/consts.h: L4_RCV_ITEM_SINGLE_CAP)",
        large_into_single,
    ),
    case(
        "items/cap/occupied-slot (l4/sys/task.h: l4_task_map)",
        occupied,
    ),
    case(
        "items/cap/same-again-adds-rights (l4/sys/task.h: l4_task_map)",
        adds_rights,
    ),
    case("items/compound (l4/sys/consts.h: L4_ITEM_CONT)", compound),
    case(
        "items/bdr-offset (l4/sys/consts.h: L4_BDR_OBJ_SHIFT)",
        bdr_offset,
    ),
    case(
        "items/beyond-the-registers (l4/sys/types.h: l4_msgtag_items)",
        beyond,
    ),
    case(
        "items/in-a-reply (l4/sys/ipc.h: l4_ipc_reply_and_wait)",
        in_reply,
    ),
    case("items/in-order (l4/sys/utcb.h: l4_msg_regs_t)", in_order),
];

/// What most capabilities are passed on with.
pub const RWS: ObjRights = ObjRights::RWS;

/// The item for the peer's slot `i`.
pub fn item(i: u64, rights: ObjRights) -> MapItem {
    MapItem::cap(Peer::slot(i), rights)
}

/// A peer with a semaphore in its first slot.
pub fn with_semaphore() -> Result<(Peer, Obj), i64> {
    let peer = Peer::new(RWS)?;
    let sem = semaphore()?;
    peer.give(sem.idx(), ObjRights::RWSD, 0)?;
    Ok((peer, sem))
}

/// Whether a slot is filled.
pub fn valid(cap: &Obj) -> i64 {
    cap_valid(CapIdx::TASK, cap.idx())
}

fn single() -> Outcome {
    let (peer, sem) = with_semaphore()?;
    let to = slot()?;
    peer.send([], [item(0, RWS)])?;
    let answer = wait_with(&[RcvItem::single(to.idx()).0], 500);
    same!((answer.code(), answer.shape()), (1, (0, 1, 0)));
    same!(answer.label, Peer::LABEL | 3);
    same!(mr(0), 0x38);
    same!(cap_equal(CapIdx::TASK, sem.idx(), to.idx()), 1);
    settle();
    same!(counter(Peer::SENT), 0);
    Ok(())
}

fn behind_words() -> Outcome {
    let (peer, _sem) = with_semaphore()?;
    let to = slot()?;
    peer.send([7, 8, 9], [item(0, RWS)])?;
    let answer = wait_with(&[RcvItem::single(to.idx()).0], 500);
    same!(answer.shape(), (3, 1, 0));
    same!([mr(0), mr(1), mr(2), mr(3)], [7, 8, 9, 0x38]);
    check!(valid(&to) > 0);
    Ok(())
}

fn rights_cut() -> Outcome {
    let (peer, sem) = with_semaphore()?;
    let to = slot()?;
    peer.send([], [item(0, ObjRights::R)])?;
    same!(wait_with(&[RcvItem::single(to.idx()).0], 500).code(), 1);
    trigger(sem.idx());
    same!(down(to.idx(), 0), -err::EPERM);
    same!(cap_equal(CapIdx::TASK, sem.idx(), to.idx()), 0);
    Ok(())
}

fn rights_not_more() -> Outcome {
    let peer = Peer::new(RWS)?;
    let sem = semaphore()?;
    peer.give(sem.idx(), ObjRights::R, 0)?;
    let to = slot()?;
    peer.send([], [item(0, ObjRights::RWSD)])?;
    same!(wait_with(&[RcvItem::single(to.idx()).0], 500).code(), 1);
    trigger(sem.idx());
    same!(down(to.idx(), 0), -err::EPERM);
    Ok(())
}

/// Without the right to read nothing is mapped, and the item says so.
fn without_read() -> Outcome {
    let (peer, _sem) = with_semaphore()?;
    let to = slot()?;
    peer.send([], [item(0, ObjRights::W | ObjRights::S)])?;
    let answer = wait_with(&[RcvItem::single(to.idx()).0], 500);
    same!((answer.code(), answer.shape()), (1, (0, 1, 0)));
    same!((mr(0), valid(&to)), (0x3a, 0));
    Ok(())
}

fn gate_without_s() -> Outcome {
    let peer = Peer::new(ObjRights::RW)?;
    let sem = semaphore()?;
    peer.give(sem.idx(), ObjRights::RWSD, 0)?;
    let to = slot()?;
    peer.send([], [item(0, RWS)])?;
    same!(wait_with(&[RcvItem::single(to.idx()).0], 500).code(), 1);
    trigger(sem.idx());
    same!(down(to.idx(), 0), -err::EPERM);
    same!(
        cap_equal(
            CapIdx::TASK,
            copy(sem.idx(), ObjRights::RW)?.idx(),
            to.idx()
        ),
        1
    );
    Ok(())
}

fn gate_without_w() -> Outcome {
    let peer = Peer::new(ObjRights::RS)?;
    let sem = semaphore()?;
    peer.give(sem.idx(), ObjRights::RWSD, 0)?;
    let to = slot()?;
    peer.send([], [item(0, RWS)])?;
    same!(wait_with(&[RcvItem::single(to.idx()).0], 500).code(), 1);
    trigger(sem.idx());
    same!(down(to.idx(), 0), 0);
    same!(cap_equal(CapIdx::TASK, sem.idx(), to.idx()), 1);
    Ok(())
}

fn label_rights() -> Outcome {
    for (rights, bits) in [
        (ObjRights::R, 0),
        (ObjRights::RW, 1),
        (ObjRights::RS, 2),
        (ObjRights::RWS, 3),
    ] {
        let peer = Peer::new(rights)?;
        peer.send([], [])?;
        same!(wait(500).label, Peer::LABEL | bits);
    }
    Ok(())
}

fn empty() -> Outcome {
    let peer = Peer::new(RWS)?;
    let to = slot()?;
    peer.send([], [item(5, RWS)])?;
    let answer = wait_with(&[RcvItem::single(to.idx()).0], 500);
    same!((answer.code(), answer.shape()), (1, (0, 1, 0)));
    same!((mr(0), valid(&to)), (0x3a, 0));
    Ok(())
}

fn void_item() -> Outcome {
    let (peer, _sem) = with_semaphore()?;
    let to = slot()?;
    peer.send([], [MapItem::VOID, item(0, RWS)])?;
    let answer = wait_with(&[RcvItem::single(to.idx()).0], 500);
    same!((answer.code(), answer.shape()), (1, (0, 2, 0)));
    same!((mr(0), mr(2)), (0, 0x38));
    check!(valid(&to) > 0);
    Ok(())
}

fn two() -> Outcome {
    let (peer, sem) = with_semaphore()?;
    let irq = irq()?;
    peer.give(irq.idx(), RWS, 1)?;
    let (a, b) = (slot()?, slot()?);
    peer.send([5], [item(1, RWS), item(0, RWS)])?;
    let answer = wait_with(
        &[RcvItem::single(a.idx()).0, RcvItem::single(b.idx()).0],
        500,
    );
    same!(answer.shape(), (1, 2, 0));
    same!((mr(1), mr(3)), (0x38, 0x38));
    same!(cap_equal(CapIdx::TASK, a.idx(), irq.idx()), 1);
    same!(cap_equal(CapIdx::TASK, b.idx(), sem.idx()), 1);
    Ok(())
}

/// What fits comes, the rest is cut; both are told.
fn too_many() -> Outcome {
    let (peer, _sem) = with_semaphore()?;
    let to = slot()?;
    peer.send([], [item(0, RWS), item(0, RWS)])?;
    let answer = wait_with(&[RcvItem::single(to.idx()).0], 500);
    same!(answer.code(), ipc_error(ie::RE_MSG_CUT));
    check!(valid(&to) > 0);
    settle();
    same!(counter(Peer::SENT) as i64, ipc_error(ie::SE_MSG_CUT));
    Ok(())
}

fn no_buffer() -> Outcome {
    let (peer, _sem) = with_semaphore()?;
    peer.send([3], [item(0, RWS)])?;
    same!(wait(500).code(), ipc_error(ie::RE_MSG_CUT));
    settle();
    same!(counter(Peer::SENT) as i64, ipc_error(ie::SE_MSG_CUT));
    Ok(())
}

/// A buffer of another kind takes the item, and nothing is mapped.
fn wrong_buffer() -> Outcome {
    let (peer, _sem) = with_semaphore()?;
    let window = window(12)?;
    let fpage = Fpage::page(window, l4re::sys::MemRights::RWX);
    peer.send([3], [item(0, RWS)])?;
    let answer = wait_with(&[item::MAP, fpage.raw()], 500);
    same!((answer.code(), answer.shape()), (1, (1, 1, 0)));
    same!(mr(1), 0x38);
    settle();
    same!(counter(Peer::SENT), 0);
    Ok(())
}

fn grant() -> Outcome {
    let (peer, sem) = with_semaphore()?;
    let to = slot()?;
    peer.send([], [MapItem::grant(0, Fpage::obj(Peer::slot(0), 0, RWS))])?;
    same!(wait_with(&[RcvItem::single(to.idx()).0], 500).code(), 1);
    same!(cap_equal(CapIdx::TASK, sem.idx(), to.idx()), 1);
    same!(cap_valid(peer.space.cap(), Peer::slot(0)), 0);
    Ok(())
}

/// A peer with interrupts in four slots, and the slots' flexpage.
fn with_four() -> Result<(Peer, [Obj; 4], Fpage), i64> {
    let peer = Peer::new(RWS)?;
    let irqs = [irq()?, irq()?, irq()?, irq()?];
    for (i, irq) in irqs.iter().enumerate() {
        peer.give(irq.idx(), RWS, i as u64)?;
    }
    Ok((peer, irqs, Fpage::obj(Peer::slot(0), 2, RWS)))
}

fn at(base: CapIdx, i: u64) -> CapIdx {
    CapIdx::from_index(base.index() + i)
}

fn window_of_four() -> Outcome {
    let (peer, irqs, four) = with_four()?;
    let to = range(2);
    peer.send([], [MapItem::map(0, four)])?;
    let answer = wait_with(&[item::MAP, Fpage::obj(to, 2, RWS).raw()], 500);
    same!((answer.code(), mr(0)), (1, 0xb8));
    for (i, irq) in irqs.iter().enumerate() {
        same!(cap_equal(CapIdx::TASK, irq.idx(), at(to, i as u64)), 1);
    }
    Ok(())
}

fn hot_spot() -> Outcome {
    let (peer, irqs, four) = with_four()?;
    let to = range(4);
    peer.send([], [MapItem::map(9 << 12, four)])?;
    let answer = wait_with(&[item::MAP, Fpage::obj(to, 4, RWS).raw()], 500);
    same!((answer.code(), mr(0)), (1, 0x90b8));
    for i in 0..16 {
        let due = i64::from((8..12).contains(&i));
        same!(i64::from(cap_valid(CapIdx::TASK, at(to, i)) > 0), due);
    }
    same!(cap_equal(CapIdx::TASK, irqs[0].idx(), at(to, 8)), 1);
    Ok(())
}

fn large_into_single() -> Outcome {
    let (peer, irqs, four) = with_four()?;
    let to = slot()?;
    peer.send([], [MapItem::map(2 << 12, four)])?;
    let answer = wait_with(&[RcvItem::single(to.idx()).0], 500);
    same!((answer.code(), mr(0)), (1, 0x20b8));
    let which = irqs
        .iter()
        .position(|irq| cap_equal(CapIdx::TASK, irq.idx(), to.idx()) == 1);
    same!(which, Some((to.idx().index() & 3) as usize));
    Ok(())
}

fn occupied() -> Outcome {
    let (peer, sem) = with_semaphore()?;
    let to = irq()?;
    let same = copy(to.idx(), RWS)?;
    peer.send([], [item(0, RWS)])?;
    let answer = wait_with(&[RcvItem::single(to.idx()).0], 500);
    same!((answer.code(), mr(0)), (1, 0x38));
    same!(cap_equal(CapIdx::TASK, sem.idx(), to.idx()), 1);
    same!(cap_equal(CapIdx::TASK, same.idx(), to.idx()), 0);
    Ok(())
}

fn adds_rights() -> Outcome {
    let (peer, sem) = with_semaphore()?;
    let to = copy(sem.idx(), ObjRights::R)?;
    same!(down(to.idx(), 0), -err::EPERM);
    peer.send([], [item(0, RWS)])?;
    same!(wait_with(&[RcvItem::single(to.idx()).0], 500).code(), 1);
    same!(down(to.idx(), 0), ipc_error(ie::RE_TIMEOUT));
    Ok(())
}

/// Two items, one buffer.
fn compound() -> Outcome {
    let (peer, irqs, _) = with_four()?;
    let to = range(2);
    let first = MapItem::map(0, Fpage::obj(Peer::slot(0), 0, RWS)).continued();
    let second = MapItem::map(3 << 12, Fpage::obj(Peer::slot(1), 0, RWS));
    peer.send([], [first, second])?;
    let answer = wait_with(&[item::MAP, Fpage::obj(to, 2, RWS).raw()], 500);
    same!((answer.code(), answer.shape()), (1, (0, 2, 0)));
    same!((mr(0), mr(2)), (0x39, 0x3038));
    same!(cap_equal(CapIdx::TASK, irqs[0].idx(), to), 1);
    same!(cap_equal(CapIdx::TASK, irqs[1].idx(), at(to, 3)), 1);
    same!(cap_valid(CapIdx::TASK, at(to, 1)), 0);
    Ok(())
}

fn bdr_offset() -> Outcome {
    let (peer, _sem) = with_semaphore()?;
    let (a, b) = (slot()?, slot()?);
    peer.send([], [item(0, RWS)])?;
    let buffers = [RcvItem::single(a.idx()).0, 0, RcvItem::single(b.idx()).0];
    let message = Msg::new(0)
        .buffers(&buffers)
        .bdr(2 << 10)
        .timeout(timeout_ms(0, 500));
    same!(
        message.ipc(CapIdx::INVALID, l4re::sys::Sysf::WAIT).code(),
        1
    );
    same!((valid(&a), valid(&b) > 0), (0, true));
    Ok(())
}

/// Items that would stand behind the last register are not sent.
fn beyond() -> Outcome {
    let (peer, _sem) = with_semaphore()?;
    let to = slot()?;
    peer.send([9; 62], [item(0, RWS)])?;
    let answer = wait_with(&[RcvItem::single(to.idx()).0], 500);
    same!((answer.code(), answer.shape()), (1, (62, 1, 0)));
    same!(valid(&to), 0);
    settle();
    same!(counter(Peer::SENT), 0);
    Ok(())
}

fn in_reply() -> Outcome {
    let sem = semaphore()?;
    let cap = sem.idx();
    let server = spawn(HIGH, move || {
        wait(1000);
        Msg::new(4)
            .words(&[1])
            .items(&[MapItem::cap(cap, RWS)])
            .reply();
    })?;
    settle();
    let to = slot()?;
    let buffers = [RcvItem::single(to.idx()).0];
    let answer = Msg::new(1).buffers(&buffers).call(server.cap());
    same!((answer.code(), answer.shape(), mr(1)), (4, (1, 1, 0), 0x38));
    same!(cap_equal(CapIdx::TASK, sem.idx(), to.idx()), 1);
    Ok(())
}

fn in_order() -> Outcome {
    let (peer, irqs, _) = with_four()?;
    let to = [slot()?, slot()?, slot()?, slot()?];
    let buffers = [&to[3], &to[0], &to[2], &to[1]].map(|slot| RcvItem::single(slot.idx()).0);
    peer.send(
        [1; 10],
        [item(0, RWS), item(1, RWS), item(2, RWS), item(3, RWS)],
    )?;
    same!(wait_with(&buffers, 500).shape(), (10, 4, 0));
    for (i, place) in [3, 0, 2, 1].iter().enumerate() {
        same!(cap_equal(CapIdx::TASK, irqs[i].idx(), to[*place].idx()), 1);
    }
    Ok(())
}
