#include <l4/sys/compiler.h>
#include <l4/sys/arch/consts.h>
#include <l4/sys/l4int.h>

//@ macros L4_PAGESIZE L4_SUPERPAGESIZE L4_PAGEMASK L4_SUPERPAGEMASK L4_LOG2_PAGESIZE L4_LOG2_SUPERPAGESIZE L4_CAP_SHIFT L4_CAP_SIZE L4_CAP_OFFSET L4_CAP_MASK L4_INVALID_CAP_BIT L4_REPLY_CAP_BIT
//@ constants

/** A pointer to nothing, other than null. */
#define L4_INVALID_PTR ((void *)L4_INVALID_ADDR)

//@ functions

#ifndef NULL
# ifdef __cplusplus
#  define NULL 0
# else
#  define NULL ((void *)0)
# endif
#endif
