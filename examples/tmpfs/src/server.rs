//! What clients see of directories and files.

use crate::arena::{Arena, Memory, PAGE};
use crate::quota::{Charge, Quota};
use crate::tree::{Dir, File as Data, NODE_COST, Node, Volume};
use crate::{
    CREATE, EXCLUSIVE, File, Files, MOST_READ, Mount, OpenFile, Stat, TRUNCATE, WRITE, error,
};
use alloc::boxed::Box;
use alloc::rc::Rc;
use alloc::vec::Vec;
use core::cell::{Cell, RefCell};
use l4re::dataspace::DsFlags;
use l4re::factory::Arg;
use l4re::interface::{Pages, Rights, Varg};
use l4re::region::Region;
use l4re::server::Registry;
use l4re::services::{Dataspace, Factory, MemAlloc, Namespace};
use l4re::sys::re::{dataspace, mem_alloc, namespace};
use l4re::sys::unmap::UnmapFlags;
use l4re::sys::{Fpage, MapItem, MemRights, ObjRights, proto};
use l4re::task::Task;
use l4re::{Cap, Env, Error, OwnedCap, Result};

/// The name by which L4Re's libraries ask for the names in a directory.
const DIRINFO: &[u8] = b".dirinfo";
const PAGE_ORDER: u32 = PAGE.trailing_zeros();

/// The server's own memory, of which pages are shared with clients.
struct Shared(RefCell<Region>);

impl Memory for Shared {
    fn size(&self) -> usize {
        self.0.borrow().size()
    }

    fn read(&self, at: usize, to: &mut [u8]) {
        // The places are those of pages, which are within the region.
        let _ = self.0.borrow().read(at, to);
    }

    fn write(&mut self, at: usize, bytes: &[u8]) {
        let _ = self.0.borrow_mut().write(at, bytes);
    }

    fn ready(&mut self, at: usize) -> Result<()> {
        let region = self.0.borrow();
        region.dataspace().allocate(at as u64, PAGE as u64)?;
        // Only what is mapped here can be mapped to others.
        region.share(at, PAGE_ORDER, MemRights::RW).map(drop)
    }

    fn revoke(&mut self, at: usize) {
        let address = self.0.borrow().as_ptr().addr() + at;
        let page = Fpage::page(address as u64, MemRights::RWX);
        // SAFETY: it stays where it is in this task; clients lose it, on whom nothing relies.
        let gone = unsafe { Cap::<Task>::THIS.unmap(page, UnmapFlags::OTHER_SPACES) };
        // The kernel cannot refuse: the page is the task's own.
        debug_assert!(gone.is_ok());
    }
}

/// What all objects of the server have in common.
struct Host {
    registry: Registry,
    arena: Rc<Arena>,
    ids: Rc<Cell<u64>>,
    /// Where the pages are.
    base: u64,
    /// End when as many clients with memory of their own are gone.
    until: Option<usize>,
    gone: Cell<usize>,
}

fn clock() -> u64 {
    l4re::start::env().kip().clock_us()
}

/// A directory as its clients have it.
pub struct Session {
    host: Rc<Host>,
    dir: Rc<Dir>,
    /// Whether the client may change the directory, and what is in it.
    write: bool,
    /// Of an open directory.
    _charge: Option<Charge>,
    /// Of a client's own share: all of it, of who it came from.
    share: Option<Charge>,
}

impl Session {
    /// The directory of all, of `size` bytes of memory; it is to be
    /// [served](Registry::serve) as a [`Mount`]. The server ends when `until` clients with a
    /// share of their own have come and are gone.
    ///
    /// # Errors
    /// What the allocator or the region map answers.
    pub fn root(
        env: &'static Env,
        registry: &Registry,
        size: usize,
        until: Option<usize>,
    ) -> Result<Self> {
        let memory = env.mem_alloc().dataspace(size.next_multiple_of(PAGE))?;
        let region = env.rm().attach(memory)?;
        let base = region.as_ptr().addr() as u64;
        let arena = Arena::new(Box::new(Shared(RefCell::new(region))));
        let host = Rc::new(Host {
            registry: registry.clone(),
            arena: arena.clone(),
            ids: Rc::default(),
            base,
            until,
            gone: Cell::new(0),
        });
        let quota = Quota::new(arena.size());
        Ok(Session {
            dir: Dir::new(&host.volume(quota))?,
            host,
            write: true,
            _charge: None,
            share: None,
        })
    }

    /// Goes on if the client may change the directory.
    fn to_write(&self) -> Result<()> {
        permit(self.write)
    }

