//! The start of the program.

use crate::tls;
use core::arch::global_asm;
use core::cell::UnsafeCell;
use core::ffi::c_char;
use core::mem::MaybeUninit;
use l4re::Env;
use l4re::kip::Kip;
use l4re_sys::auxv;

// The stack pointer at entry is the address of the number of arguments; the frame pointer is
// made 0, which ends backtraces. Weak: a program that is started otherwise brings its own.
global_asm!(
    ".weak _start",
    ".type _start, @function",
    "_start:",
    "xor ebp, ebp",
    "mov rdi, rsp",
    "and rsp, -16",
    "call {start}",
    "ud2",
    ".size _start, . - _start",
    start = sym start,
);

unsafe extern "Rust" {
    /// The program's main function, as `#[l4re::main]` wraps it.
    fn __l4re_main(env: &'static Env) -> i32;
}

/// Memory for the environment, written once, before there is a second thread.
struct EnvCell(UnsafeCell<MaybeUninit<Env>>);

// SAFETY: written once by the first thread before any other exists; read afterwards.
unsafe impl Sync for EnvCell {}

static ENV: EnvCell = EnvCell(UnsafeCell::new(MaybeUninit::uninit()));

/// The initial stack, from the number of arguments upwards (`l4/libloader/loader`).
struct InitialStack {
    argv: &'static [*const c_char],
    envp: &'static [*const c_char],
    env: *const l4re_sys::Env,
    kip: *const l4re_sys::KernelInfo,
    /// The end of the auxiliary vector.
    end: *const u64,
}

impl InitialStack {
    /// # Safety
    /// `sp` is the stack pointer at the program's entry, set up by L4Re's loader, and nobody
    /// writes to what is above it.
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

extern "C" fn start(sp: *const u64) -> ! {
    // SAFETY: called by `_start` alone, with the stack pointer at entry.
    let stack = unsafe { InitialStack::read(sp) };
    tls::set_first_stack_end(stack.end.addr());
    // SAFETY: the loader maps the page there, readable and executable, and tells its address.
    let kip = unsafe { Kip::new(stack.kip) };
    // SAFETY: the loader puts the environment there, or tells nothing.
    let raw = unsafe { stack.env.as_ref() };
    let (Some(kip), Some(raw)) = (kip, raw) else {
        // Without an environment there is no log to complain to and no parent to tell.
        l4re::time::sleep_forever()
    };
    // SAFETY: this is the first thread and the only one, so nobody else uses the cell; the
    // loader's data stay, and nobody writes to them.
    let env: &'static Env =
        unsafe { (*ENV.0.get()).write(Env::from_raw(*raw, kip, stack.argv, stack.envp)) };
    l4re::start::init(env);
    // Without memory for that much, there is nothing that a program could do.
    let block = tls::Block::new(stack.end.addr()).expect("there is memory to start");
    // SAFETY: the block is forgotten, so it lives for ever; it is this thread's alone, which
    // has had no thread-local data before.
    unsafe { block.activate() };
    core::mem::forget(block);
    // SAFETY: blocks are laid out as the program's image says.
    unsafe { l4re::thread::set_tls_blocks(&tls::BLOCKS) };
    // SAFETY: `#[l4re::main]` defines the function with this type.
    let status = unsafe { __l4re_main(env) };
    l4re::exit(status)
}
