#include <l4/re/env.h>
#include <l4/sys/types.h>
#include <l4/re/c/dataspace.h>

//@ all
