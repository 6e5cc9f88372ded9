//! Measures, one after the other: IPC within an address space, a system call that does
//! nothing, IPC between two address spaces, and whether the cost grows with what else
//! there is.

#![no_std]
#![no_main]

extern crate alloc;

use alloc::vec::Vec;
use ipcbench::{END, ROUNDS, call, measure, report, report_calls, respond};
use l4re::ipc_gate::IpcGate;
use l4re::{Cap, Env, Result};
use l4re_sys::op::thread;
use l4re_sys::{MsgTag, TagFlags, proto, utcb};

/// How many threads, and how many gates, there are when it is crowded.
const CROWD: usize = 2000;

#[l4re::main]
fn main(env: &Env) -> Result<()> {
    let responder = rt::thread::spawn(respond)?;
    let local = responder.thread().idx();
    report_calls("ipc-intra", local);

    // The operation that L4Re's own benchmark takes: the kernel finds that there are too
    // few words, and says so.
    let tag = MsgTag::new(proto::THREAD, 1, 0, TagFlags::empty());
    let me = env.main_thread().idx();
    utcb().set_mr(0, thread::CONTROL);
    let ticks = measure(ROUNDS, || {
        call(me, tag);
    });
    report("syscall", ticks, ROUNDS);

    let server: Cap<IpcGate> = env.named("bench")?;
    report_calls("ipc-inter", server.idx());

    let mut crowd = Vec::with_capacity(CROWD);
    for _ in 0..CROWD {
        let factory = env.factory();
        crowd.push((factory.create_thread()?, factory.create_gate()?));
    }
    report_calls("ipc-intra-2000", local);
    report_calls("ipc-inter-2000", server.idx());
    drop(crowd);

    call(server.idx(), END);
    call(local, END);
    responder.join()
}
