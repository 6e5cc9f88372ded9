#include <l4/sys/types.h>
#include <l4/sys/utcb.h>
#include <l4/sys/ipc.h>

//@ by-hand l4_scheduler_info
//@ all

/** The processors from `cpus` on: which there are, and the largest number (`cpu_max`, which may be
 * null). */
L4_INLINE l4_msgtag_t l4_scheduler_info(l4_cap_idx_t scheduler, l4_umword_t *cpu_max,
                                        l4_sched_cpu_set_t *cpus) L4_NOTHROW
{
  return l4_scheduler_info_u(scheduler, cpu_max, cpus, NULL, l4_utcb());
}

/** As `l4_scheduler_info`, and the classes of scheduling (which may be null). */
L4_INLINE l4_msgtag_t l4_scheduler_info_with_classes(l4_cap_idx_t scheduler, l4_umword_t *cpu_max,
                                                     l4_sched_cpu_set_t *cpus,
                                                     l4_umword_t *sched_classes) L4_NOTHROW
{
  return l4_scheduler_info_u(scheduler, cpu_max, cpus, sched_classes, l4_utcb());
}
