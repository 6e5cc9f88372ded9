#include <l4/sys/l4int.h>
#include <l4/sys/compiler.h>
#include <l4/sys/consts.h>

/** A capability selector: the number of a slot, shifted left by `L4_CAP_SHIFT`. */
typedef unsigned long l4_cap_idx_t;
/** A result: negative error codes. */
typedef l4_int16_t l4_ret_t;
/** A protocol. */
typedef l4_int16_t l4_proto_t;
/** A thread's control block; its parts are reached by `l4_utcb_mr()` and its kind. */
typedef struct l4_utcb_t l4_utcb_t;

/** A message tag: label, words, items and flags in a word. */
typedef struct l4_msgtag_t
{
  /** The word. */
  l4_mword_t raw;
} l4_msgtag_t;

//@ all

#include <l4/sys/__l4_fpage.h>
#include <l4/sys/__timeout.h>
