//! Clients of `cons`.

use crate::{Outcome, Service, by_chance, ok, serve};
use alloc::vec::Vec;
use cons::options::{MuxOptions, Options, Style};
use cons::server::Server;
use core::time::Duration;
use l4re::factory::{Arg, Factory};
use l4re::icu::Icu;
use l4re::sys::op::vcon as op;
use l4re::sys::proto;
use l4re::vcon::Vcon;
use l4re::{Cap, Error, OwnedCap, Result, start, time};
use test_services::{Tap, check};

/// As many consoles as a multiplexer has.
const MOST: usize = 1024;

type Cons = dyn l4re::services::Factory;

pub fn cases(tap: &mut Tap) {
    let options = Options {
        // A screen that nobody sits at.
        muxes: [MuxOptions::default()].into(),
        style: Style {
            show: true,
            buffer: 600,
            ..Style::default()
        },
        clients: None,
    };
    let service: Result<Service<Cons>> =
        serve(move |registry| Server::new(start::env(), registry, &options));
    let service = match service {
        Ok(service) => service,
        Err(error) => return tap.case("cons: starts", Err(error.label())),
    };
    let cons = service.gate.cap().cast::<Factory>();
    tap.case("cons: a console is one", works(cons));
    tap.case("cons: wrong wishes", wrong(cons));
    tap.case("cons: messages by chance", chance(cons));
    tap.case("cons: floods of text", flood(cons));
    tap.case("cons: clients come and go", come_and_go(cons));
    tap.case("cons: clients that take all there is", all(cons));
    tap.case("cons: ends", service.end());
}

fn console(cons: Cap<Factory>, name: &str) -> Result<OwnedCap<Vcon>> {
    cons.create(proto::LOG, &[Arg::Str(name), Arg::Str("g")])
}

fn works(cons: Cap<Factory>) -> Outcome {
    let con = ok(console(cons, "works"))?;
    ok(con.write(b"text\nand half a line"))?;
    let mut attr = ok(con.attr())?;
    check!(attr.i_flags == op::I_ICRNL);
    attr.l_flags = 0;
    ok(con.set_attr(attr))?;
    check!(ok(con.attr())?.l_flags == 0);
    let read = ok(con.read(&mut [0; 10]))?;
    check!((read.len, read.more) == (0, false));
    // An interrupt that its owner deletes.
    let icu: Cap<Icu> = con.cap().cast();
    check!(ok(icu.info())?.irqs == 1);
    for _ in 0..3 {
        let irq = ok(start::env().factory().create_irq())?;
        check!(icu.bind(1, irq.cap()) == Err(Error::INVALID));
        ok(icu.bind(0, irq.cap()))?;
    }
    Ok(())
}

fn wrong(cons: Cap<Factory>) -> Outcome {
    let create = |protocol, args: &[Arg<'_>]| cons.create::<Vcon>(protocol, args).map(drop);
    check!(create(1, &[Arg::Str("x")]) == Err(Error::NO_OPERATION));
    check!(create(proto::LOG, &[]) == Err(Error::INVALID));
    check!(create(proto::LOG, &[Arg::Word(1)]) == Err(Error::INVALID));
    ok(create(proto::LOG, &[Arg::Str("")]))?;
    ok(create(proto::LOG, &[Arg::Str("n"), Arg::Word(u64::MAX)]))?;
    let long = "x".repeat(400);
    ok(create(proto::LOG, &[Arg::Str(&long), Arg::Nil, Arg::Nil]))?;
    let options = [
        "key=",
        "bufsz=99999999999999999999",
        "=",
        "line-buffered-ms=-1",
        "\u{0}",
    ];
    for option in options {
        ok(create(
            proto::LOG,
            &[Arg::Str("o"), Arg::Str(""), Arg::Str(option)],
        ))?;
    }
    works(cons)
}

fn chance(cons: Cap<Factory>) -> Outcome {
    by_chance(cons, &[proto::FACTORY, proto::LOG], 1);
    let con = ok(console(cons, "chance"))?;
    by_chance(con.cap(), &[proto::LOG, proto::IRQ], 2);
    works(cons)
}

fn flood(cons: Cap<Factory>) -> Outcome {
    let con = ok(console(cons, "flood"))?;
    for i in 0..2000 {
        ok(con.write(&[b'a' + (i % 26) as u8; op::WRITE_SIZE]))?;
        ok(con.write(b"\n\n\n"))?;
    }
    works(cons)
}

fn come_and_go(cons: Cap<Factory>) -> Outcome {
    for i in 0..3000 {
        let con = ok(console(cons, "passer-by"))?;
        if i % 3 == 0 {
            ok(con.write(b"unfinished"))?;
        }
    }
    works(cons)
}

fn all(cons: Cap<Factory>) -> Outcome {
    // Those that were given up are gone when the server has heard of it.
    time::sleep(Duration::from_millis(200));
    let mut held = Vec::new();
    let refused = loop {
        match console(cons, "greedy") {
            Ok(con) => held.push(con),
            Err(error) => break error,
        }
        check!(held.len() <= MOST);
    };
    check!(refused == Error::NO_MEMORY);
    check!(held.len() > MOST / 4);
    drop(held);
    time::sleep(Duration::from_millis(200));
    works(cons)
}
