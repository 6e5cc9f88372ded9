//! `std` and the crate `l4re` in one program.

use calc::Calc;
use l4re::server::Registry;
use l4re::{Cap, Env, OwnedCap, Result};
use std::collections::HashMap;
use std::panic;
use std::sync::{Arc, Mutex, mpsc};
use std::thread;
use std::time::SystemTime;

fn main() -> Result<()> {
    let env: &Env = l4re::start::env();
    let calc: Cap<dyn Calc> = env.named("calc")?;
    clients(calc)?;
    own_server()?;
    caught(calc)?;
    let days = SystemTime::UNIX_EPOCH
        .elapsed()
        .unwrap_or_default()
        .as_secs()
        / 86_400;
    println!("days since 1970: {days}");
    calc.end()
}

/// Threads of `std` that call a server.
fn clients(calc: Cap<dyn Calc>) -> Result<()> {
    let threads: Vec<_> = (5..9)
        .map(|n| thread::spawn(move || calc.sub(n + 100, 100)))
        .collect();
    let mut answers = Vec::new();
    for thread in threads {
        // A thread that panics has been told of; this program has none.
        answers.push(thread.join().expect("no panic")?.to_string());
    }
    println!("four threads asked: {}", answers.join(", "));
    l4re::println!("and by l4re's own println, too");
    Ok(())
}

/// A server, in a thread of `std`: it counts what it is asked.
struct Counting {
    registry: Registry,
    asked: Arc<Mutex<HashMap<&'static str, u32>>>,
}

impl Counting {
    fn count(&self, what: &'static str) {
        *self.asked.lock().unwrap().entry(what).or_insert(0) += 1;
    }
}

impl Calc for Counting {
    fn sub(&self, a: u32, b: u32) -> Result<i32> {
        self.count("sub");
        Ok(a.wrapping_sub(b) as i32)
    }

    fn neg(&self, a: u32) -> Result<i32> {
        self.count("neg");
        Ok((a as i32).wrapping_neg())
    }

    fn end(&self) -> Result<()> {
        self.registry.stop();
        Ok(())
    }
}

// ANCHOR: server
fn own_server() -> Result<()> {
    let asked = Arc::new(Mutex::new(HashMap::new()));
    let (to, from) = mpsc::channel();
    let server = thread::spawn({
        let asked = asked.clone();
        move || -> Result<()> {
            // The registry is the thread's: what it serves is bound to it.
            let registry = Registry::new()?;
            let object = Counting {
                registry: registry.clone(),
                asked,
            };
            let cap: OwnedCap<dyn Calc> = registry.session(object)?;
            to.send(cap).ok();
            registry.run()
        }
    });
    let cap = from.recv().expect("the server starts");
    println!(
        "a server in a thread of std: 30 - 12 = {}",
        cap.cap().sub(30, 12)?
    );
    cap.cap().end()?;
    server.join().expect("no panic")?;
    println!("its answers are counted: {}", asked.lock().unwrap()["sub"]);
    Ok(())
}
// ANCHOR_END: server

/// A panic around calls.
fn caught(calc: Cap<dyn Calc>) -> Result<()> {
    let result = panic::catch_unwind(|| {
        let one = calc.sub(2, 1);
        assert_eq!(one, Ok(2), "not this one");
    });
    let payload = result.unwrap_err();
    let message = payload.downcast_ref::<String>().map_or("", |text| text);
    let last = message
        .lines()
        .next()
        .and_then(|line| line.rsplit_once(": "));
    println!(
        "a client panicked, and was caught: {}",
        last.map_or("?", |(_, text)| text)
    );
    println!("the server goes on: -(1) = {}", calc.neg(1)?);
    Ok(())
}
