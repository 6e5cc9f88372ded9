//! Directories and files.

use crate::arena::{Arena, PAGE, Page};
use crate::quota::{Charge, Quota};
use crate::{LONGEST_NAME, MOST_READ, Stat, error, kind};
use alloc::collections::BTreeMap;
use alloc::rc::{Rc, Weak};
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::cell::{Cell, RefCell};
use core::ops::Bound;
use l4re::sys::ObjRights;
use l4re::{Error, OwnedCap, Result};

/// What a name, a file and an open file take of a client's share.
pub const NODE_COST: u64 = 512;
/// The largest file.
pub const LARGEST: u64 = 1 << 46;
/// Directories within directories.
const DEEPEST: usize = 32;

/// What files of one client have in common.
pub struct Volume {
    /// The client's share.
    pub quota: Rc<Quota>,
    /// The pages.
    pub arena: Rc<Arena>,
    /// Microseconds of the system's clock.
    pub clock: fn() -> u64,
    /// Where ids come from; all volumes of a server have the same.
    pub ids: Rc<Cell<u64>>,
}

impl Volume {
    fn id(&self) -> u64 {
        self.ids.set(self.ids.get() + 1);
        self.ids.get()
    }
}

/// What has a name.
#[derive(Clone)]
pub enum Node {
    /// A file.
    File(Rc<File>),
    /// A directory.
    Dir(Rc<Dir>),
    /// Another server's object, and the rights to it that who asks gets.
    Object(Rc<OwnedCap<()>>, ObjRights),
    /// Nothing yet.
    Announced,
}

impl Node {
    /// What it is.
    pub fn kind(&self) -> u32 {
        match self {
            Node::File(_) => kind::FILE,
            Node::Dir(_) => kind::DIR,
            Node::Object(..) | Node::Announced => kind::OBJECT,
        }
    }

    /// What is known of it.
    pub fn stat(&self) -> Stat {
        match self {
            Node::File(file) => file.stat(),
            Node::Dir(dir) => dir.stat(),
            Node::Object(..) | Node::Announced => Stat {
                kind: kind::OBJECT,
                links: 1,
                ..Stat::default()
            },
        }
    }
}

/// A file.
pub struct File {
    volume: Rc<Volume>,
    id: u64,
    data: RefCell<Data>,
    links: Cell<u32>,
    _charge: Charge,
}

struct Data {
    size: u64,
    /// The pages that there are; others are zeros.
    pages: BTreeMap<u64, Page>,
    written: u64,
}

impl Data {
    /// The page with the number, which is made if it is not there.
    fn page(&mut self, volume: &Volume, number: u64) -> Result<&Page> {
        use alloc::collections::btree_map::Entry;
        Ok(match self.pages.entry(number) {
            Entry::Occupied(entry) => entry.into_mut(),
            Entry::Vacant(entry) => entry.insert(volume.arena.page(&volume.quota)?),
        })
    }
}

/// The pieces of a range, page by page: page, place in it, length.
fn pieces(offset: u64, len: usize) -> impl Iterator<Item = (u64, usize, usize)> {
    let mut at = 0;
    core::iter::from_fn(move || {
        let left = len - at;
        if left == 0 {
            return None;
        }
        let place = offset + at as u64;
        let in_page = (place % PAGE as u64) as usize;
        let n = left.min(PAGE - in_page);
        at += n;
        Some((place / PAGE as u64, in_page, n))
    })
}

impl File {
    /// An empty file without a name.
    ///
    /// # Errors
    /// [`error::NO_SPACE`].
    pub fn new(volume: &Rc<Volume>) -> Result<Rc<Self>> {
        let charge = volume.quota.charge(NODE_COST)?;
        Ok(Rc::new(File {
            id: volume.id(),
            data: RefCell::new(Data {
                size: 0,
                pages: BTreeMap::new(),
                written: (volume.clock)(),
            }),
            links: Cell::new(0),
            volume: volume.clone(),
            _charge: charge,
        }))
    }

    /// Whose it is.
    pub fn volume(&self) -> &Rc<Volume> {
        &self.volume
    }

    /// How many bytes it has.
    pub fn size(&self) -> u64 {
        self.data.borrow().size
    }

