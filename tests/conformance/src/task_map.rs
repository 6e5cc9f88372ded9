//! Mapping from task to task without a message.

use crate::kit::*;
use crate::same;
use l4re::sys::unmap::UnmapFlags;
use l4re::sys::{
    CapIdx, Fpage, MapItem, MemRights, ObjRights, err, ipc_error as ie, item, op, proto,
};
use test_services::check;

pub const CASES: &[Case] = &[
    case(
        "task/map/capability (l4/sys/task.h: l4_task_map)",
        capability,
    ),
    case(
        "task/map/within-the-task (l4/sys/task.h: l4_task_map)",
        within,
    ),
    case("task/map/rights (l4/sys/task.h: l4_task_map)", rights),
    case(
        "task/map/source-without-s (l4/sys/task.h: l4_task_map)",
        source_without_s,
    ),
    case(
        "task/map/destination-without-s (l4/sys/task.h: l4_task_map)",
        destination_without_s,
    ),
    case(
        "task/map/destination-without-w (l4/sys/task.h: l4_task_map -L4_EPERM)",
        without_w,
    ),
    case(
        "task/map/source-is-no-task (l4/sys/task.h: l4_task_map -L4_EINVAL)",
        source_no_task,
    ),
    case(
        "task/map/no-source (l4/sys/task.h: l4_task_map -L4_EINVAL)",
        no_source,
    ),
    case("task/map/grant (l4/sys/consts.h: L4_MAP_ITEM_GRANT)", grant),
    case(
        "task/map/range (l4/sys/__l4_fpage.h: l4_obj_fpage)",
        range_of_caps,
    ),
    case("task/map/empty-slot (l4/sys/task.h: l4_task_map)", empty),
    case(
        "task/map/onto-itself (l4/sys/task.h: l4_task_map)",
        onto_itself,
    ),
    case(
        "task/map/server-right (l4/sys/__l4_fpage.h: L4_FPAGE_C_IPCGATE_SVR)",
        server_right,
    ),
    case(
        "task/map/memory-within (l4/sys/task.h: l4_task_map)",
        memory_within,
    ),
    case(
        "task/map/memory-read-only (l4/sys/__l4_fpage.h: L4_FPAGE_RO)",
        memory_read_only,
    ),
    case(
        "task/map/memory-adds-rights (l4/sys/task.h: l4_task_map)",
        memory_adds,
    ),
    case(
        "task/map/memory-to-another (l4/sys/task.h: l4_task_map)",
        memory_to_another,
    ),
    case(
        "task/unknown-operation (l4/sys/task.h: L4_task_ops)",
        unknown,
    ),
    case(
        "task/no-operation (l4/sys/task.h: L4_task_ops)",
        no_operation,
    ),
    case(
        "task/wrong-protocol (l4/sys/types.h: L4_PROTO_TASK)",
        wrong_protocol,
    ),
    case(
        "task/add-ku-mem (l4/sys/task.h: l4_task_add_ku_mem)",
        ku_mem,
    ),
    case(
        "task/add-ku-mem-zeroed (l4/sys/task.h: l4_task_add_ku_mem)",
        ku_mem_is_memory,
    ),
    case(
        "task/add-ku-mem-bad (l4/sys/task.h: l4_task_add_ku_mem)",
        ku_mem_bad,
    ),
    case(
        "task/add-ku-mem-twice (l4/sys/task.h: l4_task_add_ku_mem)",
        ku_mem_twice,
    ),
    case(
        "task/end-takes-mappings (l4/sys/task.h: l4_task_delete_obj)",
        end_takes,
    ),
];

const RWS: ObjRights = ObjRights::RWS;
const TASK: CapIdx = CapIdx::TASK;
const THERE: CapIdx = CapIdx::from_index(0x77);

fn capability() -> Outcome {
    let (space, sem) = (Space::new()?, semaphore()?);
    same!(cap_valid(space.cap(), THERE), 0);
    same!(
        map(space.cap(), TASK, Fpage::obj(sem.idx(), 0, RWS), THERE.0),
        0
    );
    check!(cap_valid(space.cap(), THERE) > 0);
    // And back.
    let to = slot()?;
    same!(
        map(TASK, space.cap(), Fpage::obj(THERE, 0, RWS), to.idx().0),
        0
    );
    same!(cap_equal(TASK, to.idx(), sem.idx()), 1);
    Ok(())
}

fn within() -> Outcome {
    let (sem, to) = (semaphore()?, slot()?);
    same!(
        map(TASK, TASK, Fpage::obj(sem.idx(), 0, RWS), to.idx().0),
        0
    );
    same!(cap_equal(TASK, to.idx(), sem.idx()), 1);
    Ok(())
}

