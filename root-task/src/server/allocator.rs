//! The allocator of memory: a factory of dataspaces, name spaces, region maps, address spaces of
//! devices, logs, schedulers and of allocators with a quota of their own.

use core::cell::RefCell;

use l4re_sys::consts::{PAGE_SHIFT, SUPERPAGE_SHIFT};
use l4re_sys::re::mem_alloc as op;
use l4re_sys::utcb::MSG_REGS;
use l4re_sys::varg::{self, VargTag};
use l4re_sys::{Fpage, proto};

use super::scheduler::{MAX_CPU_WORDS, SchedulerProxy};
use super::work::Progress;
use super::{Object, Server};
use crate::account::Account;
use crate::budget::{Budget, Step};
use crate::dataspace::Dataspace;
use crate::dma::DmaSpace;
use crate::error::{Error, Result};
use crate::fallible::{List, Shared};
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
#[derive(Debug, PartialEq, Clone, Copy)]
enum Argument<'a> {
    /// None given.
    Nil,
    /// A number (its bits).
    Number(u64),
    /// Text: the words that hold it, and its length without a 0 at its end.
    Text(&'a [u64], usize),
    /// A flexpage.
    Page(Fpage),
}

impl Server {
    pub(super) fn allocator(
        &mut self,
        account: &Shared<Account>,
        root: bool,
        rights: Rights,
        request: &Request,
        step: (&mut Progress, &Budget),
        reply: &mut Reply,
    ) -> Result<Outcome> {
        match request.proto {
            proto::FACTORY if rights.special() => self.create(account, root, request, step, reply),
            proto::FACTORY => Err(Error::EPERM),
            proto::MEM_ALLOC => {
                if request.op()? != op::INFO {
                    return Err(Error::ENOSYS);
                }
                // What is free soon counts.
                if self.is_freeing() && step.0.may_wait() {
                    return Ok(Outcome::Later);
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
        account: &Shared<Account>,
        root: bool,
        request: &Request,
        step: (&mut Progress, &Budget),
        reply: &mut Reply,
    ) -> Result<Outcome> {
        let words = request.words().get(1..).ok_or(Error::EMSGTOOSHORT)?;
        // All of them must be right, whichever are used.
        arguments(words).try_for_each(|argument| argument.map(drop))?;
        let mut arguments = arguments(words);
        let mut next = || match arguments.next() {
            Some(Ok(argument)) => argument,
            _ => Argument::Nil,
        };
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
                match self.memory(account, size, flags, align, step)? {
                    Step::Done(memory) => Object::Dataspace(memory),
                    Step::More => return Ok(Outcome::Later),
                }
            }
            proto::NAMESPACE => Object::Names(shared(Names::default())?),
            proto::RM => {
                let map = RegionMap::new(quota.clone(), USER_LIMITS);
                Object::RegionMap(shared(map)?)
            }
            proto::RE_DMA_SPACE => Object::DmaSpace(shared(DmaSpace::default())?),
            proto::FACTORY => {
                let limit = next().number().ok_or(Error::EINVAL)?;
                if limit == 0 || limit > i64::MAX as u64 {
                    return Err(Error::EINVAL);
                }
                Object::Allocator(Account::part(account, self.pool, limit as usize)?, false)
            }
            proto::LOG => {
                let Argument::Text(tag, len) = next() else {
                    return Err(Error::EINVAL);
                };
                let colour = match next() {
                    Argument::Text(words, len) => {
                        let first = words.first().filter(|_| len > 0);
                        colour(first.map_or(0, |word| word.to_le_bytes()[0]))
                    }
                    Argument::Number(number) => number as u8,
                    _ => 7,
                };
                let mut buffer = [0; MSG_REGS * 8];
                let tag = text(tag, len.min(MAX_TAG), &mut buffer);
                let owner = account.program.and_then(|id| self.programs.get(id));
                let name = owner.map_or(&b""[..], |program| program.name());
                let line = LogLine::with_tag(name, tag, self.colour.then_some(colour))?;
                Object::Log(shared(line)?)
            }
            proto::SCHEDULER if root => {
                let (max, base) = (next(), next());
                let limit = max.number().ok_or(Error::EINVAL)?;
                let base = base.number().ok_or(Error::EINVAL)?;
                let mut cpus = List::new();
                loop {
                    match next() {
                        Argument::Nil => break,
                        Argument::Number(mask) if cpus.len() < MAX_CPU_WORDS => cpus.push(mask)?,
                        _ => return Err(Error::EINVAL),
                    }
                }
                let proxy = SchedulerProxy::restricted(base, limit, cpus)?;
                Object::Scheduler(Shared::new(proxy)?)
            }
            _ => return Err(Error::ENODEV),
        };
        self.publish_to_client(account, object, reply)
    }

    fn memory(
        &self,
        account: &Account,
        size: u64,
        flags: u64,
        align: u64,
        (progress, budget): (&mut Progress, &Budget),
    ) -> Result<Step<Shared<Dataspace>>> {
        let size = usize::try_from(size as i64).map_err(|_| Error::EINVAL)?;
        if flags & (op::CONTINUOUS | op::PINNED) == 0 {
            let memory = Dataspace::on_demand(self.pool, &account.quota, size)?;
            return Shared::new(memory).map(Step::Done);
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
        let memory = match progress.memory.take() {
            Some(memory) => memory,
            None => {
                let memory = Dataspace::contiguous(self.pool, &account.quota, size, 1 << align)?;
                Shared::new(memory)?
            }
        };
        // Nobody gets it before all of it is zero.
        let filled = memory.fill(&mut progress.at, budget);
        progress.memory = Some(memory.clone());
        Ok(match filled {
            Step::Done(()) => Step::Done(memory),
            Step::More => Step::More,
        })
    }
}

impl Argument<'_> {
    fn number(self) -> Option<u64> {
        match self {
            Argument::Number(number) => Some(number),
            _ => None,
        }
    }
}

fn shared<T>(value: T) -> Result<Shared<RefCell<T>>> {
    Shared::new(RefCell::new(value))
}

/// Takes a request's arguments apart: each a tag, and as many words as it says. Nothing comes
/// behind an error.
fn arguments(mut words: &[u64]) -> impl Iterator<Item = Result<Argument<'_>>> {
    core::iter::from_fn(move || {
        let (&tag, rest) = words.split_first()?;
        words = &[];
        let tag = VargTag(tag);
        let len = tag.size().div_ceil(size_of::<u64>());
        let Some((value, rest)) = rest.split_at_checked(len) else {
            return Some(Err(Error::EMSGTOOSHORT));
        };
        let argument = match (tag.kind(), value) {
            (varg::UMWORD | varg::MWORD, [number]) => Argument::Number(*number),
            (varg::FPAGE, [page]) => Argument::Page(Fpage::from_raw(*page)),
            (varg::STRING, text) => {
                let last = tag.size().checked_sub(1);
                let byte = |at: usize| text.get(at / 8).map(|word| (word >> (at % 8 * 8)) as u8);
                let ends = last.and_then(byte) == Some(0);
                Argument::Text(text, tag.size() - usize::from(ends))
            }
            (varg::NIL, _) => Argument::Nil,
            _ => return Some(Err(Error::EINVAL)),
        };
        words = rest;
        Some(Ok(argument))
    })
}

