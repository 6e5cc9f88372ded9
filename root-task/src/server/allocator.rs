//! The allocator of memory: a factory of dataspaces, name spaces, region maps, address spaces of
//! devices, logs, schedulers and of allocators with a quota of their own.

use alloc::rc::Rc;
use alloc::string::String;
use alloc::vec::Vec;
use core::cell::RefCell;

use l4re_sys::consts::{PAGE_SHIFT, SUPERPAGE_SHIFT};
use l4re_sys::re::mem_alloc as op;
use l4re_sys::varg::{self, VargTag};
use l4re_sys::{Fpage, proto};

use super::scheduler::SchedulerProxy;
use super::{Object, Server};
use crate::account::Account;
use crate::dataspace::Dataspace;
use crate::dma::DmaSpace;
use crate::error::{Error, Result};
use crate::log_line::LogLine;
use crate::message::{Outcome, Reply, Request};
use crate::names::Names;
use crate::quota::Quota;
use crate::regions::RegionMap;
use crate::registry::Rights;

/// The first and the last address of a user address space.
pub(super) const USER_LIMITS: (u64, u64) = (
    crate::image::USER_SPACE.start,
    crate::image::USER_SPACE.end - 1,
);

/// As much of a log's tag is used.
const MAX_TAG: usize = 32;

/// An argument of a factory's request.
#[derive(Debug, PartialEq, Clone)]
enum Argument {
    /// None given.
    Nil,
    /// A number (its bits).
    Number(u64),
    /// Text, without a 0 at its end.
    Text(Vec<u8>),
    /// A flexpage.
    Page(Fpage),
}

impl Server {
    pub(super) fn allocator(
        &mut self,
        account: &Rc<Account>,
        root: bool,
        rights: Rights,
        request: &Request,
        reply: &mut Reply,
    ) -> Result<Outcome> {
        match request.proto {
            proto::FACTORY if rights.special() => self.create(account, root, request, reply),
            proto::FACTORY => Err(Error::EPERM),
            proto::MEM_ALLOC => {
                if request.op()? != op::INFO {
                    return Err(Error::ENOSYS);
                }
                self.stats(&account.quota, reply);
                Ok(Outcome::Reply(0))
            }
            proto::DEBUG => Ok(Outcome::Reply(0)),
            _ => Err(Error::EBADPROTO),
        }
    }

    fn stats(&self, quota: &Quota, reply: &mut Reply) {
        let limit = quota.limit().min(self.account.quota.limit());
        let free = quota.available().min(self.pool.available());
        for (i, value) in [quota.limit(), quota.used(), limit, quota.used(), free]
            .into_iter()
            .enumerate()
        {
            reply.set_u64(i * 8, value as u64);
        }
    }

    fn create(
        &mut self,
        account: &Rc<Account>,
        root: bool,
        request: &Request,
        reply: &mut Reply,
    ) -> Result<Outcome> {
        let mut arguments = arguments(request.words().get(1..).ok_or(Error::EMSGTOOSHORT)?)?;
        arguments.reverse();
        let mut next = || arguments.pop().unwrap_or(Argument::Nil);
        let quota = &account.quota;
        let object = match request.word(0)? as i64 {
            proto::DATASPACE => {
                let Argument::Number(size) = next() else {
                    return Err(Error::EINVAL);
                };
                let flags = next().number().unwrap_or(0);
                let align = next().number().unwrap_or(0);
                // Where the memory is, is none of the client's business.
                if next() != Argument::Nil {
                    return Err(Error::EINVAL);
                }
                Object::Dataspace(Rc::new(self.memory(account, size, flags, align)?))
            }
            proto::NAMESPACE => Object::Names(Rc::new(RefCell::new(Names::new(quota.clone())))),
            proto::RM => {
                let map = RegionMap::new(quota.clone(), USER_LIMITS);
                Object::RegionMap(Rc::new(RefCell::new(map)))
            }
            proto::RE_DMA_SPACE => {
                let space = DmaSpace::new(quota.clone());
                Object::DmaSpace(Rc::new(RefCell::new(space)))
            }
            proto::FACTORY => {
                let limit = next().number().ok_or(Error::EINVAL)?;
                if limit == 0 || limit > i64::MAX as u64 {
                    return Err(Error::EINVAL);
                }
                Object::Allocator(Rc::new(account.part(limit as usize)?), false)
            }
            proto::LOG => {
                let Argument::Text(mut tag) = next() else {
                    return Err(Error::EINVAL);
                };
                tag.truncate(MAX_TAG);
                let tag = String::from_utf8_lossy(&tag).into_owned();
                let colour = match next() {
                    Argument::Text(name) => colour(&name),
                    Argument::Number(number) => number as u8,
                    _ => 7,
                };
                let line = if self.colour {
                    LogLine::with_terminal_colour(tag, colour)
                } else {
                    LogLine::new(tag, None)
                };
                Object::Log(Rc::new(RefCell::new(line)))
            }
            proto::SCHEDULER if root => {
                let (max, base) = (next(), next());
                let limit = max.number().ok_or(Error::EINVAL)?;
                let base = base.number().ok_or(Error::EINVAL)?;
                let mut cpus = Vec::new();
                loop {
                    match next() {
                        Argument::Nil => break,
                        Argument::Number(mask) => cpus.push(mask),
                        _ => return Err(Error::EINVAL),
                    }
                }
                let proxy = SchedulerProxy::restricted(base, limit, &cpus)?;
                Object::Scheduler(Rc::new(proxy))
            }
            _ => return Err(Error::ENODEV),
        };
        self.publish_to_client(account, object, reply)
    }

