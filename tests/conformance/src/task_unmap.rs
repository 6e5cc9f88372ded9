//! Unmapping, and questions about capabilities.

use crate::kit::*;
use crate::same;
use l4re::sys::unmap::UnmapFlags;
use l4re::sys::{CapIdx, Fpage, MemRights, ObjRights, err, ipc_error as ie, op, proto};
use test_services::check;

pub const CASES: &[Case] = &[
    case(
        "task/unmap/capability (l4/sys/task.h: l4_task_unmap)",
        capability,
    ),
    case(
        "task/unmap/copies-stay (l4/sys/task.h: l4_task_release_cap)",
        copies_stay,
    ),
    case(
        "task/unmap/others-of-a-capability (l4/sys/consts.h: L4_FP_OTHER_SPACES)",
        others,
    ),
    case(
        "task/unmap/rights-of-a-capability (l4/sys/task.h: l4_task_unmap)",
        cap_rights,
    ),
    case(
        "task/unmap/without-read (l4/sys/task.h: l4_task_unmap)",
        without_read,
    ),
    case(
        "task/unmap/empty-slot (l4/sys/task.h: l4_task_unmap)",
        empty,
    ),
    case(
        "task/unmap/last-reference (l4/sys/task.h: l4_task_release_cap)",
        last_reference,
    ),
    case(
        "task/unmap/no-reference-counted (l4/sys/__l4_fpage.h: L4_FPAGE_C_NO_REF_CNT)",
        not_counted,
    ),
    case(
        "task/unmap/delete (l4/sys/consts.h: L4_FP_DELETE_OBJ)",
        delete_all,
    ),
    case(
        "task/unmap/delete-without-right (l4/sys/task.h: l4_task_delete_obj)",
        delete_without,
    ),
    case(
        "task/unmap/without-w (l4/sys/task.h: l4_task_unmap)",
        without_w,
    ),
    case("task/unmap/memory (l4/sys/task.h: l4_task_unmap)", memory),
    case(
        "task/unmap/memory-of-others (l4/sys/consts.h: L4_FP_OTHER_SPACES)",
        memory_others,
    ),
    case(
        "task/unmap/memory-write (l4/sys/task.h: l4_task_unmap)",
        memory_write,
    ),
    case(
        "task/unmap/memory-write-of-others (l4/sys/task.h: l4_task_unmap)",
        memory_write_others,
    ),
    case(
        "task/unmap/memory-chain (l4/sys/task.h: l4_task_unmap)",
        chain,
    ),
    case(
        "task/unmap/batch (l4/sys/task.h: l4_task_unmap_batch)",
        batch,
    ),
    case(
        "task/unmap/many-with-the-called-one (l4/sys/task.h: l4_task_unmap_batch)",
        many_with_the_called_one,
    ),
    case(
        "task/unmap/many-with-the-target (l4/sys/consts.h: L4_FP_DELETE_OBJ)",
        many_with_the_target,
    ),
    case(
        "task/unmap/nothing (l4/sys/task.h: l4_task_unmap_batch)",
        nothing,
    ),
    case(
        "task/unmap/delete-flag-alone (l4/sys/consts.h: L4_FP_DELETE_OBJ)",
        delete_flag_alone,
    ),
    case("task/cap-valid (l4/sys/task.h: l4_task_cap_valid)", valid),
    case(
        "task/cap-valid-far-away (l4/sys/task.h: l4_task_cap_valid)",
        valid_far,
    ),
    case("task/cap-equal (l4/sys/task.h: l4_task_cap_equal)", equal),
    case(
        "task/cap-equal-rights (l4/sys/task.h: l4_task_cap_equal)",
        equal_rights,
    ),
    case(
        "task/cap-equal-empty (l4/sys/task.h: l4_task_cap_equal)",
        equal_empty,
    ),
    case(
        "task/cap-info-short (l4/sys/task.h: L4_TASK_CAP_INFO_OP)",
        info_short,
    ),
];

const RWS: ObjRights = ObjRights::RWS;
const RWSD: ObjRights = ObjRights::RWSD;
const TASK: CapIdx = CapIdx::TASK;
const ALL: UnmapFlags = UnmapFlags::ALL_SPACES;
const OTHERS: UnmapFlags = UnmapFlags::OTHER_SPACES;

