//! The kernel, the region map and the allocator of the models: what of them threads wait at, or are
//! made of.

use l4re::{Cap, Env, cap_alloc, start, thread};
use l4re_sys::fake::{self, Call, Reply};
use l4re_sys::{
    CapIdx, Fpage, FpageType, MsgTag, Sysf, TagFlags, TimeoutS, ipc_error, item, op, proto, re,
};
use shuttle::rand::Rng;
use shuttle::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::alloc::{Layout, alloc_zeroed};
use std::collections::{BTreeMap, VecDeque};
use std::panic::AssertUnwindSafe;
use std::sync::LazyLock;

const RM: CapIdx = CapIdx::from_index(2);
const MAIN_THREAD: CapIdx = CapIdx::from_index(5);
const FIRST_FREE: u64 = 0x1000;
/// How often a wait for a time looks again before the time is over.
const LOOKS: usize = 3;

/// What threads wait at, by its slot.
enum Object {
    Semaphore { count: u64, waiting: usize },
    Irq { pending: bool, bound: Option<Bound> },
    Gate { bound: Option<Bound> },
    Thread(Thread),
}

/// To whom messages go, and with which label.
#[derive(Clone, Copy)]
struct Bound {
    thread: u64,
    label: u64,
}

struct Thread {
    pager: CapIdx,
    ip: u64,
    sp: u64,
    /// It was started.
    runs: bool,
    /// It sleeps for ever: who has ended does so.
    ended: bool,
}

struct Message {
    tag: MsgTag,
    label: u64,
    words: Vec<u64>,
    caller: u64,
}

#[derive(Default)]
struct State {
    objects: BTreeMap<u64, Object>,
    /// The thread (its slot) of each of the checker's that has one.
    threads: BTreeMap<u64, u64>,
    /// What waits to be received, by the thread's slot.
    messages: BTreeMap<u64, VecDeque<Message>>,
    /// Who waits for the answer, by the server's slot and the slot of the reply capability.
    callers: BTreeMap<(u64, u64), u64>,
    /// Answers, by the checker's thread that waits for it.
    answers: BTreeMap<u64, (MsgTag, Vec<u64>)>,
    now: u64,
    /// The first thread has ended, and with it the program.
    over: bool,
}

/// What a thread is unwound with at the end of the program.
struct Over;

/// The kernel of one execution.
#[derive(Clone)]
pub struct Kernel {
    shared: Arc<Shared>,
}

struct Shared {
    state: Mutex<State>,
    changed: Condvar,
    heap: Mutex<()>,
}

/// A page of zeros with the mark of a kernel information page.
#[repr(align(4096))]
struct Page([u8; 4096]);

static ENV: LazyLock<&'static Env> = LazyLock::new(|| {
    let page = Box::leak(Box::new(Page([0; 4096])));
    page.0[..4].copy_from_slice(&l4re_sys::kip::MAGIC.to_le_bytes());
    let cap = CapIdx::from_index;
    let raw = l4re_sys::Env {
        parent: cap(1),
        rm: RM,
        mem_alloc: cap(3),
        log: cap(4),
        main_thread: MAIN_THREAD,
        factory: cap(6),
        scheduler: cap(7),
        itas: CapIdx::INVALID,
        dbg_events: CapIdx::INVALID,
        first_free_cap: FIRST_FREE,
        first_free_reply_cap: 8,
        utcb_area: Fpage::INVALID,
        first_free_utcb: 0,
        caps: std::ptr::null(),
    };
    // SAFETY: the page is leaked, and nothing on the host executes it.
    let kip = unsafe { l4re::kip::Kip::new((&raw const *page).cast()) }.expect("a page");
    // SAFETY: everything is leaked or null.
    let env = Box::leak(Box::new(unsafe { Env::from_raw(raw, kip, &[], &[]) }));
    start::init(env);
    static BLOCKS: thread::TlsBlocks = thread::TlsBlocks {
        make: |stack_end| Some(stack_end as u64),
        free: |_| {},
    };
    // SAFETY: nothing on the host uses the base of a segment.
    unsafe { thread::set_tls_blocks(&BLOCKS) };
    env
});

/// Memory that was given back, by its size: places are real memory, since stacks are written to.
static FREE: std::sync::Mutex<BTreeMap<usize, Vec<usize>>> = std::sync::Mutex::new(BTreeMap::new());
static TAKEN: std::sync::Mutex<BTreeMap<usize, usize>> = std::sync::Mutex::new(BTreeMap::new());

