#include <l4/sys/l4int.h>
#include <l4/sys/compiler.h>
#include <l4/util/bitops_arch.h>

/* Other names. */
#define l4util_test_and_set_bit(b, dest) l4util_bts(b, dest)
#define l4util_test_and_clear_bit(b, dest) l4util_btr(b, dest)
#define l4util_test_and_change_bit(b, dest) l4util_btc(b, dest)
#define l4util_log2(word) l4util_bsr(word)

/** The next power of two that is not smaller than `val`. */
L4_INLINE int l4util_next_power2(unsigned long val)
{
  return val <= 1 ? 1 : (int)(1UL << (L4_MWORD_BITS - __builtin_clzl(val - 1)));
}