fn there(cap: &Obj) -> bool {
    cap_valid(TASK, cap.idx()) > 0
}

fn capability() -> Outcome {
    let sem = semaphore()?;
    let a = copy(sem.idx(), RWS)?;
    same!(unmap(TASK, Fpage::obj(a.idx(), 0, RWSD), ALL), 0);
    check!(!there(&a) && there(&sem));
    Ok(())
}

/// Capabilities are revoked one by one, not with what they were copied from.
fn copies_stay() -> Outcome {
    let sem = semaphore()?;
    let a = copy(sem.idx(), RWS)?;
    let b = copy(a.idx(), RWS)?;
    same!(unmap_cap(TASK, a.idx(), ALL), 0);
    check!(!there(&a) && there(&b) && there(&sem));
    same!(unmap_cap(TASK, sem.idx(), ALL), 0);
    check!(!there(&sem) && there(&b));
    same!(down(b.idx(), 0), ipc_error(ie::RE_TIMEOUT));
    Ok(())
}

fn others() -> Outcome {
    let sem = semaphore()?;
    let a = copy(sem.idx(), RWS)?;
    same!(unmap_cap(TASK, sem.idx(), OTHERS), 0);
    same!((there(&sem), there(&a)), (true, true));
    Ok(())
}

fn cap_rights() -> Outcome {
    let sem = semaphore()?;
    let a = copy(sem.idx(), RWS)?;
    same!(unmap(TASK, Fpage::obj(a.idx(), 0, ObjRights::S), ALL), 0);
    same!(down(a.idx(), 0), -err::EPERM);
    check!(there(&a));
    same!(
        cap_equal(TASK, a.idx(), copy(sem.idx(), ObjRights::RW)?.idx()),
        1
    );
    Ok(())
}

fn without_read() -> Outcome {
    let sem = semaphore()?;
    let a = copy(sem.idx(), RWS)?;
    same!(
        unmap(
            TASK,
            Fpage::obj(a.idx(), 0, ObjRights::W | ObjRights::S | ObjRights::D),
            ALL
        ),
        0
    );
    check!(there(&a));
    same!(unmap(TASK, Fpage::obj(a.idx(), 0, ObjRights::R), ALL), 0);
    check!(!there(&a));
    Ok(())
}

fn empty() -> Outcome {
    let empty = slot()?;
    same!(unmap_cap(TASK, empty.idx(), ALL), 0);
    same!(unmap_cap(TASK, empty.idx(), UnmapFlags::DELETE_OBJ), 0);
    Ok(())
}

/// An object goes with its last capability: who waits for it learns of that.
fn last_reference() -> Outcome {
    let sem = semaphore()?;
    let a = copy(sem.idx(), RWS)?;
    let cap = a.idx();
    put(0, 0x5555);
    spawn(HIGH, move || put(0, down(cap, 5000) as u64))?;
    settle();
    unmap_cap(TASK, sem.idx(), ALL);
    settle();
    same!(counter(0), 0x5555);
    unmap_cap(TASK, a.idx(), ALL);
    settle();
    same!(counter(0) as i64, ipc_error(ie::NOT_EXISTENT));
    Ok(())
}

/// A capability that is not counted does not keep the object.
fn not_counted() -> Outcome {
    let (sem, weak) = (semaphore()?, slot()?);
    let base = weak.idx().0 | l4re::sys::item::OBJ_NO_REF_COUNT;
    same!(map(TASK, TASK, Fpage::obj(sem.idx(), 0, RWS), base), 0);
    check!(there(&weak));
    unmap_cap(TASK, sem.idx(), ALL);
    settle();
    same!(there(&weak), false);
    Ok(())
}

fn delete_all() -> Outcome {
    let (sem, space) = (semaphore()?, Space::new()?);
    let a = copy(sem.idx(), RWS)?;
    let far = CapIdx::from_index(0x71);
    space.give(sem.idx(), RWS, far)?;
    same!(delete(sem.idx()), 0);
    check!(!there(&sem) && !there(&a));
    same!(cap_valid(space.cap(), far), 0);
    Ok(())
}

fn delete_without() -> Outcome {
    let sem = semaphore()?;
    let a = copy(sem.idx(), RWS)?;
    same!(delete(a.idx()), 0);
    check!(!there(&a) && there(&sem));
    same!(down(sem.idx(), 0), ipc_error(ie::RE_TIMEOUT));
    Ok(())
}

