//! Bytes between threads: rings, and consoles that are read.

use crate::{Case, Outcome, ok};
use alloc::vec::Vec;
use core::cell::RefCell;
use core::time::Duration;
use embedded_io::{Read as _, ReadReady, Write as _, WriteReady};
use l4re::io::Console;
use l4re::irq::Irq;
use l4re::ring::{self, Bells, CLOSED, Heap, Receiver, Sender};
use l4re::semaphore::Semaphore;
use l4re::server::Registry;
use l4re::services::{Icu, Vcon};
use l4re::sync::mpsc;
use l4re::sys::unmap::UnmapFlags;
use l4re::sys::{Fpage, ObjRights};
use l4re::task::Task;
use l4re::thread::{self, Builder};
use l4re::vcon::Read;
use l4re::{Cap, Error, OwnedCap, Result, start, time};
use test_services::check;

pub const CASES: &[Case] = &[
    ("bytes: a ring between two threads", ring),
    ("bytes: a ring whose reader is gone", no_reader),
    ("bytes: a ring whose writer is killed", killed),
    ("bytes: a console is read as it comes", console),
];

/// How many bytes go through a ring of 256.
const TOTAL: usize = 100_000;

/// Where the ends of a ring wait.
struct Semaphores {
    reader: OwnedCap<Semaphore>,
    writer: OwnedCap<Semaphore>,
}

type Ends = (Sender<Heap>, Receiver<Heap>, Semaphores);

fn ends() -> Result<Ends> {
    let factory = start::env().factory();
    let semaphores = Semaphores {
        reader: factory.create_semaphore()?,
        writer: factory.create_semaphore()?,
    };
    let bells = |own: Cap<Semaphore>, other: Cap<Semaphore>| Bells {
        other: other.cast(),
        own,
    };
    let (reader, writer) = (semaphores.reader.cap(), semaphores.writer.cap());
    let (sender, receiver) =
        ring::channel(384 + 256, bells(writer, reader), bells(reader, writer))?;
    Ok((sender, receiver, semaphores))
}

fn byte(i: usize) -> u8 {
    (i / 3) as u8
}

/// Both ends wait for each other, however urgent each is.
fn ring() -> Outcome {
    for prio in [1, 2, 3] {
        let (mut sender, mut receiver, _semaphores) = ok(ends())?;
        check!(ok(sender.write_ready())? && !ok(receiver.read_ready())?);
        let writer = ok(Builder::new().prio(prio).spawn(move || -> Result<()> {
            let bytes: Vec<u8> = (0..TOTAL).map(byte).collect();
            for part in bytes.chunks(331) {
                sender.write_all(part)?;
            }
            Ok(())
        }))?;
        let (mut seen, mut bytes) = (0, [0; 197]);
        loop {
            let len = ok(embedded_io::Read::read(&mut receiver, &mut bytes))?;
            if len == 0 {
                break;
            }
            check!(bytes[..len].iter().zip(seen..).all(|(b, i)| *b == byte(i)));
            seen += len;
        }
        check!(seen == TOTAL);
        ok(ok(writer.join())?)?;
    }
    Ok(())
}

fn no_reader() -> Outcome {
    let (mut sender, receiver, _semaphores) = ok(ends())?;
    let reader = ok(thread::spawn(move || {
        time::sleep(Duration::from_millis(5));
        drop(receiver);
    }))?;
    // It waits for room until the reader goes.
    check!(sender.write_all(&[0; 1000]) == Err(CLOSED));
    ok(reader.join())
}

/// A killed thread tells nobody: who does not wait for ever learns of it.
fn killed() -> Outcome {
    let (mut sender, mut receiver, _semaphores) = ok(ends())?;
    let writer = ok(thread::spawn(move || {
        let _ = sender.write_all(&[7; 5]);
        time::sleep(Duration::from_secs(3600));
    }))?;
    let time = Some(Duration::from_millis(20));
    check!(ok(receiver.wait_for(5, None))? == Some(5));
    let fpage = Fpage::obj(writer.thread().idx(), 0, ObjRights::RWSD);
    ok(Cap::<Task>::THIS.unmap_caps(fpage, UnmapFlags::DELETE_OBJ))?;
    // Its stack stays: nobody can tell it that it has ended.
    core::mem::forget(writer);
    check!(ok(receiver.wait_for(6, time))?.is_none());
    let mut bytes = [0; 16];
    check!(ok(receiver.try_read(&mut bytes))? == 5 && bytes[..5] == [7; 5]);
    check!(ok(receiver.wait_for(1, time))?.is_none());
    Ok(())
}

/// Gives back what is written to it, in capitals, and tells that it is there.
#[derive(Default)]
struct Echo {
    text: RefCell<Vec<u8>>,
    reader: RefCell<Option<OwnedCap<Irq>>>,
}

impl Vcon for Echo {
    fn write(&self, text: &[u8]) {
        let capitals = text.iter().map(u8::to_ascii_uppercase);
        self.text.borrow_mut().extend(capitals);
        if let Some(reader) = &*self.reader.borrow() {
            reader.trigger().expect("the reader is there");
        }
    }
    fn read(&self, to: &mut [u8]) -> Result<Read> {
        let mut text = self.text.borrow_mut();
        let len = to.len().min(text.len());
        to[..len].copy_from_slice(&text[..len]);
        text.drain(..len);
        Ok(Read {
            len,
            more: !text.is_empty(),
            is_break: false,
        })
    }
}

impl Icu for Echo {
    fn bind(&self, line: u64, irq: Cap<Irq>) -> Result<()> {
        if line != 0 {
            return Err(Error::INVALID);
        }
        *self.reader.borrow_mut() = Some(irq.take()?);
        Ok(())
    }
    fn unbind(&self, _: u64, _: Cap<Irq>) -> Result<()> {
        *self.reader.borrow_mut() = None;
        Ok(())
    }
    fn info(&self) -> Result<(u64, u64, u64)> {
        Ok((0, 1, 0))
    }
}

fn console() -> Outcome {
    let env = start::env();
    let gate: OwnedCap<dyn Vcon> = ok(env.factory().create_gate())?.cast();
    let served = gate.cap();
    let (remotes, remote) = mpsc::channel();
    let server = ok(thread::spawn(move || -> Result<()> {
        let registry = Registry::new()?;
        let _ = remotes.send(registry.remote()?);
        registry.serve(served, Echo::default())?;
        registry.run()
    }))?;
    let client: Cap<l4re::vcon::Vcon> = served.cast();
    let mut console = ok(Console::new(env, client))?;
    check!(!ok(console.read_ready())?);
    let typist = ok(thread::spawn(move || {
        let mut client = client;
        for line in ["first\n", "and a second, longer one\n"] {
            time::sleep(Duration::from_millis(10));
            client.write_all(line.as_bytes()).expect("it writes");
        }
    }))?;
    let mut text = [0; 6];
    check!(console.read_exact(&mut text).is_ok() && text == *b"FIRST\n");
    let mut text = [0; 25];
    check!(console.read_exact(&mut text[..4]).is_ok());
    check!(ok(console.read_ready())?);
    check!(console.read_exact(&mut text[4..]).is_ok());
    check!(text == *b"AND A SECOND, LONGER ONE\n" && !ok(console.read_ready())?);
    ok(typist.join())?;
    // Long text comes in pieces.
    ok(console.write_all(&[b'x'; 1500]))?;
    let mut text = [0; 1500];
    check!(console.read_exact(&mut text).is_ok() && text == [b'X'; 1500]);
    remote.recv().map_err(|_| line!())?.stop();
    ok(ok(server.join())?)
}
