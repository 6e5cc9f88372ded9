//! What clients and terminals see of the multiplexer.

use crate::console::Id;
use crate::mux::{Cons, Terminal};
use crate::options::{self, Options};
use alloc::boxed::Box;
use alloc::format;
use alloc::rc::Rc;
use core::cell::{Cell, RefCell};
use core::time::Duration;
use l4re::factory::Arg;
use l4re::interface::Varg;
use l4re::irq::Irq;
use l4re::server::{Registry, Timer};
use l4re::services::{Factory, Icu, Vcon};
use l4re::sys::op::vcon::{
    I_ICRNL, I_IGNCR, I_INLCR, L_ECHO, L_ICANON, O_OCRNL, O_ONLCR, O_ONLRET, READ_SIZE, VconAttr,
};
use l4re::sys::proto;
use l4re::vcon::Read;
use l4re::{Cap, Env, Error, OwnedCap, Result, println};
use rtc::Rtc;

/// The multiplexer, as a factory of consoles. Clones are the same one.
#[derive(Clone)]
pub struct Server {
    shared: Rc<Shared>,
}

struct Shared {
    cons: RefCell<Cons>,
    registry: Registry,
    /// End when as many clients are gone.
    until: Option<usize>,
    gone: Cell<usize>,
}

impl Server {
    /// A multiplexer with the terminals that the command line names, which is to be
    /// [served](Registry::serve) as a [`Factory`].
    ///
    /// # Errors
    /// There is no such terminal; what the kernel answers.
    pub fn new(env: &'static Env, registry: &Registry, options: &Options) -> Result<Self> {
        // Without a clock, as in C: time begins with the system.
        let rtc = env
            .named::<dyn Rtc>("rtc")
            .and_then(|rtc| rtc.timer_offset());
        let offset = rtc.map_or(0, |(_, offset)| offset / 1000);
        let clock = move || offset.wrapping_add(env.kip().clock_us()) / 1_000_000;
        let server = Server {
            shared: Rc::new(Shared {
                cons: RefCell::new(Cons::new(options, clock)),
                registry: registry.clone(),
                until: options.clients,
                gone: Cell::new(0),
            }),
        };
        for (index, mux) in options.muxes.iter().enumerate() {
            for name in &mux.frontends {
                let terminal = match name.as_str() {
                    "" => env.log(),
                    name => env.named(name)?,
                };
                server.add_terminal(env, index, terminal)?;
            }
        }
        server.shared.cons.borrow_mut().start();
        Ok(server)
    }

    /// Shows a screen on a console, and takes what is typed there.
    fn add_terminal(
        &self,
        env: &'static Env,
        mux: usize,
        terminal: Cap<l4re::vcon::Vcon>,
    ) -> Result<()> {
        let mut cons = self.shared.cons.borrow_mut();
        cons.add_terminal(mux, Box::new(Screen(terminal)));
        drop(cons);
        let irq = env.factory().create_irq()?;
        let weak = Rc::downgrade(&self.shared);
        let take = move || {
            if let Some(shared) = weak.upgrade() {
                shared.take_typed(mux, terminal);
            }
        };
        self.shared.registry.serve_irq(irq.cap(), take)?;
        let icu: Cap<l4re::icu::Icu> = terminal.cast();
        if let Err(error) = icu.bind(0, irq.cap()) {
            println!("cons: a terminal tells nothing of what is typed: {error}");
            return Ok(());
        }
        irq.leak();
        // Text is changed here, for each client as it wants it, and nowhere else.
        if let Ok(mut attr) = terminal.attr() {
            attr.l_flags &= !(L_ECHO | L_ICANON);
            attr.o_flags &= !(O_ONLCR | O_OCRNL | O_ONLRET);
            attr.i_flags &= !(I_INLCR | I_IGNCR | I_ICRNL);
            let _ = terminal.set_attr(attr);
        }
        // What was typed before nobody will tell of.
        self.shared.take_typed(mux, terminal);
        Ok(())
    }
}

impl Shared {
    fn take_typed(&self, mux: usize, terminal: Cap<l4re::vcon::Vcon>) {
        let mut buffer = [0; READ_SIZE];
        while let Ok(read) = terminal.read(&mut buffer) {
            if let Some(bytes) = buffer.get(..read.len) {
                self.cons.borrow_mut().typed(mux, bytes);
            }
            if !read.more {
                return;
            }
        }
    }
}

/// A console that somebody sits at.
struct Screen(Cap<l4re::vcon::Vcon>);

impl Terminal for Screen {
    fn write(&mut self, text: &[u8]) {
        // A terminal that is gone shows nothing.
        let _ = self.0.write(text);
    }
}

