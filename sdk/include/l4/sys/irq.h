#include <l4/sys/kernel_object.h>
#include <l4/sys/rcv_endpoint.h>

//@ all
