#include <l4/sys/types.h>

//@ by-hand l4util_splitlog2_hdl
L4_BEGIN_DECLS

/** Calls `handler` for each aligned power of two that the pages from `start` to `end` (the last
 * byte) consist of, until one returns what is not 0, which is returned. `-L4_EINVAL` if these are
 * not whole pages. */
L4_CV long l4util_splitlog2_hdl(l4_addr_t start, l4_addr_t end,
                                long (*handler)(l4_addr_t, l4_addr_t, int)) L4_NOTHROW;

L4_END_DECLS

//@ functions
