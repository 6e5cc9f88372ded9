#include <l4/util/bitops_arch.h>

/** The next power of two that is not smaller than `val`. */
L4_INLINE int l4util_next_power2(unsigned long val)
{
  return val <= 1 ? 1 : (int)(1UL << (L4_MWORD_BITS - __builtin_clzl(val - 1)));
}
