#include <l4/sys/l4int.h>

/** The machine. */
struct l4_kip_platform_info
{
  /** Its name, ended by 0. */
  char name[16];
  /** Whether it has several processors. */
  l4_uint32_t is_mp;
};
