#include <l4/sys/types.h>
#include <l4/re/protocols.h>
#include <l4/re/c/dataspace.h>
#include <l4/re/env.h>

/** How memory is attached: `L4RE_RM_F_*`. */
typedef l4_uint32_t l4re_rm_flags_t;
/** A place in what is attached. */
typedef l4_uint64_t l4re_rm_offset_t;

//@ all
