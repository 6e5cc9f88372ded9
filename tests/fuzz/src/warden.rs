//! The parent of the child: it makes it, serves its faults, starts it again when it went astray
//! or waits for what will not come, and replaces it.

use l4re::sys::op::thread as op;
use l4re::sys::{
    CapIdx, Fpage, MapItem, MemRights, MsgTag, ObjRights, Sysf, TagFlags, op as ops, proto, utcb,
};
use test_fuzz::child;
use test_fuzz::layout::{self, Control, THREADS, cap, control};
use test_pressure as kit;
use test_services::{call, label};

/// How the calls are counted out.
pub struct Plan {
    /// What the random numbers begin with.
    pub seed: u64,
    /// How many calls there are to be, of all threads.
    pub calls: u64,
}

/// The parent's view of its child.
pub struct Warden {
    plan: Plan,
    factory: CapIdx,
    echo: CapIdx,
    /// What the child starts with, in its order.
    caps: CapIdx,
    /// The child's UTCBs, in its task.
    utcbs: u64,
    /// A base of segment fs that is another task's.
    fs_base: u64,
    /// The next call of each thread, as far as the child can be believed.
    seen: [u64; THREADS],
    /// How often each thread was found where it had been.
    stuck: [u32; THREADS],
    /// The last address that a page was mapped to, and how often in a row.
    mapped: (u64, u32),
    born_at: u64,
    ticked: u64,
    told: u64,
    /// What happened, for the report.
    pub count: Count,
}

/// What happened.
#[derive(Default)]
pub struct Count {
    /// Children.
    pub children: u64,
    /// Page faults of the child that a page helped against.
    pub pages: u64,
    /// Threads that were started again after a fault.
    pub faults: u64,
    /// Threads that were started again since they waited for too long.
    pub waits: u64,
}

/// Priority of the child's threads: below everybody else's.
const CHILD: u64 = 10;
/// How often the parent looks after the child, in microseconds.
const TICK_US: u64 = 2_000;
/// Calls before a child is replaced: by then it has lost most of its capabilities.
const LIFE: u64 = 2_000;
/// Lines of progress.
const LINES: u64 = 10;

const fn at(first: CapIdx, cap: CapIdx) -> CapIdx {
    CapIdx::from_index(first.index() + cap.index())
}

impl Warden {
    /// A parent without a child. `utcbs` is where the child's UTCBs are to be: at the same
    /// addresses as those of another task's thread, whose base of segment fs is `fs_base`.
    pub fn new(plan: Plan, factory: CapIdx, echo: CapIdx, utcbs: u64, fs_base: u64) -> Self {
        Warden {
            plan,
            factory,
            echo,
            caps: kit::slots(1 << cap::ORDER),
            utcbs,
            fs_base,
            seen: [0; THREADS],
            stuck: [0; THREADS],
            mapped: (0, 0),
            born_at: 0,
            ticked: 0,
            told: 0,
            count: Count::default(),
        }
    }

    /// Calls made so far.
    pub fn done(&self) -> u64 {
        self.seen.iter().sum()
    }

    fn end_of(&self, thread: usize) -> u64 {
        (self.plan.calls + THREADS as u64 - 1 - thread as u64) / THREADS as u64
    }

    /// Makes all calls. An error is the code of what the parent itself was refused.
    pub fn run(&mut self) -> Result<(), i64> {
        self.bear(child::entry as *const () as u64)?;
        let mut reply = None;
        while self.done() < self.plan.calls {
            let (tag, sender) = match reply.take() {
                None => kit::receive(kit::timeout_us(0, TICK_US)),
                Some(tag) => {
                    let timeout = kit::timeout_us(0, TICK_US);
                    kit::raw(CapIdx::INVALID, Sysf::REPLY_AND_WAIT, tag, timeout)
                }
            };
            if !tag.has_error() {
                reply = self.answer(tag, sender);
            }
            let due = self.mapped.1 >= Self::IN_VAIN
                || kit::now_us().wrapping_sub(self.ticked) >= TICK_US;
            if due && self.tick()? {
                // There is nobody left to have the reply.
                reply = None;
            }
        }
        self.kill();
        Ok(())
    }

    /// A last child that only greets; whether it was answered.
    pub fn greet(&mut self) -> Result<bool, i64> {
        Control::set(&control().answer, 0);
        self.bear(child::greeting_entry as *const () as u64)?;
        let until = kit::now_us() + 2_000_000;
        while kit::now_us() < until && Control::get(&control().answer) == 0 {
            let (tag, sender) = kit::receive(kit::timeout_us(0, TICK_US));
            if !tag.has_error()
                && let Some(tag) = self.answer(tag, sender)
            {
                kit::raw(
                    CapIdx::INVALID,
                    Sysf::SEND | Sysf::REPLY,
                    tag,
                    kit::timeout_us(0, 0),
                );
            }
        }
        self.kill();
        Ok(Control::get(&control().answer) == child::GREETING)
    }

