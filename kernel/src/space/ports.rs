//! I/O ports: who has which from whom. A node covers a power of two of ports; its
//! "address" is the first port, shifted as in a flexpage.

use super::map::{How, Stop, revoke};
use super::node::{Extent, Node, Page, key};
use crate::obj::task::Task;
use crate::util::budget::{Budget, Unfinished, Work};
use core::cell::Cell;
use l4re_sys::fpage::{Fpage, FpageType, MemRights, WHOLE_IO_SPACE};

/// Where ports stand in a flexpage.
const SHIFT: u32 = 12;

/// A range of ports, a power of two long and aligned to its length.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Range {
    first: u64,
    order: u32,
}

impl Range {
    fn of(fpage: Fpage) -> Self {
        match fpage.kind() {
            FpageType::Io => {
                let order = fpage.order().min(WHOLE_IO_SPACE);
                Self {
                    first: fpage.page_number() & 0xffff & !((1 << order) - 1),
                    order,
                }
            }
            _ => Self {
                first: 0,
                order: WHOLE_IO_SPACE,
            },
        }
    }

    fn of_node(node: &Node) -> Self {
        Self {
            first: node.addr() >> SHIFT,
            order: node.order() - SHIFT,
        }
    }

    fn end(self) -> u64 {
        self.first + (1 << self.order)
    }

    /// What both have: one of the two, since both are aligned.
    fn and(self, other: Self) -> Option<Self> {
        let (small, large) = if self.order <= other.order {
            (self, other)
        } else {
            (other, self)
        };
        (small.first >= large.first && small.first < large.end()).then_some(small)
    }

    /// As the mapping database has it: a port's physical address is its address.
    fn page(self) -> Page {
        Page {
            addr: self.first << SHIFT,
            phys: self.first << SHIFT,
            order: self.order + SHIFT,
            rights: MemRights::RW,
            ports: true,
        }
    }

    fn extent(self) -> Extent {
        Extent {
            start: self.first << SHIFT,
            end: self.end() << SHIFT,
        }
    }

    fn key(self) -> u64 {
        key(self.first << SHIFT, self.order + SHIFT)
    }
}

/// The node of `task` that covers all of a range, or else the first that lies in it.
fn overlapping(task: &Task, range: Range) -> Option<&'static Node> {
    for order in range.order..=WHOLE_IO_SPACE {
        let around = Range {
            first: range.first & !((1 << order) - 1),
            order,
        };
        if let Some(node) = task.ports.get(around.key()) {
            return Some(node);
        }
    }
    task.ports
        .ceil(range.first << SHIFT)
        .filter(|node| Range::of_node(node).and(range).is_some())
}

/// Maps ports: they have the same numbers in all tasks. Unfinished, it goes on at the port
/// that `work` came to.
pub fn map(
    source: &'static Task,
    send: Fpage,
    target: &'static Task,
    window: Fpage,
    how: How,
    work: &Work,
) -> Result<bool, Stop> {
    if !send.mem_rights().intersects(MemRights::RW) || core::ptr::eq(source, target) {
        return Ok(false);
    }
    let Some(range) = Range::of(send).and(Range::of(window)) else {
        return Ok(false);
    };
    if source.is_root() {
        let node = match source.ports.get(range.key()) {
            Some(node) => node,
            None => source
                .add_node(range.page(), None)
                .ok_or(Stop::OutOfMemory)?,
        };
        return give(node, range, target, false, work).map(|()| true);
    }
    // Ports from the first one on, and whether any arrived.
    let (mut at, mut any) = (range.first.max(work.at() >> 1), work.at() & 1 != 0);
    while at < range.end() {
        work.budget.spend(Budget::CHANGE)?;
        let rest = Range {
            first: at,
            order: if at == range.first { range.order } else { 0 },
        };
        let found = overlapping(source, rest).or_else(|| source.ports.ceil(at << SHIFT));
        let Some(part) = found.and_then(|node| Range::of_node(node).and(range)) else {
            break;
        };
        let Some(node) = found else { break };
        // A part of what is given cannot be granted without the rest: it is mapped.
        let grants = how.grant && part == Range::of_node(node);
        give(node, part, target, grants, work)?;
        any = true;
        at = part.end();
        work.came_to(at << 1 | u64::from(any));
    }
    Ok(any)
}

/// Gives ports of a node to a task that may have had some of them, from the same node or
/// another.
fn give(
    node: &'static Node,
    part: Range,
    target: &'static Task,
    grants: bool,
    work: &Work,
) -> Result<(), Stop> {
    let mut known = None;
    while let Some(old) = overlapping(target, part) {
        if Range::of_node(old) == part && old.parent().is_some_and(|p| core::ptr::eq(p, node)) {
            known = Some(old);
            break;
        }
        if node.descends_from(old) {
            // The target has them already, and more of them than it would get.
            return Ok(());
        }
        revoke(old, Extent::WHOLE, true, &work.budget)?;
    }
    let new = match known {
        Some(new) => new,
        None => {
            let new = (target.add_node(part.page(), Some(node))).ok_or(Stop::OutOfMemory)?;
            if target
                .io
                .allow(target, part.first, part.end(), true)
                .is_none()
            {
                target.drop_node(new);
                return Err(Stop::OutOfMemory);
            }
            if grants {
                new.stand_in_for(node);
            }
            new
        }
    };
    if grants {
        while let Some(child) = node.child_other_than(new) {
            work.budget.spend(Budget::CHANGE)?;
            new.adopt(child);
        }
        new.take_place_of(node);
        if let Some(source) = node.task() {
            removed(source, node);
            source.drop_node(node);
        }
    }
    Ok(())
}

