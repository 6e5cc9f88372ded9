#include <l4/sys/types.h>
#include <l4/sys/arch/kip.h>

//@ macros L4_KERNEL_INFO_MAGIC L4_KIP_VERSION_FIASCO L4_KIP_VERSION_FIASCO_MASK
//@ field l4_kernel_info_t.platform_info: struct l4_kip_platform_info
//@ all

/** Goes through the names of the kernel's features: `s` begins as `l4_kip_version_string()`. */
#define l4_kip_for_each_feature(s) \
  for (s += __builtin_strlen(s) + 1; *s; s += __builtin_strlen(s) + 1)