impl Factory for Server {
    /// `protocol` is that of logs; the arguments are the client's name, a colour, and options.
    fn create(&self, protocol: i64, args: Varg<'_>) -> Result<OwnedCap<()>> {
        if protocol != proto::LOG {
            return Err(Error::NO_OPERATION);
        }
        let Arg::Str(name) = args.get(0)? else {
            return Err(Error::INVALID);
        };
        let colour = match args.get(1)? {
            Arg::Str(name) => options::colour(name),
            Arg::Word(number) => number as u8 & 15,
            Arg::Int(number) => number as u8 & 15,
            _ => 7,
        };
        let mut cons = self.shared.cons.borrow_mut();
        let mut style = cons.style.clone();
        let default_buffer = style.buffer;
        for arg in args.iter().skip(2) {
            if let Arg::Str(option) = arg? {
                style.take(option, default_buffer);
            }
        }
        let line = Duration::from_millis(style.line_ms);
        let id = cons.create(name, colour, style).ok_or(Error::NO_MEMORY)?;
        drop(cons);
        let session = Session {
            shared: self.shared.clone(),
            id,
            line,
            timer: Rc::default(),
        };
        let cap: OwnedCap<dyn Vcon> = self.shared.registry.session(session)?;
        Ok(cap.cast())
    }
}

/// What one client has: a console, for as long as it keeps the capability.
struct Session {
    shared: Rc<Shared>,
    id: Id,
    /// After so long a line is shown that is not ended.
    line: Duration,
    timer: Rc<Cell<Option<Timer>>>,
}

impl Vcon for Session {
    fn write(&self, text: &[u8]) {
        let registry = &self.shared.registry;
        let waits = self.shared.cons.borrow_mut().write(self.id, text);
        if let Some(timer) = self.timer.take() {
            registry.cancel(timer);
        }
        if waits {
            let (shared, id) = (Rc::downgrade(&self.shared), self.id);
            let done = self.timer.clone();
            let timer = registry.after(self.line, move || {
                done.set(None);
                if let Some(shared) = shared.upgrade() {
                    shared.cons.borrow_mut().show_rest(id);
                }
            });
            self.timer.set(Some(timer));
        }
    }

    fn read(&self, to: &mut [u8]) -> Result<Read> {
        let mut cons = self.shared.cons.borrow_mut();
        let taken = cons.read(self.id, to.len()).ok_or(Error::NOT_FOUND)?;
        let len = taken.bytes.len();
        to.get_mut(..len)
            .ok_or(Error::OUT_OF_RANGE)?
            .copy_from_slice(&taken.bytes);
        Ok(Read {
            len,
            more: taken.more,
            is_break: taken.is_break,
        })
    }

    fn attr(&self) -> Result<VconAttr> {
        let mut cons = self.shared.cons.borrow_mut();
        Ok(cons.console(self.id).ok_or(Error::NOT_FOUND)?.attr)
    }

    fn set_attr(&self, attr: VconAttr) -> Result<()> {
        let mut cons = self.shared.cons.borrow_mut();
        cons.console(self.id).ok_or(Error::NOT_FOUND)?.attr = attr;
        Ok(())
    }
}

/// Interrupt 0: something was typed.
impl Icu for Session {
    fn bind(&self, number: u64, irq: Cap<Irq>) -> Result<()> {
        if number != 0 {
            return Err(Error::INVALID);
        }
        let irq = irq.take()?;
        let mut cons = self.shared.cons.borrow_mut();
        cons.console(self.id).ok_or(Error::NOT_FOUND)?.irq = Some(irq);
        Ok(())
    }

    fn unbind(&self, number: u64, _: Cap<Irq>) -> Result<()> {
        if number != 0 {
            return Err(Error::INVALID);
        }
        let mut cons = self.shared.cons.borrow_mut();
        cons.console(self.id).ok_or(Error::NOT_FOUND)?.irq = None;
        Ok(())
    }

    fn info(&self) -> Result<(u64, u64, u64)> {
        Ok((0, 1, 0))
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        let shared = &self.shared;
        if let Some(timer) = self.timer.take() {
            shared.registry.cancel(timer);
        }
        shared.cons.borrow_mut().gone(self.id);
        shared.gone.set(shared.gone.get() + 1);
        if shared.until.is_some_and(|until| shared.gone.get() >= until) {
            shared.registry.stop();
        }
    }
}

impl core::fmt::Debug for Server {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let consoles = self.shared.cons.borrow().consoles.len();
        f.write_str(&format!("Server({consoles} consoles)"))
    }
}
