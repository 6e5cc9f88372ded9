use super::*;
use crate::budget::{Budget, Step, cost};
use crate::pool::tests::{REVOKED, pool};
use std::vec;
use std::vec::Vec;

const P: usize = PAGE_SIZE;

fn unlimited() -> Shared<Quota> {
    Quota::of(usize::MAX, None)
}

/// In short steps, as a busy root task does it.
fn in_steps(mut step: impl FnMut(&mut usize, &Budget) -> Result<Step<()>>) -> Result<()> {
    let mut at = 0;
    while step(&mut at, &Budget::of(2 * cost::PAGE))? == Step::More {}
    Ok(())
}

fn clear(ds: &Dataspace, offset: usize, size: usize) -> Result<()> {
    in_steps(|at, budget| ds.clear(offset, size, at, budget))
}

fn allocate(ds: &Dataspace, offset: usize, size: usize, write: bool) -> Result<()> {
    in_steps(|at, budget| ds.allocate(offset, size, write, at, budget))
}

fn copy_in(
    ds: &Dataspace,
    offset: usize,
    source: &Dataspace,
    from: usize,
    size: usize,
) -> Result<()> {
    in_steps(|at, budget| ds.copy_in(offset, source, from, size, at, budget))
}

/// Memory in one piece, ready for others.
fn contiguous(
    pool: &'static Pool,
    quota: &Shared<Quota>,
    size: usize,
    align: usize,
) -> Result<Dataspace> {
    let ds = Dataspace::contiguous(pool, quota, size, align)?;
    in_steps(|at, budget| Ok(ds.fill(at, budget)))?;
    Ok(ds)
}

fn collect() {
    while garbage::is_left() {
        garbage::collect(&Budget::of(cost::REVOKE));
    }
}

/// Anywhere in the receiver, as if the dataspace started at a multiple of 2 MiB.
fn anywhere(offset: usize) -> Target {
    Target {
        spot: 0x4000_0000 + offset as u64,
        window: 0..u64::MAX,
    }
}

fn bytes(ds: &Dataspace, offset: usize, len: usize) -> Option<Vec<u8>> {
    let mut bytes = vec![0xee; len];
    ds.peek(offset, &mut bytes).then_some(bytes)
}

/// A boot file of `size` bytes: byte `i` is `i / 16` and so different from page to page.
fn file(pool: &'static Pool, size: usize) -> Dataspace {
    let base = pool.alloc_zeroed(size, P, 0..usize::MAX).unwrap();
    for i in 0..size {
        // SAFETY: just allocated.
        unsafe { ((base + i) as *mut u8).write((i / 16) as u8) };
    }
    // SAFETY: the frames are never freed.
    unsafe { Dataspace::foreign(pool, base, size, MemRights::RX) }
}

#[test]
fn nothing_is_there_until_it_is_touched() {
    let (pool, quota) = (pool(64), unlimited());
    let before = pool.available();
    let ds = Dataspace::on_demand(pool, &quota, 5 * P).unwrap();
    assert_eq!((pool.available(), quota.used()), (before, 0));
    assert_eq!(bytes(&ds, 0, 1), None);
    ds.write(P - 2, b"abcd").unwrap();
    assert_eq!(bytes(&ds, P - 3, 6).unwrap(), b"\0abcd\0");
    assert_eq!(pool.available(), before - 2 * P);
    assert_eq!(bytes(&ds, 2 * P - 1, 2), None);
    drop(ds);
    collect();
    assert_eq!((pool.available(), quota.used()), (before, 0));
}

#[test]
fn sizes_and_offsets_have_limits() {
    let (pool, quota) = (pool(64), unlimited());
    assert!(Dataspace::on_demand(pool, &quota, 0).is_err());
    assert!(Dataspace::on_demand(pool, &quota, MAX_SIZE + 1).is_err());
    assert_eq!(
        contiguous(pool, &quota, 65 * P, 1).err(),
        Some(Error::ENOMEM)
    );
    let ds = Dataspace::on_demand(pool, &quota, P + 1).unwrap();
    assert_eq!(
        ds.map(2 * P, MemRights::R, &anywhere(0)),
        Err(Error::ERANGE)
    );
    assert_eq!(ds.write(2 * P - 1, b"ab"), Err(Error::ERANGE));
    assert_eq!(clear(&ds, usize::MAX, usize::MAX), Err(Error::ERANGE));
    assert_eq!(copy_in(&ds, 0, &ds, P, P + 1), Err(Error::ERANGE));
    assert_eq!(copy_in(&ds, 0, &ds, usize::MAX, 2), Err(Error::ERANGE));
    assert_eq!(allocate(&ds, P, usize::MAX, true), Err(Error::ERANGE));
    assert!(!ds.peek(usize::MAX, &mut [0; 2]));
}

