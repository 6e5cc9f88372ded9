#include <l4/sys/compiler.h>

/** Whether the processor has the instruction `cpuid`: amd64's all have. */
L4_INLINE int l4util_cpu_has_cpuid(void)
{
  return 1;
}

/** The instruction `cpuid`. */
L4_INLINE void l4util_cpu_cpuid(unsigned long mode, unsigned long *eax, unsigned long *ebx,
                                unsigned long *ecx, unsigned long *edx)
{
  __asm__ __volatile__("cpuid"
                       : "=a"(*eax), "=b"(*ebx), "=c"(*ecx), "=d"(*edx)
                       : "a"(mode), "c"(0UL));
}

/** The processor's features, as `cpuid` 1 tells in edx. */
L4_INLINE unsigned int l4util_cpu_capabilities_nocheck(void)
{
  unsigned long eax, ebx, ecx, edx;
  l4util_cpu_cpuid(1, &eax, &ebx, &ecx, &edx);
  return (unsigned int)edx;
}

/** The processor's features, as `cpuid` 1 tells in edx. */
L4_INLINE unsigned int l4util_cpu_capabilities(void)
{
  return l4util_cpu_capabilities_nocheck();
}

/** Tells the processor that this is a loop that waits. */
L4_INLINE void l4util_cpu_pause(void)
{
  __builtin_ia32_pause();
}
