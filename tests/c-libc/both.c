/* What needs L4Re's C interface and a C library: threads that exchange messages, files and
 * dataspaces, one heap. */
#include "../c-interface/c/tap.h"
#include <errno.h>
#include <fcntl.h>
#include <l4/re/c/dataspace.h>
#include <l4/re/c/mem_alloc.h>
#include <l4/re/c/namespace.h>
#include <l4/re/c/rm.h>
#include <l4/re/c/util/cap_alloc.h>
#include <l4/re/env.h>
#include <l4/sys/factory.h>
#include <l4/sys/ipc.h>
#include <l4/sys/ipc_gate.h>
#include <l4/sys/task.h>
#include <l4/sys/thread.h>
#include <pthread-l4.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/* A server: answers with the sum of the words until it gets none. */
static void *
serve(void *requests)
{
  l4_umword_t label;
  l4_msgtag_t tag = l4_ipc_wait(l4_utcb(), &label, L4_IPC_NEVER);
  for (;;)
    {
      l4_umword_t sum = 0;
      unsigned words = l4_msgtag_words(tag);
      for (unsigned i = 0; i < words; i++)
        sum += l4_utcb_mr()->mr[i];
      /* Memory and text of the C library, between two messages. */
      char *text = malloc(32);
      snprintf(text, 32, "%lu", sum);
      l4_utcb_mr()->mr[0] = strtoul(text, NULL, 10);
      free(text);
      ++*(unsigned *)requests;
      tag = l4_msgtag(0, 1, 0, 0);
      if (words == 0)
        {
          l4_ipc_send(L4_INVALID_CAP | L4_SYSF_REPLY, l4_utcb(), tag, L4_IPC_SEND_TIMEOUT_0);
          return requests;
        }
      tag = l4_ipc_reply_and_wait(l4_utcb(), tag, &label, L4_IPC_SEND_TIMEOUT_0);
    }
}

static l4_umword_t
ask(l4_cap_idx_t server, unsigned words)
{
  for (unsigned i = 0; i < words; i++)
    l4_utcb_mr()->mr[i] = 1000 * i + words;
  l4_msgtag_t tag = l4_ipc_call(server, l4_utcb(), l4_msgtag(0, words, 0, 0), L4_IPC_NEVER);
  return l4_msgtag_has_error(tag) ? ~0UL : l4_utcb_mr()->mr[0];
}

static int
a_posix_thread_serves(void)
{
  pthread_t thread;
  unsigned requests = 0;
  void *result = NULL;
  CHECK_EQ(pthread_create(&thread, NULL, serve, &requests), 0);
  l4_cap_idx_t server = pthread_l4_cap(thread), gate = slot();
  CHECK(l4_is_valid_cap(server));
  CHECK_EQ(l4_msgtag_label(l4_task_cap_valid(L4RE_THIS_TASK_CAP, server)), 1);
  CHECK_EQ(l4_error(l4_factory_create_gate(l4re_env()->factory, gate, server, 0x40)), 0);
  CHECK_EQ(ask(gate, 3), 3009);
  CHECK_EQ(ask(gate, 20), 190 * 1000 + 20 * 20);
  CHECK_EQ(ask(server, 1), 1);
  CHECK_EQ(ask(gate, 0), 0);
  CHECK_EQ(pthread_join(thread, &result), 0);
  CHECK(result == &requests);
  CHECK_EQ(requests, 4);
  drop(gate);
  return 1;
}

enum { THREADS = 8 };
static pthread_barrier_t barrier;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static unsigned met;

/* Its capability is the one that the other threads see of it. */
static void *
look_at_oneself(void *place)
{
  *(l4_cap_idx_t *)place = pthread_l4_cap(pthread_self());
  pthread_barrier_wait(&barrier);
  pthread_barrier_wait(&barrier);
  return place;
}

static void
meet(pthread_t thread)
{
  if (l4_is_valid_cap(pthread_l4_cap(thread)))
    {
      pthread_mutex_lock(&mutex);
      met++;
      pthread_mutex_unlock(&mutex);
    }
}

