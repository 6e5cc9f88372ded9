//! Map, grant and unmap, of memory and of capabilities.

use super::node::{Node, key};
use super::ports;
use crate::arch::paging::{Attr, LARGE_PAGE, PAGE, USER_END};
use crate::cap::{self, Cap, Rights};
use crate::mem::frames::PAGE_SIZE;
use crate::mem::phys;
use crate::obj::task::Task;
use crate::util::budget::{Budget, Unfinished};
use l4re_sys::fpage::{Fpage, FpageType, MemRights};
use l4re_sys::item::{self, MapItem};

/// Kernel memory or quota ran out before all was mapped.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct OutOfMemory;

/// How a map operation is to be done, besides what and where.
#[derive(Clone, Copy)]
pub struct How {
    /// Take it from the source.
    pub grant: bool,
    /// Whether the special right of capabilities may be passed on.
    pub pass_special: bool,
    /// The control word of the send item.
    pub control: u64,
}

impl How {
    /// What a send item says.
    pub fn of(item: &MapItem, pass_special: bool) -> Self {
        Self {
            grant: item.control & item::GRANT != 0,
            pass_special,
            control: item.control,
        }
    }
}

/// A range in two spaces: what is at `from` in one is to be at `to` in the other. In
/// bytes for memory, in table positions for capabilities.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Ranges {
    from: u64,
    to: u64,
    size: u64,
}

impl Ranges {
    /// The rule of L4: the larger of the two flexpages is cut to the smaller one, at the
    /// place that the hot spot names. `unit` is the order of one page in the fields
    /// of a flexpage, which count in bytes for memory and from bit 12 up for others.
    fn new(send: Fpage, window: Fpage, spot: u64) -> Self {
        let clip = |fpage: Fpage| {
            let extra = if fpage.kind() == FpageType::Memory {
                0
            } else {
                12
            };
            (fpage.order() + extra).min(63)
        };
        let (send_order, window_order) = (clip(send), clip(window));
        let mask = |order: u32| (1u64 << order) - 1;
        let order = send_order.min(window_order);
        let (mut from, mut to) = (send.addr(), window.addr());
        if window.kind() == FpageType::Special {
            to = 0;
        }
        if send_order < window_order {
            to |= spot & mask(window_order) & !mask(send_order);
        } else if send_order > window_order {
            from |= spot & mask(send_order) & !mask(window_order);
        }
        Self {
            from,
            to,
            size: 1 << order,
        }
    }
}

/// Maps what `send` names in `source` into the part of `target` that `window` leaves
/// open. What is not there to be mapped is passed over. Tells whether there was anything.
pub fn map(
    source: &'static Task,
    send: Fpage,
    target: &'static Task,
    window: Fpage,
    spot: u64,
    how: How,
) -> Result<bool, OutOfMemory> {
    let ranges = Ranges::new(send, window, spot & item::CONTROL_MASK);
    match send.kind() {
        FpageType::Memory => map_memory(source, target, ranges, send.mem_rights(), how),
        FpageType::Obj => map_caps(source, target, ranges, send.rights(), how),
        FpageType::Io => ports::map(source, send, target, window, how),
        FpageType::Special => Ok(false),
    }
}

/// A page as its source has it.
struct Source {
    phys: u64,
    order: u32,
    attr: Attr,
    node: &'static Node,
}

fn map_memory(
    source: &'static Task,
    target: &'static Task,
    ranges: Ranges,
    rights: MemRights,
    how: How,
) -> Result<bool, OutOfMemory> {
    let rights = rights & MemRights::RWX;
    let mut any = false;
    let mut offset = 0u64;
    while offset < ranges.size {
        let from = ranges.from.wrapping_add(offset);
        let to = ranges.to.wrapping_add(offset);
        if from >= USER_END || to >= USER_END {
            return Ok(any);
        }
        let rest = ranges.size - offset;
        let large_fits = (from | to) & ((1 << LARGE_PAGE) - 1) == 0 && rest >= 1 << LARGE_PAGE;
        match page_of(source, from, large_fits)? {
            Some(page) => {
                any |= !(page.attr.rights & rights).is_empty();
                offset += map_page(source, target, page, from, to, large_fits, rights, how)?;
            }
            // Nothing here: on to the next page that the source has.
            None => match source.next_page(from) {
                Some(next) if next > from && next - from < rest => offset += next - from,
                _ => return Ok(any),
            },
        }
    }
    Ok(any)
}

