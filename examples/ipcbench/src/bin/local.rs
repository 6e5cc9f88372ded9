//! Within one address space: IPC, a system call that does nothing, and whether their
//! cost grows with what else there is.

#![no_std]
#![no_main]

extern crate alloc;

use alloc::vec::Vec;
use ipcbench::{END, ROUNDS, call, measure, report, report_calls, respond};
use l4re::{Env, Result};
use l4re_sys::op::thread;
use l4re_sys::{MsgTag, TagFlags, proto, utcb};

/// How many threads, gates and capabilities are there when it is crowded.
const CROWD: usize = 2000;

#[l4re::main]
fn main(env: &Env) -> Result<()> {
    let responder = rt::thread::spawn(respond)?;
    let dest = responder.thread().idx();
    report_calls("ipc-intra", dest);

    let tag = MsgTag::new(proto::THREAD, 1, 0, TagFlags::empty());
    let me = env.main_thread().idx();
    utcb().set_mr(0, thread::CONTROL);
    let ticks = measure(ROUNDS, || {
        call(me, tag);
    });
    report("syscall", ticks, ROUNDS);

    let mut crowd = Vec::with_capacity(CROWD);
    for _ in 0..CROWD {
        let factory = env.factory();
        crowd.push((factory.create_thread()?, factory.create_gate()?));
    }
    report_calls("ipc-intra-2000", dest);
    drop(crowd);

    call(dest, END);
    responder.join()
}
