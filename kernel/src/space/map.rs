//! Map, grant and unmap, of memory and of capabilities.

use super::node::{Extent, Node, Page, key, revoking};
use super::ports;
use crate::arch::paging::{Attr, LARGE_PAGE, PAGE, USER_END};
use crate::cap::{self, Cap, Rights};
use crate::mem::phys;
use crate::obj::task::Task;
use crate::util::budget::{Budget, Unfinished, Work};
use core::cell::Cell;
use l4re_sys::fpage::{Fpage, FpageType, MemRights};
use l4re_sys::item::{self, MapItem};

/// Why a map operation stopped.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Stop {
    /// Kernel memory or quota ran out before all was mapped.
    OutOfMemory,
    /// It must be called again to go on.
    Unfinished,
}

impl From<Unfinished> for Stop {
    fn from(_: Unfinished) -> Self {
        Self::Unfinished
    }
}

/// How far a map operation came: what is done of the range, and whether anything arrived.
#[derive(Clone, Copy)]
struct Done {
    offset: u64,
    any: bool,
}

impl Done {
    fn of(work: &Work) -> Self {
        Self {
            offset: work.at() >> 1,
            any: work.at() & 1 != 0,
        }
    }

    fn note(self, work: &Work) {
        work.came_to(self.offset << 1 | u64::from(self.any));
    }
}

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
/// Unfinished, it is to be called again with the same arguments and work.
pub fn map(
    source: &'static Task,
    send: Fpage,
    target: &'static Task,
    window: Fpage,
    spot: u64,
    how: How,
    work: &Work,
) -> Result<bool, Stop> {
    let ranges = Ranges::new(send, window, spot & item::CONTROL_MASK);
    match send.kind() {
        FpageType::Memory => {
            // What the target shares with the kernel stays as it is: it must be seen.
            target.map_area(&work.budget)?;
            map_memory(source, target, ranges, send.mem_rights(), how, work)
        }
        FpageType::Obj => map_caps(source, target, ranges, send.rights(), how, work),
        FpageType::Io => ports::map(source, send, target, window, how, work),
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
    work: &Work,
) -> Result<bool, Stop> {
    let rights = rights & MemRights::RWX;
    let mut done = Done::of(work);
    while done.offset < ranges.size {
        let offset = done.offset;
        let from = ranges.from.wrapping_add(offset);
        let to = ranges.to.wrapping_add(offset);
        if from >= USER_END || to >= USER_END {
            break;
        }
        work.budget.spend(Budget::CHANGE + Budget::CHANGE / 2)?;
        let rest = ranges.size - offset;
        let large_fits = (from | to) & ((1 << LARGE_PAGE) - 1) == 0 && rest >= 1 << LARGE_PAGE;
        match page_of(source, from, large_fits)? {
            Some(page) => {
                let any = !(page.attr.rights & rights).is_empty();
                let size = map_page(
                    source, target, page, from, to, large_fits, rights, how, work,
                )?;
                done.any |= any;
                done.offset += size;
            }
            // Nothing here: on to the next page that the source has.
            None => match source.next_page(from) {
                Some(next) if next > from && next - from < rest => done.offset += next - from,
                _ => break,
            },
        }
        done.note(work);
    }
    Ok(done.any)
}

/// Finds the page of `source` at an address, and the node it is known by.
fn page_of(source: &'static Task, addr: u64, large: bool) -> Result<Option<Source>, Stop> {
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
                None => {
                    let page = Page {
                        addr,
                        phys: addr,
                        order,
                        rights: attr.rights,
                        ports: false,
                    };
                    source.add_node(page, None).ok_or(Stop::OutOfMemory)?
                }
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
    work: &Work,
) -> Result<u64, Stop> {
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
    let mut attr = Attr {
        rights: rights | MemRights::R,
        caching: caching(how.control, page.attr.caching),
    };

    let mut known = None;
    if let Some(old) = target.space.translate(to) {
        let old_start = to & !((1 << old.order) - 1);
        let Some(old_node) = target.pages.get(key(old_start, old.order)) else {
            // Kernel-user memory, or the root's own view of its memory: it stays.
            return Ok(1 << order);
        };
        let same = old.phys + (to - old_start) == phys && old.order == order;
        let parent = old_node.parent();
        if same && parent.is_some_and(|p| core::ptr::eq(p, page.node)) {
            // The same page from the same giver: rights are added.
            attr.rights |= old.attr.rights;
            known = Some(old_node);
        } else {
            // Only a part of the old page can have been made from it.
            let within = phys >= old.phys && phys < old.phys + (1 << old.order);
            if within && page.node.descends_from(old_node) {
                // The target has it already, and more of it than it would get.
                return Ok(1 << order);
            }
            revoke(old_node, Extent::WHOLE, true, &work.budget)?;
        }
    }

    let grants = how.grant && page.order == order && !source.is_root();
    let node = match known {
        Some(node) => node,
        None => {
            let new = Page {
                addr: to,
                phys,
                order,
                rights: attr.rights,
                ports: false,
            };
            let parent = Some(page.node);
            let node = target.add_node(new, parent).ok_or(Stop::OutOfMemory)?;
            if grants {
                node.stand_in_for(page.node);
            }
            node
        }
    };
    if (target.space.map(to, phys, order, attr, target.account())).is_none() {
        if known.is_none() {
            target.drop_node(node);
        }
        return Err(Stop::OutOfMemory);
    }
    if known.is_some() {
        node.set_rights(attr.rights);
    }
    if grants {
        while let Some(child) = page.node.child_other_than(node) {
            work.budget.spend(Budget::CHANGE)?;
            node.adopt(child);
        }
        node.take_place_of(page.node);
        source.space.unmap(from);
        source.drop_node(page.node);
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

/// Removes the mappings made from a part of a node, and the node itself if it is to go
/// too. What was done stays done if the budget ends: the next call finds less to do.
pub(super) fn revoke(
    node: &'static Node,
    extent: Extent,
    and_self: bool,
    budget: &Budget,
) -> Result<(), Unfinished> {
    if and_self {
        return remove_subtree(node, budget);
    }
    while let Some(top) = node.child_in(extent, MemRights::RWX) {
        remove_subtree(top, budget)?;
    }
    Ok(())
}

/// How far [`remove_subtree`] goes down before it takes what it finds to the top: so far it
/// has to go again when it is called again.
const MOST_DOWN: u32 = 32;

/// Removes a node and all below it, in steps that each leave less to do, however deep
/// the tree is.
fn remove_subtree(top: &'static Node, budget: &Budget) -> Result<(), Unfinished> {
    let (mut at, mut down) = (top, 0);
    loop {
        budget.spend(Budget::CHANGE)?;
        while let Some(child) = at.any_child() {
            if down == MOST_DOWN {
                budget.spend(Budget::CHANGE)?;
                top.adopt(child);
                down = 0;
            }
            at = child;
            down += 1;
        }
        let above = at.parent();
        let last = core::ptr::eq(at, top);
        remove_one(at);
        match above {
            Some(above) if !last => at = above,
            _ => return Ok(()),
        }
        down = down.saturating_sub(1);
    }
}

fn remove_one(node: &'static Node) {
    if let Some(task) = node.task() {
        if node.is_ports() {
            ports::removed(task, node);
        } else if !task.is_root() {
            task.space.unmap(node.addr());
        }
        task.drop_node(node);
    }
}

/// Takes rights from the mappings made from a part of a node, and from the node itself if
/// `and_self`.
fn restrict(
    node: &'static Node,
    extent: Extent,
    revoked: MemRights,
    and_self: bool,
    budget: &Budget,
) -> Result<(), Unfinished> {
    if and_self {
        restrict_one(node, revoked);
    }
    while let Some(child) = node.child_in(extent, revoked) {
        budget.spend(Budget::CHANGE)?;
        restrict_one(child, revoked);
        if child.any_child().is_some() {
            child.revoke_from_children(revoked);
        }
    }
    Ok(())
}

fn restrict_one(node: &'static Node, revoked: MemRights) {
    if let Some(task) = node.task() {
        task.space.restrict(node.addr(), MemRights::RWX - revoked);
        node.set_rights(node.rights() - revoked);
    }
}

/// Goes on to take rights from all mappings that are to lose them, as far as the budget
/// goes.
pub fn finish_restricting(budget: &Budget) -> Result<(), Unfinished> {
    while let Some(node) = revoking() {
        if let Err(unfinished) = restrict(node, Extent::WHOLE, node.to_revoke(), false, budget) {
            crate::sched::demand_attention();
            return Err(unfinished);
        }
        node.end_revoking();
    }
    Ok(())
}

/// Takes back what `fpage` names in `task` from all that have it from there, and from
/// the task itself if `and_self`: the rights that the flexpage names, or the page as a
/// whole if the right to read is among them. `at` is how far this came, as an address.
pub fn unmap_memory(
    task: &'static Task,
    fpage: Fpage,
    and_self: bool,
    at: &Cell<u64>,
    budget: &Budget,
) -> Result<(), Unfinished> {
    let revoked = fpage.mem_rights() & MemRights::RWX;
    let start = fpage.addr();
    let size = 1u64 << fpage.order().min(63);
    let end = start.saturating_add(size).min(USER_END);
    let one = |node: &'static Node| {
        let extent = part_of(node, start, end);
        if revoked.contains(MemRights::R) {
            revoke(node, extent, and_self, budget)
        } else if !revoked.is_empty() {
            restrict(node, extent, revoked, and_self, budget)
        } else {
            Ok(())
        }
    };
    // A large page that starts below the range and reaches into it.
    let large_start = start & !((1 << LARGE_PAGE) - 1);
    if at.get() <= start
        && large_start != start
        && let Some(node) = task.pages.get(key(large_start, LARGE_PAGE))
    {
        one(node)?;
    }
    at.set(at.get().max(start));
    while let Some(node) = task.pages.ceil(at.get()) {
        if node.addr() >= end {
            break;
        }
        budget.spend(Budget::LOOK * 4)?;
        // Two nodes of the root can start at one address: go on behind this key.
        let behind = key(node.addr(), node.order()) + 1;
        one(node)?;
        at.set(behind);
    }
    Ok(())
}

/// The part of a node's page that lies in a range of its task's addresses.
fn part_of(node: &Node, start: u64, end: u64) -> Extent {
    let (addr, size) = (node.addr(), 1 << node.order());
    if addr >= start && addr + size <= end {
        return Extent::WHOLE;
    }
    let phys = node.phys();
    Extent {
        start: phys + (start.max(addr) - addr),
        end: phys + (end.min(addr + size) - addr),
    }
}

/// Removes all memory of a task, which is to go, and all that was made from it.
pub fn unmap_all(task: &'static Task, budget: &Budget) -> Result<(), Unfinished> {
    while let Some(node) = task.pages.any() {
        revoke(node, Extent::WHOLE, true, budget)?;
    }
    Ok(())
}

fn map_caps(
    source: &'static Task,
    target: &'static Task,
    ranges: Ranges,
    rights: u8,
    how: How,
    work: &Work,
) -> Result<bool, Stop> {
    let mut done = Done::of(work);
    let first = (ranges.from >> 12) as usize;
    let end = ((ranges.from.saturating_add(ranges.size)) >> 12) as usize;
    let first_to = (ranges.to >> 12) as usize;
    while let Some(position) =
        (source.caps).next_with_memory(first.saturating_add(done.offset as usize), end)
    {
        work.budget.step()?;
        if let Some(cap) = source.caps.get(position) {
            work.budget.spend(Budget::CHANGE)?;
            let to = first_to.saturating_add(position - first);
            if to >= cap::MAX_CAPS {
                break;
            }
            done.any |= map_cap(source, position, cap, target, to, rights, how)?;
        }
        done.offset = (position - first) as u64 + 1;
        done.note(work);
    }
    Ok(done.any)
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
) -> Result<bool, Stop> {
    let Some(rights) = passed_rights(cap.rights, rights, how) else {
        return Ok(false);
    };
    // Onto itself: the place is emptied for the new capability, which was the old one.
    if core::ptr::eq(source, target) && from == to {
        source.caps.remove(from);
        return Ok(false);
    }
    let new = Cap::new(cap.object(), rights);
    (target.caps)
        .set(to, new, target.account())
        .ok_or(Stop::OutOfMemory)?;
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
/// with `delete`, the objects too that may be deleted. The one at position `kept` stays. `at` is
/// how far this came, as a position.
pub fn unmap_caps(
    task: &'static Task,
    fpage: Fpage,
    delete: bool,
    kept: Option<usize>,
    at: &Cell<u64>,
    budget: &Budget,
) -> Result<(), Unfinished> {
    let range = positions(fpage);
    at.set(at.get().max(range.start as u64));
    while let Some(position) = task.caps.next_with_memory(at.get() as usize, range.end) {
        budget.step()?;
        if let Some(cap) = task.caps.get(position).filter(|_| kept != Some(position)) {
            if fpage.rights() & Rights::R != 0 {
                budget.spend(Budget::CHANGE)?;
            }
            take_rights(task, position, cap, fpage.rights(), delete);
        }
        at.set(position as u64 + 1);
    }
    Ok(())
}

/// The same for the capability at one position, if the flexpage names it.
pub fn unmap_cap(task: &'static Task, fpage: Fpage, delete: bool, position: usize) {
    if positions(fpage).contains(&position)
        && let Some(cap) = task.caps.get(position)
    {
        take_rights(task, position, cap, fpage.rights(), delete);
    }
}

fn take_rights(task: &'static Task, position: usize, cap: Cap, rights: u8, delete: bool) {
    if rights & Rights::R == 0 {
        return task.caps.restrict(position, rights);
    }
    if delete && cap.rights.has(Rights::D) {
        cap.object().delete();
    }
    task.caps.remove(position);
}

/// The positions of a capability table that a flexpage names.
fn positions(fpage: Fpage) -> core::ops::Range<usize> {
    let first = fpage.addr() >> 12;
    let size = 1u64 << fpage.order().min(40);
    first as usize..first.saturating_add(size) as usize
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

    /// Maps to an address, in as many stays as it takes.
    fn map_all(
        source: &'static Task,
        send: Fpage,
        target: &'static Task,
        to: u64,
        how: How,
    ) -> Result<bool, Stop> {
        let mut at = 0;
        loop {
            let work = Work::from(at);
            let all = Fpage::memory(0, 63, MemRights::RWX);
            match map(source, send, target, all, to, how, &work) {
                Err(Stop::Unfinished) => at = work.at(),
                done => return done,
            }
        }
    }

    /// Takes memory back from others; returns how many stays it took.
    fn unmap(task: &'static Task, fpage: Fpage) -> usize {
        let at = Cell::new(0);
        let mut stays = 1;
        loop {
            let budget = Budget::of_one_stay();
            let done = unmap_memory(task, fpage, false, &at, &budget)
                .and_then(|()| finish_restricting(&budget));
            if done.is_ok() {
                return stays;
            }
            stays += 1;
        }
    }

    fn give(
        source: &'static Task,
        from: u64,
        order: u32,
        rights: MemRights,
        target: &'static Task,
        to: u64,
    ) {
        let send = Fpage::memory(from, order, rights);
        map_all(source, send, target, to, PLAIN).unwrap();
    }

    fn rights_at(task: &Task, addr: u64) -> Option<MemRights> {
        task.space.translate(addr).map(|t| t.attr.rights)
    }

    #[test]
    fn memory_goes_from_task_to_task_and_is_revoked() {
        let _one = crate::util::one::processor();
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
        unmap(a, write);
        assert_eq!(rights_at(a, 0x1_0000), Some(MemRights::RW));
        assert_eq!(rights_at(b, 0x2_0000), Some(MemRights::R));

        // The whole goes from b and c; a keeps it, with its neighbour.
        let all = Fpage::memory(0x1_0000, 12, MemRights::RWX);
        unmap(a, all);
        assert_eq!(
            (rights_at(b, 0x2_0000), rights_at(c, 0x3_0000)),
            (None, None)
        );
        assert!(rights_at(a, 0x1_0000).is_some());
        unmap(root, Fpage::memory(0x4000_0000, 13, MemRights::RWX));
        assert_eq!(
            (rights_at(a, 0x1_0000), rights_at(a, 0x1_1000)),
            (None, None)
        );
    }

    #[test]
    fn a_grant_takes_the_place_of_the_giver() {
        let _one = crate::util::one::processor();
        let root = task(1 << 30);
        root.make_root();
        let (a, b, c) = (task(1 << 24), task(1 << 24), task(1 << 24));
        give(root, 0x5000_0000, 12, MemRights::RW, a, 0x1000);
        give(a, 0x1000, 12, MemRights::RW, c, 0x3000);
        let grant = How {
            grant: true,
            ..PLAIN
        };
        let send = Fpage::memory(0x1000, 12, MemRights::RW);
        map_all(a, send, b, 0x2000, grant).unwrap();
        assert_eq!(rights_at(a, 0x1000), None);
        assert_eq!(
            (rights_at(b, 0x2000), rights_at(c, 0x3000)),
            (Some(MemRights::RW), Some(MemRights::RW))
        );
        unmap(b, Fpage::memory(0x2000, 12, MemRights::RWX));
        assert_eq!(rights_at(c, 0x3000), None, "b is the giver now");
    }

    #[test]
    fn large_pages_are_split_where_a_part_is_given() {
        let _one = crate::util::one::processor();
        let root = task(1 << 30);
        root.make_root();
        let (a, b) = (task(1 << 24), task(1 << 24));
        give(root, 0x6000_0000, 21, MemRights::RW, a, 0x4000_0000);
        assert_eq!(a.space.translate(0x4000_5000).unwrap().order, LARGE_PAGE);
        give(a, 0x4000_5000, 12, MemRights::R, b, 0x5000);
        give(a, 0x4000_6000, 12, MemRights::R, b, 0x6000);
        assert_eq!(b.space.translate(0x5000).unwrap().phys, 0x6000_5000);
        unmap(a, Fpage::memory(0x4000_5000, 12, MemRights::RWX));
        assert_eq!(rights_at(b, 0x5000), None);
        assert!(rights_at(b, 0x6000).is_some() && rights_at(a, 0x4000_5000).is_some());
    }

    #[test]
    fn deep_chains_are_removed_in_bounded_steps_and_paid_back() {
        let _one = crate::util::one::processor();
        let root = task(1 << 30);
        root.make_root();
        let (a, b) = (task(1 << 30), task(1 << 30));
        give(root, 0x7000_0000, 12, MemRights::RW, a, 0x1000);
        let before = (a.account().used(), b.account().used());
        // A chain of 20,000: from a to b and back, ever on.
        let (mut from, mut from_addr) = (a, 0x1000);
        for n in 0..20_000u64 {
            let to = if n % 2 == 0 { b } else { a };
            let to_addr = 0x1_0000_0000 + n * 0x1000;
            give(from, from_addr, 12, MemRights::RW, to, to_addr);
            (from, from_addr) = (to, to_addr);
        }
        let write = Fpage::memory(0x1000, 12, MemRights::W);
        let stays = unmap(a, write);
        assert!(
            (100..5000).contains(&stays),
            "{stays} stays to take a right"
        );
        assert_eq!(rights_at(from, from_addr), Some(MemRights::R));
        let stays = unmap(a, Fpage::memory(0x1000, 12, MemRights::RWX));
        assert!((100..5000).contains(&stays), "{stays} stays to unmap");
        assert_eq!(rights_at(from, from_addr), None);
        // Tables are the task's to keep; all else was paid back.
        let tables = 20_000 * 4096 / (2 << 20) + 1;
        assert!(a.account().used() - before.0 <= (tables + 1) * 4096);
        assert!(b.account().used() - before.1 <= (tables + 1) * 4096);
    }

    #[test]
    fn unmapping_takes_time_in_proportion_to_what_is_mapped() {
        let _one = crate::util::one::processor();
        let root = task(1 << 30);
        root.make_root();
        let stays = |pages: u64| {
            let (a, b) = (task(1 << 30), task(1 << 30));
            for n in 0..pages {
                give(root, 0x8000_0000 + (n << 12), 12, MemRights::RW, a, n << 12);
                give(a, n << 12, 12, MemRights::RW, b, n << 12);
            }
            let all = |rights| Fpage::memory(0, 40, rights);
            (unmap(a, all(MemRights::W)), unmap(a, all(MemRights::RWX)))
        };
        let (few, many) = (stays(1_000), stays(4_000));
        assert!(
            many.0 <= few.0 * 5 && many.1 <= few.1 * 5,
            "{few:?} {many:?}"
        );
    }

    #[test]
    fn without_quota_nothing_is_half_done() {
        let _one = crate::util::one::processor();
        let root = task(1 << 30);
        root.make_root();
        // The task's page and one for its nodes; none for tables.
        let a = task(3 * 4096);
        let send = Fpage::memory(0x7100_0000, 12, MemRights::RW);
        let result = map_all(root, send, a, 0x1000, PLAIN);
        assert_eq!(result, Err(Stop::OutOfMemory));
        assert_eq!(rights_at(a, 0x1000), None);
        assert!(a.pages.is_empty());
        assert_eq!(a.account().used(), 4096);
    }

    #[test]
    fn an_empty_task_costs_its_utcb_and_a_page() {
        let _one = crate::util::one::processor();
        let factory = crate::obj::factory::Factory::make_root(3 * 4096).unwrap();
        let area = Fpage::memory(0x1000_0000, 12, MemRights::RW);
        assert!(factory.create_task(area).is_ok());
        assert_eq!(factory.account.used(), 2 * 4096);
    }

    #[test]
    fn memory_that_was_added_is_not_mapped_over() {
        let _one = crate::util::one::processor();
        let root = task(1 << 30);
        root.make_root();
        let a = task(1 << 24);
        let area = Fpage::memory(0x4000_0000, 13, MemRights::RW);
        a.add_ku_mem(area).unwrap();
        // A page beside it arrives; one in it does not: what was added is mapped first.
        for (from, to) in [(0x4000_0000, 0x3fff_f000), (0x4000_1000, 0x4000_1000)] {
            give(root, from, 12, MemRights::RW, a, to);
        }
        assert_eq!(rights_at(a, 0x3fff_f000), Some(MemRights::RW));
        assert!(a.find_utcb(0x4000_1000).is_some());
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
