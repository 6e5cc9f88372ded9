#include <l4/sys/types.h>

//@ macros L4_UTCB_GENERIC_DATA_SIZE L4_UTCB_GENERIC_BUFFERS_SIZE L4_UTCB_MSG_REGS_OFFSET L4_UTCB_BUF_REGS_OFFSET L4_UTCB_THREAD_REGS_OFFSET L4_UTCB_OFFSET L4_UTCB_EXCEPTION_REGS_SIZE L4_UTCB_INHERIT_FPU
//@ constants
//@ structures

/** The calling thread's UTCB: the kernel keeps its address at the start of the segment gs. */
L4_INLINE __attribute__((const)) l4_utcb_t *l4_utcb_direct(void) L4_NOTHROW
{
  l4_utcb_t *utcb;
  __asm__("mov %%gs:0, %0" : "=r"(utcb));
  return utcb;
}

//@ functions