#[test]
fn a_quota_stops_it_and_gets_everything_back() {
    let pool = pool(64);
    let quota = Quota::of(4 * P, None);
    let ds = Dataspace::on_demand(pool, &quota, 32 * P).unwrap();
    assert_eq!(allocate(&ds, 0, 32 * P, true), Err(Error::ENOMEM));
    assert_eq!((0..32).filter(|i| ds.is_present(i * P)).count(), 4);
    clear(&ds, 0, 32 * P).unwrap();
    assert_eq!(quota.used(), 0);
    assert_eq!(
        contiguous(pool, &quota, 8 * P, 1).err(),
        Some(Error::ENOMEM)
    );
    drop(ds);
    collect();
    assert_eq!((quota.used(), pool.available()), (0, 64 * P));
}

#[test]
fn pieces_are_as_large_as_they_can_be() {
    let (pool, quota) = (pool(1024), unlimited());
    let ds = contiguous(pool, &quota, 3 << 20, 2 << 20).unwrap();
    let rw = MemRights::RW;
    let order = |offset, target: &Target| ds.map(offset, rw, target).unwrap().order;
    assert_eq!(order(0x5000, &anywhere(0x5000)), 21);
    // The rest is not a whole 2 MiB.
    assert_eq!(order(2 << 20, &anywhere(2 << 20)), 20);
    // The receiver is off by a page.
    assert_eq!(order(0, &anywhere(0x1000)), 12);
    assert_eq!(order(0x4000, &anywhere(0xc000)), 15);
    // The window is smaller.
    let window = 0x4000_0000..0x4000_8000;
    assert_eq!(
        order(
            0x2000,
            &Target {
                spot: 0x4000_2000,
                window: window.clone()
            }
        ),
        15
    );
    assert_eq!(
        order(
            0x7000,
            &Target {
                spot: 0x4000_7000,
                window: 0x4000_6000..0x4000_8000
            }
        ),
        13
    );
    // The very ends of the address space.
    assert_eq!(
        order(
            0,
            &Target {
                spot: u64::MAX - 0x1f_ffff,
                window: 0..u64::MAX
            }
        ),
        20
    );
    assert_eq!(
        order(
            0x1000,
            &Target {
                spot: 0x1000,
                window: 0x1000..u64::MAX
            }
        ),
        12
    );
    let mapping = ds.map(0x5000, rw, &anywhere(0x5000)).unwrap();
    assert_eq!(mapping.address % (2 << 20), 0);
}

#[test]
fn large_dataspaces_come_in_groups() {
    let (pool, quota) = (pool(1024), unlimited());
    let ds = Dataspace::on_demand(pool, &quota, 256 * P).unwrap();
    let mapping = ds.map(40 * P, MemRights::RW, &anywhere(40 * P)).unwrap();
    assert_eq!(mapping.order, 17);
    // Neighbouring groups make a larger piece if their memory lines up, too.
    let next = ds.map(0, MemRights::RW, &anywhere(0)).unwrap();
    assert!(next.order >= 17);
    // Half a group that is there already: page by page.
    let ds = Dataspace::on_demand(pool, &Quota::of(3 * P, None), 64 * P).unwrap();
    assert_eq!(ds.map(0, MemRights::R, &anywhere(0)).unwrap().order, 12);
}

