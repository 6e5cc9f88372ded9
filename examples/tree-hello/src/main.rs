//! Calls the C library of an L4Re tree, and the crate `l4re`, of the same objects.

#![no_std]
#![no_main]

extern crate alloc;

use alloc::string::String;
use core::ffi::{CStr, c_void};
use core::ptr;
use l4re::dataspace::Dataspace;
use l4re::{Cap, Env, Error, Result, cap_alloc, println};
use l4re_sys::{CapIdx, c};

const SIZE: usize = 2 * c::L4_PAGESIZE as usize;
const TEXT: &CStr = c"written by Rust into memory of the C library";

#[l4re::main]
fn main(env: &Env) -> Result<()> {
    // SAFETY: the text is ended by 0.
    unsafe { c::l4re_log_print(c"tree-hello, by l4re_log_print()\n".as_ptr()) };

    // One table of capability slots: what C takes, Rust does not get, and the other way round.
    let slot = cap_alloc::alloc()?;
    // SAFETY: without preconditions.
    let of_c = unsafe { c::l4re_util_cap_alloc() };
    println!("slots: {:#x} for Rust, {of_c:#x} for C", slot.0);
    // SAFETY: the slot is this program's, and nothing is in it.
    unsafe { c::l4re_util_cap_free(of_c) };

    let ds = slot.0;
    // SAFETY: the slot is free; the structure is there to be written.
    let stats = unsafe {
        check(c::l4re_ma_alloc(SIZE as i64, ds, 0))?;
        let mut stats = c::l4re_ds_stats_t::default();
        check(c::l4re_ds_info(ds, &mut stats))?;
        stats
    };
    println!(
        "l4re_ds_info(): {} bytes, flags {:#x}",
        stats.size, stats.flags
    );
    let info = Cap::<Dataspace>::new(CapIdx(ds)).info()?;
    println!(
        "Cap<Dataspace>::info(): {} bytes, flags {:#x}",
        info.size,
        info.flags.bits()
    );

    let text = write_and_read(env, ds)?;
    println!("{text:?} was {}", TEXT.to_str().unwrap_or("no text"));
    // SAFETY: nothing is mapped of it any more, and the slot is this program's.
    unsafe { c::l4re_util_cap_free_um(ds) };

    if env.args().nth(1) == Some("panic") {
        panic!("as told");
    }
    Ok(())
}

// ANCHOR: c
/// Attaches the dataspace, writes to it, reads it by another mapping, and detaches it.
fn write_and_read(env: &Env, ds: c::l4_cap_idx_t) -> Result<String> {
    let flags = c::L4RE_RM_F_SEARCH_ADDR | c::L4RE_RM_F_RW;
    let align = c::L4_PAGESHIFT as u8;
    // The lower bits of a capability that C passes on say which rights are passed on with it.
    let mem = ds | u64::from(c::L4_CAP_FPAGE_RW);
    let mut places: [*mut c_void; 2] = [ptr::null_mut(); 2];
    for place in &mut places {
        // SAFETY: at an address that the region map chooses, nothing else is.
        unsafe { check(c::l4re_rm_attach(place, SIZE as _, flags, mem, 0, align))? };
        let found = env.rm().find(place.addr() as u64, 1)?;
        println!(
            "l4re_rm_attach(): {} bytes at a place that the region map chose",
            found.size
        );
    }
    // SAFETY: both are mappings of the same memory, which has place for the text, for this
    // thread alone; they are not used behind `l4re_rm_detach()`.
    unsafe {
        let bytes = TEXT.to_bytes_with_nul();
        ptr::copy_nonoverlapping(bytes.as_ptr(), places[0].cast(), bytes.len());
        let text = CStr::from_ptr(places[1].cast_const().cast());
        let text = String::from(text.to_str().unwrap_or("something else"));
        for place in places {
            check(c::l4re_rm_detach(place))?;
        }
        Ok(text)
    }
}
// ANCHOR_END: c

/// What C tells by a number below 0.
fn check(result: impl Into<i64>) -> Result<i64> {
    match result.into() {
        code @ ..0 => Err(Error::from_label(code)),
        value => Ok(value),
    }
}
