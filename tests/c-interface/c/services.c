/* L4Re's services: memory, region map, name space, log, environment. */
#include "tap.h"
#include <l4/re/c/dataspace.h>
#include <l4/re/c/log.h>
#include <l4/re/c/mem_alloc.h>
#include <l4/re/c/namespace.h>
#include <l4/re/c/rm.h>
#include <l4/re/c/util/cap_alloc.h>
#include <l4/re/env.h>
#include <l4/sys/task.h>
#include <l4/sys/vcon.h>
#include <string.h>

enum { SIZE = 5 * 4096 };

static int
the_environment(void)
{
  l4re_env_t *env = l4re_env();
  CHECK(env == l4re_global_env);
  CHECK(l4_is_valid_cap(env->rm));
  CHECK(l4_is_valid_cap(env->mem_alloc));
  CHECK(l4_is_valid_cap(env->factory));
  CHECK(l4_is_valid_cap(l4re_env_get_cap("rom")));
  CHECK(l4_is_invalid_cap(l4re_env_get_cap("nobody")));
  CHECK(l4re_env_get_cap_l("rom", 3, env) != NULL);
  CHECK_EQ(l4re_env_get_cap_l("rom", 3, env)->cap, l4re_env_get_cap_e("rom", env));
  CHECK(l4re_env_get_cap_l("rom", 2, env) == NULL);
  return 1;
}

static int
slots_are_distinct(void)
{
  l4_cap_idx_t a = l4re_util_cap_alloc(), b = l4re_util_cap_alloc();
  CHECK(l4_is_valid_cap(a) && l4_is_valid_cap(b));
  CHECK(a != b);
  CHECK((long)(a >> L4_CAP_SHIFT) <= l4re_util_cap_last());
  l4re_util_cap_free(a);
  l4re_util_cap_free_um(b);
  return 1;
}

static int
a_dataspace(void)
{
  l4_cap_idx_t ds = slot(), other = slot();
  CHECK_EQ(l4re_ma_alloc(SIZE, ds, 0), 0);
  CHECK_EQ(l4re_ds_size(ds), SIZE);
  l4re_ds_stats_t stats;
  CHECK_EQ(l4re_ds_info(ds, &stats), 0);
  CHECK_EQ(stats.size, SIZE);
  CHECK_EQ(stats.flags & L4RE_DS_F_RW, L4RE_DS_F_RW);
  CHECK_EQ(l4re_ds_flags(ds), stats.flags);
  CHECK_EQ(l4re_ds_allocate(ds, 0, SIZE), 0);

  void *at = NULL, *there = NULL;
  l4re_rm_flags_t flags = L4RE_RM_F_RW | L4RE_RM_F_SEARCH_ADDR;
  /* The lower bits of a selector tell which rights are passed on. */
  l4re_ds_t writable = ds | L4_CAP_FPAGE_RW;
  CHECK_EQ(l4re_rm_attach(&at, SIZE, flags, writable, 0, L4_PAGESHIFT), 0);
  memset(at, 0x5a, SIZE);
  CHECK_EQ(((unsigned char *)at)[SIZE - 1], 0x5a);
  CHECK_EQ(l4re_ds_clear(ds, 4096, 4096), 0);
  CHECK_EQ(((unsigned char *)at)[4096], 0);
  CHECK_EQ(((unsigned char *)at)[8192], 0x5a);

  CHECK_EQ(l4re_ma_alloc_align(2 * 4096, other, 0, 14), 0);
  CHECK_EQ(l4re_ds_copy_in(other, 4096, ds | L4_CAP_FPAGE_RO, 8192, 4096), 0);
  CHECK_EQ(l4re_rm_attach(&there, 2 * 4096, flags, other | L4_CAP_FPAGE_RW, 0, L4_PAGESHIFT), 0);
  CHECK(there != at);
  CHECK_EQ(((unsigned char *)there)[4095], 0);
  CHECK_EQ(((unsigned char *)there)[4096], 0x5a);

  l4_addr_t start = (l4_addr_t)at + 4096;
  unsigned long size = 1;
  l4re_rm_offset_t offset = 1;
  l4re_rm_flags_t found = 0;
  l4_cap_idx_t owner = L4_INVALID_CAP;
  CHECK_EQ(l4re_rm_find(&start, &size, &offset, &found, &owner), 0);
  CHECK_EQ(start, (l4_addr_t)at);
  CHECK_EQ(size, SIZE);
  CHECK_EQ(offset, 0);
  CHECK_EQ(found & L4RE_RM_F_RW, L4RE_RM_F_RW);

  CHECK(l4re_rm_detach(there) >= 0);
  l4re_ds_t was = L4_INVALID_CAP;
  CHECK(l4re_rm_detach_ds(at, &was) >= 0);
  CHECK_EQ(l4re_rm_detach(at), -L4_ENOENT);
  l4re_util_cap_free_um(other);
  l4re_util_cap_free_um(ds);
  CHECK_EQ(l4re_ds_size(ds), 0);
  return 1;
}

static int
too_much_memory(void)
{
  l4_cap_idx_t ds = slot();
  CHECK(l4re_ma_alloc(1L << 60, ds, 0) < 0);
  CHECK_EQ(l4_msgtag_label(l4_task_cap_valid(L4RE_THIS_TASK_CAP, ds)), 0);
  l4re_util_cap_free(ds);
  return 1;
}

static int
an_area(void)
{
  l4_cap_idx_t ds = slot();
  CHECK_EQ(l4re_ma_alloc(4096, ds, 0), 0);
  l4_addr_t area = 0;
  CHECK_EQ(l4re_rm_reserve_area(&area, 1 << 20, L4RE_RM_F_SEARCH_ADDR, 21), 0);
  CHECK_EQ(area % (2 << 20), 0);
  void *at = (void *)(area + 8192);
  l4re_rm_flags_t flags = L4RE_RM_F_R | L4RE_RM_F_IN_AREA;
  CHECK_EQ(l4re_rm_attach(&at, 4096, flags, ds | L4_CAP_FPAGE_RO, 0, L4_PAGESHIFT), 0);
  CHECK_EQ((l4_addr_t)at, area + 8192);
  CHECK_EQ(*(volatile char *)at, 0);
  CHECK(l4re_rm_detach_unmap((l4_addr_t)at, L4RE_THIS_TASK_CAP) >= 0);
  CHECK_EQ(l4re_rm_free_area(area), 0);
  l4re_util_cap_free_um(ds);
  return 1;
}

static int
the_name_space(void)
{
  l4_cap_idx_t rom = l4re_env_get_cap("rom"), file = slot();
  CHECK(l4re_ns_query_to_srv(rom, "no-such-file", file, 0) < 0);
  CHECK_EQ(l4_msgtag_label(l4_task_cap_valid(L4RE_THIS_TASK_CAP, file)), 0);
  l4re_util_cap_free(file);
  return 1;
}

static int
the_log(void)
{
  static const char text[] = "# written by l4_vcon_write\n";
  l4_cap_idx_t log = l4re_env()->log;
  CHECK_EQ(l4_vcon_write(log, text, sizeof(text) - 1), sizeof(text) - 1);
  l4re_log_print("# written by l4re_log_print\n");
  l4re_log_printn("# and by l4re_log_printn\nnot this", 25);
  return 1;
}

void
service_cases(void)
{
  run("the environment", the_environment);
  run("capability slots", slots_are_distinct);
  run("dataspaces and regions", a_dataspace);
  run("more memory than there is", too_much_memory);
  run("an area", an_area);
  run("the name space", the_name_space);
  run("the log", the_log);
}