fn rights() -> Outcome {
    let sem = semaphore()?;
    for (rights, due) in [
        (ObjRights::R, -err::EPERM),
        (ObjRights::RS, ipc_error(ie::RE_TIMEOUT)),
    ] {
        same!(down(copy(sem.idx(), rights)?.idx(), 0), due);
    }
    // No more than there are.
    let weak = copy(sem.idx(), ObjRights::R)?;
    same!(
        down(copy(weak.idx(), ObjRights::RWSD)?.idx(), 0),
        -err::EPERM
    );
    Ok(())
}

/// Maps a semaphore from a task to a task, and tries what the copy can do.
fn mapped_rights(to: CapIdx, from: CapIdx) -> Result<i64, i64> {
    let (sem, slot) = (semaphore()?, slot()?);
    let words = [
        op::task::MAP,
        slot.idx().0,
        Fpage::obj(sem.idx(), 0, RWS).raw(),
    ];
    let items = [MapItem::cap(from, RWS)];
    let code = Msg::new(proto::TASK)
        .words(&words)
        .items(&items)
        .call(to)
        .code();
    if code != 0 {
        return Ok(code);
    }
    Ok(down(slot.idx(), 0))
}

fn source_without_s() -> Outcome {
    let from = copy(TASK, ObjRights::RW)?;
    same!(mapped_rights(TASK, from.idx())?, -err::EPERM);
    same!(mapped_rights(TASK, TASK)?, ipc_error(ie::RE_TIMEOUT));
    Ok(())
}

fn destination_without_s() -> Outcome {
    let to = copy(TASK, ObjRights::RW)?;
    same!(mapped_rights(to.idx(), TASK)?, -err::EPERM);
    Ok(())
}

fn without_w() -> Outcome {
    let (to, sem, slot) = (copy(TASK, ObjRights::RS)?, semaphore()?, slot()?);
    same!(
        map(to.idx(), TASK, Fpage::obj(sem.idx(), 0, RWS), slot.idx().0),
        -err::EPERM
    );
    same!(cap_valid(TASK, slot.idx()), 0);
    Ok(())
}

fn source_no_task() -> Outcome {
    let (sem, to) = (semaphore()?, slot()?);
    same!(
        map(TASK, sem.idx(), Fpage::obj(sem.idx(), 0, RWS), to.idx().0),
        -err::EINVAL
    );
    same!(
        map(
            TASK,
            slot()?.idx(),
            Fpage::obj(sem.idx(), 0, RWS),
            to.idx().0
        ),
        -err::EINVAL
    );
    Ok(())
}

fn no_source() -> Outcome {
    let (sem, to) = (semaphore()?, slot()?);
    let words = [
        op::task::MAP,
        to.idx().0,
        Fpage::obj(sem.idx(), 0, RWS).raw(),
    ];
    same!(
        Msg::new(proto::TASK).words(&words).call(TASK).code(),
        -err::EINVAL
    );
    Ok(())
}

fn grant() -> Outcome {
    let (sem, to) = (semaphore()?, slot()?);
    let from = copy(sem.idx(), RWS)?;
    let base = to.idx().0 | item::GRANT;
    same!(map(TASK, TASK, Fpage::obj(from.idx(), 0, RWS), base), 0);
    same!(cap_valid(TASK, from.idx()), 0);
    same!(cap_equal(TASK, sem.idx(), to.idx()), 1);
    Ok(())
}

fn range_of_caps() -> Outcome {
    let (from, to) = (range(3), range(3));
    let sem = semaphore()?;
    let at = |base: CapIdx, i: u64| CapIdx::from_index(base.index() + i);
    for i in [0, 3, 7] {
        same!(
            map(TASK, TASK, Fpage::obj(sem.idx(), 0, RWS), at(from, i).0),
            0
        );
    }
    same!(map(TASK, TASK, Fpage::obj(from, 3, RWS), to.0), 0);
    for i in 0..8 {
        let due = i64::from([0, 3, 7].contains(&i));
        same!(i64::from(cap_valid(TASK, at(to, i)) > 0), due);
    }
    same!(
        unmap(TASK, Fpage::obj(to, 3, RWS), UnmapFlags::ALL_SPACES),
        0
    );
    same!(cap_valid(TASK, at(to, 3)), 0);
    check!(cap_valid(TASK, at(from, 3)) > 0);
    Ok(())
}

fn empty() -> Outcome {
    let (from, to) = (slot()?, slot()?);
    same!(
        map(TASK, TASK, Fpage::obj(from.idx(), 0, RWS), to.idx().0),
        0
    );
    same!(cap_valid(TASK, to.idx()), 0);
    Ok(())
}

/// A capability in the way is taken out first, and then there is nothing to map.
fn onto_itself() -> Outcome {
    let sem = semaphore()?;
    same!(
        map(TASK, TASK, Fpage::obj(sem.idx(), 0, RWS), sem.idx().0),
        0
    );
    same!(cap_valid(TASK, sem.idx()), 0);
    Ok(())
}

