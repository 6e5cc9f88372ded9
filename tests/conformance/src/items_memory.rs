//! Items that pass memory on.

use crate::kit::*;
use crate::same;
use l4re::sys::unmap::UnmapFlags;
use l4re::sys::{CapIdx, Fpage, MapItem, MemRights, ObjRights, ipc_error as ie, item};

pub const CASES: &[Case] = &[
    case(
        "items/memory/page (l4/sys/__l4_fpage.h: l4_fpage)",
        one_page,
    ),
    case(
        "items/memory/shared (l4/sys/__l4_fpage.h: l4_fpage)",
        shared,
    ),
    case(
        "items/memory/read-only (l4/sys/__l4_fpage.h: L4_FPAGE_RO)",
        read_only,
    ),
    case(
        "items/memory/no-rights (l4/sys/__l4_fpage.h: L4_fpage_rights)",
        no_rights,
    ),
    case(
        "items/memory/not-there (l4/sys/task.h: l4_task_map)",
        not_there,
    ),
    case(
        "items/memory/hot-spot-in-window (l4/sys/__l4_fpage.h: l4_map_control)",
        spot_in_window,
    ),
    case(
        "items/memory/hot-spot-in-sent (l4/sys/__l4_fpage.h: l4_map_control)",
        spot_in_sent,
    ),
    case(
        "items/memory/several-pages (l4/sys/__l4_fpage.h: l4_fpage)",
        several,
    ),
    case("items/memory/part-there (l4/sys/task.h: l4_task_map)", part),
    case(
        "items/memory/window-everything (l4/sys/__l4_fpage.h: l4_fpage_all)",
        everything,
    ),
    case(
        "items/memory/grant (l4/sys/consts.h: L4_MAP_ITEM_GRANT)",
        grant,
    ),
    case(
        "items/memory/over-a-mapping (l4/sys/task.h: l4_task_map)",
        over,
    ),
    case(
        "items/memory/compound (l4/sys/consts.h: L4_ITEM_CONT)",
        compound,
    ),
    case(
        "items/memory/no-window (l4/sys/ipc.h: L4_IPC_REMSGCUT)",
        no_window,
    ),
    case(
        "items/memory/with-capability (l4/sys/consts.h: l4_buffer_desc_consts_t)",
        with_cap,
    ),
    case(
        "items/memory/unmapped-by-sender (l4/sys/task.h: L4_FP_OTHER_SPACES)",
        taken_back,
    ),
    case(
        "items/memory/sender-gone (l4/sys/task.h: l4_task_delete_obj)",
        sender_gone,
    ),
];

fn peer() -> Result<Peer, i64> {
    Peer::new(ObjRights::RWS)
}

fn fpage(addr: u64, order: u32) -> Fpage {
    Fpage::memory(addr, order, MemRights::RWX)
}

/// Receives into a window.
fn into(window: u64, order: u32) -> Answer {
    wait_with(&[item::MAP, fpage(window, order).raw()], 500)
}

fn one_page() -> Outcome {
    let (peer, window, page) = (peer()?, window(12)?, page(1));
    same!(access(window, false)?, Err(0));
    peer.touch_and_send([page], [], [MapItem::map(0, fpage(page, 12))])?;
    let answer = into(window, 12);
    same!(
        (answer.code(), answer.shape(), mr(0)),
        (1, (0, 1, 0), 0x318)
    );
    same!(access(window, true)?, Ok(0x101));
    Ok(())
}

fn shared() -> Outcome {
    let (peer, window, page) = (peer()?, window(12)?, page(1));
    peer.touch_and_send([page], [], [MapItem::map(0, fpage(page, 12))])?;
    same!(into(window, 12).code(), 1);
    let (there, here) = (window as *mut u64, page as *mut u64);
    // SAFETY: both are mapped: one set aside, one received.
    let seen = unsafe {
        there.write_volatile(0x77);
        here.read_volatile()
    };
    same!(seen, 0x77);
    Ok(())
}

fn read_only() -> Outcome {
    let (peer, window, page) = (peer()?, window(12)?, page(1));
    let fpage = Fpage::page(page, MemRights::R);
    peer.touch_and_send([page], [], [MapItem::map(0, fpage)])?;
    same!(into(window, 12).code(), 1);
    same!(access(window, false)?, Ok(0x101));
    same!(access(window, true)?, Err(3));
    Ok(())
}