fn take_place(size: usize, align: u32) -> u64 {
    let mut free = FREE.lock().unwrap();
    let found = free.get_mut(&size).and_then(Vec::pop);
    let place = found.unwrap_or_else(|| {
        let layout = Layout::from_size_align(size, 1 << align.max(12)).expect("a layout");
        // SAFETY: the size is not 0: it is of whole pages.
        unsafe { alloc_zeroed(layout) }.expose_provenance()
    });
    TAKEN.lock().unwrap().insert(place, size);
    place as u64
}

fn give_place(place: u64) {
    let place = place as usize;
    if let Some(size) = TAKEN.lock().unwrap().remove(&place) {
        FREE.lock().unwrap().entry(size).or_default().push(place);
    }
}

/// The checker's number of the calling thread.
fn task() -> u64 {
    usize::from(shuttle::current::me()) as u64
}

/// A thread of the model, which has no capability. It is joined when the handle is.
pub fn spawn<T: Send + 'static>(
    kernel: &Kernel,
    work: impl FnOnce(&Kernel) -> T + Send + 'static,
) -> shuttle::thread::JoinHandle<T> {
    let kernel = kernel.clone();
    shuttle::thread::spawn(move || kernel.enter(|| work(&kernel)))
}

fn slot(cap: CapIdx) -> u64 {
    (cap.0 & !Sysf::MASK) >> 12
}

/// The slot that an item of a message tells.
fn item_slot(call: &Call) -> Option<u64> {
    let at = call.tag.words();
    (call.tag.items() > 0).then(|| slot(Fpage::from_raw(call.utcb.mr(at + item::WORDS - 1)).cap()))
}

impl Kernel {
    pub(crate) fn new() -> Self {
        Kernel {
            shared: Arc::new(Shared {
                state: Mutex::new(State::default()),
                changed: Condvar::new(),
                heap: Mutex::new(()),
            }),
        }
    }

    /// Runs a model in the program's first thread.
    pub(crate) fn run(&self, model: &impl Fn(&Kernel)) {
        {
            let mut state = self.state();
            let main = slot(MAIN_THREAD);
            state.threads.insert(task(), main);
            let thread = Thread {
                pager: RM,
                ip: 0,
                sp: 0,
                runs: true,
                ended: false,
            };
            state.objects.insert(main, Object::Thread(thread));
        }
        self.enter(|| {
            LazyLock::force(&ENV);
            cap_alloc::init(FIRST_FREE);
            model(self);
        });
        let mut state = self.state();
        state.over = true;
        self.shared.changed.notify_all();
        // Whoever still runs may be about to take one.
        let main = slot(MAIN_THREAD);
        let ended = |(slot, object): (&u64, &Object)| match object {
            Object::Thread(thread) => *slot == main || thread.ended,
            _ => true,
        };
        if !state.objects.iter().all(ended) {
            return;
        }
        for (slot, object) in &state.objects {
            if let Object::Semaphore { count, .. } = object {
                assert_eq!(*count, 0, "a token is left in semaphore {slot:#x}");
            }
        }
    }

