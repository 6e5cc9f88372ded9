#include <l4/sys/types.h>
#include <l4/sys/utcb.h>

//@ all
