//! The environment.

use crate::ctypes::*;

#[cfg(target_os = "l4re")]
unsafe extern "C" {
    /// The environment's address: the C library's variable, or that of the small start.
    pub static mut l4re_global_env: *mut l4re_env_t;
}

/// The environment that the program was started with. It must not be written to.
#[unsafe(no_mangle)]
pub extern "C" fn l4re_env() -> *mut l4re_env_t {
    // SAFETY: written once, before `main`.
    #[cfg(target_os = "l4re")]
    let known = unsafe { l4re_global_env };
    #[cfg(target_os = "l4re")]
    if !known.is_null() {
        return known;
    }
    // Where `main` is Rust's.
    match l4re::start::try_env() {
        Some(env) => core::ptr::from_ref(env.raw()).cast_mut(),
        None => core::ptr::null_mut(),
    }
}

/// The kernel information page of the program.
#[unsafe(no_mangle)]
pub extern "C" fn l4re_kip() -> *const l4_kernel_info_t {
    crate::sys::l4_kip()
}

/// The capability of a name in the program's environment; `L4_INVALID_CAP`: there is none.
#[unsafe(no_mangle)]
pub extern "C" fn l4re_env_get_cap(name: Str) -> l4_cap_idx_t {
    // SAFETY: the environment is null or as the loader left it.
    match unsafe { l4re_env().as_ref() } {
        Some(env) => l4re_env_get_cap_e(name, env),
        None => l4_cap_idx_t::INVALID,
    }
}

/// The capability of a name in an environment; `L4_INVALID_CAP`: there is none.
#[unsafe(no_mangle)]
pub extern "C" fn l4re_env_get_cap_e(name: Str, e: &l4re_env_t) -> l4_cap_idx_t {
    entry(name.bytes(), e).map_or(l4_cap_idx_t::INVALID, |entry| entry.cap)
}

/// The entry of a name of `l` bytes in an environment; null: there is none.
#[unsafe(no_mangle)]
pub extern "C" fn l4re_env_get_cap_l(
    name: Str,
    l: c_uint,
    e: &l4re_env_t,
) -> *const l4re_env_cap_entry_t {
    let name = name.first(l as usize);
    let end = name.iter().position(|b| *b == 0).unwrap_or(name.len());
    let name = name.get(..end).unwrap_or(name);
    entry(name, e).map_or(core::ptr::null(), core::ptr::from_ref)
}

fn entry<'a>(name: &[u8], env: &'a l4re_env_t) -> Option<&'a l4re_env_cap_entry_t> {
    let mut at = env.caps;
    loop {
        // SAFETY: the list of an environment is null, or valid and ended by an entry that says
        // so (the crate's documentation).
        let entry = unsafe { at.as_ref() }?;
        if entry.is_end() {
            return None;
        }
        if entry.name() == name {
            return Some(entry);
        }
        at = at.wrapping_add(1);
    }
}
