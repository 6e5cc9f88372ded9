//! The driver.

use crate::{Date, Rtc, cmos};
use alloc::rc::Rc;
use alloc::vec::Vec;
use core::arch::asm;
use core::cell::{Cell, RefCell};
use l4re::irq::Irq;
use l4re::pager::Pager;
use l4re::server::{Deferred, Registry};
use l4re::services::Icu;
use l4re::sys::Fpage;
use l4re::task::Task;
use l4re::{Cap, Env, Error, OwnedCap, Result};

/// The port that chooses a register; the one behind it is the register.
const PORT: u16 = 0x70;
/// The logarithm of the number of ports.
const PORTS_ORDER: u32 = 1;
/// The clock's interrupt.
const IRQ: u64 = 8;
/// Clients that can wait for an answer, and that can be told of changes.
const MOST_WAITING: usize = 256;

/// The clock itself.
struct Chip(());

impl Chip {
    /// Takes the clock's ports.
    fn new(env: &Env) -> Result<Self> {
        let sigma0: Cap<Pager> = env.named("sigma0")?;
        sigma0.io_ports(Fpage::io(PORT, PORTS_ORDER))?;
        Ok(Chip(()))
    }

    fn read(&self, register: u8) -> u8 {
        let value: u8;
        // SAFETY: the ports are this program's (`new`), and reading the clock changes no memory.
        unsafe {
            asm!("out dx, al", in("dx") PORT, in("al") register, options(nomem, nostack));
            asm!("in al, dx", in("dx") PORT + 1, out("al") value, options(nomem, nostack));
        }
        value
    }

    fn write(&self, register: u8, value: u8) {
        // SAFETY: the server was given these two ports, and reading or writing them touches no
        // memory.
        unsafe {
            asm!("out dx, al", in("dx") PORT, in("al") register, options(nomem, nostack));
            asm!("out dx, al", in("dx") PORT + 1, in("al") value, options(nomem, nostack));
        }
    }

    /// Has the clock tell when a second begins, or not any more.
    fn tell(&self, tell: bool) {
        let status = self.read(cmos::STATUS_B);
        let status = match tell {
            true => status | cmos::UPDATE_ENDED,
            false => status & !cmos::UPDATE_ENDED,
        };
        self.write(cmos::STATUS_B, status);
    }

    fn date(&self) -> Option<Date> {
        let status = self.read(cmos::STATUS_B);
        cmos::decode(cmos::TIME.map(|register| self.read(register)), status)
    }

    fn set(&self, date: &Date) {
        let status = self.read(cmos::STATUS_B);
        self.write(cmos::STATUS_B, status | cmos::SET);
        for (register, value) in cmos::TIME.into_iter().zip(cmos::encode(date, status)) {
            self.write(register, value);
        }
        self.write(cmos::STATUS_B, status & !cmos::SET);
    }
}

struct Clock {
    registry: Registry,
    chip: Chip,
    /// The nanoseconds from the start of 1970 to that of the system's clock, when known.
    offset: Cell<Option<u64>>,
    /// Those who want to know it.
    waiting: RefCell<Vec<Deferred<u64>>>,
    /// Those who want to hear of changes.
    told: RefCell<Vec<OwnedCap<Irq>>>,
    /// How many requests are still answered.
    left: Cell<Option<usize>>,
}

/// The driver as its clients see it, to be [served](Registry::serve) as an [`Rtc`].
pub struct Server(Rc<Clock>);

fn now() -> u64 {
    l4re::start::env().kip().clock_us().wrapping_mul(1000)
}

