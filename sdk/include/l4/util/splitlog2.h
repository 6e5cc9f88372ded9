#include <l4/sys/linkage.h>
#include <l4/sys/types.h>
#include <l4/sys/err.h>
#include <l4/util/bitops.h>

//@ by-hand l4util_splitlog2_hdl
L4_BEGIN_DECLS

/** Calls `handler(start, end, order)` for each aligned power of two that the range from `start` to
 * `end` (the last byte) consists of, until one returns what is not 0, which is returned.
 * `-L4_EINVAL` if the range ends before it starts. (All of the address space is two halves.) */
L4_CV long l4util_splitlog2_hdl(l4_addr_t start, l4_addr_t end,
                                long (*handler)(l4_addr_t, l4_addr_t, int)) L4_NOTHROW;

L4_END_DECLS

//@ functions
