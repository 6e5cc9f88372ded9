#include <l4/sys/consts.h>
#include <l4/util/arch/l4_macros.h>

/* How `printf` writes a capability's slot. */
#define l4util_idfmt "%lx"
#define l4util_idfmt_adjust "%04lx"
#define l4util_idstr(tid) ((tid) >> L4_CAP_SHIFT)