static int
threads_have_capabilities(void)
{
  pthread_t threads[THREADS];
  l4_cap_idx_t own[THREADS];
  CHECK_EQ(pthread_l4_cap(pthread_self()), l4re_env()->main_thread);
  CHECK_EQ(pthread_barrier_init(&barrier, NULL, THREADS + 1), 0);
  for (int i = 0; i < THREADS; i++)
    CHECK_EQ(pthread_create(&threads[i], NULL, look_at_oneself, &own[i]), 0);
  pthread_barrier_wait(&barrier);
  for (int i = 0; i < THREADS; i++)
    {
      CHECK_EQ(own[i], pthread_l4_cap(threads[i]));
      CHECK(l4_is_valid_cap(own[i]));
      for (int j = 0; j < i; j++)
        CHECK(own[i] != own[j]);
    }
  met = 0;
  pthread_l4_for_each_thread(meet);
  CHECK_EQ(met, THREADS + 1);
  pthread_barrier_wait(&barrier);
  for (int i = 0; i < THREADS; i++)
    CHECK_EQ(pthread_join(threads[i], NULL), 0);
  CHECK(l4_is_invalid_cap(pthread_l4_cap((pthread_t)&barrier)));
  return 1;
}

/* The program's own file by the C library, and as a dataspace by L4Re. */
static int
a_file_is_a_dataspace(void)
{
  static const char name[] = "c-libc";
  char by_libc[4096];
  FILE *file = fopen("rom/c-libc", "r");
  CHECK(file != NULL);
  CHECK_EQ(fread(by_libc, 1, sizeof(by_libc), file), sizeof(by_libc));
  CHECK_EQ(fseek(file, 0, SEEK_END), 0);
  long size = ftell(file);
  CHECK(size > (long)sizeof(by_libc));
  CHECK_EQ(fclose(file), 0);

  l4_cap_idx_t ds = slot();
  CHECK_EQ(l4re_ns_query_to_srv(l4re_env_get_cap("rom"), name, ds, 5000), 0);
  CHECK_EQ(l4_round_page(l4re_ds_size(ds)), l4_round_page(size));
  void *at = NULL;
  l4re_rm_flags_t flags = L4RE_RM_F_R | L4RE_RM_F_SEARCH_ADDR;
  CHECK_EQ(l4re_rm_attach(&at, l4re_ds_size(ds), flags, ds | L4_CAP_FPAGE_RO, 0, L4_PAGESHIFT),
           0);
  CHECK_EQ(memcmp(at, by_libc, sizeof(by_libc)), 0);
  CHECK(l4re_rm_detach(at) >= 0);
  l4re_util_cap_free_um(ds);
  CHECK(fopen("rom/no-such-file", "r") == NULL);
  CHECK_EQ(errno, ENOENT);
  return 1;
}

/* The C library's allocations take capability slots and regions; nobody else's. */
static int
one_table_of_slots(void)
{
  enum { BLOCKS = 16 };
  void *blocks[BLOCKS];
  l4_cap_idx_t slots[BLOCKS];
  for (int i = 0; i < BLOCKS; i++)
    {
      slots[i] = slot();
      CHECK_EQ(l4re_ma_alloc(4096, slots[i], 0), 0);
      /* Large enough for a mapping of its own. */
      blocks[i] = malloc(300000);
      CHECK(blocks[i] != NULL);
      memset(blocks[i], i, 300000);
    }
  for (int i = 0; i < BLOCKS; i++)
    {
      for (int j = 0; j < i; j++)
        CHECK(slots[i] != slots[j]);
      CHECK_EQ(l4re_ds_size(slots[i]), 4096);
      CHECK_EQ(((unsigned char *)blocks[i])[299999], i);
      l4re_util_cap_free_um(slots[i]);
      free(blocks[i]);
    }
  return 1;
}

static int
numbers_with_fractions(void)
{
  char text[32];
  CHECK_EQ(snprintf(text, sizeof(text), "%.3f", 355.0 / 113.0), 5);
  CHECK_EQ(strcmp(text, "3.142"), 0);
  return 1;
}

void
libc_cases(void)
{
  run("a POSIX thread is a server", a_posix_thread_serves);
  run("POSIX threads have capabilities", threads_have_capabilities);
  run("a file is a dataspace", a_file_is_a_dataspace);
  run("one table of slots", one_table_of_slots);
  run("numbers with fractions", numbers_with_fractions);
}
