#include <stddef.h>

typedef signed char l4_int8_t;
typedef unsigned char l4_uint8_t;
typedef short l4_int16_t;
typedef unsigned short l4_uint16_t;
typedef int l4_int32_t;
typedef unsigned int l4_uint32_t;
__extension__ typedef long long l4_int64_t;
__extension__ typedef unsigned long long l4_uint64_t;

/** An address. */
typedef unsigned long l4_addr_t;
/** A word with sign. */
typedef signed long l4_mword_t;
/** A word. */
typedef unsigned long l4_umword_t;
/** A size in bytes. */
typedef unsigned long l4_size_t;
/** A size in bytes, or a negative error code. */
typedef signed long l4_ssize_t;
/** The processor's time, in its own ticks. */
typedef l4_uint64_t l4_cpu_time_t;
/** The system's time in microseconds. */
typedef l4_uint64_t l4_kernel_clock_t;

//@ macros L4_MWORD_BITS
//@ all