/// The first `len` bytes of text that words hold.
fn text<'a>(words: &[u64], len: usize, buffer: &'a mut [u8; MSG_REGS * 8]) -> &'a [u8] {
    for (word, bytes) in words.iter().zip(buffer.as_chunks_mut().0) {
        *bytes = word.to_le_bytes();
    }
    buffer.get(..len.min(words.len() * 8)).unwrap_or(&[])
}

/// The colour that a letter means, bright if it is a capital one.
fn colour(letter: u8) -> u8 {
    let letters = b"nrgybmcw";
    let colour = letters
        .iter()
        .position(|l| *l == letter.to_ascii_lowercase())
        .unwrap_or(0) as u8;
    if letter.is_ascii_uppercase() {
        colour | 8
    } else {
        colour
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::vec;
    use std::vec::Vec;

    #[test]
    fn arguments_are_taken_apart() {
        let words = [
            VargTag::new(varg::UMWORD, 8).0,
            7,
            VargTag::new(varg::NIL, 0).0,
            VargTag::new(varg::STRING, 4).0,
            u64::from_le_bytes(*b"abc\0xxxx"),
        ];
        let all: Result<Vec<_>> = arguments(&words).collect();
        let abc = Argument::Text(&words[4..], 3);
        assert_eq!(all, Ok(vec![Argument::Number(7), Argument::Nil, abc]));
        let mut buffer = [0; MSG_REGS * 8];
        assert_eq!(text(&words[4..], 3, &mut buffer), b"abc");
        assert_eq!(text(&words[4..], 100, &mut buffer), b"abc\0xxxx");
        let error = |words: &[u64]| arguments(words).find_map(Result::err);
        assert_eq!(error(&words[..4]), Some(Error::EMSGTOOSHORT));
        let two = [VargTag::new(varg::UMWORD, 16).0, 1, 2];
        assert_eq!(error(&two), Some(Error::EINVAL));
        assert_eq!(error(&[u64::MAX]), Some(Error::EMSGTOOSHORT));
        let empty = [VargTag::new(varg::STRING, 0).0];
        assert_eq!(arguments(&empty).next(), Some(Ok(Argument::Text(&[], 0))));
    }

    #[test]
    fn colours_by_letter() {
        assert_eq!(
            (colour(b'g'), colour(b'R'), colour(0), colour(b'?')),
            (2, 9, 0, 0)
        );
    }
}
