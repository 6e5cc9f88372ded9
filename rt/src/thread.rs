//! More threads: [`l4re::thread`], by its old name.

pub use l4re::thread::{
    Builder, Handle, JoinHandle, Local, STACK_SIZE, Scope, ScopedJoinHandle, current, park,
    park_timeout, scope, spawn,
};
