#include <l4/sys/types.h>
#include <l4/sys/compiler.h>
#include <l4/sys/ipc.h>

//@ all

/** Reads each page of a range, so that it is mapped. */
L4_INLINE void l4_touch_ro(const void *addr, unsigned size) L4_NOTHROW
{
  const volatile char *at = (const volatile char *)l4_trunc_page((l4_addr_t)addr);
  const volatile char *end = (const volatile char *)addr + size;
  for (; at < end; at += L4_PAGESIZE)
    (void)*at;
}

/** Writes to each page of a range what it holds, so that it is mapped writable. */
L4_INLINE void l4_touch_rw(const void *addr, unsigned size) L4_NOTHROW
{
  l4_addr_t at = l4_trunc_page((l4_addr_t)addr);
  for (; at < (l4_addr_t)addr + size; at += L4_PAGESIZE)
    __atomic_fetch_or((volatile char *)at, 0, __ATOMIC_RELAXED);
}
