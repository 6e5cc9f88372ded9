#include <l4/sys/types.h>
#include <l4/sys/compiler.h>
#include <l4/sys/arch/utcb.h>

/** The message registers: untyped words, then items. */
typedef union l4_msg_regs_t
{
  /** The registers. */
  l4_umword_t mr[L4_UTCB_GENERIC_DATA_SIZE];
  /** The registers as numbers of 64 bits. */
  l4_uint64_t mr64[L4_UTCB_GENERIC_DATA_SIZE];
} l4_msg_regs_t;

//@ by-hand l4_msg_regs_t
//@ constants
//@ structures

/* The calling thread's UTCB never moves, so the compiler may keep its address; what it holds
 * changes with every system call, so these are no functions of their arguments alone. */

/** The calling thread's UTCB. */
L4_INLINE l4_utcb_t *l4_utcb(void) L4_NOTHROW
{
  return l4_utcb_direct();
}

/** The message registers of a UTCB. */
L4_INLINE l4_msg_regs_t *l4_utcb_mr_u(l4_utcb_t *u) L4_NOTHROW
{
  return (l4_msg_regs_t *)((char *)u + L4_UTCB_MSG_REGS_OFFSET);
}

/** The buffer registers of a UTCB. */
L4_INLINE l4_buf_regs_t *l4_utcb_br_u(l4_utcb_t *u) L4_NOTHROW
{
  return (l4_buf_regs_t *)((char *)u + L4_UTCB_BUF_REGS_OFFSET);
}

/** The control registers of a UTCB. */
L4_INLINE l4_thread_regs_t *l4_utcb_tcr_u(l4_utcb_t *u) L4_NOTHROW
{
  return (l4_thread_regs_t *)((char *)u + L4_UTCB_THREAD_REGS_OFFSET);
}

/** The registers of an exception message in a UTCB. */
L4_INLINE l4_exc_regs_t *l4_utcb_exc_u(l4_utcb_t *u) L4_NOTHROW
{
  return (l4_exc_regs_t *)((char *)u + L4_UTCB_MSG_REGS_OFFSET);
}

/** The message registers. */
L4_INLINE l4_msg_regs_t *l4_utcb_mr(void) L4_NOTHROW
{
  return l4_utcb_mr_u(l4_utcb());
}

/** The buffer registers. */
L4_INLINE l4_buf_regs_t *l4_utcb_br(void) L4_NOTHROW
{
  return l4_utcb_br_u(l4_utcb());
}

/** The control registers. */
L4_INLINE l4_thread_regs_t *l4_utcb_tcr(void) L4_NOTHROW
{
  return l4_utcb_tcr_u(l4_utcb());
}

/** The registers of an exception message. */
L4_INLINE l4_exc_regs_t *l4_utcb_exc(void) L4_NOTHROW
{
  return l4_utcb_exc_u(l4_utcb());
}

//@ functions
