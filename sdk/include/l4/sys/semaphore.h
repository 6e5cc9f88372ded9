#include <l4/sys/irq.h>

//@ all