    /// A capability to what has a name: to be changed, or not.
    fn open_node(&self, node: &Node, write: bool) -> Result<OwnedCap<()>> {
        match node {
            Node::File(file) => self.host.open(file, write),
            Node::Dir(dir) => {
                let charge = dir.volume().quota.charge(NODE_COST)?;
                let session = Session {
                    host: self.host.clone(),
                    dir: dir.clone(),
                    write,
                    _charge: Some(charge),
                    share: None,
                };
                let cap: OwnedCap<dyn Mount> = self.host.registry.session(session)?;
                Ok(cap.cast())
            }
            // Who holds it lets who asks have it.
            Node::Object(object, _) => Ok(object.cap().lend()),
            Node::Announced => Err(error::NOT_READY),
        }
    }
}

impl Host {
    fn volume(&self, quota: Rc<Quota>) -> Rc<Volume> {
        Rc::new(Volume {
            quota,
            arena: self.arena.clone(),
            clock,
            ids: self.ids.clone(),
        })
    }

    fn open(self: &Rc<Self>, file: &Rc<Data>, write: bool) -> Result<OwnedCap<()>> {
        let open = Open {
            _charge: file.volume().quota.charge(NODE_COST)?,
            host: self.clone(),
            file: file.clone(),
            write,
        };
        let cap: OwnedCap<dyn OpenFile> = self.registry.session(open)?;
        Ok(cap.cast())
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        if self.share.is_none() {
            return;
        }
        let host = &self.host;
        host.gone.set(host.gone.get() + 1);
        if host.until.is_some_and(|until| host.gone.get() >= until) {
            host.registry.stop();
        }
    }
}

impl Mount for Session {}

impl Files for Session {
    fn open(&self, flags: u32, path: &str) -> Result<OwnedCap<dyn File>> {
        let write = flags & WRITE != 0;
        if write || flags & (CREATE | TRUNCATE) != 0 {
            self.to_write()?;
        }
        let node = if flags & CREATE != 0 {
            self.dir.create(path, flags & EXCLUSIVE != 0)?
        } else {
            self.dir.find(path)?
        };
        match &node {
            Node::Dir(_) => return Err(error::IS_DIR),
            Node::File(file) if write && flags & TRUNCATE != 0 => file.resize(0)?,
            _ => {}
        }
        self.open_node(&node, write).map(OwnedCap::cast)
    }

    fn stat(&self, path: &str) -> Result<Stat> {
        Ok(self.dir.find(path)?.stat())
    }

    fn make_dir(&self, path: &str) -> Result<()> {
        self.to_write()?;
        self.dir.make_dir(path)
    }

    fn remove(&self, directory: bool, path: &str) -> Result<()> {
        self.to_write()?;
        self.dir.remove(path, directory)
    }

    fn rename(&self, from: &str, to: &str) -> Result<()> {
        self.to_write()?;
        self.dir.rename(from, to)
    }

    fn list(&self, path: &str, after: &str) -> Result<Vec<u8>> {
        match self.dir.find(path)? {
            Node::Dir(dir) => Ok(dir.list(after, MOST_READ)),
            _ => Err(error::NOT_DIR),
        }
    }
}

impl Namespace for Session {
    fn query(
        &self,
        rights: Rights,
        name: &[u8],
    ) -> Result<(i64, OwnedCap<()>, Option<u32>, Option<Vec<u8>>)> {
        let write = self.write && rights.has(ObjRights::W);
        let path = core::str::from_utf8(name).map_err(|_| Error::INVALID)?;
        let whole = |cap| Ok((0, cap, None, None));
        let (dir, last) = path.rsplit_once('/').unwrap_or(("", path));
        if last.as_bytes() == DIRINFO {
            let Node::Dir(dir) = self.dir.find(dir)? else {
                return Err(error::NOT_DIR);
            };
            let file = Data::new(dir.volume())?;
            file.write(0, dir.dirinfo().as_bytes())?;
            return whole(self.host.open(&file, false)?);
        }
        // As far as names of this server lead; another one's goes on with the rest.
        let mut at = 0;
        for part in path.split_inclusive('/') {
            at += part.len();
            let (before, rest) = path.split_at(at);
            let node = self.dir.find(before)?;
            let rest = rest.trim_start_matches('/');
            if let Node::Object(object, _) = &node
                && !rest.is_empty()
            {
                let rest = Some(rest.as_bytes().to_vec());
                return Ok((
                    namespace::PARTLY_RESOLVED,
                    object.cap().lend(),
                    Some(0),
                    rest,
                ));
            }
        }
        whole(self.open_node(&self.dir.find(path)?, write)?)
    }

    fn register_obj(&self, flags: u32, name: &[u8], object: Option<Cap<()>>) -> Result<()> {
        self.to_write()?;
        let path = core::str::from_utf8(name).map_err(|_| Error::INVALID)?;
        let node = match object {
            Some(object) => {
                let rights = ObjRights::from_bits_truncate(flags as u8);
                Node::Object(Rc::new(object.take()?), rights)
            }
            None => Node::Announced,
        };
        let replace = flags & namespace::REGISTER_OVERWRITE != 0;
        self.dir.register(path, node, replace)
    }

