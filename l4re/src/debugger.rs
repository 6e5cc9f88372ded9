//! The kernel debugger.

use crate::cap::{Cap, Object};
use crate::error::Result;
use crate::ipc::{self, Buffers};
use crate::msg::{Reader, Writer};
use alloc::string::String;
use l4re_sys::op::debugger as op;
use l4re_sys::{CapIdx, Fpage, MapItem, ObjRights, proto};

/// The kernel debugger (`L4::Debugger`, `l4/sys/debugger`): it knows objects by names and numbers.
/// Where the kernel has none, every request fails.
///
/// ```no_run
/// use l4re::debugger::Debugger;
/// use l4re::Cap;
///
/// fn name_thread(env: &l4re::Env) -> l4re::Result<()> {
///     Cap::<Debugger>::KERNEL.set_object_name(env.main_thread(), "main")
/// }
/// ```
#[derive(Debug)]
pub enum Debugger {}

impl Object for Debugger {
    const PROTOCOL: i64 = proto::DEBUGGER;
}

/// What [`Cap::<Debugger>::object_infos`] found.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ObjectCount {
    /// How many objects were told of.
    pub told: u64,
    /// How many there are.
    pub all: u64,
}

impl Cap<Debugger> {
    /// The kernel's.
    pub const KERNEL: Cap<Debugger> = Cap::new(CapIdx::DEBUGGER);

    fn request<T: ?Sized>(self, mut w: Writer, object: Cap<T>) -> Result<Reader> {
        w.item(MapItem::cap(object.idx(), ObjRights::RWS));
        let tag = ipc::transact(self.idx(), w.tag(proto::DEBUGGER)?, Buffers::None)?;
        Ok(Reader::new(tag))
    }

    fn about_object(operation: u64) -> Writer {
        let mut w = Writer::new();
        w.put(op::GROUP_KOBJ + operation);
        w
    }

    /// Names an object. What a message has no room for, or the kernel, is cut off.
    ///
    /// # Errors
    /// What the kernel answers, or an IPC error.
    pub fn set_object_name<T: ?Sized>(self, object: Cap<T>, name: &str) -> Result<()> {
        let mut w = Self::about_object(op::SET_NAME);
        w.raw_bytes(text(name, MAX_NAME)).put(0u8);
        self.request(w, object).map(drop)
    }

    /// The name of an object.
    ///
    /// # Errors
    /// What the kernel answers, or an IPC error.
    pub fn object_name<T: ?Sized>(self, object: Cap<T>) -> Result<String> {
        let w = Self::about_object(op::GET_NAME);
        Ok(read_text(&mut self.request(w, object)?))
    }

    /// The number of an object: as long as it lives, no other has it.
    ///
    /// # Errors
    /// What the kernel answers, or an IPC error.
    pub fn global_id<T: ?Sized>(self, object: Cap<T>) -> Result<u64> {
        let w = Self::about_object(op::GET_GLOBAL_ID);
        self.request(w, object)?.get()
    }

    /// The number of the object at an address of the kernel's.
    ///
    /// # Errors
    /// What the kernel answers, or an IPC error.
    pub fn kernel_object_id(self, address: u64) -> Result<u64> {
        let mut w = Self::about_object(op::PTR_GET_GLOBAL_ID);
        w.put(address);
        self.request(w, self)?.get()
    }

    /// The name of the object of a number.
    ///
    /// # Errors
    /// What the kernel answers, or an IPC error.
    pub fn name_of_id(self, id: u64) -> Result<String> {
        let mut w = Self::about_object(op::GLOBAL_ID_GET_NAME);
        w.put(id);
        Ok(read_text(&mut self.request(w, self)?))
    }

    /// The number of a kind of entries of the kernel's log: the one of `index` among those whose
    /// name starts so.
    ///
    /// # Errors
    /// What the kernel answers, or an IPC error.
    pub fn log_type(self, name: &str, index: u64) -> Result<u64> {
        let mut w = Self::about_object(op::LOG_QUERY_TYPEID);
        w.put(index).raw_bytes(text(name, MAX_LOG_NAME)).put(0u8);
        self.request(w, self)?.get()
    }

