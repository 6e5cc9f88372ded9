//! What safe code is not to be able to do: the rules of the book's page on soundness, on the fake
//! kernel.

#[allow(dead_code, reason = "others need more of it")]
mod common;

use l4re::dataspace::Dataspace;
use l4re::interface::{Encoder, In, Memory};
use l4re::ipc_gate::IpcGate;
use l4re::msg::Writer;
use l4re::region::{Area, Rm, RmFlags, Window};
use l4re::server::Registry;
use l4re::sys::fake::{self, Call, Reply};
use l4re::sys::unmap::UnmapFlags;
use l4re::sys::{CapIdx, Fpage, MsgTag, ObjRights, Sysf, TagFlags, ipc_error, op, proto};
use l4re::task::Task;
use l4re::thread::{Control, Thread};
use l4re::{Cap, CapSlot, Env, Error, Result, start};
use proptest::prelude::*;
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::sync::LazyLock;

/// Where the fake region map says that everything is.
const ADDRESS: u64 = 0x5000_0000;
/// A slot that holds a second capability to the program's own task.
const OWN_AGAIN: CapIdx = CapIdx::from_index(0x300);

static ENV: LazyLock<&'static Env> = LazyLock::new(|| {
    let env = common::env();
    l4re::cap_alloc::init(env.raw().first_free_cap);
    start::init(env);
    env
});

/// A kernel with the program's own task.
#[derive(Default)]
struct Kernel {
    /// The slots that have been filled by calls of the task.
    filled: RefCell<BTreeSet<u64>>,
    /// Operations of the task, of threads and of region maps, with the slot that was asked.
    calls: RefCell<Vec<(i64, u64, CapIdx)>>,
}

impl Kernel {
    fn answer(&self, call: Call) -> Reply {
        let (label, mr) = (call.tag.label(), |i| call.utcb.mr(i));
        let dest = CapIdx(call.dest.0 & !Sysf::MASK);
        if call.flags != Sysf::CALL {
            return call.fail(ipc_error::NOT_EXISTENT);
        }
        if call.tag.words() > 0 {
            self.calls.borrow_mut().push((label, mr(0), dest));
        }
        let own = dest == CapIdx::TASK || dest == OWN_AGAIN;
        match (label, mr(0)) {
            (proto::TASK, op::task::MAP) if own => {
                self.filled.borrow_mut().insert(mr(1) >> 12);
                Reply::label(0)
            }
            (proto::TASK, op::task::UNMAP) if own => {
                self.filled.borrow_mut().remove(&(mr(2) >> 12));
                Reply::label(0)
            }
            (proto::TASK, op::task::CAP_INFO) => {
                let there = own && self.filled.borrow().contains(&(mr(1) >> 12));
                Reply::label(there.into())
            }
            (proto::RM, _) => call.reply(0, &[ADDRESS, 0x1000]),
            (proto::DATASPACE, _) => call.reply(0, &[0x1000, 7]),
            _ => Reply::label(0),
        }
    }

