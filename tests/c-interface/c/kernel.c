/* Kernel objects: tasks, threads, factories, schedulers; the kernel information page. */
#include "tap.h"
#include <l4/re/c/util/cap_alloc.h>
#include <l4/re/env.h>
#include <l4/sys/debugger.h>
#include <l4/sys/factory.h>
#include <l4/sys/kip.h>
#include <l4/sys/memdesc.h>
#include <l4/sys/scheduler.h>
#include <l4/sys/task.h>
#include <l4/sys/thread.h>
#include <l4/sys/utcb.h>
#include <string.h>

static int
capabilities_of_the_task(void)
{
  l4_cap_idx_t self = L4RE_THIS_TASK_CAP, log = l4re_env()->log, copy = slot();
  CHECK(l4_is_valid_cap(log));
  CHECK(l4_is_invalid_cap(L4_INVALID_CAP));
  CHECK(l4_capability_equal(log, log | 3));
  CHECK_EQ(l4_msgtag_label(l4_task_cap_valid(self, log)), 1);
  CHECK_EQ(l4_msgtag_label(l4_task_cap_valid(self, copy)), 0);
  l4_fpage_t page = l4_obj_fpage(log, 0, L4_CAP_FPAGE_RWS);
  l4_msgtag_t tag = l4_task_map(self, self, page, l4_map_obj_control(copy, 0));
  CHECK_EQ(l4_error(tag), 0);
  CHECK_EQ(l4_msgtag_label(l4_task_cap_valid(self, copy)), 1);
  CHECK_EQ(l4_msgtag_label(l4_task_cap_equal(self, copy, log)), 1);
  CHECK_EQ(l4_error(l4_task_release_cap(self, copy)), 0);
  CHECK_EQ(l4_msgtag_label(l4_task_cap_valid(self, copy)), 0);
  CHECK_EQ(l4_msgtag_label(l4_task_cap_valid(self, log)), 1);
  l4_fpage_t both[2] = { l4_obj_fpage(copy, 0, L4_CAP_FPAGE_RWSD), l4_fpage_invalid() };
  CHECK_EQ(l4_error(l4_task_unmap_batch(self, both, 1, L4_FP_ALL_SPACES)), 0);
  l4re_util_cap_free(copy);
  return 1;
}

static int
another_task(void)
{
  l4_cap_idx_t task = slot();
  l4_fpage_t utcbs = l4_fpage(0x40000000, L4_PAGESHIFT, L4_FPAGE_RW);
  CHECK_EQ(l4_error(l4_factory_create_task(l4re_env()->factory, task, &utcbs)), 0);
  l4_cap_idx_t there = 0x50UL << L4_CAP_SHIFT;
  l4_fpage_t page = l4_obj_fpage(l4re_env()->log, 0, L4_CAP_FPAGE_RW);
  CHECK_EQ(l4_msgtag_label(l4_task_cap_valid(task, there)), 0);
  l4_msgtag_t tag = l4_task_map(task, L4RE_THIS_TASK_CAP, page, l4_map_obj_control(there, 0));
  CHECK_EQ(l4_error(tag), 0);
  CHECK_EQ(l4_msgtag_label(l4_task_cap_valid(task, there)), 1);
  l4_fpage_t back = l4_obj_fpage(there, 0, L4_CAP_FPAGE_RWSD);
  CHECK_EQ(l4_error(l4_task_unmap(task, back, L4_FP_ALL_SPACES)), 0);
  CHECK_EQ(l4_msgtag_label(l4_task_cap_valid(task, there)), 0);
  l4_fpage_t more = l4_fpage(0x40010000, L4_PAGESHIFT, L4_FPAGE_RW);
  CHECK_EQ(l4_error(l4_task_add_ku_mem(task, &more)), 0);
  CHECK_EQ(l4_fpage_memaddr(more), 0x40010000);
  CHECK_EQ(l4_error(l4_task_delete_obj(L4RE_THIS_TASK_CAP, task)), 0);
  CHECK_EQ(l4_msgtag_label(l4_task_cap_valid(L4RE_THIS_TASK_CAP, task)), 0);
  l4re_util_cap_free(task);
  return 1;
}

static int
factories(void)
{
  l4_cap_idx_t factory = slot(), object = slot();
  l4_cap_idx_t parent = l4re_env()->factory;
  CHECK_EQ(l4_error(l4_factory_create_factory(parent, factory, 64 << 10)), 0);
  CHECK_EQ(l4_error(l4_factory_create_irq(factory, object)), 0);
  drop(object);
  /* An object that there is not. */
  object = slot();
  CHECK(l4_error(l4_factory_create(parent, -1000, object)) < 0);
  CHECK_EQ(l4_msgtag_label(l4_task_cap_valid(L4RE_THIS_TASK_CAP, object)), 0);
  /* A gate without a thread, and the thread later. */
  CHECK_EQ(l4_error(l4_factory_create_gate(factory, object, L4_INVALID_CAP, 0)), 0);
  drop(object);
  drop(factory);
  return 1;
}