impl Server {
    /// The clock of this machine. With `requests`, as many are answered, then the registry is
    /// stopped. `twelve` makes the clock count twelve hours twice.
    ///
    /// # Errors
    /// Ports or interrupt are not the program's to have.
    pub fn new(
        env: &'static Env,
        registry: &Registry,
        requests: Option<usize>,
        twelve: bool,
    ) -> Result<Self> {
        registry.allow_deferring()?;
        let clock = Rc::new(Clock {
            registry: registry.clone(),
            chip: Chip::new(env)?,
            offset: Cell::new(None),
            waiting: RefCell::default(),
            told: RefCell::default(),
            left: Cell::new(requests),
        });
        if twelve && let Some(date) = clock.chip.date() {
            let status = clock.chip.read(cmos::STATUS_B);
            clock.chip.write(cmos::STATUS_B, status & !cmos::HOURS_24);
            clock.chip.set(&date);
        }
        let irq = env.factory().create_irq()?;
        let icu: Cap<l4re::icu::Icu> = env.named("icu")?;
        let cap = irq.cap();
        let by_icu = Rc::new(Cell::new(false));
        let let_through = {
            let by_icu = by_icu.clone();
            move || match by_icu.get() {
                true => icu.unmask(IRQ),
                false => cap.unmask(),
            }
        };
        let again = let_through.clone();
        let weak = Rc::downgrade(&clock);
        registry.serve_irq(cap, move || {
            if let Some(clock) = weak.upgrade() {
                clock.interrupt();
            }
            // If it fails now, it failed when the driver started.
            let _ = again();
        })?;
        by_icu.set(icu.bind(IRQ, cap)?);
        irq.leak();
        // What was to be told before is not of interest.
        clock.chip.read(cmos::STATUS_C);
        // In this order: an interrupt that is not let through is lost, and until it has been read
        // there is no other.
        let_through()?;
        clock.chip.tell(true);
        Ok(Server(clock))
    }
}

impl Clock {
    /// A second has begun, if that is what the interrupt is about.
    fn interrupt(&self) {
        if self.chip.read(cmos::STATUS_C) & cmos::UPDATE_ENDED == 0 {
            return;
        }
        let now = now();
        let seconds = self.chip.date().and_then(|date| date.seconds());
        self.chip.tell(false);
        let offset = seconds.map(|s| s.wrapping_mul(1_000_000_000).wrapping_sub(now));
        self.offset.set(offset);
        for client in self.waiting.take() {
            // A client may be gone.
            let _ = client.send(offset.ok_or(Error::INVALID));
            self.answered();
        }
    }

    fn answered(&self) {
        if let Some(left) = self.left.get() {
            self.left.set(Some(left.saturating_sub(1)));
            if left <= 1 {
                self.registry.stop();
            }
        }
    }
}

impl Rtc for Server {
    fn timer_offset(&self) -> Result<(i64, u64)> {
        let clock = &*self.0;
        if let Some(offset) = clock.offset.get() {
            clock.answered();
            return Ok((0, offset));
        }
        let mut waiting = clock.waiting.borrow_mut();
        if waiting.len() >= MOST_WAITING {
            return Err(Error::NO_MEMORY);
        }
        waiting.push(clock.registry.defer()?);
        // Not sent: it will be told when it is known.
        Ok((0, 0))
    }

    fn set_timer_offset(&self, offset: u64) -> Result<i64> {
        let clock = &*self.0;
        let time = offset.wrapping_add(now());
        let date = Date::from_seconds(time / 1_000_000_000);
        if !date.is_valid() {
            return Err(Error::OUT_OF_RANGE);
        }
        clock.chip.set(&date);
        // What the clock makes of it is known when its next second begins.
        clock.offset.set(None);
        clock.chip.tell(true);
        clock.told.borrow_mut().retain(|irq| irq.trigger().is_ok());
        clock.answered();
        Ok(0)
    }
}

impl Icu for Server {
    fn bind(&self, number: u64, irq: Cap<Irq>) -> Result<()> {
        let mut told = self.0.told.borrow_mut();
        if number != 0 {
            return Err(Error::OUT_OF_RANGE);
        }
        // The interrupts of clients that are gone make room.
        let task = Cap::<Task>::THIS;
        told.retain(|irq| !matches!(task.cap_valid(irq.cap().idx()), Ok(false)));
        if told.len() >= MOST_WAITING {
            return Err(Error::NO_MEMORY);
        }
        told.push(irq.take()?);
        Ok(())
    }

    fn unbind(&self, number: u64, irq: Cap<Irq>) -> Result<()> {
        if number != 0 {
            return Err(Error::OUT_OF_RANGE);
        }
        let task = Cap::<Task>::THIS;
        let same = |told: &OwnedCap<Irq>| task.cap_equal(told.cap().idx(), irq.idx());
        (self.0.told.borrow_mut()).retain(|told| !matches!(same(told), Ok(true)));
        Ok(())
    }

    fn info(&self) -> Result<(u64, u64, u64)> {
        Ok((0, 1, 0))
    }
}