/// Finds the page of `source` at an address, and the node it is known by.
fn page_of(source: &'static Task, addr: u64, large: bool) -> Result<Option<Source>, OutOfMemory> {
    if source.is_root() {
        // The root of all memory has everything, at its physical address; its nodes come
        // into being when somebody else is given a page.
        let orders: &[u32] = if large { &[LARGE_PAGE, PAGE] } else { &[PAGE] };
        for &order in orders {
            let Some(attr) = phys::access(addr, 1 << order) else {
                continue;
            };
            let node = match source.pages.get(key(addr, order)) {
                Some(node) => node,
                None => source.add_page(addr, order, None).ok_or(OutOfMemory)?,
            };
            return Ok(Some(Source {
                phys: addr,
                order,
                attr,
                node,
            }));
        }
        return Ok(None);
    }
    let Some(found) = source.space.translate(addr) else {
        return Ok(None);
    };
    let start = addr & !((1 << found.order) - 1);
    // Kernel-user memory has no node: it cannot be passed on.
    let Some(node) = source.pages.get(key(start, found.order)) else {
        return Ok(None);
    };
    Ok(Some(Source {
        phys: found.phys,
        order: found.order,
        attr: found.attr,
        node,
    }))
}

/// Maps one page, or the part of it that the target can take. Returns how far to go on.
#[allow(clippy::too_many_arguments)]
fn map_page(
    source: &'static Task,
    target: &'static Task,
    page: Source,
    from: u64,
    to: u64,
    large_fits: bool,
    rights: MemRights,
    how: How,
) -> Result<u64, OutOfMemory> {
    let mut order = if page.order == LARGE_PAGE && large_fits {
        LARGE_PAGE
    } else {
        PAGE
    };
    let rights = rights & page.attr.rights;
    if rights.is_empty() || (core::ptr::eq(source, target) && from == to) {
        return Ok(1 << order);
    }
    if order == LARGE_PAGE && !target.space.can_be_large(to) {
        order = PAGE;
    }
    let phys = page.phys + (from & ((1 << page.order) - 1));
    let attr = Attr {
        rights: rights | MemRights::R,
        caching: caching(how.control, page.attr.caching),
    };

    if let Some(old) = target.space.translate(to) {
        let old_start = to & !((1 << old.order) - 1);
        let Some(old_node) = target.pages.get(key(old_start, old.order)) else {
            // Kernel-user memory, or the root's own view of its memory: it stays.
            return Ok(1 << order);
        };
        let same = old.phys + (to - old_start) == phys && old.order == order;
        if same
            && old_node
                .parent()
                .is_some_and(|p| core::ptr::eq(p, page.node))
        {
            // The same page from the same giver: rights are added.
            let attr = Attr {
                rights: old.attr.rights | attr.rights,
                ..attr
            };
            target
                .space
                .map(to, phys, order, attr, &mut || true)
                .ok_or(OutOfMemory)?;
            return Ok(1 << order);
        }
        if page.node.descends_from(old_node) {
            // The target has it already, and more of it than it would get.
            return Ok(1 << order);
        }
        // A map operation is one step for all who look on: it is not cut in pieces.
        let _ = revoke_all(old_node, true, &Budget::unlimited());
    }

    let node = target
        .add_page(to, order, Some(page.node))
        .ok_or(OutOfMemory)?;
    let mut pay = || target.pay(PAGE_SIZE as u64);
    if target.space.map(to, phys, order, attr, &mut pay).is_none() {
        target.drop_page(node);
        return Err(OutOfMemory);
    }
    if how.grant && page.order == order && !source.is_root() {
        node.replace(page.node);
        source.space.unmap(from);
        source.drop_page(page.node);
    }
    Ok(1 << order)
}