#[test]
fn copies_of_a_file_share_it_until_they_are_written() {
    let (pool, quota) = (pool(64), unlimited());
    let file = file(pool, 3 * P + 100);
    let ds = Dataspace::on_demand(pool, &quota, 4 * P).unwrap();
    ds.make_private();
    copy_in(&ds, 0, &file, P, 2 * P + 100).unwrap();
    // Two whole pages shared, the last one copied.
    let own = ds.map(2 * P, MemRights::R, &anywhere(0)).unwrap().address;
    let shared = ds.map(0, MemRights::R, &anywhere(0)).unwrap();
    assert_eq!(
        shared.address,
        file.map(P, MemRights::R, &anywhere(0)).unwrap().address
    );
    assert!(quota.used() < 2 * P);
    assert_eq!(bytes(&ds, 0, 3 * P), {
        let mut all = bytes(&file, P, 2 * P + 100).unwrap();
        all.resize(3 * P, 0);
        Some(all)
    });
    REVOKED
        .lock()
        .unwrap()
        .retain(|(at, ..)| *at != shared.address);
    let written = ds.map(0, MemRights::RW, &anywhere(0)).unwrap();
    assert_ne!(written.address, shared.address);
    assert_ne!(written.address, own);
    // The file's page stays with all others that have it.
    let revoked = REVOKED.lock().unwrap();
    assert!(revoked.iter().all(|(at, ..)| *at != shared.address));
    drop(revoked);
    ds.write(5, b"!").unwrap();
    assert_eq!(bytes(&ds, 0, P).unwrap()[5], b'!');
    assert_eq!(bytes(&file, P, 6).unwrap()[5], 0);
}

#[test]
fn who_may_have_mapped_a_page_keeps_the_right_one() {
    let (pool, quota) = (pool(64), unlimited());
    let file = file(pool, 2 * P);
    let ds = Dataspace::on_demand(pool, &quota, 2 * P).unwrap();
    copy_in(&ds, 0, &file, 0, 2 * P).unwrap();
    assert_eq!(quota.used(), 0);
    // Others may map it: what they get first stays what it is.
    let read = ds.map(0, MemRights::R, &anywhere(0)).unwrap().address;
    assert_ne!(
        read,
        file.map(0, MemRights::R, &anywhere(0)).unwrap().address
    );
    assert_eq!(
        ds.map(0, MemRights::RW, &anywhere(0)).unwrap().address,
        read
    );
    assert_eq!(bytes(&ds, 0, P), bytes(&file, 0, P));
}

#[test]
fn a_large_dataspace_is_freed_in_steps() {
    let (pool, quota) = (pool(2048), unlimited());
    let before = pool.available();
    let ds = Dataspace::on_demand(pool, &quota, 1600 * P).unwrap();
    // Every other page, so that nothing is freed together.
    for page in (0..1600).step_by(2) {
        allocate(&ds, page * P, 1, true).unwrap();
    }
    drop(ds);
    assert!(garbage::is_left() && quota.used() > 0);
    let mut steps = 0;
    while garbage::is_left() {
        let used = quota.used();
        garbage::collect(&Budget::of(10 * cost::REVOKE));
        assert!(quota.used() < used && used - quota.used() <= 1024 * P);
        steps += 1;
    }
    assert!(steps > 1);
    assert_eq!((pool.available(), quota.used()), (before, 0));
}

#[test]
fn files_cannot_be_written() {
    let pool = pool(64);
    let file = file(pool, P);
    assert_eq!(file.map(0, MemRights::RW, &anywhere(0)), Err(Error::EPERM));
    assert_eq!(file.write(0, b"x"), Err(Error::EACCESS));
    assert_eq!(clear(&file, 0, 1), Err(Error::EACCESS));
    assert_eq!(copy_in(&file, 0, &file, 0, 1), Err(Error::EACCESS));
}

#[test]
fn a_dataspace_can_be_copied_onto_itself() {
    let (pool, quota) = (pool(64), unlimited());
    let ds = Dataspace::on_demand(pool, &quota, 4 * P).unwrap();
    ds.write(0, b"0123456789").unwrap();
    copy_in(&ds, 3, &ds, 0, 7).unwrap();
    assert_eq!(bytes(&ds, 0, 10).unwrap(), b"0120123456");
    // From pages that are not there: zeros, and nothing made where nothing was.
    copy_in(&ds, 0, &ds, 2 * P, 5).unwrap();
    assert_eq!(bytes(&ds, 0, 10).unwrap(), b"\0\0\0\0\0\x323456");
    copy_in(&ds, P, &ds, 2 * P, P).unwrap();
    assert_eq!(bytes(&ds, P, 1), None);
}

