//! Thread-local data, laid out as amd64's "variant II" says: a thread's data end where the base
//! of its segment fs points to, and there a control block starts, with its own address first.

use alloc::alloc::{alloc_zeroed, dealloc};
use core::alloc::Layout;
use core::arch::asm;
use core::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use l4re::Cap;
use l4re::thread::{Thread, TlsBlocks};
use l4re_sys::elf::{Ehdr, PT_TLS, Phdr};

/// What stands at the base of a thread's segment fs.
#[repr(C, align(64))]
struct ControlBlock {
    /// Its own address: the compiler reads it to find the address of thread-local data.
    this: *mut ControlBlock,
    /// The end of the thread's stack, for backtraces.
    stack_end: usize,
}

/// Whether the first thread has its control block.
static READY: AtomicBool = AtomicBool::new(false);

/// The end of the first thread's stack, for as long as it has no control block.
static FIRST_STACK_END: AtomicUsize = AtomicUsize::new(0);

/// Tells the end of the first thread's stack, so that there are backtraces from the start.
pub(crate) fn set_first_stack_end(end: usize) {
    FIRST_STACK_END.store(end, Ordering::Relaxed);
}

/// The initial content of thread-local data.
struct Template {
    init: &'static [u8],
    /// Of the data alone.
    layout: Layout,
    /// How far before the base of the segment fs the data start. The linker counts from the
    /// end, which it aligns as if the data were moved there from where they are in the image.
    start_below_base: usize,
}

unsafe extern "C" {
    /// The start of the program's own image, with its ELF header (defined by the linker).
    static __ehdr_start: Ehdr;
}

impl Template {
    /// The template of the program, from its program headers.
    fn of_program() -> Template {
        // SAFETY: the linker script puts the headers into the first segment, so they are
        // mapped, and nobody writes to them.
        let headers = unsafe {
            let image = &raw const __ehdr_start;
            let first = image.byte_add((*image).phoff as usize).cast::<Phdr>();
            core::slice::from_raw_parts(first, usize::from((*image).phnum))
        };
        // A program without such data may have an empty segment, of no address.
        let mut segments = headers.iter().filter(|header| header.memsz != 0);
        let Some(tls) = segments.find(|header| header.kind == PT_TLS) else {
            return Template {
                init: &[],
                layout: Layout::new::<()>(),
                start_below_base: 0,
            };
        };
        let (start, size) = (tls.vaddr as usize, tls.memsz as usize);
        let align = (tls.align as usize).max(1);
        let at = core::ptr::with_exposed_provenance::<u8>(start);
        // SAFETY: the segment is part of the image, and its initial content is never written.
        let init = unsafe { core::slice::from_raw_parts(at, tls.filesz as usize) };
        let layout = Layout::from_size_align(size, align);
        Template {
            init,
            layout: layout.expect("the linker has laid the segment out"),
            start_below_base: size + (start + size).wrapping_neg() % align,
        }
    }

    /// What data and control block take together, and where in it the control block stands: at
    /// a multiple of its own alignment and the data's, behind what is before it.
    fn block(&self) -> (Layout, usize) {
        let control = Layout::new::<ControlBlock>();
        let align = control.align().max(self.layout.align());
        let data = Layout::from_size_align(self.start_below_base, align);
        let both = data.and_then(|data| data.pad_to_align().extend(control));
        both.expect("thread-local data fit into the address space")
    }
}

/// The thread-local data of a thread; freed when dropped.
#[derive(Debug)]
pub struct Block {
    start: *mut u8,
    layout: Layout,
    control: *mut ControlBlock,
}

// SAFETY: the block is its owner's; the thread that uses it is the owner's to know.
unsafe impl Send for Block {}

impl Block {
    /// Makes a block, with the program's initial data, for a thread whose stack ends at
    /// `stack_end`. None if there is no memory.
    pub fn new(stack_end: usize) -> Option<Block> {
        let template = Template::of_program();
        let (layout, offset) = template.block();
        // SAFETY: the layout is at least as large as the control block.
        let start = unsafe { alloc_zeroed(layout) };
        if start.is_null() {
            return None;
        }
        // SAFETY: `offset` is at least the size of the data, so data and control block are
        // inside of what was allocated.
        let control = unsafe {
            let control = start.add(offset).cast::<ControlBlock>();
            control.write(ControlBlock {
                this: control,
                stack_end,
            });
            let to = start.add(offset - template.start_below_base);
            core::ptr::copy_nonoverlapping(template.init.as_ptr(), to, template.init.len());
            control
        };
        Some(Block {
            start,
            layout,
            control,
        })
    }

    /// The block of a base that [`base`](Self::base) has told, of a block that was forgotten.
    ///
    /// # Safety
    /// There was such a block, and it is nobody else's.
    unsafe fn from_base(base: u64) -> Block {
        let (layout, offset) = Template::of_program().block();
        let control: *mut ControlBlock = core::ptr::with_exposed_provenance_mut(base as usize);
        Block {
            // SAFETY: the control block stands there in what was allocated (`new`).
            start: unsafe { control.byte_sub(offset) }.cast(),
            layout,
            control,
        }
    }

    /// The base of the segment fs for a thread with this block.
    pub fn base(&self) -> u64 {
        self.control.expose_provenance() as u64
    }

    /// Makes this the calling thread's block.
    ///
    /// # Safety
    /// The block lives as long as the thread, no other thread uses it, and the thread does
    /// not hold references to other thread-local data.
    pub unsafe fn activate(&self) {
        // SAFETY: the block stays as long as the thread, which holds no references to other
        // thread-local data (contract of this function).
        let set = unsafe { Cap::<Thread>::CURRENT.set_fs_base(self.base()) };
        // The error is not printed: that would cost every program the code to print all errors.
        assert!(set.is_ok(), "a thread cannot set its own fs base");
        READY.store(true, Ordering::Relaxed);
    }
}

impl Drop for Block {
    fn drop(&mut self) {
        // SAFETY: allocated with this layout in `new`; no thread uses it any more (`activate`).
        unsafe { dealloc(self.start, self.layout) };
    }
}

/// What threads need of this module.
pub(crate) static BLOCKS: TlsBlocks = TlsBlocks {
    make: |stack_end| {
        let block = Block::new(stack_end)?;
        let base = block.base();
        core::mem::forget(block);
        Some(base)
    },
    free: free_block,
};

/// # Safety
/// As [`TlsBlocks::free`] says.
unsafe fn free_block(base: u64) {
    // SAFETY: the base is of `make`, which forgot the block.
    drop(unsafe { Block::from_base(base) });
}

/// The end of the calling thread's stack.
pub(crate) fn stack_end() -> usize {
    if !READY.load(Ordering::Relaxed) {
        return FIRST_STACK_END.load(Ordering::Relaxed);
    }
    let end: usize;
    // SAFETY: the first thread has a control block (`READY`), and every other one gets its own
    // before it runs anything else (`thread`).
    unsafe {
        asm!(
            "mov {}, fs:[{offset}]",
            out(reg) end,
            offset = const core::mem::offset_of!(ControlBlock, stack_end),
            options(pure, readonly, nostack, preserves_flags),
        );
    }
    end
}
