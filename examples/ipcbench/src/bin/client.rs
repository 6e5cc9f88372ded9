//! Between two address spaces: the one that calls.

#![no_std]
#![no_main]

use ipcbench::{END, call, report_calls};
use l4re::ipc_gate::IpcGate;
use l4re::{Cap, Env, Result};

#[l4re::main]
fn main(env: &Env) -> Result<()> {
    let server: Cap<IpcGate> = env.named("bench")?;
    report_calls("ipc-inter", server.idx());
    call(server.idx(), END);
    Ok(())
}
