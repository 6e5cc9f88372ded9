//! The client: asks the server behind the gate `pages`.

#![no_std]
#![no_main]

extern crate alloc;

use alloc::string::String;
use alloc::vec;
use l4re::ipc::{self, Accept};
use l4re::ipc_gate::IpcGate;
use l4re::msg::Writer;
use l4re::sys::MemRights;
use l4re::{Cap, Env, Error, Malformed, Result, println};
use two_tasks::{CAPITALS, END, PAGE_ORDER, PROTOCOL, SUB};

const TEXT: &str = "a page of memory, shared by two tasks";

#[l4re::main]
fn main(env: &Env) -> Result<()> {
    let server: Cap<IpcGate> = env.named("pages")?;

    let mut w = Writer::new();
    w.put(SUB).put(8u32).put(5u32);
    let mut reply = ipc::request(server, PROTOCOL, &w, Accept::Words)?;
    println!("8 - 5 = {}", reply.get::<i32>()?);

    let memory = env.mem_alloc().dataspace(1 << PAGE_ORDER)?;
    let mut page = env.rm().attach(memory)?;
    page.write(0, TEXT.as_bytes())?;
    let mut w = Writer::new();
    w.put(CAPITALS).put(TEXT.len());
    w.memory(page.share(0, PAGE_ORDER, MemRights::RW)?);
    ipc::request(server, PROTOCOL, &w, Accept::Words)?;

    let mut answer = vec![0; TEXT.len()];
    page.read(TEXT.len(), &mut answer)?;
    let answer = String::from_utf8(answer).map_err(|_| Error::Malformed(Malformed::BadValue))?;
    println!("\"{TEXT}\" became \"{answer}\"");

    let mut w = Writer::new();
    w.put(END);
    ipc::request(server, PROTOCOL, &w, Accept::Words)?;
    if answer != TEXT.to_uppercase() {
        return Err(Error::Malformed(Malformed::BadValue));
    }
    Ok(())
}
