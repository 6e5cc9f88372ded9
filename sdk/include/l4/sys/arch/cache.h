#include <l4/sys/compiler.h>

//@ all
