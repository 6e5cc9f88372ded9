#include <l4/sys/kip.h>

//@ functions