/// The server's right is passed on only if asked for.
fn server_right() -> Outcome {
    let (gate, weak, strong) = (gate(me(), 0x50)?, slot()?, slot()?);
    let fpage = Fpage::obj(gate.idx(), 0, RWS);
    same!(map(TASK, TASK, fpage, weak.idx().0), 0);
    same!(cap_equal(TASK, gate.idx(), weak.idx()), 0);
    same!(
        map(TASK, TASK, fpage, strong.idx().0 | item::OBJ_IPCGATE_SVR),
        0
    );
    same!(cap_equal(TASK, gate.idx(), strong.idx()), 1);
    Ok(())
}

fn memory_within() -> Outcome {
    let (window, page) = (window(12)?, page(2));
    same!(
        map(TASK, TASK, Fpage::page(page, MemRights::RWX), window),
        0
    );
    same!(access(window, true)?, Ok(0x102));
    Ok(())
}

fn memory_read_only() -> Outcome {
    let (window, page) = (window(12)?, page(2));
    same!(map(TASK, TASK, Fpage::page(page, MemRights::R), window), 0);
    same!(access(window, false)?, Ok(0x102));
    same!(access(window, true)?, Err(3));
    Ok(())
}

fn memory_adds() -> Outcome {
    let (window, page) = (window(12)?, page(2));
    same!(map(TASK, TASK, Fpage::page(page, MemRights::R), window), 0);
    same!(map(TASK, TASK, Fpage::page(page, MemRights::RW), window), 0);
    same!(access(window, true)?, Ok(0x102));
    // Less than there is takes nothing away.
    same!(map(TASK, TASK, Fpage::page(page, MemRights::R), window), 0);
    same!(access(window, true)?, Ok(0x102));
    Ok(())
}

fn memory_to_another() -> Outcome {
    let (space, window, page) = (Space::new()?, window(12)?, page(2));
    let far = 0x5100_0000_0000;
    same!(
        map(space.cap(), TASK, Fpage::page(page, MemRights::RWX), far),
        0
    );
    same!(
        map(TASK, space.cap(), Fpage::page(far, MemRights::RWX), window),
        0
    );
    same!(access(window, true)?, Ok(0x102));
    Ok(())
}

fn unknown() -> Outcome {
    for op in [4, 5, 0x10, 0x12, !0] {
        same!(
            Msg::new(proto::TASK).words(&[op, 0, 0]).call(TASK).code(),
            -err::ENOSYS
        );
    }
    Ok(())
}

fn no_operation() -> Outcome {
    same!(Msg::new(proto::TASK).call(TASK).code(), -err::ENOSYS);
    Ok(())
}

fn wrong_protocol() -> Outcome {
    for label in [0, 1, proto::THREAD, proto::FACTORY, 0x4000] {
        same!(
            Msg::new(label).words(&[2, 0]).call(TASK).code(),
            -err::EBADPROTO
        );
    }
    Ok(())
}

/// Adds kernel-user memory to the own task.
pub fn add_ku_mem(fpage: Fpage) -> Answer {
    Msg::new(proto::TASK)
        .words(&[op::task::ADD_KU_MEM, fpage.raw()])
        .call(TASK)
}

fn ku_mem() -> Outcome {
    let place = Fpage::memory(window(12)?, 12, MemRights::RW);
    let answer = add_ku_mem(place);
    same!((answer.code(), mr(0)), (0, place.with_rights(0).raw()));
    Ok(())
}

fn ku_mem_is_memory() -> Outcome {
    let at = window(13)?;
    same!(add_ku_mem(Fpage::memory(at, 13, MemRights::RW)).code(), 0);
    for page in [at, at + 0x1000] {
        same!(access(page, true)?, Ok(0));
    }
    // It cannot be unmapped.
    unmap(
        TASK,
        Fpage::memory(at, 13, MemRights::RWX),
        UnmapFlags::ALL_SPACES,
    );
    same!(access(at, true)?, Ok(0));
    Ok(())
}

fn ku_mem_bad() -> Outcome {
    let at = window(12)?;
    same!(
        add_ku_mem(Fpage::memory(at, 10, MemRights::RW)).code(),
        -err::EINVAL
    );
    same!(add_ku_mem(Fpage::obj(TASK, 0, RWS)).code(), -err::EINVAL);
    same!(add_ku_mem(Fpage::INVALID).code(), -err::EINVAL);
    Ok(())
}

fn ku_mem_twice() -> Outcome {
    let place = Fpage::memory(window(12)?, 12, MemRights::RW);
    same!(add_ku_mem(place).code(), 0);
    same!(add_ku_mem(place).code(), -err::EEXIST);
    Ok(())
}

fn end_takes() -> Outcome {
    let (space, window, page) = (Space::new()?, window(12)?, page(2));
    let far = 0x5100_0000_0000;
    same!(
        map(space.cap(), TASK, Fpage::page(page, MemRights::RWX), far),
        0
    );
    same!(
        map(TASK, space.cap(), Fpage::page(far, MemRights::RWX), window),
        0
    );
    same!(delete(space.cap()), 0);
    settle();
    same!(access(window, false)?, Err(0));
    Ok(())
}
