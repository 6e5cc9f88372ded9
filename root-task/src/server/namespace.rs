//! Name spaces, as clients see them.

use core::cell::RefCell;

use l4re_sys::re::namespace as op;
use l4re_sys::utcb::MSG_REGS;
use l4re_sys::{MapItem, ObjRights, ReturnItem, proto};

use super::Server;
use crate::account::Account;
use crate::error::{Error, Result};
use crate::fallible::Shared;
use crate::kernel;
use crate::message::{Outcome, Reply, Request};
use crate::names::{Entry, Meaning, Names};
use crate::quota::Charge;
use crate::registry::Rights;

/// What distinguishes registering with the write right from registering without.
const REGISTER_WRITE: u32 = op::REGISTER_RW & !op::REGISTER_RO;

impl Server {
    pub(super) fn namespace(
        &mut self,
        names: &Shared<RefCell<Names>>,
        account: &Account,
        rights: Rights,
        request: &Request,
        reply: &mut Reply,
    ) -> Result<Outcome> {
        if request.proto != proto::NAMESPACE {
            return Err(Error::EBADPROTO);
        }
        let op = request.op()?;
        if matches!(op, op::REGISTER_OBJ | op::UNLINK) && !rights.write() {
            return Err(Error::EPERM);
        }
        let mut buffer = [0; MSG_REGS * 8];
        if !matches!(op, op::QUERY | op::REGISTER_OBJ | op::UNLINK) {
            return Err(Error::ENOSYS);
        }
        let name = request.bytes(16, request.u64(8)?, &mut buffer)?;
        match op {
            op::QUERY => self.query(names, name, reply),
            op::REGISTER_OBJ => {
                let flags = request.u32(4)?;
                self.register(names, account, flags, name, request)
            }
            _ => {
                let part = name.split(|&b| b == b'/').next().unwrap_or(&[]);
                names.borrow_mut().unlink(part)?;
                Ok(Outcome::Reply(0))
            }
        }
    }

    fn query(
        &mut self,
        names: &Shared<RefCell<Names>>,
        path: &[u8],
        reply: &mut Reply,
    ) -> Result<Outcome> {
        let map = names.borrow();
        let (entry, rest) = map.resolve(path)?;
        let cap = match &entry.meaning {
            Meaning::Pending => return Err(Error::EAGAIN),
            Meaning::Object(label) => self.gate(*label)?,
            Meaning::Cap(kept) if kernel::has_cap(kept.0.cap()) => kept.0.cap(),
            Meaning::Cap(_) => {
                let name = path.split(|&b| b == b'/').next().unwrap_or(path);
                drop(map);
                names.borrow_mut().unlink(name)?;
                return Err(Error::ENOENT);
            }
        };
        let mut rights = ObjRights::R;
        rights.set(ObjRights::W, entry.write);
        rights.set(ObjRights::S, entry.special);
        reply.set_u64(0, 0);
        reply.set_u64(8, rest.len() as u64);
        reply.set_bytes(16, rest);
        reply.set_item(MapItem::cap(cap, rights));
        Ok(Outcome::Reply(if rest.is_empty() {
            0
        } else {
            op::PARTLY_RESOLVED
        }))
    }

    fn register(
        &mut self,
        names: &Shared<RefCell<Names>>,
        account: &Account,
        flags: u32,
        name: &[u8],
        request: &Request,
    ) -> Result<Outcome> {
        let mut write = flags & REGISTER_WRITE != 0;
        let mut special = flags & op::REGISTER_S != 0;
        let meaning = match request.item(0) {
            None | Some(ReturnItem::Void) => Meaning::Pending,
            Some(item @ ReturnItem::Label(_)) => {
                let (label, _, passed) = self.own_object(item).ok_or(Error::EINVAL)?;
                write &= passed.write();
                special &= passed.special();
                Meaning::Object(label)
            }
            Some(ReturnItem::Mapped { .. }) => {
                let place = Charge::of(&account.slots, 1).ok_or(Error::ENOMEM)?;
                Meaning::Cap(Shared::new((self.keep_received()?, place))?)
            }
            Some(ReturnItem::Local(_)) => return Err(Error::EINVAL),
        };
        let overwrite = flags & op::REGISTER_OVERWRITE != 0;
        let replace = |old: &Entry| {
            overwrite
                || match &old.meaning {
                    Meaning::Pending => true,
                    Meaning::Object(label) => self.objects.get(*label).is_none(),
                    Meaning::Cap(kept) => !kernel::has_cap(kept.0.cap()),
                }
        };
        names.borrow_mut().register(
            name,
            Entry {
                meaning,
                write,
                special,
            },
            replace,
        )?;
        Ok(Outcome::Reply(0))
    }
}
