#include <l4/sys/arch/l4int.h>