    fn run<R>(&self, body: impl FnOnce(&'static Env) -> R) -> R {
        let env = *ENV;
        fake::with(|call| self.answer(call), || body(env))
    }

    fn asked(&self, label: i64, operation: u64) -> usize {
        let calls = self.calls.borrow();
        let same = |call: &&(i64, u64, CapIdx)| (call.0, call.1) == (label, operation);
        calls.iter().filter(same).count()
    }
}

fn dataspace() -> l4re::OwnedCap<Dataspace> {
    CapSlot::alloc().unwrap().filled()
}

#[test]
fn only_the_programs_own_region_map_is_believed() {
    Kernel::default().run(|env| {
        let other: Cap<Rm> = Cap::new(CapIdx::from_index(0x77));
        let denied = Error::NO_PERMISSION;
        assert_eq!(other.attach(dataspace()).unwrap_err(), denied);
        assert_eq!(other.attach_named(dataspace(), "x").unwrap_err(), denied);
        assert_eq!(other.attach_read_only(dataspace()).unwrap_err(), denied);
        assert_eq!(Window::new(other, 12).unwrap_err(), denied);
        let cast: Cap<Rm> = env.log().cast();
        assert_eq!(Window::new(cast, 12).unwrap_err(), denied);
        // Its answers are numbers.
        let place = other.reserve_area(0, 1, RmFlags::SEARCH_ADDR, 12);
        assert_eq!(place, Ok(ADDRESS));
        // The environment's.
        assert_eq!(env.rm().attach(dataspace()).unwrap().size(), 0x1000);
        assert_eq!(Window::new(env.rm(), 12).unwrap().size(), 0x1000);
    });
}

#[test]
fn slots_that_others_rely_on_are_not_filled() {
    let kernel = Kernel::default();
    kernel.run(|env| {
        let own = Cap::<Task>::THIS;
        let owned = dataspace();
        let slot = CapSlot::alloc().unwrap();
        for task in [own, Cap::new(OWN_AGAIN)] {
            for to in [env.rm().idx(), CapIdx::TASK, owned.idx(), CapIdx::INVALID] {
                let mapped = task.map_cap(env.log().idx(), ObjRights::RWS, to);
                assert_eq!(mapped, Err(Error::INVALID), "{to:?}");
            }
            task.map_cap(env.log().idx(), ObjRights::RWS, slot.idx())
                .unwrap();
        }
        // Another task's are its own affair.
        let child: Cap<Task> = Cap::new(CapIdx::from_index(0x301));
        child
            .map_cap(env.log().idx(), ObjRights::RWS, CapIdx::from_index(1))
            .unwrap();
        // What is owned is not taken away behind the owner's back.
        assert_eq!(owned.cap().take().unwrap_err(), Error::INVALID);
    });
}

#[test]
fn threads_of_the_programs_own_task_are_out_of_bounds() {
    let kernel = Kernel::default();
    kernel.run(|env| {
        let thread: Cap<Thread> = Cap::new(CapIdx::from_index(0x302));
        let handler = Some(env.log().idx());
        let faults = Control {
            pager: handler,
            exc_handler: handler,
            ..Control::default()
        };
        for thread in [thread, env.main_thread(), Cap::<Thread>::CURRENT] {
            assert_eq!(thread.control(&faults), Err(Error::NO_PERMISSION));
            for task in [CapIdx::TASK, OWN_AGAIN] {
                let bind = Some((Cap::new(task), 0x1000));
                let control = Control { bind, ..faults };
                assert_eq!(thread.control(&control), Err(Error::NO_PERMISSION));
            }
        }
        let controls = |n| assert_eq!(kernel.asked(proto::THREAD, n), 0);
        controls(op::thread::CONTROL | op::thread::CONTROL_SET_PAGER);
        let child = Some((Cap::new(CapIdx::from_index(0x303)), 0x1000));
        let control = Control {
            bind: child,
            ..faults
        };
        thread.control(&control).unwrap();
        // Bound first, and alone.
        let of_threads = |call: &&(i64, u64, CapIdx)| call.0 == proto::THREAD;
        let calls = kernel.calls.borrow();
        let calls: Vec<u64> = calls.iter().filter(of_threads).map(|call| call.1).collect();
        let bind = op::thread::CONTROL | op::thread::CONTROL_BIND_TASK;
        let handlers = op::thread::CONTROL
            | op::thread::CONTROL_SET_PAGER
            | op::thread::CONTROL_SET_EXC_HANDLER;
        assert_eq!(calls, [bind, handlers]);
    });
}

#[test]
fn memory_of_the_language_is_not_to_be_had_again() {
    Kernel::default().run(|env| {
        let ds = dataspace();
        let cap = ds.cap();
        // SAFETY: there is no region map that would attach anything.
        unsafe {
            env.rm()
                .attach_at(ADDRESS, 0x1000, RmFlags::RW, cap, 0, 12)
                .unwrap()
        };
        let attached = env.rm().attach(cap.lend());
        assert_eq!(attached.unwrap_err(), Error::NO_PERMISSION);
        assert_eq!(cap.take().unwrap_err(), Error::INVALID);
        let slot = CapSlot::alloc().unwrap();
        let own = Cap::<Task>::THIS;
        let mapped = own.map_cap(cap.idx(), ObjRights::R, slot.idx());
        assert_eq!(mapped, Err(Error::INVALID));
        let fpage = Fpage::obj(cap.idx(), 0, ObjRights::RWSD);
        for flags in [UnmapFlags::ALL_SPACES, UnmapFlags::DELETE_OBJ] {
            assert_eq!(own.unmap_caps(fpage, flags), Err(Error::INVALID));
        }
        // Nor by a message.
        let mut to = Encoder::new();
        In::put_item(&cap, &mut to, ObjRights::R);
        let mut items = 0;
        let mut w = Writer::new();
        w.put(1u64).cap(cap, ObjRights::R);
        fake::with(
            |call| {
                items += call.items().iter().filter(|item| item.0 != 0).count();
                Reply::label(0)
            },
            || {
                let to: Cap<IpcGate> = Cap::new(CapIdx::from_index(0x304));
                l4re::ipc::request(to, 0x44, &w, l4re::ipc::Accept::Words).map(drop)
            },
        )
        .unwrap();
        assert_eq!(items, 0);
        // What the loader keeps in the task, and the environment does not name.
        let hidden: Cap<Dataspace> = Cap::new(CapIdx::from_index(0x305));
        let attached = env.rm().attach(hidden.lend());
        assert_eq!(attached.unwrap_err(), Error::NO_PERMISSION);
    });
}

#[test]
fn an_area_is_given_back_once_by_its_owner() {
    let kernel = Kernel::default();
    kernel.run(|_| {
        drop(Area::new(1, 12).unwrap());
        let operations: Vec<_> = kernel
            .calls
            .borrow()
            .iter()
            .map(|call| call.1 as u32)
            .collect();
        let due = [
            l4re::sys::re::rm::RESERVE_AREA,
            l4re::sys::re::rm::FREE_AREA,
        ];
        assert_eq!(operations, due);
        assert_eq!(Area::new(1, 12).unwrap().leak() as u64, ADDRESS);
        assert_eq!(kernel.calls.borrow().len(), 3);
    });
}

#[l4re::interface(protocol = 0x70)]
trait Words {
    fn a(&self) -> Result<()>;
}
#[l4re::interface(protocol = 0x71)]
trait Caps {
    fn a(&self, one: Cap<()>, two: Cap<()>) -> Result<()>;
}
#[l4re::interface(protocol = 0x72)]
trait Both {
    fn a(&self, one: Cap<()>, bytes: Memory<'_>) -> Result<()>;
}
#[l4re::interface(protocol = 0x73)]
trait Bytes {
    fn a(&self, bytes: Memory<'_>) -> Result<()>;
}

struct Nothing(Registry);
impl Words for Nothing {
    fn a(&self) -> Result<()> {
        self.0.stop();
        Ok(())
    }
}
impl Caps for Nothing {
    fn a(&self, _: Cap<()>, _: Cap<()>) -> Result<()> {
        Ok(())
    }
}
impl Both for Nothing {
    fn a(&self, _: Cap<()>, _: Memory<'_>) -> Result<()> {
        Ok(())
    }
}
impl Bytes for Nothing {
    fn a(&self, _: Memory<'_>) -> Result<()> {
        Ok(())
    }
}

/// Receives some requests with a registry that serves interfaces of these kinds.
fn serve(kinds: &[u8], defers: bool) -> Vec<(u64, usize)> {
    let kernel = Kernel::default();
    let buffers = RefCell::new(Vec::new());
    let mut waits = 0;
    let label = RefCell::new(0);
    fake::with(
        |call| {
            if call.flags == Sysf::CALL {
                if call.tag.label() == proto::FACTORY && call.utcb.mr(0) == 0 {
                    *label.borrow_mut() = call.utcb.mr(2);
                }
                return kernel.answer(call);
            }
            if !call.flags.contains(Sysf::RECV) {
                return Reply::label(0);
            }
            // The fake kernel has looked at the lists of buffers; what memory can go to:
            let memory = call.utcb.br(call.utcb.bdr().mem());
            buffers.borrow_mut().push((memory, call.utcb.bdr().mem()));
            waits += 1;
            match waits {
                1 => call.fail(ipc_error::RE_MSG_CUT),
                2..4 => {
                    let mut request = call.reply(0x7f, &[0]);
                    request.label = *label.borrow();
                    request
                }
                _ => {
                    let mut request = call.reply(0x70, &[0]);
                    request.label = *label.borrow();
                    request
                }
            }
        },
        || {
            let registry = Registry::of_thread(*ENV, Cap::new(CapIdx::from_index(5)));
            if defers {
                registry.allow_deferring().unwrap();
            }
            for kind in kinds {
                let object = Nothing(registry.clone());
                let made = match kind {
                    0 => registry.make::<dyn Caps, _>(object).map(drop),
                    1 => registry.make::<dyn Both, _>(object).map(drop),
                    2 => registry.make::<dyn Bytes, _>(object).map(drop),
                    _ => Ok(()),
                };
                made.unwrap();
            }
            let object = Nothing(registry.clone());
            registry.make::<dyn Words, _>(object).unwrap();
            registry.run().unwrap();
        },
    );
    buffers.into_inner()
}

proptest! {
    /// Whatever a thread received before: the fake kernel panics if a list of buffers leads to a
    /// register that is an earlier call's.
    #[test]
    fn a_list_of_buffers_ends_where_it_is_opened(
        servers in prop::collection::vec(
            (prop::collection::vec(0u8..4, 0..3), any::<bool>()), 1..4),
    ) {
        LazyLock::force(&ENV);
        for (kinds, defers) in servers {
            let takes_memory = kinds.iter().any(|kind| matches!(kind, 1 | 2));
            for (memory, _) in serve(&kinds, defers) {
                prop_assert_eq!(memory != 0, takes_memory);
            }
        }
    }

    /// No byte of an earlier message goes with a message: neither between values nor behind the last.
    #[test]
    fn a_message_holds_what_was_written_and_zeros(
        values in prop::collection::vec((0u8..7, any::<u64>()), 0..20),
        framework: bool,
    ) {
        let utcb = l4re::sys::utcb();
        fake::spoil(utcb);
        let mut due: Vec<u8> = Vec::new();
        let mut put = |bytes: &[u8], align: usize| {
            due.resize(due.len().next_multiple_of(align), 0);
            due.extend_from_slice(bytes);
        };
        let tag: MsgTag = if framework {
            let mut to = Encoder::new();
            for (kind, value) in &values {
                match kind {
                    0 => { to.value(*value as u8); put(&[*value as u8], 1); }
                    1 => { to.value(*value as u16); put(&(*value as u16).to_ne_bytes(), 2); }
                    2 => { to.value(*value as u32); put(&(*value as u32).to_ne_bytes(), 4); }
                    3 => { to.value(*value); put(&value.to_ne_bytes(), 8); }
                    4 => { to.value([*value as u32; 3]); put(&(*value as u32).to_ne_bytes().repeat(3), 4); }
                    5 => {
                        let bytes = vec![*value as u8; (*value % 11) as usize];
                        to.values(&bytes);
                        put(&bytes, 1);
                    }
                    _ => { to.values::<u64>(&[]); put(&[], 8); }
                }
            }
            // The tag is the interface's to make; it tells as many words.
            MsgTag::new(0, due.len().div_ceil(8), 0, TagFlags::empty())
        } else {
            let mut w = Writer::new();
            for (kind, value) in &values {
                match kind {
                    0 => { w.put(*value as u8); put(&[*value as u8], 1); }
                    1 => { w.put(*value as u16); put(&(*value as u16).to_ne_bytes(), 2); }
                    2 => { w.put(*value as u32); put(&(*value as u32).to_ne_bytes(), 4); }
                    3 => { w.put(*value); put(&value.to_ne_bytes(), 8); }
                    4 => { w.put([*value as u16; 5]); put(&(*value as u16).to_ne_bytes().repeat(5), 2); }
                    5 => {
                        let bytes = vec![*value as u8; (*value % 11) as usize];
                        w.raw_bytes(&bytes);
                        put(&bytes, 1);
                    }
                    _ => { w.raw_bytes(&[]); }
                }
            }
            w.tag(0).unwrap()
        };
        prop_assert_eq!(tag.words(), due.len().div_ceil(8));
        due.resize(due.len().next_multiple_of(8), 0);
        let sent: Vec<u8> = (0..tag.words()).flat_map(|i| utcb.mr(i).to_ne_bytes()).collect();
        prop_assert_eq!(sent, due);
        // Behind it, nothing was touched.
        prop_assert!((tag.words()..63).all(|i| utcb.mr(i) == fake::POISON));
    }
}
