#include <l4/sys/types.h>
#include <l4/sys/utcb.h>

//@ enum L4_sys_segment: L4_AMD64_SEGMENT_FS L4_AMD64_SEGMENT_GS
//@ all