#[test]
fn what_is_empty_takes_no_time() {
    let (pool, quota) = (pool(64), unlimited());
    let a = Dataspace::on_demand(pool, &quota, MAX_SIZE).unwrap();
    let b = Dataspace::on_demand(pool, &quota, MAX_SIZE).unwrap();
    let far = MAX_SIZE - 3 * P;
    a.write(far, b"far").unwrap();
    b.write(5, b"old").unwrap();
    copy_in(&b, 0, &a, 0, MAX_SIZE).unwrap();
    assert_eq!(bytes(&b, far, 3).unwrap(), b"far");
    assert_eq!(bytes(&b, 5, 3).unwrap(), b"\0\0\0");
    clear(&b, 0, usize::MAX).unwrap();
    assert_eq!(bytes(&b, far, 3), None);
}

#[test]
fn clearing_frees_whole_pages_and_zeroes_parts() {
    let (pool, quota) = (pool(64), unlimited());
    for ds in [
        Dataspace::on_demand(pool, &quota, 4 * P).unwrap(),
        contiguous(pool, &quota, 4 * P, 1).unwrap(),
    ] {
        ds.write(0, &[7; 4 * P]).unwrap();
        clear(&ds, P - 1, 2 * P + 2).unwrap();
        let read = |at| bytes(&ds, at, 1).map_or(0, |b| b[0]);
        assert_eq!(
            [P - 2, P - 1, P, 3 * P, 3 * P + 1].map(read),
            [7, 0, 0, 0, 7]
        );
        clear(&ds, 0, usize::MAX).unwrap();
        assert_eq!(read(3 * P + 1), 0);
    }
    assert_eq!((pool.available(), quota.used()), (64 * P, 0));
}

/// Random operations against a plain array.
#[test]
fn agrees_with_an_array() {
    let (pool, quota) = (pool(256), unlimited());
    let file = file(pool, 7 * P + 5);
    let size = 20 * P;
    let ds = Dataspace::on_demand(pool, &quota, size).unwrap();
    let mut model = vec![0u8; size];
    let mut seed = 9u64;
    let mut random = |n: usize| {
        seed = seed
            .wrapping_mul(6364136223846793005)
            .wrapping_add(1442695040888963407);
        (seed >> 33) as usize % n
    };
    let source = bytes(&file, 0, 7 * P + 5).unwrap();
    for _ in 0..if cfg!(miri) { 20 } else { 2000 } {
        let at = random(size);
        let len = random((size - at).min(3 * P) + 1);
        match random(5) {
            0 => {
                let data: Vec<u8> = (0..len).map(|i| (at + i) as u8 | 1).collect();
                ds.write(at, &data).unwrap();
                model[at..at + len].copy_from_slice(&data);
            }
            1 => {
                clear(&ds, at, len).unwrap();
                model[at..at + len].fill(0);
            }
            2 => {
                let from = random(source.len());
                let len = len.min(source.len() - from);
                copy_in(&ds, at, &file, from, len).unwrap();
                model[at..at + len].copy_from_slice(&source[from..from + len]);
            }
            3 => {
                // Whole pages that line up.
                let (at, from) = (random(20) * P, random(7) * P);
                copy_in(&ds, at, &file, from, P).unwrap();
                model[at..at + P].copy_from_slice(&source[from..from + P]);
            }
            _ => {
                let offset = at & !(P - 1);
                ds.map(offset, MemRights::RW, &anywhere(offset)).unwrap();
            }
        }
        let at = random(size - 64);
        if let Some(read) = bytes(&ds, at, 64) {
            assert_eq!(read, model[at..at + 64]);
        } else {
            assert!(bytes(&ds, at, 1).is_some() || model[at] == 0);
        }
    }
    allocate(&ds, 0, size, false).unwrap();
    assert_eq!(bytes(&ds, 0, size).unwrap(), model);
    drop(ds);
    collect();
    assert_eq!(quota.used(), 0);
}
