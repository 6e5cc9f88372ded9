#include <l4/sys/rcv_endpoint.h>

//@ all
