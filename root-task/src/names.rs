//! Name spaces: names, and the objects and capabilities that they stand for.

use crate::budget::{Budget, cost};
use crate::error::{Error, Result};
use crate::fallible::{List, Shared};
use crate::map::{Keyed, Map};
use crate::owned_cap::OwnedCap;
use crate::quota::Charge;
use crate::registry::Label;

/// What a name stands for.
#[derive(Clone)]
pub enum Meaning {
    /// Nothing yet: whoever asks is to ask again.
    Pending,
    /// An object of the root task.
    Object(Label),
    /// Somebody's capability, and the charge for its slot.
    Cap(Shared<(OwnedCap, Charge)>),
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

/// A name and what it stands for.
struct Named {
    name: List<u8>,
    entry: Entry,
}

impl Keyed for Named {
    type Key = [u8];

    fn key(&self) -> &[u8] {
        &self.name
    }
}

/// Names of one directory.
#[derive(Default)]
pub struct Names {
    entries: Map<Named>,
}

impl Names {
    /// The entry of the first part of a path, and the rest of the path behind the `/`.
    pub fn resolve<'a>(&self, path: &'a [u8]) -> Result<(&Entry, &'a [u8])> {
        let (name, rest) = match path.iter().position(|&b| b == b'/') {
            Some(at) => (&path[..at], &path[at + 1..]),
            None => (path, &path[path.len()..]),
        };
        Ok((&self.entries.get(name).ok_or(Error::ENOENT)?.entry, rest))
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
        if let Some(old) = self.entries.get(name) {
            if !matches!(old.entry.meaning, Meaning::Pending) && !replace(&old.entry) {
                return Err(Error::EEXIST);
            }
            self.entries.change(name, |named| named.entry = entry);
            return Ok(());
        }
        let name = List::copy_of(name)?;
        self.entries.insert(Named { name, entry })
    }

    /// Forgets a name; gives what it stood for.
    pub fn unlink(&mut self, name: &[u8]) -> Result<Entry> {
        let named = self.entries.remove(name).ok_or(Error::ENOENT)?;
        Ok(named.entry)
    }

    /// Forgets names within the budget; whether none is left.
    pub fn empty(&mut self, budget: &Budget) -> bool {
        while budget.is_left() {
            budget.spend(cost::ENTRY + cost::REVOKE);
            if self.entries.pop_first().is_none() {
                return true;
            }
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::heap::{Heap, pays};
    use crate::pool::tests::pool;
    use crate::quota::Quota;

    fn entry() -> Entry {
        Entry {
            meaning: Meaning::Pending,
            write: false,
            special: false,
        }
    }

    #[test]
    fn names_are_charged_and_given_back() {
        let pool = pool(8);
        let quota = Quota::of(2 << 12, None);
        let heap = Heap::new(pool, quota.clone()).unwrap();
        let mut names = Names::default();
        pays(Some(&heap), || {
            assert_eq!(names.register(b"", entry(), |_| true), Err(Error::EINVAL));
            assert_eq!(
                names.register(b"a/b", entry(), |_| true),
                Err(Error::EINVAL)
            );
            names.register(b"a", entry(), |_| false).unwrap();
            names.register(b"a", entry(), |_| false).unwrap();
            names.register(b"b", entry(), |_| false).unwrap();
            assert_eq!(
                names.resolve(b"a/x/y").map(|(_, rest)| rest).ok(),
                Some(&b"x/y"[..])
            );
            assert!(names.resolve(b"ab").is_err());
            names.unlink(b"a").ok().unwrap();
            assert!(names.unlink(b"a").is_err());
            let mut n = 0u32;
            while names
                .register(&n.to_le_bytes().map(|b| b | 1 << 7), entry(), |_| true)
                .is_ok()
            {
                n += 1;
            }
            assert!((20..200).contains(&n), "{n}");
            assert_eq!(
                names.register(&[b'x'; 100], entry(), |_| true),
                Err(Error::ENOMEM)
            );
        });
        assert!(!names.empty(&Budget::of(1)));
        assert!(names.empty(&Budget::unlimited()));
        assert_eq!(quota.used(), 0);
    }
}