    /// Reads up to `len` bytes, at most [`MOST_READ`].
    pub fn read(&self, offset: u64, len: usize) -> Vec<u8> {
        let data = self.data.borrow();
        let left = data.size.saturating_sub(offset).min(MOST_READ as u64) as usize;
        let mut bytes = alloc::vec![0; len.min(left)];
        let mut rest = &mut bytes[..];
        for (number, at, n) in pieces(offset, rest.len()) {
            let (piece, behind) = rest.split_at_mut(n);
            if let Some(page) = data.pages.get(&number) {
                page.read(at, piece);
            }
            rest = behind;
        }
        bytes
    }

    /// Writes.
    ///
    /// # Errors
    /// [`error::NO_SPACE`]: then as much is written as there was space for.
    pub fn write(&self, offset: u64, bytes: &[u8]) -> Result<()> {
        let end = offset.checked_add(bytes.len() as u64);
        end.filter(|end| *end <= LARGEST).ok_or(error::NO_SPACE)?;
        let mut data = self.data.borrow_mut();
        data.written = (self.volume.clock)();
        let mut rest = bytes;
        for (number, at, n) in pieces(offset, bytes.len()) {
            let (piece, behind) = rest.split_at(n);
            data.page(&self.volume, number)?.write(at, piece);
            rest = behind;
            let written = offset + (bytes.len() - rest.len()) as u64;
            data.size = data.size.max(written);
        }
        Ok(())
    }

    /// Makes it shorter or longer.
    ///
    /// # Errors
    /// [`error::NO_SPACE`] beyond [`LARGEST`].
    pub fn resize(&self, size: u64) -> Result<()> {
        if size > LARGEST {
            return Err(error::NO_SPACE);
        }
        let mut data = self.data.borrow_mut();
        data.written = (self.volume.clock)();
        let old = data.size;
        data.size = size;
        if size < old {
            drop(data.pages.split_off(&size.div_ceil(PAGE as u64)));
            let in_page = (size % PAGE as u64) as usize;
            if let Some(last) = data.pages.get(&(size / PAGE as u64)) {
                last.write(in_page, &[0; PAGE][in_page..]);
            }
        }
        Ok(())
    }

    /// Makes a part zeros, as far as it is within the file.
    ///
    /// # Errors
    /// [`Error::OUT_OF_RANGE`] behind the end.
    pub fn clear(&self, offset: u64, size: u64) -> Result<()> {
        let mut data = self.data.borrow_mut();
        let end = offset.checked_add(size).ok_or(Error::OUT_OF_RANGE)?;
        if end > data.size.next_multiple_of(PAGE as u64) {
            return Err(Error::OUT_OF_RANGE);
        }
        data.written = (self.volume.clock)();
        let (first, last) = (offset / PAGE as u64, end.div_ceil(PAGE as u64));
        for (number, page) in data.pages.range(first..last.max(first)) {
            let start = number * PAGE as u64;
            let from = offset.saturating_sub(start).min(PAGE as u64) as usize;
            let to = (end - start).min(PAGE as u64) as usize;
            page.write(from, &[0; PAGE][from..to]);
        }
        Ok(())
    }

    /// Where the page is that a client wants to map; it is made if it is not there.
    ///
    /// # Errors
    /// [`Error::OUT_OF_RANGE`] behind the end; [`error::NO_SPACE`].
    pub fn map(&self, offset: u64, write: bool) -> Result<usize> {
        let mut data = self.data.borrow_mut();
        if offset >= data.size {
            return Err(Error::OUT_OF_RANGE);
        }
        if write {
            data.written = (self.volume.clock)();
        }
        Ok(data.page(&self.volume, offset / PAGE as u64)?.place())
    }

    /// What is known of it.
    pub fn stat(&self) -> Stat {
        let data = self.data.borrow();
        Stat {
            id: self.id,
            size: data.size,
            used: (data.pages.len() * PAGE) as u64,
            written: data.written,
            kind: kind::FILE,
            links: self.links.get(),
        }
    }
}

/// A directory.
pub struct Dir {
    volume: Rc<Volume>,
    id: u64,
    names: RefCell<BTreeMap<String, (Node, Charge)>>,
    parent: RefCell<Weak<Dir>>,
    written: Cell<u64>,
    /// Whether nothing can be made in it any more.
    removed: Cell<bool>,
    _charge: Charge,
}

/// The names of a path.
fn parts(path: &str) -> impl DoubleEndedIterator<Item = &str> {
    path.split('/').filter(|name| !matches!(*name, "" | "."))
}

