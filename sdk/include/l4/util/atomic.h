#include <l4/sys/l4int.h>
#include <l4/sys/compiler.h>

/* Each operation is one of the compiler's, sequentially consistent, as the machine's locked
 * instructions are. `L4UTIL_ATOMIC(BITS, TYPE)` defines those of a size. */

#define L4UTIL_ATOMIC_OP(op, name, bits, type) \
  L4_INLINE void l4util_##name##bits(volatile type *dest, type val) L4_NOTHROW \
  { \
    __atomic_##op##_fetch(dest, val, __ATOMIC_SEQ_CST); \
  } \
  L4_INLINE type l4util_##name##bits##_res(volatile type *dest, type val) L4_NOTHROW \
  { \
    return __atomic_##op##_fetch(dest, val, __ATOMIC_SEQ_CST); \
  }

#define L4UTIL_ATOMIC_STEP(op, name, bits, type) \
  L4_INLINE void l4util_##name##bits(volatile type *dest) L4_NOTHROW \
  { \
    __atomic_##op##_fetch(dest, (type)1, __ATOMIC_SEQ_CST); \
  } \
  L4_INLINE type l4util_##name##bits##_res(volatile type *dest) L4_NOTHROW \
  { \
    return __atomic_##op##_fetch(dest, (type)1, __ATOMIC_SEQ_CST); \
  }

#define L4UTIL_ATOMIC_SWAP(bits, type) \
  L4_INLINE int l4util_cmpxchg##bits(volatile type *dest, type cmp_val, type new_val) L4_NOTHROW \
  { \
    return __atomic_compare_exchange_n(dest, &cmp_val, new_val, 0, \
                                       __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST); \
  }

#define L4UTIL_ATOMIC_XCHG(bits, type) \
  L4_INLINE type l4util_xchg##bits(volatile type *dest, type val) L4_NOTHROW \
  { \
    return __atomic_exchange_n(dest, val, __ATOMIC_SEQ_CST); \
  }

#define L4UTIL_ATOMIC(bits, type) \
  L4UTIL_ATOMIC_OP(add, add, bits, type) \
  L4UTIL_ATOMIC_OP(sub, sub, bits, type) \
  L4UTIL_ATOMIC_OP(and, and, bits, type) \
  L4UTIL_ATOMIC_OP(or, or, bits, type) \
  L4UTIL_ATOMIC_STEP(add, inc, bits, type) \
  L4UTIL_ATOMIC_STEP(sub, dec, bits, type) \
  L4UTIL_ATOMIC_SWAP(bits, type) \
  L4UTIL_ATOMIC_XCHG(bits, type)

L4UTIL_ATOMIC(8, l4_uint8_t)
L4UTIL_ATOMIC(16, l4_uint16_t)
L4UTIL_ATOMIC(32, l4_uint32_t)
L4UTIL_ATOMIC_SWAP(64, l4_uint64_t)
L4UTIL_ATOMIC_SWAP(, l4_umword_t)
L4UTIL_ATOMIC_XCHG(, l4_umword_t)

/** Subtracts one; the result is what there is then. */
L4_INLINE l4_umword_t l4util_dec_res(volatile l4_umword_t *dest) L4_NOTHROW
{
  return __atomic_sub_fetch(dest, 1, __ATOMIC_SEQ_CST);
}

/** Adds. */
L4_INLINE void l4util_atomic_add(volatile long *dest, long val) L4_NOTHROW
{
  __atomic_add_fetch(dest, val, __ATOMIC_SEQ_CST);
}

/** Adds one. */
L4_INLINE void l4util_atomic_inc(volatile long *dest) L4_NOTHROW
{
  l4util_atomic_add(dest, 1);
}
