#include <l4/sys/types.h>

/** A dataspace. */
typedef l4_cap_idx_t l4re_ds_t;
/** A size in a dataspace. */
typedef l4_uint64_t l4re_ds_size_t;
/** A place in a dataspace. */
typedef l4_uint64_t l4re_ds_offset_t;
/** An address that a dataspace is mapped to. */
typedef l4_uint64_t l4re_ds_map_addr_t;
/** How a dataspace may be mapped: `L4RE_DS_F_*`. */
typedef unsigned long l4re_ds_flags_t;

//@ field l4re_ds_stats_t.size: l4re_ds_size_t
//@ field l4re_ds_stats_t.flags: l4re_ds_flags_t
//@ all
