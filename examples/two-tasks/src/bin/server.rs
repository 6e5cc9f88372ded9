//! The server: answers what comes through the gate `pages`.

#![no_std]
#![no_main]

use l4re::ipc::Accept;
use l4re::ipc_gate::IpcGate;
use l4re::msg::Writer;
use l4re::region::Window;
use l4re::server::{self, Answer, Request};
use l4re::{Env, Error, Result, println};
use two_tasks::{CAPITALS, END, PAGE_ORDER, PROTOCOL, SUB};

#[l4re::main]
fn main(env: &Env) -> Result<()> {
    let window = Window::new(env.rm(), PAGE_ORDER)?;
    let gate = env.named::<IpcGate>("pages")?;
    gate.bind_thread(env.main_thread(), 0)?;
    println!("ready");
    server::run(Accept::Memory(&window), |request| answer(&window, request))?;
    println!("done");
    Ok(())
}

fn answer(window: &Window, request: Request) -> Result<Answer> {
    if request.protocol() != PROTOCOL {
        return Err(Error::BAD_PROTOCOL);
    }
    let mut r = request.reader();
    match r.get::<u32>()? {
        SUB => {
            let (a, b): (u32, u32) = (r.get()?, r.get()?);
            let mut w = Writer::new();
            w.put(a.wrapping_sub(b) as i32);
            Answer::message(&w, 0)
        }
        CAPITALS => {
            let len: usize = r.get()?;
            r.memory()?;
            capitals(window, len)?;
            // The page is the client's: keep nothing of it.
            window.clear()?;
            Ok(Answer::label(0))
        }
        END => Ok(Answer::last(0)),
        _ => Err(Error::NO_OPERATION),
    }
}

/// Reads the text piece by piece and writes each, in capital letters, behind the text.
fn capitals(window: &Window, len: usize) -> Result<()> {
    if len > window.size() / 2 {
        return Err(Error::OUT_OF_RANGE);
    }
    let mut piece = [0; 64];
    for start in (0..len).step_by(piece.len()) {
        let n = piece.len().min(len - start);
        let piece = &mut piece[..n];
        window.read(start, piece)?;
        piece.make_ascii_uppercase();
        window.write(len + start, piece)?;
    }
    Ok(())
}