    fn slot(&self, cap: CapIdx) -> CapIdx {
        at(self.caps, cap)
    }

    /// Makes a child with two threads that run from `entry` on.
    fn bear(&mut self, entry: u64) -> Result<(), i64> {
        // What the last one left takes a moment to go.
        for _ in 0..200 {
            match self.try_bear(entry) {
                Err(error) if error == -l4re::sys::err::ENOMEM => {
                    self.kill();
                    kit::sleep_us(1_000);
                }
                result => return result,
            }
        }
        Err(-l4re::sys::err::ENOMEM)
    }

    fn try_bear(&mut self, entry: u64) -> Result<(), i64> {
        let ok = |code: i64| if code < 0 { Err(code) } else { Ok(()) };
        self.count.children += 1;
        self.born_at = self.done();
        self.stuck = [0; THREADS];
        self.mapped = (0, 0);
        let main = l4re::start::env().main_thread().idx();
        let task = self.slot(cap::TASK);
        ok(kit::create_task(
            self.factory,
            Fpage::page(self.utcbs, MemRights::RW),
            task,
        ))?;
        let make = |kind: i64, argument: Option<u64>, to: CapIdx| {
            ok(kit::create(self.factory, kind, argument, self.slot(to)))
        };
        for thread in 0..THREADS as u64 {
            let own = CapIdx::from_index(cap::THREAD.index() + thread);
            let pager = CapIdx::from_index(cap::PAGER.index() + thread);
            make(proto::THREAD, None, own)?;
            let pager_label = Self::LABEL | thread << 4;
            ok(kit::create_gate(
                self.factory,
                main,
                pager_label,
                self.slot(pager),
            ))?;
            let utcb = self.utcbs + thread * utcb::SIZE as u64;
            ok(kit::bind_thread(
                self.slot(own),
                kit::Bind { task, utcb, pager },
            ))?;
        }
        make(proto::IRQ_SENDER, None, cap::IRQ)?;
        make(proto::SEMAPHORE, None, cap::SEMAPHORE)?;
        ok(kit::create_task(
            self.factory,
            Fpage::INVALID,
            self.slot(cap::OTHER_TASK),
        ))?;
        // Not every Fiasco has groups, nor needs the child one.
        let _ = make(proto::THREAD_GROUP, Some(0), cap::GROUP);
        make(proto::FACTORY, Some(64 << 10), cap::SMALL_FACTORY)?;
        make(ops::factory::GATE, Some(0), cap::LOOSE_GATE)?;
        make(proto::IRQ_SENDER, None, cap::LOOSE_IRQ)?;
        make(proto::THREAD, None, cap::LOOSE_THREAD)?;
        let second = self.slot(cap::THREAD.next());
        ok(kit::create_gate(
            self.factory,
            second,
            0x4000,
            self.slot(cap::GATE),
        ))?;
        ok(kit::bind(
            self.slot(cap::IRQ),
            self.slot(cap::THREAD),
            0x8000,
        ))?;
        let all = Fpage::obj(self.caps, cap::ORDER, ObjRights::RWSD);
        // All control rights, too: the gates are the child's to serve.
        ok(kit::map(task, CapIdx::TASK, all, 0xe0))?;
        ok(kit::give(task, self.factory, ObjRights::RWS, cap::FACTORY))?;
        ok(kit::give(task, self.echo, ObjRights::RW, cap::ECHO))?;
        // The last child may have written anything there.
        let page = control();
        Control::set(&page.seed, self.plan.seed);
        Control::set(&page.fs_base, self.fs_base);
        for thread in 0..THREADS {
            Control::set(&page.next[thread], self.seen[thread]);
            Control::set(&page.end[thread], self.end_of(thread));
            Control::set(
                &page.utcb[thread],
                self.utcbs + (thread * utcb::SIZE) as u64,
            );
            let own = self.thread(thread);
            let sp = self.stack(thread);
            ok(kit::ex_regs(own, 0, entry, sp))?;
            ok(kit::run(own, CHILD))?;
        }
        Ok(())
    }

    /// How often a page is mapped before it is clear that it does not help.
    const IN_VAIN: u32 = 20;

    /// The label of the gates that faults come through.
    const LABEL: u64 = 0x100;

    fn thread(&self, thread: usize) -> CapIdx {
        CapIdx::from_index(self.slot(cap::THREAD).index() + thread as u64)
    }

