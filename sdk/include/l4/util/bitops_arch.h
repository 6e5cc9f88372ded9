#include <l4/sys/l4int.h>
#include <l4/sys/compiler.h>

/* Bit `b` of the words that begin at `dest`; changes are atomic. */

/** The word that holds a bit. */
#define L4UTIL_BIT_WORD(b, dest) ((dest) + (b) / L4_MWORD_BITS)
/** The bit in its word. */
#define L4UTIL_BIT(b) (1UL << ((b) % L4_MWORD_BITS))

/** Sets a bit; what it was. */
L4_INLINE int l4util_bts(int b, volatile l4_umword_t *dest)
{
  l4_umword_t old = __atomic_fetch_or(L4UTIL_BIT_WORD(b, dest), L4UTIL_BIT(b), __ATOMIC_SEQ_CST);
  return (old & L4UTIL_BIT(b)) != 0;
}

/** Clears a bit; what it was. */
L4_INLINE int l4util_btr(int b, volatile l4_umword_t *dest)
{
  l4_umword_t old = __atomic_fetch_and(L4UTIL_BIT_WORD(b, dest), ~L4UTIL_BIT(b), __ATOMIC_SEQ_CST);
  return (old & L4UTIL_BIT(b)) != 0;
}

/** Turns a bit round; what it was. */
L4_INLINE int l4util_btc(int b, volatile l4_umword_t *dest)
{
  l4_umword_t old = __atomic_fetch_xor(L4UTIL_BIT_WORD(b, dest), L4UTIL_BIT(b), __ATOMIC_SEQ_CST);
  return (old & L4UTIL_BIT(b)) != 0;
}

/** Sets a bit. */
L4_INLINE void l4util_set_bit(int b, volatile l4_umword_t *dest)
{
  l4util_bts(b, dest);
}

/** Clears a bit. */
L4_INLINE void l4util_clear_bit(int b, volatile l4_umword_t *dest)
{
  l4util_btr(b, dest);
}

/** Turns a bit round. */
L4_INLINE void l4util_complement_bit(int b, volatile l4_umword_t *dest)
{
  l4util_btc(b, dest);
}

/** Whether a bit is set. */
L4_INLINE int l4util_test_bit(int b, const volatile l4_umword_t *dest)
{
  return (*L4UTIL_BIT_WORD(b, dest) & L4UTIL_BIT(b)) != 0;
}

/** The number of the highest bit that is set; -1: none. */
L4_INLINE int l4util_bsr(l4_umword_t word)
{
  return word ? L4_MWORD_BITS - 1 - __builtin_clzl(word) : -1;
}

/** The number of the lowest bit that is set; -1: none. */
L4_INLINE int l4util_bsf(l4_umword_t word)
{
  return word ? __builtin_ctzl(word) : -1;
}

/** The number of the first bit of `size` that is set, or a number that is not below `size`. */
L4_INLINE int l4util_find_first_set_bit(const void *dest, l4_size_t size)
{
  const l4_umword_t *words = (const l4_umword_t *)dest;
  for (l4_size_t i = 0; i < size; i += L4_MWORD_BITS)
    if (words[i / L4_MWORD_BITS])
      return (int)i + l4util_bsf(words[i / L4_MWORD_BITS]);
  return (int)size;
}

/** The number of the first bit of `size` that is not set, or a number that is not below `size`. */
L4_INLINE int l4util_find_first_zero_bit(const void *dest, l4_size_t size)
{
  const l4_umword_t *words = (const l4_umword_t *)dest;
  for (l4_size_t i = 0; i < size; i += L4_MWORD_BITS)
    if (~words[i / L4_MWORD_BITS])
      return (int)i + l4util_bsf(~words[i / L4_MWORD_BITS]);
  return (int)size;
}
