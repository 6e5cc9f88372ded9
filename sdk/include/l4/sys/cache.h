#include <l4/sys/arch/cache.h>