impl Dir {
    /// An empty directory, without a name.
    ///
    /// # Errors
    /// [`error::NO_SPACE`].
    pub fn new(volume: &Rc<Volume>) -> Result<Rc<Self>> {
        let charge = volume.quota.charge(NODE_COST)?;
        Ok(Rc::new(Dir {
            volume: volume.clone(),
            id: volume.id(),
            names: RefCell::default(),
            parent: RefCell::default(),
            written: Cell::new((volume.clock)()),
            removed: Cell::new(false),
            _charge: charge,
        }))
    }

    /// Whose it is.
    pub fn volume(&self) -> &Rc<Volume> {
        &self.volume
    }

    /// What is known of it.
    pub fn stat(&self) -> Stat {
        Stat {
            id: self.id,
            size: self.names.borrow().len() as u64,
            used: 0,
            written: self.written.get(),
            kind: kind::DIR,
            links: u32::from(!self.removed.get()),
        }
    }

    /// What a path leads to.
    ///
    /// # Errors
    /// [`Error::NOT_FOUND`], [`error::NOT_DIR`].
    pub fn find(self: &Rc<Self>, path: &str) -> Result<Node> {
        let mut at = Node::Dir(self.clone());
        for name in parts(path) {
            let Node::Dir(dir) = &at else {
                return Err(error::NOT_DIR);
            };
            let next = dir.names.borrow().get(name).map(|(node, _)| node.clone());
            at = next.ok_or(Error::NOT_FOUND)?;
        }
        Ok(at)
    }

