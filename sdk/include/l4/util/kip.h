#include <l4/sys/kip.h>

//@ functions

/** As `l4_kip_for_each_feature`. */
#define l4util_kip_for_each_feature(s) l4_kip_for_each_feature(s)