/// The right to write to the task is not asked for.
fn without_w() -> Outcome {
    let sem = semaphore()?;
    let task = copy(TASK, ObjRights::RS)?;
    same!(unmap_cap(task.idx(), sem.idx(), ALL), 0);
    same!(there(&sem), false);
    Ok(())
}

/// A page of the case's, mapped a second time.
fn twice() -> Result<(Fpage, Fpage), i64> {
    let (window, page) = (window(12)?, page(2));
    match map(TASK, TASK, Fpage::page(page, MemRights::RWX), window) {
        0 => Ok((
            Fpage::page(page, MemRights::RWX),
            Fpage::page(window, MemRights::RWX),
        )),
        error => Err(error),
    }
}

fn memory() -> Outcome {
    let (page, window) = twice()?;
    same!(unmap(TASK, window, ALL), 0);
    same!(access(window.addr(), false)?, Err(0));
    same!(access(page.addr(), true)?, Ok(0x102));
    Ok(())
}

fn memory_others() -> Outcome {
    let (page, window) = twice()?;
    same!(unmap(TASK, page, OTHERS), 0);
    same!(access(window.addr(), false)?, Err(0));
    same!(access(page.addr(), true)?, Ok(0x102));
    Ok(())
}

fn memory_write() -> Outcome {
    let (_, window) = twice()?;
    same!(
        unmap(TASK, Fpage::page(window.addr(), MemRights::W), ALL),
        0
    );
    same!(access(window.addr(), false)?, Ok(0x102));
    same!(access(window.addr(), true)?, Err(3));
    Ok(())
}

fn memory_write_others() -> Outcome {
    let (page, window) = twice()?;
    same!(
        unmap(TASK, Fpage::page(page.addr(), MemRights::W), OTHERS),
        0
    );
    same!(access(window.addr(), false)?, Ok(0x102));
    same!(access(window.addr(), true)?, Err(3));
    same!(access(page.addr(), true)?, Ok(0x102));
    Ok(())
}

/// What was passed on is passed on further; the first in the chain takes all of it back.
fn chain() -> Outcome {
    let (first, end) = (window(12)?, window(12)?);
    let (a, b) = (Space::new()?, Space::new()?);
    let far = 0x5100_0000_0000;
    let rights = MemRights::RWX;
    same!(map(TASK, TASK, Fpage::page(page(2), rights), first), 0);
    same!(map(a.cap(), TASK, Fpage::page(first, rights), far), 0);
    same!(map(b.cap(), a.cap(), Fpage::page(far, rights), far), 0);
    same!(map(TASK, b.cap(), Fpage::page(far, rights), end), 0);
    same!(access(end, true)?, Ok(0x102));
    same!(unmap(TASK, Fpage::page(first, rights), OTHERS), 0);
    same!(access(end, false)?, Err(0));
    same!(access(first, true)?, Ok(0x102));
    same!(map(TASK, b.cap(), Fpage::page(far, rights), end), 0);
    same!(access(end, false)?, Err(0));
    Ok(())
}

fn batch() -> Outcome {
    let sem = semaphore()?;
    let caps = [
        copy(sem.idx(), RWS)?,
        copy(sem.idx(), RWS)?,
        copy(sem.idx(), RWS)?,
    ];
    let (_, window) = twice()?;
    let fpage = |cap: &Obj| Fpage::obj(cap.idx(), 0, RWSD).raw();
    let words = [
        op::task::UNMAP,
        ALL.bits(),
        fpage(&caps[0]),
        window.raw(),
        fpage(&caps[2]),
    ];
    same!(Msg::new(proto::TASK).words(&words).call(TASK).code(), 0);
    same!(
        [there(&caps[0]), there(&caps[1]), there(&caps[2])],
        [false, true, false]
    );
    same!(access(window.addr(), false)?, Err(0));
    Ok(())
}

const MANY: u32 = 12;

/// `1 << MANY` slots; the first holds `first`, and the others `rest`.
fn many(first: CapIdx, rest: CapIdx) -> Result<CapIdx, i64> {
    let slots = range(MANY);
    same!(map(TASK, TASK, Fpage::obj(rest, 0, RWS), slots.0), 0);
    // The slots filled so far are copied behind themselves.
    for order in 0..MANY {
        let to = nth(slots, 1 << order);
        same!(map(TASK, TASK, Fpage::obj(slots, order, RWS), to.0), 0);
    }
    same!(unmap_cap(TASK, slots, ALL), 0);
    same!(map(TASK, TASK, Fpage::obj(first, 0, RWSD), slots.0), 0);
    check!(cap_valid(TASK, nth(slots, (1 << MANY) - 1)) > 0);
    Ok(slots)
}