    /// Puts the child's number on its stack.
    fn stack(&self, thread: usize) -> u64 {
        let sp = layout::stack_end(thread) - 32;
        // SAFETY: the memory is the child's; should its thread run, it is told what it knows.
        unsafe { kit::put_words(sp, &[thread as u64]) };
        sp
    }

    /// Ends the child and all that it was given.
    fn kill(&mut self) {
        kit::delete_range(self.caps, cap::ORDER);
    }

    fn replace(&mut self) -> Result<(), i64> {
        self.kill();
        self.bear(child::entry as *const () as u64)
    }

    /// What to reply to a message; `None`: nothing.
    fn answer(&mut self, tag: MsgTag, sender: u64) -> Option<MsgTag> {
        let thread = (sender & !3).checked_sub(Self::LABEL)? as usize >> 4;
        if thread >= THREADS {
            return None;
        }
        match tag.label() {
            proto::PAGE_FAULT if tag.words() == 2 => Some(self.page_fault(thread)),
            proto::EXCEPTION if tag.words() >= utcb::EXC_REGS_WORDS => Some(self.exception(thread)),
            // The child may send what it likes.
            _ => Some(MsgTag::new(0, 0, 0, TagFlags::empty())),
        }
    }

    fn page_fault(&mut self, thread: usize) -> MsgTag {
        let (fault, page) = (kit::mr(0), kit::mr(0) & !0xfff);
        let write = fault & 2 != 0;
        self.mapped = (
            page,
            if self.mapped.0 == page {
                self.mapped.1 + 1
            } else {
                0
            },
        );
        let rights = if layout::contains(page) {
            Some(MemRights::RWX)
        } else if kit::image(fault & !7).is_some() && !write {
            Some(MemRights::RX)
        } else {
            None
        };
        // Where a page does not help, perhaps for want of memory, the child is replaced.
        let Some(rights) = rights.filter(|_| self.mapped.1 < Self::IN_VAIN) else {
            if self.count.faults % 4 == 0 {
                // Another way to the same end.
                self.count.faults += 1;
                let sp = self.stack(thread);
                kit::ex_regs(self.thread(thread), 0, child::entry as *const () as u64, sp);
                return MsgTag::new(0, 0, 0, TagFlags::empty());
            }
            return MsgTag::new(-l4re::sys::err::EFAULT, 0, 0, TagFlags::empty());
        };
        self.count.pages += 1;
        kit::touch(page);
        let item = MapItem::map(page, Fpage::page(page, rights));
        utcb().set_mr(0, item.control);
        utcb().set_mr(1, item.fpage.raw());
        MsgTag::new(0, 0, 1, TagFlags::empty())
    }

    fn exception(&mut self, thread: usize) -> MsgTag {
        self.count.faults += 1;
        let mut regs = utcb().exc_regs();
        regs.ip = child::entry as *const () as u64;
        regs.sp = self.stack(thread);
        regs.flags = 0x202;
        utcb().set_exc_regs(&regs);
        MsgTag::new(0, utcb::EXC_REGS_WORDS, 0, TagFlags::empty())
    }

    /// Looks after the child. True if it is another one now.
    fn tick(&mut self) -> Result<bool, i64> {
        self.ticked = kit::now_us();
        let mut replace = self.mapped.1 >= Self::IN_VAIN;
        for thread in 0..THREADS {
            let (next, seen) = (Control::get(&control().next[thread]), self.seen[thread]);
            if seen >= self.end_of(thread) {
                continue;
            }
            // No child makes more calls than that in a tick.
            if next < seen || next > seen + 100_000 || next > self.end_of(thread) {
                replace = true;
                continue;
            }
            if next > seen {
                (self.seen[thread], self.stuck[thread]) = (next, 0);
                continue;
            }
            self.stuck[thread] += 1;
            match self.stuck[thread] {
                3 | 6 => {
                    self.count.waits += 1;
                    let sp = self.stack(thread);
                    let entry = child::entry as *const () as u64;
                    kit::ex_regs(self.thread(thread), op::EX_REGS_CANCEL, entry, sp);
                }
                9.. => {
                    // Should the call it hangs in be the end of every child, go on behind it.
                    self.seen[thread] += 1;
                    replace = true;
                }
                _ => {}
            }
        }
        let done = self.done();
        if done / (self.plan.calls / LINES).max(1) > self.told {
            self.told = done / (self.plan.calls / LINES).max(1);
            l4re::println!("# {done} calls, {} children", self.count.children);
        }
        if done < self.plan.calls && (replace || done - self.born_at > LIFE) {
            self.replace()?;
            return Ok(true);
        }
        Ok(false)
    }
}

/// Whether a thread of the program's is still there: for the report.
pub fn is_alive(thread: CapIdx) -> bool {
    label(call(thread, proto::THREAD, &[op::STATS], None, None)) == 0
}
