//! The start of the program.

use core::arch::global_asm;
use core::cell::UnsafeCell;
use core::ffi::c_char;
use core::mem::MaybeUninit;
use l4re::Env;
use l4re::kip::Kip;
use l4re_sys::consts::{KIP_ADDR, STACK_ADDR};
use l4re_sys::elf_aux::{self, ElfAuxWord};
use l4re_sys::{KernelInfo, auxv};

/// Where the kernel information page goes: the loader reads it before it starts the program.
#[used]
#[unsafe(link_section = ".rol4re_elf_aux")]
static KIP: ElfAuxWord = ElfAuxWord::new(elf_aux::KIP_ADDR, KIP_ADDR);

/// Where the stack goes.
#[used]
#[unsafe(link_section = ".rol4re_elf_aux")]
static STACK: ElfAuxWord = ElfAuxWord::new(elf_aux::STACK_ADDR, STACK_ADDR);

// The stack pointer at entry is the address of the number of arguments; the frame pointer is
// made 0, which ends backtraces.
global_asm!(
    ".globl _start",
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

unsafe extern "C" {
    /// uClibc's own start, which calls `main` and then `exit`.
    fn __uClibc_main(
        main: unsafe extern "C" fn(),
        argc: i32,
        argv: *const *const c_char,
        init: Option<extern "C" fn()>,
        fini: Option<extern "C" fn()>,
        dynamic_fini: Option<extern "C" fn()>,
        stack_end: *const u64,
    ) -> !;
    fn main();
}

/// Memory for the environment, written once, before there is a second thread.
struct EnvCell(UnsafeCell<MaybeUninit<Env>>);

// SAFETY: written once by the first thread before any other exists; read afterwards.
unsafe impl Sync for EnvCell {}

static ENV: EnvCell = EnvCell(UnsafeCell::new(MaybeUninit::uninit()));

extern "C" fn start(sp: *const u64) -> ! {
    // SAFETY: above the stack pointer at entry L4Re's loader leaves: the number of arguments; as
    // many pointers, and a null; any number of pointers, and a null; pairs of words, ended by a
    // pair of zeros. Nobody writes there.
    unsafe {
        let argc = sp.read() as usize;
        let argv: *const *const c_char = sp.add(1).cast();
        let envp = argv.add(argc + 1);
        let mut envc = 0;
        while !envp.add(envc).read().is_null() {
            envc += 1;
        }
        let mut pair: *const u64 = envp.add(envc + 1).cast();
        let mut raw: *const l4re_sys::Env = core::ptr::null();
        let mut kip: *const KernelInfo = core::ptr::null();
        while pair.read() != auxv::NULL {
            let value = pair.add(1).read() as usize;
            match pair.read() {
                auxv::L4_ENV => raw = core::ptr::with_exposed_provenance(value),
                auxv::L4_KIP => kip = core::ptr::with_exposed_provenance(value),
                _ => {}
            }
            pair = pair.add(2);
        }
        let (Some(kip), Some(raw)) = (Kip::new(kip), raw.as_ref()) else {
            // Without an environment there is no log to complain to and no parent to tell.
            l4re::time::sleep_forever()
        };
        let args = core::slice::from_raw_parts(argv, argc);
        let vars = core::slice::from_raw_parts(envp, envc);
        let env = (*ENV.0.get()).write(Env::from_raw(*raw, kip, args, vars));
        l4re::start::init(env);
        crate::exports::publish(env, raw, sp);
        __uClibc_main(main, argc as i32, argv, None, None, None, pair)
    }
}
