//! The user-level thread control block: a thread's message, buffer and control registers.

abi! {
    in "l4/sys/arch/utcb.h" {
        /// The number of message registers.
        MSG_REGS: usize = 63 => "L4_UTCB_GENERIC_DATA_SIZE";
        /// The number of buffer registers (the descriptor not counted).
        BUF_REGS: usize = 58 => "L4_UTCB_GENERIC_BUFFERS_SIZE";
        /// Where the message registers start, in bytes.
        MSG_REGS_OFFSET: usize = 0 => "L4_UTCB_MSG_REGS_OFFSET";
        /// Where the buffer registers start, in bytes.
        BUF_REGS_OFFSET: usize = 512 => "L4_UTCB_BUF_REGS_OFFSET";
        /// Where the control registers start, in bytes.
        THREAD_REGS_OFFSET: usize = 984 => "L4_UTCB_THREAD_REGS_OFFSET";
        /// The distance of neighbouring UTCBs in bytes.
        SIZE: usize = 1024 => "L4_UTCB_OFFSET";
        /// The number of message registers that an exception message takes.
        EXC_REGS_WORDS: usize = 26 => "L4_UTCB_EXCEPTION_REGS_SIZE";
    }
}

abi_struct! {
    /// The message registers: untyped words, then items.
    pub struct MsgRegs = "l4_msg_regs_t" in "l4/sys/utcb.h" {
        /// The registers.
        mr: [u64; MSG_REGS] => "mr",
    }
}

pub use buf_regs::BufRegs;
mod buf_regs {
    use super::BUF_REGS;
    abi_struct! {
        /// The buffer registers: what a thread is ready to receive.
        pub struct BufRegs = "l4_buf_regs_t" in "l4/sys/utcb.h" {
            /// The buffer descriptor.
            bdr: u64 => "bdr",
            /// The registers.
            br: [u64; BUF_REGS] => "br",
        }
    }
}
pub use thread_regs::ThreadRegs;
mod thread_regs {
    abi_struct! {
        /// The control registers.
        pub struct ThreadRegs = "l4_thread_regs_t" in "l4/sys/utcb.h" {
            /// The error of the last system call whose tag has the error flag.
            error: u64 => "error",
            /// Nonzero while the UTCB is free, for who manages UTCBs.
            free_marker: u64 => "free_marker",
            /// The user's own: kept by the kernel, used by nobody else.
            user: [u64; 3] => "user",
        }
    }
}

/// A whole UTCB. The kernel writes it during system calls, so no reference to it may live
/// across one: use [`UtcbRef`].
#[doc(alias = "l4_utcb_t")]
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Utcb {
    /// The message registers.
    pub msg: MsgRegs,
    reserved: u64,
    /// The buffer registers.
    pub buf: BufRegs,
    /// The control registers.
    pub thread: ThreadRegs,
}

const _: () = {
    assert!(core::mem::offset_of!(Utcb, msg) == MSG_REGS_OFFSET);
    assert!(core::mem::offset_of!(Utcb, buf) == BUF_REGS_OFFSET);
    assert!(core::mem::offset_of!(Utcb, thread) == THREAD_REGS_OFFSET);
    assert!(size_of::<Utcb>() == SIZE);
};

impl Utcb {
    /// A UTCB of zeros.
    pub const ZERO: Utcb = Utcb {
        msg: MsgRegs { mr: [0; MSG_REGS] },
        reserved: 0,
        buf: BufRegs {
            bdr: 0,
            br: [0; BUF_REGS],
        },
        thread: ThreadRegs {
            error: 0,
            free_marker: 0,
            user: [0; 3],
        },
    };
}

/// A pointer to a UTCB that is known to be valid. Registers are read and written one by one
/// through it, never borrowed.
///
/// Registers are set by volatile writes, so that the compiler does not join them into writes of
/// vector registers: who touches these in each message has the kernel switch the floating-point
/// unit's state, some 150 instructions a time on Fiasco.
#[repr(transparent)]
#[derive(Clone, Copy, Debug)]
pub struct UtcbRef {
    ptr: *mut Utcb,
}

impl UtcbRef {
    /// # Safety
    /// `ptr` is aligned to 8 and valid for reads and writes of a [`Utcb`] for as long as the
    /// value and its copies are used, and nobody holds a reference into it.
    #[inline(always)]
    pub const unsafe fn new(ptr: *mut Utcb) -> Self {
        UtcbRef { ptr }
    }

