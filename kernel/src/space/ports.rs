//! I/O ports: who has which from whom. A node covers a power of two of ports; its
//! "address" is the first port, shifted as in a flexpage.

use super::map::{How, OutOfMemory, revoke_all};
use super::node::{Node, key};
use crate::obj::task::Task;
use crate::util::budget::{Budget, Unfinished};
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

/// Maps ports: they have the same numbers in all tasks.
pub fn map(
    source: &'static Task,
    send: Fpage,
    target: &'static Task,
    window: Fpage,
    how: How,
) -> Result<bool, OutOfMemory> {
    let mut any = false;
    if !send.mem_rights().intersects(MemRights::RW) || core::ptr::eq(source, target) {
        return Ok(any);
    }
    let Some(range) = Range::of(send).and(Range::of(window)) else {
        return Ok(any);
    };
    if source.is_root() {
        let node = match source.ports.get(range.key()) {
            Some(node) => node,
            None => source
                .add_ports(range.first << SHIFT, range.order + SHIFT, None)
                .ok_or(OutOfMemory)?,
        };
        return give(node, range, target).map(|()| true);
    }
    let mut at = range.first;
    while at < range.end() {
        let rest = Range {
            first: range.first,
            order: range.order,
        };
        let Some(node) = overlapping_from(source, rest, at) else {
            return Ok(any);
        };
        let Some(part) = Range::of_node(node).and(range) else {
            return Ok(any);
        };
        give(node, part, target)?;
        any = true;
        if how.grant && part == Range::of_node(node) {
            let _ = revoke_all(node, true, &Budget::unlimited());
        }
        at = part.end();
    }
    Ok(any)
}

fn overlapping_from(task: &Task, range: Range, at: u64) -> Option<&'static Node> {
    if at == range.first {
        return overlapping(task, range);
    }
    task.ports
        .ceil(at << SHIFT)
        .filter(|node| Range::of_node(node).and(range).is_some())
}

fn give(node: &'static Node, part: Range, target: &'static Task) -> Result<(), OutOfMemory> {
    while let Some(old) = overlapping(target, part) {
        let covers = Range::of_node(old).order >= part.order;
        if covers || node.descends_from(old) {
            return Ok(());
        }
        let _ = revoke_all(old, true, &Budget::unlimited());
    }
    target
        .add_ports(part.first << SHIFT, part.order + SHIFT, Some(node))
        .ok_or(OutOfMemory)?;
    target
        .io
        .allow(target, part.first, part.end(), true)
        .ok_or(OutOfMemory)
}

/// Takes ports back from all that have them from `task`, and from itself if `and_self`.
pub fn unmap(
    task: &'static Task,
    fpage: Fpage,
    and_self: bool,
    budget: &Budget,
) -> Result<(), Unfinished> {
    if fpage.kind() == FpageType::Io && fpage.mem_rights().is_empty() {
        return Ok(());
    }
    let range = Range::of(fpage);
    let mut next = overlapping(task, range);
    while let Some(node) = next {
        let behind = Range::of_node(node).end();
        let covered = Range::of_node(node).order <= range.order;
        if covered || and_self {
            revoke_all(node, and_self, budget)?;
        } else {
            let mut child = node.first_child();
            while let Some(c) = child {
                child = c.next_sibling();
                if Range::of_node(c).and(range).is_some() {
                    revoke_all(c, true, budget)?;
                }
            }
        }
        next = task
            .ports
            .ceil(behind << SHIFT)
            .filter(|node| Range::of_node(node).and(range).is_some());
    }
    Ok(())
}

/// Removes all ports of a task, which is to go.
pub fn unmap_all(task: &'static Task, budget: &Budget) -> Result<(), Unfinished> {
    while let Some(node) = task.ports.ceil(0) {
        revoke_all(node, true, budget)?;
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
}
