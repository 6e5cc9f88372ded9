/* A C program with a library of Rust: threads of C's add notes, which Rust keeps. */
#include "notes/notes.h"
#include <l4/re/c/rm.h>
#include <l4/re/c/util/cap_alloc.h>
#include <l4/re/env.h>
#include <l4/sys/factory.h>
#include <l4/sys/semaphore.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

enum { THREADS = 2, EACH = 3 };

struct writer
{
  pthread_t thread;
  notes_t *notes;
  char name;
};

static void *
write_notes(void *arg)
{
  struct writer *writer = arg;
  char text[32];
  for (int i = 0; i < EACH; i++)
    {
      snprintf(text, sizeof(text), "note %d of thread %c", i, writer->name);
      if (notes_add(writer->notes, text) < 0)
        return NULL;
    }
  return writer;
}

/* Reads the notes in the dataspace that Rust has made. */
static int
print_notes(notes_t *notes)
{
  l4_cap_idx_t ds;
  size_t size, lines = 0;
  void *at = NULL;
  if (notes_share(notes, &ds, &size) < 0
      || l4re_rm_attach(&at, size, L4RE_RM_F_R | L4RE_RM_F_SEARCH_ADDR,
                        ds | L4_CAP_FPAGE_RO, 0, L4_PAGESHIFT) < 0)
    return 1;
  for (const char *c = at; c < (const char *)at + size; c++)
    lines += *c == '\n';
  printf("%zu notes in %zu bytes, the first: %.*s\n", lines, size,
         (int)strcspn(at, "\n"), (const char *)at);
  return l4re_rm_detach(at) < 0;
}

int
main(int argc, char **argv)
{
  struct writer writers[THREADS];
  /* A slot of C's table; Rust takes its own from the same. */
  l4_cap_idx_t changed = l4re_util_cap_alloc();
  l4_msgtag_t tag = l4_factory_create(l4re_env()->factory, L4_PROTO_SEMAPHORE, changed);
  if (l4_error(tag) < 0)
    return 1;
  notes_t *notes = notes_new(changed);
  for (int i = 0; i < THREADS; i++)
    {
      writers[i] = (struct writer){ .notes = notes, .name = (char)('A' + i) };
      if (pthread_create(&writers[i].thread, NULL, write_notes, &writers[i]) != 0)
        return 1;
    }
  for (int i = 0; i < THREADS * EACH; i++)
    if (l4_error(l4_semaphore_down(changed, L4_IPC_NEVER)) < 0)
      return 1;
  for (int i = 0; i < THREADS; i++)
    pthread_join(writers[i].thread, NULL);
  printf("Rust keeps %zu notes\n", notes_count(notes));
  if (print_notes(notes))
    return 1;
  if (argc > 1 && !strcmp(argv[1], "panic"))
    printf("a note of %zu bytes\n", notes_length(notes, 1000));
  notes_free(notes);
  l4re_util_cap_free_um(changed);
  return 0;
}