/// The caching that a send item asks for, or the giver's.
fn caching(control: u64, given: u8) -> u8 {
    let options = control >> item::CACHE_SHIFT & 7;
    if options & item::CACHE_OPT == 0 {
        return given;
    }
    match options {
        item::CACHEABLE => 0,
        item::BUFFERABLE => 1,
        _ => 2,
    }
}

/// Which part of a page an operation is about.
#[derive(Clone, Copy)]
enum Extent {
    /// All of it.
    Whole,
    /// These physical addresses.
    Part { start: u64, end: u64 },
}

/// Removes all mappings made from a node, and the node itself if it is to go too.
pub(super) fn revoke_all(
    node: &'static Node,
    and_self: bool,
    budget: &Budget,
) -> Result<(), Unfinished> {
    revoke(node, Extent::Whole, and_self, budget)
}

/// Removes the mappings made from a part of a node, and the node itself if it is to go
/// too. What was done stays done if the budget ends: the next call finds less to do.
fn revoke(
    node: &'static Node,
    extent: Extent,
    and_self: bool,
    budget: &Budget,
) -> Result<(), Unfinished> {
    let mut child = node.first_child();
    while let Some(top) = child {
        let next = top.next_sibling();
        // Looking on is no step: the next call starts here again and must get further.
        if touches(top, extent) {
            remove_subtree(top, budget)?;
        }
        child = next;
    }
    if and_self {
        budget.step()?;
        remove_one(node);
    }
    Ok(())
}

fn touches(node: &Node, extent: Extent) -> bool {
    let Extent::Part { start, end } = extent else {
        return true;
    };
    let phys = node
        .task()
        .and_then(|t| t.space.translate(node.addr()))
        .map(|t| t.phys);
    phys.is_none_or(|phys| phys < end && phys + (1 << node.order()) > start)
}

/// Removes a node and all below it, in steps that each leave less to do, however deep
/// the tree is: a grandchild becomes a child before its parent goes.
fn remove_subtree(top: &'static Node, budget: &Budget) -> Result<(), Unfinished> {
    while let Some(child) = top.first_child() {
        while let Some(grandchild) = child.first_child() {
            budget.step()?;
            top.adopt(grandchild);
        }
        budget.step()?;
        remove_one(child);
    }
    budget.step()?;
    remove_one(top);
    Ok(())
}

fn remove_one(node: &'static Node) {
    if let Some(task) = node.task() {
        if node.is_ports() {
            ports::removed(task, node);
            return task.drop_ports(node);
        }
        if !task.is_root() {
            task.space.unmap(node.addr());
        }
        task.drop_page(node);
    }
}

/// Takes rights from all mappings made from a node, and from itself if `and_self`.
fn restrict(node: &'static Node, extent: Extent, keep: MemRights, and_self: bool) {
    if and_self && let Some(task) = node.task() {
        task.space.restrict(node.addr(), keep);
    }
    let mut child = node.first_child();
    while let Some(top) = child {
        if touches(top, extent) {
            let mut at = top;
            'subtree: loop {
                if let Some(task) = at.task() {
                    task.space.restrict(at.addr(), keep);
                }
                if let Some(down) = at.first_child() {
                    at = down;
                    continue;
                }
                loop {
                    if core::ptr::eq(at, top) {
                        break 'subtree;
                    }
                    if let Some(next) = at.next_sibling() {
                        at = next;
                        break;
                    }
                    match at.parent() {
                        Some(parent) => at = parent,
                        None => break 'subtree,
                    }
                }
            }
        }
        child = top.next_sibling();
    }
}