    /// The directory that a path's last name is in, and that name.
    fn parent_of<'p>(self: &Rc<Self>, path: &'p str) -> Result<(Rc<Dir>, &'p str)> {
        let name = parts(path).next_back().ok_or(Error::INVALID)?;
        if name.len() > LONGEST_NAME {
            return Err(error::NAME_TOO_LONG);
        }
        if name == ".." || name.contains('\0') {
            return Err(Error::INVALID);
        }
        let mut at = self.clone();
        let mut names = parts(path).peekable();
        while let Some(part) = names.next() {
            if names.peek().is_some() {
                at = match at.find(part)? {
                    Node::Dir(dir) => dir,
                    _ => return Err(error::NOT_DIR),
                };
            }
        }
        if at.removed.get() {
            return Err(Error::NOT_FOUND);
        }
        Ok((at, name))
    }

    fn depth(self: &Rc<Self>) -> usize {
        let mut depth = 0;
        let mut at = self.clone();
        loop {
            let Some(parent) = at.parent.borrow().upgrade() else {
                return depth;
            };
            depth += 1;
            at = parent;
        }
    }

    fn height(&self) -> usize {
        let names = self.names.borrow();
        let below = names.values().map(|(node, _)| match node {
            Node::Dir(dir) => dir.height() + 1,
            _ => 0,
        });
        below.max().unwrap_or(0)
    }

    /// Puts something under a name.
    fn insert(self: &Rc<Self>, name: &str, node: Node) -> Result<()> {
        if let Node::Dir(dir) = &node
            && self.depth() + dir.height() >= DEEPEST
        {
            return Err(error::NAME_TOO_LONG);
        }
        let charge = self.volume.quota.charge(NODE_COST)?;
        match &node {
            Node::Dir(dir) => *dir.parent.borrow_mut() = Rc::downgrade(self),
            Node::File(file) => file.links.set(file.links.get() + 1),
            _ => {}
        }
        self.written.set((self.volume.clock)());
        let old = (self.names.borrow_mut()).insert(name.to_string(), (node, charge));
        if let Some((old, _)) = old {
            old.unnamed();
        }
        Ok(())
    }

    /// Takes a name away.
    fn take(&self, name: &str) -> Option<Node> {
        let (node, _) = self.names.borrow_mut().remove(name)?;
        self.written.set((self.volume.clock)());
        node.unnamed();
        Some(node)
    }

    /// Makes a file, or gives the one that there is.
    ///
    /// # Errors
    /// [`error::EXISTS`] if it must not be there; [`error::NO_SPACE`]; of the path.
    pub fn create(self: &Rc<Self>, path: &str, exclusive: bool) -> Result<Node> {
        let (dir, name) = self.parent_of(path)?;
        match dir.find(name) {
            Ok(_) if exclusive => Err(error::EXISTS),
            Ok(node) if !matches!(node, Node::Announced) => Ok(node),
            Err(error) if error != Error::NOT_FOUND => Err(error),
            _ => {
                let node = Node::File(File::new(&self.volume)?);
                dir.insert(name, node.clone())?;
                Ok(node)
            }
        }
    }

    /// Makes a directory.
    ///
    /// # Errors
    /// [`error::EXISTS`], [`error::NO_SPACE`]; of the path.
    pub fn make_dir(self: &Rc<Self>, path: &str) -> Result<()> {
        let (dir, name) = self.parent_of(path)?;
        if dir.find(name).is_ok() {
            return Err(error::EXISTS);
        }
        dir.insert(name, Node::Dir(Dir::new(&self.volume)?))
    }

    /// Gives an object a name; what had it is replaced if `replace` says so.
    ///
    /// # Errors
    /// As [`make_dir`](Self::make_dir).
    pub fn register(self: &Rc<Self>, path: &str, node: Node, replace: bool) -> Result<()> {
        let (dir, name) = self.parent_of(path)?;
        match dir.find(name) {
            Ok(Node::Dir(_)) => return Err(error::EXISTS),
            Ok(Node::Announced) | Err(_) => {}
            Ok(_) if !replace => return Err(error::EXISTS),
            Ok(_) => {}
        }
        dir.insert(name, node)
    }

    /// Removes a name.
    ///
    /// # Errors
    /// [`error::IS_DIR`] or [`error::NOT_DIR`] if it is not what it should be;
    /// [`error::EXISTS`] of a directory that is not empty; of the path.
    pub fn remove(self: &Rc<Self>, path: &str, directory: bool) -> Result<()> {
        let (dir, name) = self.parent_of(path)?;
        match (dir.find(name)?, directory) {
            (Node::Dir(_), false) => return Err(error::IS_DIR),
            (Node::Dir(dir), true) if !dir.names.borrow().is_empty() => return Err(error::EXISTS),
            (Node::Dir(dir), true) => dir.removed.set(true),
            (_, true) => return Err(error::NOT_DIR),
            (_, false) => {}
        }
        dir.take(name);
        Ok(())
    }

    /// Gives something another name.
    ///
    /// # Errors
    /// As [`remove`](Self::remove) of what is replaced; [`Error::INVALID`] if a directory would
    /// go into itself.
    pub fn rename(self: &Rc<Self>, from: &str, to: &str) -> Result<()> {
        let (from_dir, from_name) = self.parent_of(from)?;
        let (to_dir, to_name) = self.parent_of(to)?;
        let node = from_dir.find(from_name)?;
        if Rc::ptr_eq(&from_dir, &to_dir) && from_name == to_name {
            return Ok(());
        }
        if let Node::Dir(moved) = &node {
            let mut above = Some(to_dir.clone());
            while let Some(dir) = above {
                if Rc::ptr_eq(&dir, moved) {
                    return Err(Error::INVALID);
                }
                above = dir.parent.borrow().upgrade();
            }
        }
        match (to_dir.find(to_name), &node) {
            (Ok(Node::Dir(_)), Node::Dir(_)) => to_dir.remove(to_name, true)?,
            (Ok(Node::Dir(_)), _) => return Err(error::IS_DIR),
            (Ok(_), Node::Dir(_)) => return Err(error::NOT_DIR),
            _ => {}
        }
        // First the new name, so that nothing is lost if there is no space for it.
        to_dir.insert(to_name, node)?;
        let (old, _) = match from_dir.names.borrow_mut().remove(from_name) {
            Some(old) => old,
            None => return Ok(()),
        };
        from_dir.written.set((self.volume.clock)());
        if let Node::File(_) = &old {
            old.unnamed();
        }
        Ok(())
    }

    /// The names behind `after`, up to `room` bytes: what each is, the length of its name, the
    /// name.
    pub fn list(&self, after: &str, room: usize) -> Vec<u8> {
        let names = self.names.borrow();
        let from = match after {
            "" => Bound::Unbounded,
            after => Bound::Excluded(after),
        };
        let mut list = Vec::new();
        for (name, (node, _)) in names.range::<str, _>((from, Bound::Unbounded)) {
            if list.len() + 2 + name.len() > room {
                break;
            }
            list.extend([node.kind() as u8, name.len() as u8]);
            list.extend_from_slice(name.as_bytes());
        }
        list
    }

    /// The names as L4Re's libraries read them, in the file `.dirinfo`: of each the length, a
    /// colon, and the name.
    pub fn dirinfo(&self) -> String {
        let names = self.names.borrow();
        names
            .keys()
            .map(|name| alloc::format!("{}:{name}\n", name.len()))
            .collect()
    }
}

impl Node {
    /// Notes that a name is gone.
    fn unnamed(&self) {
        if let Node::File(file) = self {
            file.links.set(file.links.get().saturating_sub(1));
        }
    }
}
