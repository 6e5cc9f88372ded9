//! Notes, kept by Rust for a C program (`notes.h`).
//!
//! The memory is the C program's heap; capabilities go both ways: a semaphore of C's that is told
//! of each note, and a dataspace of Rust's that C reads.

// On the host there is nothing to run on: the crate is empty, and a workspace still builds.
#![cfg(target_os = "l4re")]
#![no_std]

extern crate alloc;
extern crate rt_hosted as _;

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use core::ffi::{CStr, c_char, c_long};
use l4re::region::Region;
use l4re::semaphore::Semaphore;
use l4re::sync::Mutex;
use l4re::sys::CapIdx;
use l4re::{Cap, Result, start};

/// Notes, which threads of the C program share.
pub struct Notes {
    changed: Cap<Semaphore>,
    texts: Mutex<Vec<String>>,
    shared: Mutex<Option<Region>>,
}

/// No notes yet. `changed` is a semaphore that is told of each new one.
#[unsafe(no_mangle)]
pub extern "C" fn notes_new(changed: CapIdx) -> *mut Notes {
    Box::into_raw(Box::new(Notes {
        changed: Cap::new(changed),
        texts: Mutex::new(Vec::new()),
        shared: Mutex::new(None),
    }))
}

/// Adds a note. 0, or a negative error code.
///
/// # Safety
/// `text` is a string, ended by 0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn notes_add(notes: &Notes, text: *const c_char) -> c_long {
    // SAFETY: `text` is a string that ends with 0 (contract of this function).
    let text = unsafe { CStr::from_ptr(text) }.to_string_lossy();
    notes.texts.lock().push(text.into_owned());
    code(notes.changed.up())
}

/// The number of notes.
#[unsafe(no_mangle)]
pub extern "C" fn notes_count(notes: &Notes) -> usize {
    notes.texts.lock().len()
}

/// The length of a note. There must be one of this number: otherwise it panics.
#[unsafe(no_mangle)]
pub extern "C" fn notes_length(notes: &Notes, index: usize) -> usize {
    notes.texts.lock()[index].len()
}

/// A dataspace with the text of all notes, a line for each. `ds` stays the notes': it is valid
/// until they are shared again, or freed. 0, or a negative error code.
#[unsafe(no_mangle)]
pub extern "C" fn notes_share(notes: &Notes, ds: &mut CapIdx, size: &mut usize) -> c_long {
    code(share(notes).map(|(found, len)| (*ds, *size) = (found, len)))
}

fn share(notes: &Notes) -> Result<(CapIdx, usize)> {
    let mut text = notes.texts.lock().join("\n");
    text.push('\n');
    let env = start::env();
    let memory = env.mem_alloc().dataspace(text.len())?;
    let mut region = env.rm().attach(memory)?;
    region.write(0, text.as_bytes())?;
    let ds = region.dataspace().idx();
    *notes.shared.lock() = Some(region);
    Ok((ds, text.len()))
}

/// Frees all.
///
/// # Safety
/// `notes` comes from [`notes_new`], and is not used any more.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn notes_free(notes: *mut Notes) {
    // SAFETY: `notes` is what `notes_new` returned, and is not used again (contract of this
    // function).
    drop(unsafe { Box::from_raw(notes) });
}

/// An error as C has it.
fn code(result: Result<()>) -> c_long {
    match result {
        Ok(()) => 0,
        Err(error) => error.label(),
    }
}
