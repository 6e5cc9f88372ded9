//! Logs.

use crate::ctypes::*;
use l4re::Cap;
use l4re::vcon::Vcon;

fn write(log: l4_cap_idx_t, text: &[u8]) {
    // There is nowhere to tell that the log does not work.
    let _ = Cap::<Vcon>::new(log).write(text);
}

fn own_log() -> l4_cap_idx_t {
    crate::re::rpc::env().map_or(l4_cap_idx_t::INVALID, |env| env.log().idx())
}

/// Writes a string to the program's log.
#[unsafe(no_mangle)]
pub extern "C" fn l4re_log_print(string: Str) {
    write(own_log(), string.bytes());
}

/// Writes `len` bytes to the program's log.
#[unsafe(no_mangle)]
pub extern "C" fn l4re_log_printn(string: Str, len: c_int) {
    write(own_log(), string.first(len.max(0) as usize));
}

/// Writes a string to a log.
#[unsafe(no_mangle)]
pub extern "C" fn l4re_log_print_srv(logcap: l4_cap_idx_t, string: Str) {
    write(logcap, string.bytes());
}

/// Writes `len` bytes to a log.
#[unsafe(no_mangle)]
pub extern "C" fn l4re_log_printn_srv(logcap: l4_cap_idx_t, string: Str, len: c_int) {
    write(logcap, string.first(len.max(0) as usize));
}