fn no_rights() -> Outcome {
    let (peer, window, page) = (peer()?, window(12)?, page(1));
    let fpage = Fpage::page(page, MemRights::empty());
    peer.touch_and_send([page], [], [MapItem::map(0, fpage)])?;
    let answer = into(window, 12);
    same!((answer.code(), mr(0)), (1, 0x31a));
    same!(access(window, false)?, Err(0));
    Ok(())
}

fn not_there() -> Outcome {
    let (peer, window) = (peer()?, window(12)?);
    peer.send([], [MapItem::map(0, fpage(0x5000_0000_0000, 12))])?;
    let answer = into(window, 12);
    same!(
        (answer.code(), answer.shape(), mr(0)),
        (1, (0, 1, 0), 0x31a)
    );
    same!(access(window, false)?, Err(0));
    Ok(())
}

fn spot_in_window() -> Outcome {
    let (peer, window, page) = (peer()?, window(14)?, page(1));
    peer.touch_and_send([page], [], [MapItem::map(window + 0x2000, fpage(page, 12))])?;
    let answer = into(window, 14);
    same!((answer.code(), mr(0)), (1, (window + 0x2000) | 0x318));
    for i in 0..4 {
        let due = if i == 2 { Ok(0x101) } else { Err(0) };
        same!(access(window + i * 0x1000, false)?, due);
    }
    Ok(())
}

/// Which part of what is sent goes into a small window, its place in the window tells.
fn spot_in_sent() -> Outcome {
    let (peer, window) = (peer()?, window(13)?);
    let pages = [page(4), page(5), page(6), page(7)];
    for (spot, at) in [(0, 0), (0x1000, 0x1000), (0x2000, 0x1000), (0x3000, 0)] {
        peer.touch_and_send(pages, [], [MapItem::map(spot, fpage(pages[0], 14))])?;
        same!(into(window + at, 12).code(), 1);
        let got = access(window + at, false)?;
        same!(got, Ok(0x104 + spot / 0x1000));
        unmap(CapIdx::TASK, fpage(window, 13), UnmapFlags::ALL_SPACES);
    }
    Ok(())
}

fn several() -> Outcome {
    let (peer, window) = (peer()?, window(14)?);
    let pages = [page(4), page(5), page(6), page(7)];
    peer.touch_and_send(pages, [], [MapItem::map(0, fpage(pages[0], 14))])?;
    let answer = into(window, 14);
    same!((answer.code(), mr(0)), (1, 0x398));
    for i in 0..4 {
        same!(access(window + i * 0x1000, true)?, Ok(0x104 + i));
    }
    Ok(())
}

fn part() -> Outcome {
    let (peer, window) = (peer()?, window(14)?);
    let pages = [page(5), page(7)];
    peer.touch_and_send(pages, [], [MapItem::map(0, fpage(page(4), 14))])?;
    same!(into(window, 14).code(), 1);
    for i in 0..4 {
        let due = if i % 2 == 1 { Ok(0x104 + i) } else { Err(0) };
        same!(access(window + i * 0x1000, false)?, due);
    }
    Ok(())
}

fn everything() -> Outcome {
    let (peer, window, page) = (peer()?, window(13)?, page(3));
    peer.touch_and_send([page], [], [MapItem::map(window + 0x1000, fpage(page, 12))])?;
    let answer = wait_with(&[item::MAP, Fpage::all().raw()], 500);
    same!((answer.code(), mr(0)), (1, (window + 0x1000) | 0x318));
    same!(access(window + 0x1000, true)?, Ok(0x103));
    same!(access(window, false)?, Err(0));
    Ok(())
}

fn grant() -> Outcome {
    let (peer, window, page) = (peer()?, window(13)?, page(1));
    peer.touch_and_send([page], [], [MapItem::grant(0, fpage(page, 12))])?;
    same!(into(window, 12).code(), 1);
    same!(access(window, true)?, Ok(0x101));
    // The peer has it no longer.
    peer.send([], [MapItem::map(0, fpage(page, 12))])?;
    same!(into(window + 0x1000, 12).code(), 1);
    same!(access(window + 0x1000, false)?, Err(0));
    Ok(())
}

