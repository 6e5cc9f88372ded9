#include <l4/sys/consts.h>

//@ all
