//! Between two address spaces: the one that answers.

#![no_std]
#![no_main]

use ipcbench::respond;
use l4re::ipc_gate::IpcGate;
use l4re::{Env, Result};

#[l4re::main]
fn main(env: &Env) -> Result<()> {
    env.named::<IpcGate>("bench")?
        .bind_thread(env.main_thread(), 0)?;
    respond();
    Ok(())
}
