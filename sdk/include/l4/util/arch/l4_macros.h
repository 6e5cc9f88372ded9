#include <l4/sys/l4int.h>

/* How `printf` writes an address. */
#define l4_addr_fmt "%016lx"
