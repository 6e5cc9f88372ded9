#include "tap.h"
#include <l4/re/c/mem_alloc.h>
#include <l4/re/c/rm.h>
#include <l4/re/c/util/cap_alloc.h>
#include <l4/re/c/util/kumem_alloc.h>
#include <l4/re/env.h>
#include <l4/sys/task.h>
#include <l4/util/thread.h>
#include <stdlib.h>

static unsigned cases, failed;

void
run(const char *name, test_case *test)
{
  int ok = test();
  cases++;
  failed += !ok;
  printf("%s %u - %s\n", ok ? "ok" : "not ok", cases, name);
}

l4_cap_idx_t
slot(void)
{
  return l4re_util_cap_alloc();
}

void
drop(l4_cap_idx_t object)
{
  l4_task_delete_obj(L4RE_THIS_TASK_CAP, object);
  l4re_util_cap_free(object);
}

long
start_thread(l4_cap_idx_t *thread, void (*entry)(void))
{
  enum { STACK = 16 << 10 };
  l4_addr_t utcb;
  *thread = slot();
  long error = l4re_util_kumem_alloc(&utcb, 0, L4RE_THIS_TASK_CAP, l4re_env()->rm);
  if (error < 0)
    return error;
  char *stack = malloc(STACK);
  if (!stack)
    return -L4_ENOMEM;
  l4_umword_t sp = l4_align_stack_for_direct_fncall((l4_umword_t)(stack + STACK));
  return l4util_create_thread(*thread, (l4_utcb_t *)utcb, l4re_env()->factory,
                              (l4_umword_t)entry, sp, l4re_env()->rm, L4RE_THIS_TASK_CAP,
                              l4re_env()->scheduler, l4_sched_param(2, 0));
}

int
main(void)
{
  ipc_cases();
  kernel_cases();
  handler_cases();
  service_cases();
  util_cases();
  if (libc_cases)
    libc_cases();
  printf("1..%u\n", cases);
  return failed != 0;
}