    /// The environment.
    pub fn env(&self) -> &'static Env {
        *ENV
    }

    /// How many threads there are, the first among them, that the program has made and not deleted.
    pub fn threads(&self) -> usize {
        let state = self.state();
        let thread = |object: &&Object| matches!(object, Object::Thread(_));
        state.objects.values().filter(thread).count()
    }

    /// Does `work` in the calling thread, whose system calls this kernel answers.
    fn enter<T>(&self, work: impl FnOnce() -> T) -> T {
        fake::with(|call| self.answer(call), work)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.shared.state.lock().expect("no thread has failed")
    }

    /// Waits until something has changed. At the end of the program the calling thread ends.
    fn wait<'a>(&self, mut state: MutexGuard<'a, State>) -> MutexGuard<'a, State> {
        if !state.over {
            let waited = self.shared.changed.wait(state);
            state = waited.expect("no thread has failed");
        }
        if state.over {
            drop(state);
            std::panic::resume_unwind(Box::new(Over));
        }
        state
    }

    /// Holds the heap's lock while something is done: every thread uses the heap, and uses memory with
    /// the lock held.
    pub fn with_heap<T>(&self, work: impl FnOnce() -> T) -> T {
        let _heap = self.shared.heap.lock().expect("no thread has failed");
        work()
    }

    /// A page fault of the calling thread: its pager is asked. (The region map answers at once.)
    pub fn fault(&self, address: u64) {
        let pager = {
            let state = self.state();
            match state.threads.get(&task()).map(|slot| &state.objects[slot]) {
                Some(Object::Thread(thread)) => thread.pager,
                _ => RM,
            }
        };
        if slot(pager) != slot(RM) {
            let tag = MsgTag::new(proto::PAGE_FAULT, 2, 0, TagFlags::empty());
            let (tag, _) = self.call_gate(slot(pager), tag, vec![address, 0]);
            assert!(!tag.has_error(), "a fault is not answered");
        }
    }

    fn answer(&self, call: Call) -> Reply {
        let reply = self.system_call(&call);
        let mut state = self.state();
        state.now += 1;
        fake::set_clock(state.now);
        reply
    }

    fn system_call(&self, call: &Call) -> Reply {
        if call.flags == Sysf::RECV {
            return self.sleep(call);
        }
        if call.flags.contains(Sysf::REPLY) {
            self.reply(call);
        }
        if call.flags.contains(Sysf::OPEN_WAIT) {
            return self.receive(call);
        }
        if call.flags.contains(Sysf::REPLY) {
            return Reply::label(0);
        }
        let state = self.state();
        match state.objects.get(&slot(call.dest)) {
            Some(Object::Gate { .. }) if call.tag.label() != proto::KOBJECT => {
                drop(state);
                let words = call.words();
                let (tag, words) = self.call_gate(slot(call.dest), call.tag, words);
                for (i, word) in words.iter().enumerate() {
                    call.utcb.set_mr(i, *word);
                }
                Reply { tag, label: 0 }
            }
            Some(Object::Irq { .. }) if call.tag.label() == proto::IRQ => {
                self.trigger(state, slot(call.dest));
                Reply::label(0)
            }
            _ => self.operate(state, call),
        }
    }

    /// The operations of objects that nobody waits at, and of semaphores.
    fn operate(&self, mut state: MutexGuard<'_, State>, call: &Call) -> Reply {
        let mr = |i| call.utcb.mr(i);
        match (call.tag.label(), mr(0)) {
            (proto::FACTORY, kind) => {
                let bound = item_slot(call).map(|thread| Bound {
                    thread,
                    label: mr(2),
                });
                let object = match kind as i64 {
                    proto::SEMAPHORE => Object::Semaphore {
                        count: 0,
                        waiting: 0,
                    },
                    proto::IRQ_SENDER => Object::Irq {
                        pending: false,
                        bound: None,
                    },
                    op::factory::GATE => Object::Gate { bound },
                    proto::THREAD => Object::Thread(Thread {
                        pager: RM,
                        ip: 0,
                        sp: 0,
                        runs: false,
                        ended: false,
                    }),
                    _ => return Reply::label(0),
                };
                state.objects.insert(call.utcb.br(0) >> 12, object);
                Reply::label(0)
            }
            (proto::KOBJECT, op::rcv_endpoint::BIND) => {
                let to = item_slot(call).map(|thread| Bound {
                    thread,
                    label: mr(1),
                });
                match state.objects.get_mut(&slot(call.dest)) {
                    Some(Object::Irq { bound, .. } | Object::Gate { bound }) => *bound = to,
                    _ => panic!("only interrupts and gates are bound"),
                }
                Reply::label(0)
            }
            (proto::TASK, op::task::UNMAP) => {
                let fpage = Fpage::from_raw(mr(2));
                if fpage.kind() == FpageType::Obj {
                    self.delete(state, slot(fpage.cap()));
                }
                Reply::label(0)
            }
            // There is a capability in each slot that is asked for.
            (proto::TASK, op::task::CAP_INFO) => Reply::label(1),
            (proto::TASK, op::task::ADD_KU_MEM) => call.reply(0, &[mr(1)]),
            (proto::THREAD, what) => {
                let own = state.threads.get(&task()).copied();
                let dest = match call.dest.0 & !Sysf::MASK == CapIdx::INVALID.0 & !Sysf::MASK {
                    true => own,
                    false => Some(slot(call.dest)),
                };
                if let Some(Object::Thread(thread)) =
                    dest.and_then(|dest| state.objects.get_mut(&dest))
                {
                    match what & op::thread::OPCODE_MASK {
                        op::thread::CONTROL if what & op::thread::CONTROL_SET_PAGER != 0 => {
                            thread.pager = CapIdx(mr(1));
                        }
                        op::thread::EX_REGS => (thread.ip, thread.sp) = (mr(1), mr(2)),
                        _ => {}
                    }
                }
                call.reply(0, &[0; 3])
            }
            (proto::SCHEDULER, op::scheduler::RUN_THREAD) => {
                self.start(state, item_slot(call).expect("a thread"));
                Reply::label(0)
            }
            (proto::RM, what) => {
                let free = mr(3) & u64::from(re::rm::RmFlags::SEARCH_ADDR.bits()) != 0;
                let size = mr(2) as usize;
                match what as u32 {
                    re::rm::RESERVE_AREA => {
                        let align = (mr(3) >> 32) as u8;
                        call.reply(0, &[take_place(size, align.into())])
                    }
                    re::rm::ATTACH if free => call.reply(0, &[take_place(size, 12)]),
                    re::rm::ATTACH => call.reply(0, &[mr(1)]),
                    re::rm::FREE_AREA => {
                        give_place(mr(1));
                        Reply::label(0)
                    }
                    re::rm::DETACH => call.reply(re::rm::UNMAPPED_RANGE, &[mr(1), 0]),
                    _ => Reply::label(0),
                }
            }
            (proto::IRQ, _) => {
                let (count, _) = semaphore(&mut state, slot(call.dest));
                *count += 1;
                self.shared.changed.notify_all();
                Reply::label(0)
            }
            (proto::SEMAPHORE, _) => self.down(state, call),
            _ => Reply::label(0),
        }
    }

    fn down<'a>(&'a self, mut state: MutexGuard<'a, State>, call: &Call) -> Reply {
        let (slot, time) = (slot(call.dest), call.timeout.recv());
        *semaphore(&mut state, slot).1 += 1;
        let mut looks = 0;
        let got = loop {
            let (count, _) = semaphore(&mut state, slot);
            if *count > 0 {
                *count -= 1;
                break true;
            }
            let Some(next) = self.wait_or_end(state, time, &mut looks) else {
                state = self.state();
                break false;
            };
            state = next;
        };
        *semaphore(&mut state, slot).1 -= 1;
        match got {
            true => Reply::label(0),
            false => call.fail(ipc_error::RE_TIMEOUT),
        }
    }

    /// Waits until something has changed; none if the time is over, which may be at any time.
    fn wait_or_end<'a>(
        &'a self,
        mut state: MutexGuard<'a, State>,
        time: TimeoutS,
        looks: &mut usize,
    ) -> Option<MutexGuard<'a, State>> {
        if time.is_never() {
            return Some(self.wait(state));
        }
        *looks += 1;
        if time == TimeoutS::ZERO || *looks > LOOKS || shuttle::rand::thread_rng().gen_bool(0.3) {
            state.now += time.as_us() + 1;
            return None;
        }
        drop(state);
        shuttle::thread::yield_now();
        Some(self.state())
    }

    /// A thread that sleeps for ever has ended.
    fn sleep(&self, call: &Call) -> Reply {
        let mut state = self.state();
        let time = call.timeout.recv();
        if !time.is_never() {
            state.now += time.as_us();
            drop(state);
            shuttle::thread::yield_now();
            return call.fail(ipc_error::RE_TIMEOUT);
        }
        if let Some(slot) = state.threads.get(&task()).copied()
            && let Some(Object::Thread(thread)) = state.objects.get_mut(&slot)
        {
            thread.ended = true;
        }
        self.shared.changed.notify_all();
        loop {
            state = self.wait(state);
        }
    }

    /// Starts a thread. The first that it does is to free memory of the heap.
    fn start(&self, mut state: MutexGuard<'_, State>, slot: u64) {
        let Some(Object::Thread(thread)) = state.objects.get_mut(&slot) else {
            panic!("only threads are started");
        };
        thread.runs = true;
        let (ip, sp) = (thread.ip as usize, thread.sp as usize);
        drop(state);
        let kernel = self.clone();
        drop(shuttle::thread::spawn(move || {
            kernel.state().threads.insert(task(), slot);
            let run = AssertUnwindSafe(|| {
                kernel.enter(|| {
                    kernel.with_heap(|| {});
                    // SAFETY: so a thread is started: the instruction pointer is that of a function that
                    // takes what is on top of the stack (`Builder::start`).
                    unsafe {
                        let entry: extern "C-unwind" fn(*mut ()) -> ! =
                            core::mem::transmute(core::ptr::with_exposed_provenance::<()>(ip));
                        let work = core::ptr::with_exposed_provenance::<*mut ()>(sp).read();
                        entry(work)
                    }
                })
            });
            let Err(end) = std::panic::catch_unwind(run);
            if !end.is::<Over>() {
                std::panic::resume_unwind(end);
            }
        }));
    }

    /// Deletes an object. A thread that is deleted has ended, and stops somewhere behind that: here it
    /// goes on to its sleep first.
    fn delete(&self, mut state: MutexGuard<'_, State>, slot: u64) {
        loop {
            match state.objects.get(&slot) {
                Some(Object::Thread(thread)) if thread.runs && !thread.ended => {}
                Some(Object::Semaphore { count, waiting }) => {
                    assert_eq!((*count, *waiting), (0, 0), "a semaphore in use is deleted");
                    break;
                }
                _ => break,
            }
            state = self.wait(state);
        }
        state.objects.remove(&slot);
    }

    fn trigger(&self, mut state: MutexGuard<'_, State>, slot: u64) {
        if let Some(Object::Irq { pending, .. }) = state.objects.get_mut(&slot) {
            *pending = true;
        }
        self.shared.changed.notify_all();
    }

    /// A call by a gate: waits for the answer.
    fn call_gate(&self, gate: u64, tag: MsgTag, words: Vec<u64>) -> (MsgTag, Vec<u64>) {
        let mut state = self.state();
        let bound = loop {
            match state.objects.get(&gate) {
                Some(Object::Gate { bound: Some(bound) }) => break *bound,
                Some(Object::Gate { bound: None }) => state = self.wait(state),
                _ => panic!("a gate that is called is gone"),
            }
        };
        let message = Message {
            tag,
            label: bound.label,
            words,
            caller: task(),
        };
        let queue = state.messages.entry(bound.thread).or_default();
        queue.push_back(message);
        self.shared.changed.notify_all();
        loop {
            if let Some(answer) = state.answers.remove(&task()) {
                return answer;
            }
            state = self.wait(state);
        }
    }

    fn reply(&self, call: &Call) {
        let mut state = self.state();
        let own = *state.threads.get(&task()).expect("servers have a slot");
        let to = state.callers.remove(&(own, call.dest.0 & !Sysf::MASK));
        let to = to.expect("each caller is answered once, and by the thread that it called");
        let answer = (call.tag, call.words());
        let before = state.answers.insert(to, answer);
        assert!(before.is_none(), "a caller is answered twice");
        self.shared.changed.notify_all();
    }

    fn receive(&self, call: &Call) -> Reply {
        let mut state = self.state();
        let own = *state.threads.get(&task()).expect("servers have a slot");
        let mut looks = 0;
        loop {
            let irq = state.objects.values_mut().find_map(|object| match object {
                Object::Irq {
                    pending: pending @ true,
                    bound: Some(bound),
                } if bound.thread == own => Some((pending, bound.label)),
                _ => None,
            });
            if let Some((pending, label)) = irq {
                *pending = false;
                let tag = MsgTag::new(proto::IRQ, 0, 0, TagFlags::empty());
                return Reply { tag, label };
            }
            let next = state.messages.get_mut(&own).and_then(VecDeque::pop_front);
            if let Some(message) = next {
                let place = (own, call.dest.0 & !Sysf::MASK);
                let before = state.callers.insert(place, message.caller);
                assert!(before.is_none(), "a caller has lost its answer");
                for (i, word) in message.words.iter().enumerate() {
                    call.utcb.set_mr(i, *word);
                }
                return Reply {
                    tag: message.tag,
                    label: message.label,
                };
            }
            match self.wait_or_end(state, call.timeout.recv(), &mut looks) {
                Some(next) => state = next,
                None => return call.fail(ipc_error::RE_TIMEOUT),
            }
        }
    }
}

/// A semaphore's count, and how many wait.
fn semaphore(state: &mut State, slot: u64) -> (&mut u64, &mut usize) {
    match state.objects.get_mut(&slot) {
        Some(Object::Semaphore { count, waiting }) => (count, waiting),
        _ => panic!("there is no semaphore in slot {slot:#x}"),
    }
}

/// A semaphore that a model waits at itself.
pub fn new_semaphore(kernel: &Kernel) -> Cap<l4re::semaphore::Semaphore> {
    let semaphore = kernel.env().factory().create_semaphore();
    semaphore.expect("the factory has memory").leak()
}
