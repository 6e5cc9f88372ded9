//! What the kernel's interface is, case by case: the same on Fiasco and on the embedded kernel.
//!
//! Each case names the header that it stands on. Where the headers are silent, what Fiasco does
//! is what is expected. The program's first argument, if there is one, is a part of the names of
//! the cases to run.

#![no_std]
#![no_main]

mod kit;

mod console;
mod exceptions;
mod factory;
mod faults;
mod fpu;
mod gate;
mod group;
mod ipc_errors;
mod ipc_order;
mod ipc_phases;
mod ipc_timeout;
mod ipc_words;
mod irq;
mod items_caps;
mod items_local;
mod items_memory;
mod objects;
mod reply_caps;
mod scheduler;
mod task_map;
mod task_unmap;
mod thread_control;
mod thread_regs;
mod trampoline;

use l4re::Env;

const TABLES: &[&[kit::Case]] = &[
    ipc_timeout::CASES,
    ipc_phases::CASES,
    ipc_errors::CASES,
    ipc_words::CASES,
    objects::CASES,
    reply_caps::CASES,
    ipc_order::CASES,
    items_caps::CASES,
    items_local::CASES,
    items_memory::CASES,
    task_map::CASES,
    task_unmap::CASES,
    factory::CASES,
    gate::CASES,
    irq::CASES,
    thread_control::CASES,
    thread_regs::CASES,
    faults::CASES,
    trampoline::CASES,
    exceptions::CASES,
    group::CASES,
    scheduler::CASES,
    console::CASES,
    fpu::CASES,
];

#[l4re::main]
fn main(env: &Env) -> i32 {
    kit::run(TABLES, env.args().nth(1).unwrap_or(""))
}
