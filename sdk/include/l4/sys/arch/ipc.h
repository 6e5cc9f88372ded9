#include <l4/sys/types.h>
#include <l4/sys/utcb.h>

/** The system call: sends to and receives from `dest` as `flags` (`L4_SYSF_*`) say. `rlabel` may
 * be null. */
L4_INLINE l4_msgtag_t l4_ipc(l4_cap_idx_t dest, l4_utcb_t *utcb, l4_umword_t flags,
                             l4_umword_t slabel, l4_msgtag_t tag, l4_umword_t *rlabel,
                             l4_timeout_t timeout) L4_NOTHROW
{
  /* The registers are those of `l4re_sys::ipc`. */
  l4_umword_t dest_and_flags = dest | flags;
  register l4_umword_t timeouts __asm__("r8") = timeout.raw;
  (void)utcb;
  __asm__ __volatile__("syscall"
                       : "+a"(tag.raw), "+d"(dest_and_flags), "+S"(slabel)
                       : "r"(timeouts)
                       : "rcx", "rdi", "r11", "r15", "memory");
  if (rlabel)
    *rlabel = slabel;
  return tag;
}

//@ all
