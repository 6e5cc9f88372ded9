//! What the loader leaves on the first stack, and the environment made of it.

use super::init;
use crate::atomic::{AtomicBool, Ordering};
use crate::cap_alloc;
use crate::env::Env;
use crate::kip::Kip;
use core::cell::UnsafeCell;
use core::ffi::c_char;
use core::mem::MaybeUninit;
use l4re_sys::{KernelInfo, auxv};

/// Memory for the environment, written once.
struct EnvCell(UnsafeCell<MaybeUninit<Env>>);

// SAFETY: written by the one that first finds `TAKEN` unset; read after `init`.
unsafe impl Sync for EnvCell {}

static ENV: EnvCell = EnvCell(UnsafeCell::new(MaybeUninit::uninit()));
static TAKEN: AtomicBool = AtomicBool::new(false);

/// The initial stack, from the number of arguments upwards (`l4/libloader/loader`).
struct InitialStack {
    argv: &'static [*const c_char],
    envp: &'static [*const c_char],
    env: *const l4re_sys::Env,
    kip: *const KernelInfo,
    /// The end of the auxiliary vector.
    end: *const u64,
}

impl InitialStack {
    /// # Safety
    /// As [`begin`].
    unsafe fn read(sp: *const u64) -> InitialStack {
        // SAFETY: above `sp` are: the number of arguments; as many pointers, and a null; any
        // number of pointers, and a null; pairs of words, ended by a pair of zeros.
        unsafe {
            let argc = sp.read() as usize;
            let argv: *const *const c_char = sp.add(1).cast();
            let envp = argv.add(argc + 1);
            let mut envc = 0;
            while !envp.add(envc).read().is_null() {
                envc += 1;
            }
            let mut stack = InitialStack {
                argv: core::slice::from_raw_parts(argv, argc),
                envp: core::slice::from_raw_parts(envp, envc),
                env: core::ptr::null(),
                kip: core::ptr::null(),
                end: envp.add(envc + 1).cast(),
            };
            loop {
                let (kind, value) = (stack.end.read(), stack.end.add(1).read() as usize);
                stack.end = stack.end.add(2);
                match kind {
                    auxv::NULL => return stack,
                    auxv::L4_ENV => stack.env = core::ptr::with_exposed_provenance(value),
                    auxv::L4_KIP => stack.kip = core::ptr::with_exposed_provenance(value),
                    _ => {}
                }
            }
        }
    }
}

/// What [`begin`] finds.
#[derive(Clone, Copy, Debug)]
pub struct Beginning {
    /// The environment.
    pub env: &'static Env,
    /// Where it stands on the stack.
    pub raw: &'static l4re_sys::Env,
    /// The address behind the auxiliary vector, where nothing of the stack is in use.
    pub stack_end: usize,
}

/// Reads what the loader left on the first stack, and publishes the environment: from now on
/// [`env()`](super::env), [`print!`](crate::print) and the allocation of capability slots work.
/// `None` if there is none, or if it was read before.
///
/// # Safety
/// `sp` is the stack pointer at the program's entry, set up by L4Re's loader, and nobody writes
/// to what is above it.
pub unsafe fn begin(sp: *const u64) -> Option<Beginning> {
    // SAFETY: `sp` is the stack pointer at entry (contract of this function).
    let beginning = unsafe { adopt(sp)? };
    cap_alloc::start_at(beginning.raw.first_free_cap);
    Some(beginning)
}

/// As [`begin`], where another copy of the crate allocates capability slots.
///
/// # Safety
/// As [`begin`].
// Two places call it, one of which does so in programs with a C library only.
#[inline(never)]
pub(crate) unsafe fn adopt(sp: *const u64) -> Option<Beginning> {
    // SAFETY: `sp` is the stack pointer at entry (contract of this function).
    let stack = unsafe { InitialStack::read(sp) };
    // SAFETY: the loader maps the page there, readable and executable, and tells its address.
    let kip = unsafe { Kip::new(stack.kip) }?;
    // SAFETY: the loader puts the environment there, or tells nothing.
    let raw = unsafe { stack.env.as_ref() }?;
    Some(Beginning {
        // SAFETY: the loader's data stay, and nobody writes to them.
        env: unsafe { publish(raw, kip, stack.argv, stack.envp)? },
        raw,
        stack_end: stack.end.addr(),
    })
}

/// Publishes an environment. `None` if there was one before, or another thread is about to.
///
/// # Safety
/// As of [`Env::from_raw`].
#[inline(never)]
pub(crate) unsafe fn publish(
    raw: &l4re_sys::Env,
    kip: Kip,
    argv: &'static [*const c_char],
    envp: &'static [*const c_char],
) -> Option<&'static Env> {
    if TAKEN.swap(true, Ordering::Relaxed) {
        return None;
    }
    // SAFETY: `TAKEN` lets this happen once; the data stay for as long as the program runs
    // (contract of this function).
    let env: &'static Env = unsafe { (*ENV.0.get()).write(Env::from_raw(*raw, kip, argv, envp)) };
    init(env);
    Some(env)
}