    /// The address of the UTCB.
    #[inline(always)]
    pub fn as_ptr(self) -> *mut Utcb {
        self.ptr
    }

    /// The address of the message registers.
    #[inline(always)]
    pub fn msg_ptr(self) -> *mut u64 {
        self.ptr.cast()
    }

    /// Message register `i`.
    ///
    /// # Panics
    /// If there is no such register.
    #[inline(always)]
    pub fn mr(self, i: usize) -> u64 {
        assert!(i < MSG_REGS);
        // SAFETY: `ptr` is valid (`new`), and `i` is a register's number.
        unsafe { (&raw const (*self.ptr).msg.mr[i]).read() }
    }

    /// Sets message register `i`.
    ///
    /// # Panics
    /// If there is no such register.
    #[inline(always)]
    pub fn set_mr(self, i: usize, value: u64) {
        assert!(i < MSG_REGS);
        // SAFETY: the UTCB is valid (`UtcbRef::new`), and `i` is one of its registers. Volatile:
        // the kernel reads it.
        unsafe { (&raw mut (*self.ptr).msg.mr[i]).write_volatile(value) }
    }

    /// Buffer register `i`.
    ///
    /// # Panics
    /// If there is no such register.
    #[inline(always)]
    pub fn br(self, i: usize) -> u64 {
        assert!(i < BUF_REGS);
        // SAFETY: the UTCB is valid (`UtcbRef::new`), and `i` is one of its registers.
        unsafe { (&raw const (*self.ptr).buf.br[i]).read() }
    }

    /// Sets buffer register `i`.
    ///
    /// # Panics
    /// If there is no such register.
    #[inline(always)]
    pub fn set_br(self, i: usize, value: u64) {
        assert!(i < BUF_REGS);
        // SAFETY: the UTCB is valid (`UtcbRef::new`), and `i` is one of its registers. Volatile:
        // the kernel reads it.
        unsafe { (&raw mut (*self.ptr).buf.br[i]).write_volatile(value) }
    }

    /// The buffer descriptor.
    #[inline(always)]
    pub fn bdr(self) -> crate::BufferDesc {
        // SAFETY: `ptr` is valid (`new`).
        crate::BufferDesc(unsafe { (&raw const (*self.ptr).buf.bdr).read() })
    }

    /// Sets the buffer descriptor.
    #[inline(always)]
    pub fn set_bdr(self, bdr: crate::BufferDesc) {
        // SAFETY: `ptr` is valid (`new`).
        unsafe { (&raw mut (*self.ptr).buf.bdr).write_volatile(bdr.0) }
    }

    /// The error of the last system call whose tag has the error flag; see
    /// [`ipc_error`](crate::ipc_error).
    #[inline(always)]
    pub fn error(self) -> u64 {
        // SAFETY: `ptr` is valid (`new`).
        unsafe { (&raw const (*self.ptr).thread.error).read() }
    }

    /// Sets the error: the kernel's side, and the fake kernel's.
    #[inline(always)]
    pub fn set_error(self, error: u64) {
        // SAFETY: `ptr` is valid (`new`).
        unsafe { (&raw mut (*self.ptr).thread.error).write(error) }
    }

    /// One of the three words that are the user's own.
    ///
    /// # Panics
    /// If there is no such word.
    #[inline(always)]
    pub fn user(self, i: usize) -> u64 {
        assert!(i < 3);
        // SAFETY: `ptr` is valid (`new`), and `i` is a word's number.
        unsafe { (&raw const (*self.ptr).thread.user[i]).read() }
    }

    /// Sets one of the three words that are the user's own.
    ///
    /// # Panics
    /// If there is no such word.
    #[inline(always)]
    pub fn set_user(self, i: usize, value: u64) {
        assert!(i < 3);
        // SAFETY: the UTCB is valid (`UtcbRef::new`), and `i` is one of the three words.
        unsafe { (&raw mut (*self.ptr).thread.user[i]).write(value) }
    }

    /// The registers of an exception message.
    pub fn exc_regs(self) -> crate::ExcRegs {
        // SAFETY: `ptr` is valid (`new`), and the structure is not larger than the registers.
        unsafe { self.ptr.cast::<crate::ExcRegs>().read() }
    }

    /// Writes the registers of an exception message.
    pub fn set_exc_regs(self, regs: &crate::ExcRegs) {
        // SAFETY: the UTCB is valid (`UtcbRef::new`), and the message registers have room for
        // these.
        unsafe { self.ptr.cast::<crate::ExcRegs>().write(*regs) }
    }
}