    /// Name and short name of a kind of entries of the kernel's log.
    ///
    /// # Errors
    /// What the kernel answers, or an IPC error.
    pub fn log_name(self, index: u64) -> Result<(String, String)> {
        let mut w = Self::about_object(op::LOG_QUERY_NAME);
        w.put(index);
        let mut r = self.request(w, self)?;
        Ok((read_text(&mut r), read_text(&mut r)))
    }

    /// Switches a kind of entries of the kernel's log on or off.
    ///
    /// # Errors
    /// What the kernel answers, or an IPC error.
    pub fn switch_log(self, name: &str, on: bool) -> Result<()> {
        let mut w = Self::about_object(op::LOG_SWITCH);
        w.put(u64::from(on));
        w.raw_bytes(text(name, MAX_LOG_NAME)).put(0u8);
        self.request(w, self).map(drop)
    }

    /// Tells that a task has an image, so that places in it can be named.
    ///
    /// # Errors
    /// What the kernel answers, or an IPC error.
    pub fn add_image_info(self, task: Cap<crate::task::Task>, base: u64, name: &str) -> Result<()> {
        let mut w = Self::about_object(op::ADD_IMAGE_INFO);
        w.put(base).raw_bytes(text(name, MAX_IMAGE_NAME)).put(0u8);
        self.request(w, task).map(drop)
    }

    /// Has the kernel write what it knows of objects (`l4_kobj_info_t`, `l4/sys/obj_info.h`) to
    /// `memory`, which the task shares with the kernel, behind the first `skip`.
    ///
    /// # Errors
    /// What the kernel answers, or an IPC error.
    ///
    /// # Safety
    /// Safe code must not rely on what is there.
    #[allow(unsafe_code)]
    pub unsafe fn object_infos(self, memory: Fpage, skip: u64) -> Result<ObjectCount> {
        let mut w = Self::about_object(op::OBJ_INFO);
        let size = 1u64.checked_shl(memory.order()).unwrap_or(0);
        w.put(memory.addr()).put(size).put(skip);
        let mut r = self.request(w, self)?;
        Ok(ObjectCount {
            told: r.get()?,
            all: r.get()?,
        })
    }

    /// Stops the machine in the kernel debugger, which shows the text.
    ///
    /// # Errors
    /// What the kernel answers, or an IPC error.
    pub fn enter(self, why: &str) -> Result<()> {
        self.print(op::ENTER, why)
    }

    /// Writes to the kernel's console, whatever becomes of the program's log.
    ///
    /// # Errors
    /// What the kernel answers, or an IPC error.
    pub fn write(self, text: &str) -> Result<()> {
        let mut rest = text;
        while !rest.is_empty() {
            let (part, behind) = rest.split_at(self::text(rest, MAX_TEXT).len());
            self.print(op::OUTNSTRING, part)?;
            rest = behind;
        }
        Ok(())
    }

    fn print(self, operation: u64, what: &str) -> Result<()> {
        let mut w = Writer::new();
        w.put(operation).bytes(text(what, MAX_TEXT));
        ipc::transact(self.idx(), w.tag(proto::DEBUGGER)?, Buffers::None).map(drop)
    }
}

const WORD: usize = size_of::<u64>();
/// Behind the operation and in front of the item there is room for this much (and a 0).
const MAX_NAME: usize = crate::msg::BYTES - 3 * WORD - 1;
const MAX_IMAGE_NAME: usize = MAX_NAME - WORD;
/// Behind operation and length.
const MAX_TEXT: usize = crate::msg::BYTES - 2 * WORD;
/// But for the 0.
const MAX_LOG_NAME: usize = op::LOG_NAME_SIZE - 1;

/// The start of a text, of whole characters and without a 0 in it.
fn text(text: &str, max: usize) -> &[u8] {
    let end = text.find('\0').unwrap_or(text.len()).min(max);
    let end = text.floor_char_boundary(end);
    text.as_bytes().get(..end).unwrap_or(&[])
}

/// Text up to its 0.
fn read_text(r: &mut Reader) -> String {
    let mut name = alloc::vec::Vec::new();
    while let Ok(byte @ 1..) = r.get::<u8>() {
        name.push(byte);
    }
    String::from_utf8_lossy(&name).into_owned()
}