/// Takes ports back from all that have them from `task`, and from itself if `and_self`. `at`
/// is how far this came, as a port.
pub fn unmap(
    task: &'static Task,
    fpage: Fpage,
    and_self: bool,
    at: &Cell<u64>,
    budget: &Budget,
) -> Result<(), Unfinished> {
    if fpage.kind() == FpageType::Io && fpage.mem_rights().is_empty() {
        return Ok(());
    }
    let range = Range::of(fpage);
    while at.get() < range.end() {
        budget.spend(Budget::CHANGE)?;
        let found = if at.get() <= range.first {
            overlapping(task, range)
        } else {
            task.ports.ceil(at.get() << SHIFT)
        };
        let Some(node) = found.filter(|node| Range::of_node(node).and(range).is_some()) else {
            return Ok(());
        };
        let behind = Range::of_node(node).end();
        let covered = Range::of_node(node).order <= range.order;
        let extent = if covered {
            Extent::WHOLE
        } else {
            range.extent()
        };
        revoke(node, extent, and_self, budget)?;
        // A part that starts before the range is larger than it: the range ends there, too.
        while let Some(around) = (!covered && !and_self)
            .then(|| overlapping_child(node, range))
            .flatten()
        {
            revoke(around, Extent::WHOLE, true, budget)?;
        }
        at.set(behind);
    }
    Ok(())
}

/// A part of a node's ports that was given away and has all of a range in it.
fn overlapping_child(node: &Node, range: Range) -> Option<&'static Node> {
    (range.order..=WHOLE_IO_SPACE).find_map(|order| {
        let around = Range {
            first: range.first & !((1 << order) - 1),
            order,
        };
        node.child_at(around.key())
    })
}

/// Removes all ports of a task, which is to go.
pub fn unmap_all(task: &'static Task, budget: &Budget) -> Result<(), Unfinished> {
    while let Some(node) = task.ports.any() {
        revoke(node, Extent::WHOLE, true, budget)?;
    }
    Ok(())
}

/// A node of ports goes: the task may not use them any more.
pub fn removed(task: &'static Task, node: &'static Node) {
    let range = Range::of_node(node);
    // Taking away needs no memory: the bitmap is there.
    let _ = task.io.allow(task, range.first, range.end(), false);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn aligned_ranges_nest_or_are_apart() {
        let r = |first, order| Range { first, order };
        assert_eq!(r(0x70, 1).and(r(0, 16)), Some(r(0x70, 1)));
        assert_eq!(r(0, 16).and(r(0x70, 1)), Some(r(0x70, 1)));
        assert_eq!(r(0x70, 1).and(r(0x72, 1)), None);
        assert_eq!(Range::of(Fpage::io(0x3f8, 3)), r(0x3f8, 3));
        assert_eq!(Range::of(Fpage::all()), r(0, 16));
    }

    fn task() -> &'static Task {
        let factory = crate::obj::factory::Factory::make_root(1 << 20).unwrap();
        match factory.create_task(Fpage::INVALID) {
            Ok(crate::obj::Object::Task(task)) => task,
            _ => panic!("no task"),
        }
    }

    fn has(task: &Task, first: u64, order: u32) -> bool {
        overlapping(task, Range { first, order }).is_some()
    }

    #[test]
    fn granted_there_and_back_ports_are_where_they_were() {
        let _one = crate::util::one::processor();
        let (root, a, b, c) = (task(), task(), task(), task());
        root.make_root();
        let ports = Fpage::io(0x3f8, 3);
        let give = |from, to, grant| {
            let how = How {
                grant,
                pass_special: false,
                control: 0,
            };
            map(from, ports, to, Fpage::io(0, 16), how, &Work::unlimited()).unwrap()
        };
        assert!(give(root, a, false) && give(a, c, false));
        assert!(give(a, b, true));
        assert!(!has(a, 0x3f8, 3) && has(b, 0x3f8, 3) && has(c, 0x3f8, 3));
        assert!(give(b, a, true));
        assert!(has(a, 0x3f8, 3) && !has(b, 0x3f8, 3) && has(c, 0x3f8, 3));
        // Whoever has them now can take them from those that they were given to.
        unmap(a, ports, false, &Cell::new(0), &Budget::unlimited()).unwrap();
        assert!(has(a, 0x3f8, 3) && !has(c, 0x3f8, 3));
    }
}