/// A page takes the place of the one that was there.
fn over() -> Outcome {
    let (peer, window) = (peer()?, window(12)?);
    for i in [1, 2] {
        let page = page(i);
        peer.touch_and_send([page], [], [MapItem::map(0, fpage(page, 12))])?;
        same!(into(window, 12).code(), 1);
    }
    same!(access(window, true)?, Ok(0x102));
    Ok(())
}

fn compound() -> Outcome {
    let (peer, window) = (peer()?, window(13)?);
    let (a, b) = (page(1), page(6));
    let items = [
        MapItem::map(window, fpage(a, 12)).continued(),
        MapItem::map(window + 0x1000, fpage(b, 12)),
    ];
    peer.touch_and_send([a, b], [], items)?;
    same!(into(window, 13).shape(), (0, 2, 0));
    same!(access(window, false)?, Ok(0x101));
    same!(access(window + 0x1000, false)?, Ok(0x106));
    Ok(())
}

fn no_window() -> Outcome {
    let (peer, page) = (peer()?, page(1));
    peer.touch_and_send([page], [], [MapItem::map(0, fpage(page, 12))])?;
    let to = slot()?;
    let buffers = [l4re::sys::RcvItem::single(to.idx()).0];
    let answer = wait_with(&buffers, 500);
    same!(
        (answer.code(), answer.shape(), mr(0)),
        (1, (0, 1, 0), 0x318)
    );
    same!(cap_valid(CapIdx::TASK, to.idx()), 0);
    peer.touch_and_send([page], [], [MapItem::map(0, fpage(page, 12))])?;
    same!(wait(500).code(), ipc_error(ie::RE_MSG_CUT));
    settle();
    same!(counter(Peer::SENT) as i64, ipc_error(ie::SE_MSG_CUT));
    Ok(())
}

/// Buffers of both kinds, found by the descriptor, whatever the order of the items.
fn with_cap() -> Outcome {
    let (peer, window, page) = (peer()?, window(12)?, page(1));
    let sem = semaphore()?;
    peer.give(sem.idx(), ObjRights::RWS, 0)?;
    let cap = MapItem::cap(Peer::slot(0), ObjRights::RWS);
    let mem = MapItem::map(0, fpage(page, 12));
    let to = slot()?;
    for items in [[cap, mem], [mem, cap]] {
        peer.touch_and_send([page], [], items)?;
        let single = l4re::sys::RcvItem::single(to.idx()).0;
        let buffers = [item::MAP, fpage(window, 12).raw(), 0, single];
        let message = Msg::new(0)
            .buffers(&buffers)
            .bdr(3 << 10)
            .timeout(timeout_ms(0, 500));
        let answer = message.ipc(CapIdx::INVALID, l4re::sys::Sysf::WAIT);
        same!((answer.code(), answer.shape()), (1, (0, 2, 0)));
        same!(cap_equal(CapIdx::TASK, sem.idx(), to.idx()), 1);
        same!(access(window, true)?, Ok(0x101));
        unmap(CapIdx::TASK, fpage(window, 12), UnmapFlags::ALL_SPACES);
        unmap_cap(CapIdx::TASK, to.idx(), UnmapFlags::ALL_SPACES);
    }
    Ok(())
}

fn taken_back() -> Outcome {
    let (peer, window, page) = (peer()?, window(12)?, page(1));
    peer.touch_and_send([page], [], [MapItem::map(0, fpage(page, 12))])?;
    same!(into(window, 12).code(), 1);
    same!(access(window, false)?, Ok(0x101));
    same!(
        unmap(peer.space.cap(), fpage(page, 12), UnmapFlags::OTHER_SPACES),
        0
    );
    same!(access(window, false)?, Err(0));
    Ok(())
}

fn sender_gone() -> Outcome {
    let (peer, window, page) = (peer()?, window(12)?, page(1));
    peer.touch_and_send([page], [], [MapItem::map(0, fpage(page, 12))])?;
    same!(into(window, 12).code(), 1);
    same!(delete(peer.space.cap()), 0);
    settle();
    same!(access(window, false)?, Err(0));
    Ok(())
}