    fn unlink(&self, name: &[u8]) -> Result<()> {
        self.to_write()?;
        let path = core::str::from_utf8(name).map_err(|_| Error::INVALID)?;
        self.dir.remove(path, false)
    }
}

impl Factory for Session {
    fn create(&self, protocol: i64, args: Varg<'_>) -> Result<OwnedCap<()>> {
        // What is made takes of the share of who may write.
        self.to_write()?;
        let Arg::Word(size) = args.get(0)? else {
            return Err(Error::INVALID);
        };
        let volume = self.dir.volume();
        match protocol {
            proto::DATASPACE => {
                let file = Data::new(volume)?;
                file.resize(size)?;
                self.host.open(&file, true)
            }
            proto::NAMESPACE => {
                // What the client may use is taken now, so that it is there.
                let share = volume.quota.charge(size)?;
                let session = Session {
                    dir: Dir::new(&self.host.volume(Quota::new(size)))?,
                    host: self.host.clone(),
                    write: true,
                    _charge: None,
                    share: Some(share),
                };
                let cap: OwnedCap<dyn Mount> = self.host.registry.session(session)?;
                Ok(cap.cast())
            }
            _ => Err(Error::NO_OPERATION),
        }
    }
}

impl MemAlloc for Session {
    fn info(&self) -> Result<mem_alloc::Stats> {
        let (quota, arena) = (&self.dir.volume().quota, &self.host.arena);
        let left = quota.limit() - quota.used();
        Ok(mem_alloc::Stats {
            quota: quota.limit(),
            quota_used: quota.used(),
            mem_limit: arena.size(),
            mem_used: arena.size() - arena.free(),
            mem_free: left.min(arena.free()),
        })
    }
}

/// A file as its clients have it.
struct Open {
    host: Rc<Host>,
    file: Rc<Data>,
    write: bool,
    _charge: Charge,
}

impl Open {
    fn to_write(&self) -> Result<()> {
        permit(self.write)
    }

    /// Goes on if the file was opened to be written, by a capability that lets its holder.
    fn to_write_by(&self, rights: Rights) -> Result<()> {
        rights.require(ObjRights::W)?;
        self.to_write()
    }
}

fn permit(write: bool) -> Result<()> {
    if write {
        Ok(())
    } else {
        Err(Error::NO_PERMISSION)
    }
}

impl OpenFile for Open {}

impl File for Open {
    fn read(&self, offset: u64, len: u32) -> Result<Vec<u8>> {
        Ok(self.file.read(offset, len as usize))
    }

    fn write(&self, offset: u64, bytes: &[u8]) -> Result<()> {
        self.to_write()?;
        self.file.write(offset, bytes)
    }

    fn resize(&self, size: u64) -> Result<()> {
        self.to_write()?;
        self.file.resize(size)
    }

    fn stat(&self) -> Result<Stat> {
        Ok(self.file.stat())
    }
}

impl Dataspace for Open {
    fn map(&self, rights: Rights, offset: u64, spot: u64, flags: u64) -> Result<Pages<'_>> {
        let write = DsFlags::from_bits_retain(flags).contains(DsFlags::W);
        if write {
            self.to_write_by(rights)?;
        }
        let place = self.file.map(offset, write)?;
        let rights = if write { MemRights::RW } else { MemRights::R };
        let address = self.host.base + place as u64;
        let page = Fpage::memory(address, PAGE_ORDER, rights);
        // SAFETY: the server itself reads and writes pages of files only by volatile accesses of
        // bytes (`Region`), whatever clients do to them; they belong to nothing else, and are
        // taken back before they do (`Memory::revoke`).
        Ok(unsafe { Pages::from_item(MapItem::map(spot & !(PAGE as u64 - 1), page)) })
    }

    fn clear(&self, rights: Rights, offset: u64, size: u64) -> Result<()> {
        self.to_write_by(rights)?;
        self.file.clear(offset, size)
    }

    fn info(&self, rights: Rights) -> Result<dataspace::Stats> {
        let flags = if self.to_write_by(rights).is_ok() {
            DsFlags::RW
        } else {
            DsFlags::R
        };
        Ok(dataspace::Stats {
            size: self.file.size(),
            flags: flags.bits(),
        })
    }

    fn copy_in(
        &self,
        _: Rights,
        _: u64,
        _: Cap<l4re::dataspace::Dataspace>,
        _: u64,
        _: u64,
    ) -> Result<()> {
        // To map a stranger's memory is to trust it to be there.
        Err(Error::NO_OPERATION)
    }

    fn allocate(&self, rights: Rights, offset: u64, size: u64) -> Result<()> {
        self.to_write_by(rights)?;
        let end = offset.checked_add(size).ok_or(Error::OUT_OF_RANGE)?;
        for at in (offset..end).step_by(PAGE) {
            self.file.map(at, true)?;
        }
        Ok(())
    }
}