fn nth(slots: CapIdx, n: u64) -> CapIdx {
    CapIdx(slots.0 + (n << 12))
}

/// An unmap that takes long, and takes the capability that it is called by, comes to its end.
fn many_with_the_called_one() -> Outcome {
    let slots = many(TASK, TASK)?;
    same!(unmap(slots, Fpage::obj(slots, MANY, RWSD), ALL), 0);
    for n in 0..1 << MANY {
        same!((n, cap_valid(TASK, nth(slots, n))), (n, 0));
    }
    Ok(())
}

/// So does one that deletes the task that it is called for.
fn many_with_the_target() -> Outcome {
    let (sem, space) = (semaphore()?, Space::new()?);
    let slots = many(space.cap(), sem.idx())?;
    let all = Fpage::obj(slots, MANY, RWSD);
    same!(map(space.cap(), TASK, all, slots.0), 0);
    same!(unmap(space.cap(), all, UnmapFlags::DELETE_OBJ), 0);
    same!(cap_valid(TASK, space.cap()), 0);
    check!(there(&sem));
    same!(unmap(TASK, all, ALL), 0);
    Ok(())
}

fn nothing() -> Outcome {
    let words = [op::task::UNMAP, ALL.bits()];
    same!(Msg::new(proto::TASK).words(&words).call(TASK).code(), 0);
    same!(
        Msg::new(proto::TASK).words(&words[..1]).call(TASK).code(),
        0
    );
    Ok(())
}

/// The second bit of deletion without the first is as neither of them.
fn delete_flag_alone() -> Outcome {
    let sem = semaphore()?;
    let flag = UnmapFlags::from_bits_retain(0x4000_0000);
    same!(unmap_cap(TASK, sem.idx(), flag), 0);
    check!(there(&sem));
    Ok(())
}

fn valid() -> Outcome {
    let (sem, empty) = (semaphore()?, slot()?);
    check!(cap_valid(TASK, sem.idx()) > 0);
    same!(cap_valid(TASK, empty.idx()), 0);
    let space = Space::new()?;
    same!(cap_valid(space.cap(), sem.idx()), 0);
    let weak = copy(TASK, ObjRights::R)?;
    check!(cap_valid(weak.idx(), sem.idx()) > 0);
    Ok(())
}

fn valid_far() -> Outcome {
    for index in [0, 0xf_ffff, 0xfff_ffff, 0xf_ffff_ffff_ffff] {
        same!(cap_valid(TASK, CapIdx::from_index(index)), 0);
    }
    Ok(())
}

fn equal() -> Outcome {
    let (a, b) = (semaphore()?, semaphore()?);
    same!(cap_equal(TASK, a.idx(), a.idx()), 1);
    same!(cap_equal(TASK, a.idx(), copy(a.idx(), RWSD)?.idx()), 1);
    same!(cap_equal(TASK, a.idx(), b.idx()), 0);
    Ok(())
}

fn equal_rights() -> Outcome {
    let a = semaphore()?;
    for (rights, due) in [
        (ObjRights::RWSD, 1),
        (ObjRights::RWS, 1),
        (ObjRights::RW, 0),
        (ObjRights::RS, 0),
        (ObjRights::R, 0),
    ] {
        same!(cap_equal(TASK, a.idx(), copy(a.idx(), rights)?.idx()), due);
    }
    Ok(())
}

fn equal_empty() -> Outcome {
    let (a, x, y) = (semaphore()?, slot()?, slot()?);
    same!(cap_equal(TASK, a.idx(), x.idx()), 0);
    same!(cap_equal(TASK, x.idx(), y.idx()), 1);
    same!(cap_equal(TASK, x.idx(), x.idx()), 1);
    Ok(())
}

fn info_short() -> Outcome {
    same!(
        Msg::new(proto::TASK)
            .words(&[op::task::CAP_INFO])
            .call(TASK)
            .code(),
        -err::EINVAL
    );
    Ok(())
}
