#include <stddef.h>

//@ macros L4_PAGESHIFT L4_SUPERPAGESHIFT
//@ constants
