#include <l4/sys/ipc.h>
#include <l4/sys/types.h>

/* Checks for tests: what does not hold is printed with its values, and ends the program. A file
 * that defines `ASSERT_PRINTF` and `ASSERT_ASSERT` first uses those. With `NDEBUG`, arguments are
 * not even evaluated. */

#ifndef ASSERT_PRINTF
# include <stdio.h>
# define ASSERT_PRINTF printf
#endif
#ifndef ASSERT_ASSERT
# include <stdlib.h>
# define ASSERT_ASSERT(x) ((x) ? (void)0 : abort())
#endif

#ifdef NDEBUG
# define L4UTIL_ASSERT_THAT(a, op, b) ((void)0)
#else
# define L4UTIL_ASSERT_THAT(a, op, b) \
  do \
    { \
      __typeof__(a) l4util_a = (a); \
      __typeof__(b) l4util_b = (b); \
      if (!(l4util_a op l4util_b)) \
        { \
          ASSERT_PRINTF("%s: " #a " (%#lx) " #op " " #b " (%#lx) does not hold\n", __func__, \
                        (unsigned long)l4util_a, (unsigned long)l4util_b); \
          ASSERT_ASSERT(l4util_a op l4util_b); \
        } \
    } \
  while (0)
#endif

#define ASSERT_EQUAL(a, b) L4UTIL_ASSERT_THAT(a, ==, b)
#define ASSERT_NOT_EQUAL(a, b) L4UTIL_ASSERT_THAT(a, !=, b)
#define ASSERT_LOWER_EQ(val, max) L4UTIL_ASSERT_THAT(val, <=, max)
#define ASSERT_GREATER_EQ(val, min) L4UTIL_ASSERT_THAT(val, >=, min)
#define ASSERT_BETWEEN(val, min, max) \
  do \
    { \
      ASSERT_LOWER_EQ(val, max); \
      ASSERT_GREATER_EQ(val, min); \
    } \
  while (0)
#define ASSERT_OK(val) ASSERT_EQUAL(val, 0)
#define ASSERT_NOT_NULL(ptr) ASSERT_NOT_EQUAL(ptr, (void *)0)
#define ASSERT_VALID(cap) ASSERT_EQUAL(l4_is_invalid_cap(cap), 0U)
#define ASSERT_IPC_OK(tag) ASSERT_EQUAL(l4_ipc_error(tag, l4_utcb()), 0UL)
