//! `l4/re/c/util/`.

// Weak symbols are the target's alone.
#[cfg(target_os = "l4re")]
mod cap_alloc;
mod kumem_alloc;