/// Takes back what `fpage` names in `task` from all that have it from there, and from
/// the task itself if `and_self`: the rights that the flexpage names, or the page as a
/// whole if the right to read is among them.
pub fn unmap_memory(
    task: &'static Task,
    fpage: Fpage,
    and_self: bool,
    budget: &Budget,
) -> Result<(), Unfinished> {
    let revoked = fpage.mem_rights() & MemRights::RWX;
    let start = fpage.addr();
    let size = 1u64 << fpage.order().min(63);
    let end = start.saturating_add(size).min(USER_END);
    let one = |node: &'static Node| {
        let covered = node.addr() >= start && node.addr() + (1 << node.order()) <= end;
        let extent = if covered {
            Extent::Whole
        } else {
            part_of(task, node, start, end)
        };
        if revoked.contains(MemRights::R) {
            return revoke(node, extent, and_self, budget);
        } else if !revoked.is_empty() {
            restrict(node, extent, MemRights::RWX - revoked, and_self);
        }
        Ok(())
    };
    // A large page that starts below the range and reaches into it.
    let large_start = start & !((1 << LARGE_PAGE) - 1);
    if large_start != start
        && let Some(node) = task.pages.get(key(large_start, LARGE_PAGE))
    {
        one(node)?;
    }
    let mut at = start;
    while let Some(node) = task.pages.ceil(at) {
        if node.addr() >= end {
            break;
        }
        // Two nodes of the root can start at one address: go on behind this key.
        at = key(node.addr(), node.order()) + 1;
        one(node)?;
    }
    Ok(())
}

fn part_of(task: &Task, node: &Node, start: u64, end: u64) -> Extent {
    let phys = if task.is_root() {
        node.addr()
    } else {
        task.space.translate(node.addr()).map_or(0, |t| t.phys)
    };
    let (first, last) = (
        start.max(node.addr()),
        end.min(node.addr() + (1 << node.order())),
    );
    Extent::Part {
        start: phys + (first - node.addr()),
        end: phys + (last - node.addr()),
    }
}

/// Removes all memory of a task, which is to go, and all that was made from it.
pub fn unmap_all(task: &'static Task, budget: &Budget) -> Result<(), Unfinished> {
    while let Some(node) = task.pages.ceil(0) {
        revoke_all(node, true, budget)?;
    }
    Ok(())
}

fn map_caps(
    source: &'static Task,
    target: &'static Task,
    ranges: Ranges,
    rights: u8,
    how: How,
) -> Result<bool, OutOfMemory> {
    let mut any = false;
    let first = (ranges.from >> 12) as usize;
    let end = ((ranges.from.saturating_add(ranges.size)) >> 12) as usize;
    let mut at = first;
    while let Some(position) = source.caps.next_with_memory(at, end) {
        at = position + 1;
        let Some(cap) = source.caps.get(position) else {
            continue;
        };
        let to = (ranges.to >> 12) as usize + (position - first);
        if to >= cap::MAX_CAPS {
            return Ok(any);
        }
        any |= map_cap(source, position, cap, target, to, rights, how)?;
    }
    Ok(any)
}

/// Maps one capability. Tells whether anything arrived.
fn map_cap(
    source: &'static Task,
    from: usize,
    cap: Cap,
    target: &'static Task,
    to: usize,
    rights: u8,
    how: How,
) -> Result<bool, OutOfMemory> {
    let Some(rights) = passed_rights(cap.rights, rights, how) else {
        return Ok(false);
    };
    // Onto itself: the place is emptied for the new capability, which was the old one.
    if core::ptr::eq(source, target) && from == to {
        source.caps.remove(from);
        return Ok(false);
    }
    let paid = target.caps.needs_page(to);
    if paid && !target.pay(PAGE_SIZE as u64) {
        return Err(OutOfMemory);
    }
    let done = target.caps.set(to, Cap::new(cap.object(), rights));
    if done.is_none() {
        if paid {
            target.give_back(PAGE_SIZE as u64);
        }
        return Err(OutOfMemory);
    }
    if how.grant {
        source.caps.remove(from);
    }
    Ok(true)
}

