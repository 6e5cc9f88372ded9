#include <l4/sys/types.h>
#include <l4/sys/compiler.h>

/** A name space. */
typedef l4_cap_idx_t l4re_namespace_t;

//@ all
