//! Name spaces: names, and the objects and capabilities that they stand for.

use alloc::collections::BTreeMap;
use alloc::rc::Rc;
use alloc::vec::Vec;

use crate::error::{Error, Result};
use crate::owned_cap::OwnedCap;
use crate::quota::{Charge, Quota};
use crate::registry::Label;

/// Bytes that a name is charged for, besides its own.
const NAME_COST: usize = 256;

/// What a name stands for.
#[derive(Clone)]
pub enum Meaning {
    /// Nothing yet: whoever asks is to ask again.
    Pending,
    /// An object of the root task.
    Object(Label),
    /// Somebody's capability, and the charge for its slot.
    Cap(Rc<(OwnedCap, Charge)>),
}

/// A name's meaning, and the rights that come with it.
#[derive(Clone)]
pub struct Entry {
    /// What the name stands for.
    pub meaning: Meaning,
    /// Whether the write right is passed on.
    pub write: bool,
    /// Whether the special right is passed on.
    pub special: bool,
}

/// Names of one directory.
pub struct Names {
    entries: BTreeMap<Vec<u8>, Entry>,
    charge: Charge,
}

impl Names {
    /// An empty name space.
    pub fn new(quota: Rc<Quota>) -> Self {
        Names {
            entries: BTreeMap::new(),
            charge: Charge::none(quota),
        }
    }

    /// The entry of the first part of a path, and the rest of the path behind the `/`.
    pub fn resolve<'a>(&self, path: &'a [u8]) -> Result<(&Entry, &'a [u8])> {
        let (name, rest) = match path.iter().position(|&b| b == b'/') {
            Some(at) => (&path[..at], &path[at + 1..]),
            None => (path, &path[path.len()..]),
        };
        Ok((self.entries.get(name).ok_or(Error::ENOENT)?, rest))
    }

    /// Gives a name a meaning; `replace` decides whether it may have had another one.
    ///
    /// # Errors
    /// [`Error::EINVAL`] if it is no name, [`Error::EEXIST`] if it has a meaning that is not to
    /// be replaced, [`Error::ENOMEM`] if the quota does not suffice.
    pub fn register(
        &mut self,
        name: &[u8],
        entry: Entry,
        replace: impl FnOnce(&Entry) -> bool,
    ) -> Result<()> {
        if name.is_empty() || name.contains(&b'/') {
            return Err(Error::EINVAL);
        }
        if let Some(old) = self.entries.get_mut(name) {
            if !matches!(old.meaning, Meaning::Pending) && !replace(old) {
                return Err(Error::EEXIST);
            }
            *old = entry;
            return Ok(());
        }
        if !self.charge.grow(NAME_COST + name.len()) {
            return Err(Error::ENOMEM);
        }
        self.entries.insert(name.into(), entry);
        Ok(())
    }

    /// Forgets a name; gives what it stood for.
    pub fn unlink(&mut self, name: &[u8]) -> Result<Entry> {
        let entry = self.entries.remove(name).ok_or(Error::ENOENT)?;
        self.charge.shrink(NAME_COST + name.len());
        Ok(entry)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry() -> Entry {
        Entry {
            meaning: Meaning::Pending,
            write: false,
            special: false,
        }
    }

    #[test]
    fn names_are_charged_and_given_back() {
        let quota = Quota::new(600, None);
        let mut names = Names::new(quota.clone());
        assert_eq!(names.register(b"", entry(), |_| true), Err(Error::EINVAL));
        assert_eq!(
            names.register(b"a/b", entry(), |_| true),
            Err(Error::EINVAL)
        );
        names.register(b"a", entry(), |_| false).unwrap();
        names.register(b"a", entry(), |_| false).unwrap();
        names.register(b"b", entry(), |_| false).unwrap();
        assert_eq!(names.register(b"c", entry(), |_| false), Err(Error::ENOMEM));
        assert_eq!(
            names.resolve(b"a/x/y").map(|(_, rest)| rest).ok(),
            Some(&b"x/y"[..])
        );
        assert!(names.resolve(b"ab").is_err());
        names.unlink(b"a").ok().unwrap();
        assert!(names.unlink(b"a").is_err());
        drop(names);
        assert_eq!(quota.used(), 0);
    }
}
