#include <l4/sys/compiler.h>
#include <l4/sys/l4int.h>

/* These need the right to ports; without it they are faults. */

/** Holds back all interrupts. */
L4_INLINE void l4util_cli(void)
{
  __asm__ __volatile__("cli" ::: "memory");
}

/** Lets interrupts through. */
L4_INLINE void l4util_sti(void)
{
  __asm__ __volatile__("sti" ::: "memory");
}

/** The processor's flags. */
L4_INLINE void l4util_flags_save(l4_umword_t *flags)
{
  *flags = __builtin_ia32_readeflags_u64();
}

/** Sets the processor's flags. */
L4_INLINE void l4util_flags_restore(l4_umword_t *flags)
{
  __builtin_ia32_writeeflags_u64(*flags);
}
