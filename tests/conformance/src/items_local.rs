//! Items that are not mapped into the receiver: local identifiers, forwarded mappings.

use crate::items_caps::{RWS, item, valid, with_semaphore};
use crate::kit::*;
use crate::same;
use l4re::sys::{CapIdx, Fpage, MapItem, ObjRights, RcvItem, ipc_error as ie, item};
use test_services::check;

pub const CASES: &[Case] = &[
    case(
        "items/local-id/same-task (l4/sys/consts.h: L4_RCV_ITEM_LOCAL_ID)",
        local_same_task,
    ),
    case(
        "items/local-id/gate (l4/sys/consts.h: L4_RCV_ITEM_LOCAL_ID)",
        local_gate,
    ),
    case(
        "items/local-id/gate-rights (l4/sys/consts.h: L4_RCV_ITEM_LOCAL_ID)",
        local_gate_rights,
    ),
    case(
        "items/local-id/gate-of-another-task (l4/sys/consts.h: L4_RCV_ITEM_LOCAL_ID)",
        foreign_gate,
    ),
    case(
        "items/local-id/other-object (l4/sys/consts.h: L4_RCV_ITEM_LOCAL_ID)",
        local_other,
    ),
    case(
        "items/forward (l4/sys/consts.h: L4_RCV_ITEM_FORWARD_MAPPINGS)",
        forward,
    ),
    case(
        "items/forward-nowhere (l4/sys/consts.h: L4_RCV_ITEM_FORWARD_MAPPINGS)",
        forward_nowhere,
    ),
];

fn local_same_task() -> Outcome {
    let sem = semaphore()?;
    let (me, cap, to) = (me(), sem.idx(), slot()?);
    spawn(HIGH, move || {
        Msg::new(1).items(&[MapItem::cap(cap, RWS)]).send(me);
    })?;
    let answer = wait_with(&[RcvItem::single_or_local(to.idx()).0], 500);
    same!((answer.code(), answer.shape()), (1, (0, 1, 0)));
    same!((mr(0), mr(1)), (0x3e, Fpage::obj(cap, 0, RWS).raw()));
    same!(valid(&to), 0);
    Ok(())
}

fn local_gate() -> Outcome {
    let peer = Peer::new(RWS)?;
    let gate = gate(me(), 0xabc0)?;
    peer.give(gate.idx(), RWS, 0)?;
    let to = slot()?;
    peer.send([], [item(0, RWS)])?;
    let answer = wait_with(&[RcvItem::single_or_local(to.idx()).0], 500);
    same!((answer.code(), mr(0), mr(1)), (1, 0x3c, 0xabc3));
    same!(valid(&to), 0);
    Ok(())
}

fn local_gate_rights() -> Outcome {
    let peer = Peer::new(RWS)?;
    let gate = gate(me(), 0xabc0)?;
    peer.give(gate.idx(), RWS, 0)?;
    let to = slot()?;
    for (rights, bits) in [(ObjRights::R, 0), (ObjRights::RW, 1), (ObjRights::RS, 2)] {
        peer.send([], [item(0, rights)])?;
        same!(
            wait_with(&[RcvItem::single_or_local(to.idx()).0], 500).code(),
            1
        );
        same!((mr(0), mr(1)), (0x3c, 0xabc0 | bits));
    }
    Ok(())
}

fn foreign_gate() -> Outcome {
    let peer = Peer::new(RWS)?;
    let thread = peer.space.spawn(HIGH, || sleep_ms(5000))?;
    let gate = gate(thread.cap(), 0xabc0)?;
    peer.give(gate.idx(), RWS, 0)?;
    let to = slot()?;
    peer.send([], [item(0, RWS)])?;
    same!(
        wait_with(&[RcvItem::single_or_local(to.idx()).0], 500).code(),
        1
    );
    same!(mr(0), 0x38);
    same!(
        cap_equal(CapIdx::TASK, copy(gate.idx(), RWS)?.idx(), to.idx()),
        1
    );
    Ok(())
}

fn local_other() -> Outcome {
    let (peer, sem) = with_semaphore()?;
    let to = slot()?;
    peer.send([], [item(0, RWS)])?;
    same!(
        wait_with(&[RcvItem::single_or_local(to.idx()).0], 500).code(),
        1
    );
    same!(mr(0), 0x38);
    same!(cap_equal(CapIdx::TASK, sem.idx(), to.idx()), 1);
    Ok(())
}

fn forward() -> Outcome {
    let (peer, _sem) = with_semaphore()?;
    let other = Space::new()?;
    let to = CapIdx::from_index(0x99);
    peer.send([], [item(0, RWS)])?;
    let single = RcvItem::single(to).0 | item::RCV_FORWARD_MAPPINGS;
    same!(wait_with(&[single, other.cap().0], 500).code(), 1);
    check!(cap_valid(other.cap(), to) > 0);
    Ok(())
}

fn forward_nowhere() -> Outcome {
    let (peer, sem) = with_semaphore()?;
    let to = range(0);
    for nowhere in [slot()?.idx(), sem.idx()] {
        peer.send([], [item(0, RWS)])?;
        let single = RcvItem::single(to).0 | item::RCV_FORWARD_MAPPINGS;
        same!(
            wait_with(&[single, nowhere.0], 500).code(),
            ipc_error(ie::RE_MSG_CUT)
        );
        same!(cap_valid(CapIdx::TASK, to), 0);
    }
    Ok(())
}
