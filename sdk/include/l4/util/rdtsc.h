#include <l4/sys/compiler.h>
#include <l4/sys/l4int.h>
#include <l4/sys/kip.h>

/** The time stamp counter. */
L4_INLINE l4_cpu_time_t l4_rdtsc(void) L4_NOTHROW
{
  return __builtin_ia32_rdtsc();
}

/** The lower half of the time stamp counter. */
L4_INLINE l4_uint32_t l4_rdtsc_32(void) L4_NOTHROW
{
  return (l4_uint32_t)l4_rdtsc();
}

/** A performance counter, where the kernel lets programs read it. */
L4_INLINE l4_uint64_t l4_rdpmc(int ecx) L4_NOTHROW
{
  return (l4_uint64_t)__builtin_ia32_rdpmc(ecx);
}

/** The lower half of a performance counter. */
L4_INLINE l4_uint32_t l4_rdpmc_32(int ecx) L4_NOTHROW
{
  return (l4_uint32_t)l4_rdpmc(ecx);
}

//@ all