    fn memory(&self, account: &Account, size: u64, flags: u64, align: u64) -> Result<Dataspace> {
        let size = usize::try_from(size as i64).map_err(|_| Error::EINVAL)?;
        if flags & (op::CONTINUOUS | op::PINNED) == 0 {
            return Dataspace::on_demand(self.pool, &account.quota, size);
        }
        let least = if flags & op::SUPER_PAGES != 0 {
            SUPERPAGE_SHIFT
        } else {
            PAGE_SHIFT
        };
        let align = align.max(least.into());
        if align >= usize::BITS.into() {
            return Err(Error::EINVAL);
        }
        Dataspace::contiguous(self.pool, &account.quota, size, 1 << align)
    }
}

impl Argument {
    fn number(self) -> Option<u64> {
        match self {
            Argument::Number(number) => Some(number),
            _ => None,
        }
    }
}

/// Takes a request's arguments apart: each a tag, and as many words as it says.
fn arguments(mut words: &[u64]) -> Result<Vec<Argument>> {
    let mut arguments = Vec::new();
    while let Some((&tag, rest)) = words.split_first() {
        let tag = VargTag(tag);
        let len = tag.size().div_ceil(size_of::<u64>());
        if len > rest.len() {
            return Err(Error::EMSGTOOSHORT);
        }
        let (value, rest) = rest.split_at(len);
        words = rest;
        arguments.push(match (tag.kind(), value) {
            (varg::UMWORD | varg::MWORD, [number]) => Argument::Number(*number),
            (varg::FPAGE, [page]) => Argument::Page(Fpage::from_raw(*page)),
            (varg::STRING, text) => {
                let bytes = text.iter().flat_map(|word| word.to_le_bytes());
                let mut text: Vec<u8> = bytes.take(tag.size()).collect();
                if text.last() == Some(&0) {
                    text.pop();
                }
                Argument::Text(text)
            }
            (varg::NIL, _) => Argument::Nil,
            _ => return Err(Error::EINVAL),
        });
    }
    Ok(arguments)
}

/// The colour that a letter means: its first letter, bright if it is a capital one.
fn colour(name: &[u8]) -> u8 {
    let Some(first) = name.first() else { return 0 };
    let letters = b"nrgybmcw";
    let colour = letters
        .iter()
        .position(|l| *l == first.to_ascii_lowercase())
        .unwrap_or(0) as u8;
    if first.is_ascii_uppercase() {
        colour | 8
    } else {
        colour
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;

    #[test]
    fn arguments_are_taken_apart() {
        let words = [
            VargTag::new(varg::UMWORD, 8).0,
            7,
            VargTag::new(varg::NIL, 0).0,
            VargTag::new(varg::STRING, 4).0,
            u64::from_le_bytes(*b"abc\0xxxx"),
        ];
        let expected = vec![
            Argument::Number(7),
            Argument::Nil,
            Argument::Text(b"abc".to_vec()),
        ];
        assert_eq!(arguments(&words), Ok(expected));
        assert_eq!(arguments(&words[..4]), Err(Error::EMSGTOOSHORT));
        assert_eq!(
            arguments(&[VargTag::new(varg::UMWORD, 16).0, 1, 2]),
            Err(Error::EINVAL)
        );
        assert_eq!(arguments(&[u64::MAX]), Err(Error::EMSGTOOSHORT));
    }

    #[test]
    fn colours_by_letter() {
        assert_eq!(
            (colour(b"g"), colour(b"Red"), colour(b""), colour(b"?")),
            (2, 9, 0, 0)
        );
    }
}