static volatile l4_umword_t loops;

static void
count(void)
{
  for (;;)
    loops++;
}

static int
threads(void)
{
  l4_cap_idx_t thread;
  CHECK_EQ(start_thread(&thread, count), 0);
  while (loops < 1000)
    l4_ipc_sleep_ms(5);
  l4_kernel_clock_t us = 0;
  CHECK_EQ(l4_error(l4_thread_stats_time(thread, &us)), 0);
  l4_addr_t ip = ~0UL, sp = ~0UL;
  l4_umword_t flags = 0;
  CHECK_EQ(l4_error(l4_thread_ex_regs_ret(thread, &ip, &sp, &flags)), 0);
  CHECK(ip >= (l4_addr_t)count && ip < (l4_addr_t)count + 256);
  CHECK(sp != ~0UL);
  l4_thread_control_start();
  l4_thread_control_pager(l4re_env()->rm);
  l4_thread_control_exc_handler(l4re_env()->rm);
  CHECK_EQ(l4_error(l4_thread_control_commit(thread)), 0);
  CHECK_EQ(l4_error(l4_thread_yield()), 0);
  drop(thread);
  CHECK(l4_error(l4_thread_stats_time(thread, &us)) < 0);
  return 1;
}

static int
the_scheduler(void)
{
  l4_sched_cpu_set_t cpus = l4_sched_cpu_set(0, 0, 0);
  l4_umword_t most = 0;
  l4_cap_idx_t scheduler = l4re_env()->scheduler;
  CHECK_EQ(l4_error(l4_scheduler_info(scheduler, &most, &cpus)), 0);
  CHECK(cpus.map & 1);
  CHECK(most >= 1);
  CHECK(l4_scheduler_is_online(scheduler, 0));
  CHECK(!l4_scheduler_is_online(scheduler, most + 64));
  l4_sched_param_t param = l4_sched_param(7, 100);
  CHECK_EQ(param.prio, 7);
  CHECK_EQ(param.quantum, 100);
  CHECK(param.affinity.map);
  return 1;
}

static int
the_kernel_information_page(void)
{
  const l4_kernel_info_t *kip = l4re_kip();
  CHECK_EQ(kip->magic, L4_KERNEL_INFO_MAGIC);
  CHECK_EQ(l4_kip_version(kip), L4_KIP_VERSION_FIASCO);
  CHECK(strlen(l4_kip_version_string(kip)) > 3);
  CHECK(!l4_kip_kernel_has_feature(kip, "no such feature"));
  CHECK(l4_kip_clock_ns(kip) / 1000 + 1000 >= l4_kip_clock(kip));
  l4_kernel_info_mem_desc_t *descs = l4_kernel_info_get_mem_descs((l4_kernel_info_t *)kip);
  unsigned conventional = 0, count = l4_kernel_info_get_num_mem_descs((l4_kernel_info_t *)kip);
  for (unsigned i = 0; i < count; i++)
    {
      l4_kernel_info_mem_desc_t *desc = descs + i;
      if (l4_kernel_info_get_mem_desc_type(desc) == l4_mem_type_conventional
          && l4_kernel_info_get_mem_desc_start(desc) < l4_kernel_info_get_mem_desc_end(desc))
        conventional++;
    }
  CHECK(conventional > 0);
  return 1;
}

static int
the_utcb(void)
{
  CHECK(l4_utcb() != NULL);
  CHECK_EQ((char *)l4_utcb_br() - (char *)l4_utcb_mr(), L4_UTCB_BUF_REGS_OFFSET);
  CHECK_EQ((char *)l4_utcb_tcr() - (char *)l4_utcb_mr(), L4_UTCB_THREAD_REGS_OFFSET);
  l4_utcb_tcr()->user[0] = 0x1234;
  l4_ipc_sleep_ms(1);
  CHECK_EQ(l4_utcb_tcr()->user[0], 0x1234);
  l4_utcb_inherit_fpu(1);
  CHECK(l4_utcb_br()->bdr & L4_UTCB_INHERIT_FPU);
  l4_utcb_inherit_fpu(0);
  CHECK(!(l4_utcb_br()->bdr & L4_UTCB_INHERIT_FPU));
  CHECK_EQ(l4_bdr(1, 2, 3, 0), 1 | 2 << 5 | 3 << 10);
  return 1;
}

void
kernel_cases(void)
{
  run("capabilities of the program's own task", capabilities_of_the_task);
  run("another task", another_task);
  run("factories", factories);
  run("threads", threads);
  run("the scheduler", the_scheduler);
  run("the kernel information page", the_kernel_information_page);
  run("the UTCB", the_utcb);
}
