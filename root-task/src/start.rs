//! Where the kernel starts the root task, and where it ends if it panics.

use core::arch::global_asm;
use core::panic::PanicInfo;

use root_task::boot::{self, Boot};
use root_task::server::{end_system, report};

use crate::heap;

/// Bytes of the root task's stack.
const STACK_SIZE: usize = 64 << 10;
/// The status of a system that could not be started.
const STATUS_NO_SYSTEM: i64 = 125;
/// The status of a system whose root task failed.
const STATUS_PANIC: i64 = 101;

#[repr(C, align(16))]
struct Stack([u8; STACK_SIZE]);

#[unsafe(no_mangle)]
static mut ROOT_STACK: Stack = Stack([0; STACK_SIZE]);

// The first argument is what the kernel left in rdi: where its information page is, if there is
// no sigma0 to ask.
global_asm!(
    ".globl _start",
    "_start:",
    "lea rsp, [rip + ROOT_STACK + {size}]",
    "xor ebp, ebp",
    "call {main}",
    "ud2",
    size = const STACK_SIZE,
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
            heap::grow_by(boot.pool);
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

#[panic_handler]
fn panic(info: &PanicInfo<'_>) -> ! {
    report(format_args!("{info}"));
    end_system(STATUS_PANIC)
}
