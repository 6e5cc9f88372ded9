/* Helpers, and the few functions of the standard library. */
#include "tap.h"
#include <l4/util/atomic.h>
#include <l4/util/bitops.h>
#include <l4/re/env.h>
#include <l4/util/cpu.h>
#include <l4/util/kip.h>
#include <l4/util/lock.h>
#include <l4/util/rand.h>
#include <l4/util/rdtsc.h>
#include <l4/util/splitlog2.h>
#include <stdlib.h>
#include <string.h>

static int
atomics(void)
{
  l4_uint8_t small = 250;
  l4_uint32_t word = 5;
  l4_umword_t wide = 1;
  CHECK_EQ(l4util_add8_res(&small, 10), 4);
  CHECK_EQ(l4util_inc32_res(&word), 6);
  CHECK_EQ(l4util_sub32_res(&word, 2), 4);
  CHECK_EQ(l4util_xchg32(&word, 9), 4);
  CHECK(l4util_cmpxchg32(&word, 9, 10));
  CHECK(!l4util_cmpxchg32(&word, 9, 11));
  CHECK_EQ(word, 10);
  l4util_or32(&word, 0x100);
  l4util_and32(&word, 0x10f);
  CHECK_EQ(word, 0x10a);
  CHECK(l4util_cmpxchg(&wide, 1, ~0UL));
  CHECK_EQ(l4util_xchg(&wide, 3), -1);
  long number = -1;
  l4util_atomic_inc(&number);
  l4util_atomic_add(&number, 4);
  CHECK_EQ(number, 4);
  return 1;
}

static int
bits(void)
{
  l4_umword_t words[2] = { 0, 0 };
  l4util_set_bit(70, words);
  CHECK_EQ(words[1], 1UL << 6);
  CHECK(l4util_test_bit(70, words));
  CHECK_EQ(l4util_find_first_set_bit(words, 128), 70);
  CHECK_EQ(l4util_find_first_zero_bit(words, 128), 0);
  CHECK(!l4util_bts(3, words));
  CHECK(l4util_btr(3, words));
  CHECK_EQ(l4util_bsr(0x90), 7);
  CHECK_EQ(l4util_bsf(0x90), 4);
  CHECK_EQ(l4util_next_power2(33), 64);
  CHECK_EQ(l4util_log2(0x90), 7);
  CHECK_EQ(l4util_log2(0), -1);
  CHECK(!l4util_test_and_set_bit(5, words));
  CHECK(l4util_test_and_change_bit(5, words));
  CHECK(!l4util_test_and_clear_bit(5, words));
  CHECK_EQ(words[0], 0);
  return 1;
}

static int pieces;
static l4_addr_t next;

static long
piece(l4_addr_t start, l4_addr_t end, int order)
{
  if (start != next || end - start + 1 != 1UL << order || start % (1UL << order))
    return -1;
  next = end + 1;
  pieces++;
  return 0;
}

static int
ranges(void)
{
  next = 0x3000;
  CHECK_EQ(l4util_splitlog2_hdl(0x3000, 0x8fff, piece), 0);
  CHECK_EQ(pieces, 3);
  CHECK_EQ(next, 0x9000);
  CHECK_EQ(l4util_splitlog2_size(0x4000, 0xbfff), 14);
  /* A byte is a range, too; and so is all there is. */
  pieces = 0;
  next = 0x1235;
  CHECK_EQ(l4util_splitlog2_hdl(0x1235, 0x1235, piece), 0);
  CHECK_EQ(pieces, 1);
  CHECK_EQ(l4util_splitlog2_size(0, ~0UL), ~0UL);
  CHECK_EQ(l4util_splitlog2_hdl(2, 1, piece), -L4_EINVAL);
  return 1;
}

static int
locks_and_numbers(void)
{
  l4util_simple_lock_t lock = 0;
  CHECK(l4_simple_try_lock(&lock));
  CHECK(!l4_simple_try_lock(&lock));
  CHECK(l4_simple_lock_locked(&lock));
  l4_simple_unlock(&lock);
  l4_simple_lock(&lock);
  l4util_srand(1);
  CHECK_EQ(l4util_rand(), 16838);
  CHECK_EQ(l4util_rand(), 38526);
  l4util_srand(7);
  l4_uint32_t first = l4util_rand();
  CHECK(first <= L4_RAND_MAX);
  CHECK(l4util_rand() != first);
  l4util_srand(7);
  CHECK_EQ(l4util_rand(), first);
  l4_cpu_time_t start = l4_rdtsc();
  l4util_cpu_pause();
  CHECK(l4_rdtsc() > start);
  CHECK(l4util_cpu_capabilities() & 1);
  return 1;
}

static int
strings(void)
{
  char text[32];
  strcpy(text, "hello");
  strcat(text, ", world");
  CHECK_EQ(strlen(text), 12);
  CHECK_EQ(strcmp(text, "hello, world"), 0);
  CHECK(strcmp("a", "b") < 0);
  CHECK_EQ(strncmp(text, "help", 3), 0);
  CHECK(strchr(text, 'w') == text + 7);
  CHECK(strrchr(text, 'l') == text + 10);
  CHECK(strstr(text, "lo,") == text + 3);
  CHECK(strstr(text, "lol") == NULL);
  /* So that the compiler does not foresee that the text is cut. */
  volatile size_t room = 8;
  CHECK_EQ(snprintf(text, room, "%d-%s-%#lx", -12, "abcdef", 255L), 15);
  CHECK_EQ(strcmp(text, "-12-abc"), 0);
  return 1;
}

static int
memory(void)
{
  char *blocks[20];
  for (unsigned i = 0; i < 20; i++)
    {
      blocks[i] = calloc(i + 1, 1000);
      CHECK(blocks[i] != NULL);
      CHECK_EQ((l4_addr_t)blocks[i] % 16, 0);
      CHECK_EQ(blocks[i][i * 1000], 0);
      memset(blocks[i], (int)i, (i + 1) * 1000);
    }
  blocks[3] = realloc(blocks[3], 100000);
  CHECK(blocks[3] != NULL);
  for (unsigned i = 0; i < 20; i++)
    {
      CHECK_EQ(blocks[i][0], i);
      CHECK_EQ(blocks[i][i * 1000 + 999], i);
      free(blocks[i]);
    }
  CHECK(malloc(1UL << 62) == NULL);
  free(NULL);
  return 1;
}

static int
the_kernel_tells_its_interface(void)
{
  unsigned features = 0;
  const char *s = l4_kip_version_string(l4re_kip());
  l4util_kip_for_each_feature(s)
    features++;
  CHECK(features > 2);
  CHECK_EQ(l4util_kip_kernel_abi_version(l4re_kip()), 3);
  /* The time of a tick in units of 2^-32 us. */
  CHECK_EQ(l4_tsc_init(l4re_kip()), (1000UL << 32) / l4re_kip()->frequency_cpu);
  return 1;
}

void
util_cases(void)
{
  run("atomic operations", atomics);
  run("bits", bits);
  run("ranges as flexpages", ranges);
  run("locks, numbers at random, the time stamp counter", locks_and_numbers);
  run("the kernel tells its interface", the_kernel_tells_its_interface);
  run("strings", strings);
  run("memory", memory);
}