/// The rights that arrive when a capability with `have` is sent with `rights`; `None`
/// if it does not arrive at all.
pub fn passed_rights(have: Rights, rights: u8, how: How) -> Option<Rights> {
    let mut low = have.0 & rights & 0xf;
    if !how.pass_special {
        low &= !Rights::S;
    }
    let high = have.0 & how.control as u8 & 0xe0;
    let no_ref = (have.0 | how.control as u8) & Rights::NO_REF;
    (low & Rights::R != 0).then_some(Rights(low | high | no_ref))
}

/// Takes capabilities from a task: rights, or all of it if the right to read is named;
/// with `delete`, the objects too that may be deleted.
pub fn unmap_caps(
    task: &'static Task,
    fpage: Fpage,
    delete: bool,
    budget: &Budget,
) -> Result<(), Unfinished> {
    let first = (fpage.addr() >> 12) as usize;
    let size = 1usize << fpage.order().min(40);
    let end = first.saturating_add(size);
    let rights = fpage.rights();
    let mut at = first;
    while let Some(position) = task.caps.next_with_memory(at, end) {
        at = position + 1;
        let Some(cap) = task.caps.get(position) else {
            continue;
        };
        if rights & Rights::R == 0 {
            task.caps.restrict(position, rights);
            continue;
        }
        budget.step()?;
        if delete && cap.rights.has(Rights::D) {
            cap.object().delete();
        }
        task.caps.remove(position);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use l4re_sys::cap::CapIdx;

    fn ranges(send: Fpage, window: Fpage, spot: u64) -> (u64, u64, u64) {
        let r = Ranges::new(send, window, spot);
        (r.from, r.to, r.size)
    }

    #[test]
    fn hot_spot_places_the_smaller_in_the_larger() {
        let mem = |addr, order| Fpage::memory(addr, order, MemRights::RW);
        // A page into a window of 64 KiB.
        assert_eq!(
            ranges(mem(0x5000, 12), mem(0x40_0000, 16), 0x3000),
            (0x5000, 0x40_3000, 0x1000)
        );
        // Bits of the spot outside of the window do not matter.
        assert_eq!(
            ranges(mem(0x5000, 12), mem(0x40_0000, 16), 0x77_3000),
            (0x5000, 0x40_3000, 0x1000)
        );
        // 64 KiB into a window of a page.
        assert_eq!(
            ranges(mem(0x1_0000, 16), mem(0x40_0000, 12), 0x3000),
            (0x1_3000, 0x40_0000, 0x1000)
        );
        // Equal sizes: the spot does not matter.
        assert_eq!(
            ranges(mem(0x5000, 12), mem(0x6000, 12), 0x3000),
            (0x5000, 0x6000, 0x1000)
        );
        // The whole address space is open: the spot is the address.
        assert_eq!(
            ranges(
                mem(0x5000, 12),
                Fpage::memory(0, 63, MemRights::RWX),
                0x12_3000
            ),
            (0x5000, 0x12_3000, 0x1000)
        );
        assert_eq!(
            ranges(mem(0x5000, 12), Fpage::all(), 0x12_3000),
            (0x5000, 0x12_3000, 0x1000)
        );
        // Capabilities count from bit 12.
        let cap =
            |index, order| Fpage::obj(CapIdx::from_index(index), order, l4re_sys::ObjRights::RWS);
        assert_eq!(
            ranges(cap(5, 0), cap(16, 2), 2 << 12),
            (5 << 12, 18 << 12, 1 << 12)
        );
    }

    /// A task on the host, with a factory of its own.
    fn task(limit: u64) -> &'static Task {
        let factory = crate::obj::factory::Factory::make_root(limit).unwrap();
        match factory.create_task(Fpage::INVALID) {
            Ok(crate::obj::Object::Task(task)) => task,
            _ => panic!("no task"),
        }
    }

    const PLAIN: How = How {
        grant: false,
        pass_special: true,
        control: 0,
    };

    fn give(
        source: &'static Task,
        from: u64,
        order: u32,
        rights: MemRights,
        target: &'static Task,
        to: u64,
    ) {
        let all = Fpage::memory(0, 63, MemRights::RWX);
        map(
            source,
            Fpage::memory(from, order, rights),
            target,
            all,
            to,
            PLAIN,
        )
        .unwrap();
    }

    fn rights_at(task: &Task, addr: u64) -> Option<MemRights> {
        task.space.translate(addr).map(|t| t.attr.rights)
    }

    /// One after the other: the slabs below are the kernel's, which has one processor.
    static ONE: std::sync::Mutex<()> = std::sync::Mutex::new(());

    #[test]
    fn memory_goes_from_task_to_task_and_is_revoked() {
        let _one = ONE.lock();
        let root = task(1 << 30);
        root.make_root();
        let (a, b, c) = (task(1 << 24), task(1 << 24), task(1 << 24));
        give(root, 0x4000_0000, 13, MemRights::RW, a, 0x1_0000);
        give(a, 0x1_0000, 12, MemRights::RW, b, 0x2_0000);
        give(b, 0x2_0000, 12, MemRights::R, c, 0x3_0000);
        assert_eq!(rights_at(a, 0x1_1000), Some(MemRights::RW));
        assert_eq!(rights_at(c, 0x3_0000), Some(MemRights::R));
        assert_eq!(c.space.translate(0x3_0000).unwrap().phys, 0x4000_0000);

        // Rights go from all that come after, not from the giver.
        let write = Fpage::memory(0x1_0000, 12, MemRights::W);
        unmap_memory(a, write, false, &Budget::unlimited()).unwrap();
        assert_eq!(rights_at(a, 0x1_0000), Some(MemRights::RW));
        assert_eq!(rights_at(b, 0x2_0000), Some(MemRights::R));

        // The whole goes from b and c; a keeps it, with its neighbour.
        let all = Fpage::memory(0x1_0000, 12, MemRights::RWX);
        unmap_memory(a, all, false, &Budget::unlimited()).unwrap();
        assert_eq!(
            (rights_at(b, 0x2_0000), rights_at(c, 0x3_0000)),
            (None, None)
        );
        assert!(rights_at(a, 0x1_0000).is_some());
        unmap_memory(
            root,
            Fpage::memory(0x4000_0000, 13, MemRights::RWX),
            false,
            &Budget::unlimited(),
        )
        .unwrap();
        assert_eq!(
            (rights_at(a, 0x1_0000), rights_at(a, 0x1_1000)),
            (None, None)
        );
    }

    #[test]
    fn a_grant_takes_the_place_of_the_giver() {
        let _one = ONE.lock();
        let root = task(1 << 30);
        root.make_root();
        let (a, b, c) = (task(1 << 24), task(1 << 24), task(1 << 24));
        give(root, 0x5000_0000, 12, MemRights::RW, a, 0x1000);
        give(a, 0x1000, 12, MemRights::RW, c, 0x3000);
        let all = Fpage::memory(0, 63, MemRights::RWX);
        let grant = How {
            grant: true,
            ..PLAIN
        };
        map(
            a,
            Fpage::memory(0x1000, 12, MemRights::RW),
            b,
            all,
            0x2000,
            grant,
        )
        .unwrap();
        assert_eq!(rights_at(a, 0x1000), None);
        assert_eq!(
            (rights_at(b, 0x2000), rights_at(c, 0x3000)),
            (Some(MemRights::RW), Some(MemRights::RW))
        );
        unmap_memory(
            b,
            Fpage::memory(0x2000, 12, MemRights::RWX),
            false,
            &Budget::unlimited(),
        )
        .unwrap();
        assert_eq!(rights_at(c, 0x3000), None, "b is the giver now");
    }

    #[test]
    fn large_pages_are_split_where_a_part_is_given() {
        let _one = ONE.lock();
        let root = task(1 << 30);
        root.make_root();
        let (a, b) = (task(1 << 24), task(1 << 24));
        give(root, 0x6000_0000, 21, MemRights::RW, a, 0x4000_0000);
        assert_eq!(a.space.translate(0x4000_5000).unwrap().order, LARGE_PAGE);
        give(a, 0x4000_5000, 12, MemRights::R, b, 0x5000);
        give(a, 0x4000_6000, 12, MemRights::R, b, 0x6000);
        assert_eq!(b.space.translate(0x5000).unwrap().phys, 0x6000_5000);
        unmap_memory(
            a,
            Fpage::memory(0x4000_5000, 12, MemRights::RWX),
            false,
            &Budget::unlimited(),
        )
        .unwrap();
        assert_eq!(rights_at(b, 0x5000), None);
        assert!(rights_at(b, 0x6000).is_some() && rights_at(a, 0x4000_5000).is_some());
    }

    #[test]
    fn deep_chains_are_removed_in_bounded_steps_and_paid_back() {
        let _one = ONE.lock();
        let root = task(1 << 30);
        root.make_root();
        let (a, b) = (task(1 << 30), task(1 << 30));
        give(root, 0x7000_0000, 12, MemRights::RW, a, 0x1000);
        let used = |t: &Task| {
            crate::obj::KObject::header(t)
                .factory()
                .unwrap()
                .quota
                .used()
        };
        let before = (used(a), used(b));
        // A chain of 20,000: from a to b and back, ever on.
        let (mut from, mut from_addr) = (a, 0x1000);
        for n in 0..20_000u64 {
            let to = if n % 2 == 0 { b } else { a };
            let to_addr = 0x1_0000_0000 + n * 0x1000;
            give(from, from_addr, 12, MemRights::RW, to, to_addr);
            (from, from_addr) = (to, to_addr);
        }
        let all = Fpage::memory(0x1000, 12, MemRights::RWX);
        let mut stays = 0;
        while unmap_memory(a, all, false, &Budget::of_one_stay()).is_err() {
            stays += 1;
        }
        assert!((100..1000).contains(&stays), "{stays} stays in the kernel");
        assert_eq!(rights_at(from, from_addr), None);
        // Tables are the task's to keep; each node was paid back.
        let tables = |t: &Task, before: u64| used(t) - before;
        assert!(tables(a, before.0) % 4096 == 0 && tables(b, before.1) % 4096 == 0);
    }

    #[test]
    fn without_quota_nothing_is_half_done() {
        let _one = ONE.lock();
        let root = task(1 << 30);
        root.make_root();
        let a = task(2 * PAGE_SIZE as u64 + size_of::<Task>() as u64 + 50);
        let all = Fpage::memory(0, 63, MemRights::RWX);
        let send = Fpage::memory(0x7100_0000, 12, MemRights::RW);
        assert_eq!(map(root, send, a, all, 0x1000, PLAIN), Err(OutOfMemory));
        assert_eq!(rights_at(a, 0x1000), None);
        assert!(a.pages.ceil(0).is_none());
    }

    #[test]
    fn rights_only_shrink() {
        let how = How {
            grant: false,
            pass_special: true,
            control: 0,
        };
        let all = Rights::ALL;
        assert_eq!(passed_rights(all, 7, how), Some(Rights(7)));
        assert_eq!(
            passed_rights(all, 3, how),
            None,
            "without R nothing arrives"
        );
        assert_eq!(
            passed_rights(
                all,
                7,
                How {
                    pass_special: false,
                    ..how
                }
            ),
            Some(Rights(5))
        );
        assert_eq!(
            passed_rights(
                Rights(Rights::R),
                15,
                How {
                    control: 0xf0,
                    ..how
                }
            ),
            Some(Rights(0x14))
        );
        assert_eq!(
            passed_rights(
                all,
                15,
                How {
                    control: 0x20,
                    ..how
                }
            ),
            Some(Rights(0x2f))
        );
    }
}
