//! `l4/sys/`: the kernel's objects.

mod __l4_fpage;
mod __timeout;
mod arch;
mod consts;
mod debugger;
mod err;
pub mod factory;
mod icu;
mod ipc;
mod ipc_gate;
mod irq;
mod kdebug;
mod kdump;
mod kernel_object;
mod kip;
mod memdesc;
mod platform_control;
mod rcv_endpoint;
mod scheduler;
mod segment;
mod semaphore;
mod task;
mod thread;
mod thread_group;
mod utcb;
mod vcon;

pub use __l4_fpage::l4_fpage_max_order;
pub use factory::l4_factory_create_thread_u;
pub use ipc::{l4_ipc_sleep, l4_ipc_sleep_ms, l4_ipc_sleep_us};
pub use kip::{l4_kip, l4_kip_kernel_has_feature};
pub use scheduler::l4_scheduler_run_thread_u;
pub use task::l4_task_map_u;
#[cfg(target_os = "l4re")]
pub use task::l4_task_unmap_u;
pub use thread::{
    l4_thread_control_bind_u, l4_thread_control_commit_u, l4_thread_control_pager_u,
    l4_thread_control_start_u, l4_thread_ex_regs_u,
};
