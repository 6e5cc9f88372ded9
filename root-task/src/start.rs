//! Where the kernel starts the root task, and where it ends if it panics.

use core::arch::global_asm;
use core::panic::PanicInfo;
use core::sync::atomic::{AtomicBool, Ordering};

use l4re_sys::consts::PAGE_SIZE;
use l4re_sys::elf_aux;
use root_task::boot::{self, Boot};
use root_task::heap::Allocator;
use root_task::server::{end_system, report};

/// What is kept for clients is charged to them by the heap.
#[global_allocator]
static HEAP: Allocator = Allocator;

/// Bytes of the root task's stack.
const STACK_SIZE: usize = 64 << 10;
/// The status of a system that could not be started.
const STATUS_NO_SYSTEM: i64 = 125;
/// The status of a system whose root task failed.
const STATUS_PANIC: i64 = 101;

/// The stack, and the page below it, which the kernel keeps free: an overflow is a fault.
#[repr(C, align(4096))]
struct Stack {
    guard: [u8; PAGE_SIZE],
    stack: [u8; STACK_SIZE],
}

#[unsafe(no_mangle)]
static mut ROOT_STACK: Stack = Stack {
    guard: [0; PAGE_SIZE],
    stack: [0; STACK_SIZE],
};

/// An ELF-aux element: a range that stays free, by its first and last address.
#[repr(C)]
struct Reserved {
    kind: u64,
    length: u64,
    first: *const u8,
    last: *const u8,
}

// SAFETY: the addresses are for the kernel to read from the file.
unsafe impl Sync for Reserved {}

#[used]
#[unsafe(link_section = ".rol4re_elf_aux")]
static GUARD: Reserved = Reserved {
    kind: elf_aux::VMA,
    length: size_of::<Reserved>() as u64,
    first: (&raw const ROOT_STACK).cast(),
    last: (&raw const ROOT_STACK)
        .cast::<u8>()
        .wrapping_add(PAGE_SIZE - 1),
};

// The first argument is what the kernel left in rdi: where its information page is, if there is
// no sigma0 to ask.
global_asm!(
    ".globl _start",
    "_start:",
    "lea rsp, [rip + ROOT_STACK + {size}]",
    "xor ebp, ebp",
    "call {main}",
    "ud2",
    size = const PAGE_SIZE + STACK_SIZE,
    main = sym main,
);

unsafe extern "C" {
    static __executable_start: u8;
    static _end: u8;
}

extern "C" fn main(kip: usize) -> ! {
    let image = &raw const __executable_start as usize..&raw const _end as usize;
    // SAFETY: this is the root task's start, and the linker's symbols tell where its image is.
    let boot = unsafe { Boot::find(image, kip) };
    let error = match boot {
        Ok(boot) => {
            report(format_args!("{}", boot.summary()));
            match boot::run(boot) {
                Ok(never) => match never {},
                Err(error) => error,
            }
        }
        Err(error) => error,
    };
    report(format_args!("cannot start: {error}"));
    end_system(STATUS_NO_SYSTEM)
}

/// Set by the first panic: telling of it may be what fails.
static PANICKING: AtomicBool = AtomicBool::new(false);

/// Tells where and why, without the heap, and ends the system.
#[panic_handler]
fn panic(info: &PanicInfo<'_>) -> ! {
    if !PANICKING.swap(true, Ordering::Relaxed) {
        report(format_args!("{info}"));
    }
    end_system(STATUS_PANIC)
}
