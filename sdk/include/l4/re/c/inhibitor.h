#include <l4/sys/types.h>

//@ all
