/* Test cases, told by TAP. */
#pragma once
#include <l4/sys/err.h>
#include <l4/sys/types.h>
#include <stdio.h>

/* A case: 1 if all is well; it tells by `CHECK` what is not. */
typedef int test_case(void);

/* Tells a condition that does not hold, and ends the case. */
#define CHECK(condition) \
  do \
    { \
      if (!(condition)) \
        { \
          printf("# %s:%d: %s\n", __FILE__, __LINE__, #condition); \
          return 0; \
        } \
    } \
  while (0)

/* The same for two numbers, which it tells. */
#define CHECK_EQ(got, due) \
  do \
    { \
      long got_ = (long)(got), due_ = (long)(due); \
      if (got_ != due_) \
        { \
          printf("# %s:%d: %s is %ld, not %ld\n", __FILE__, __LINE__, #got, got_, due_); \
          return 0; \
        } \
    } \
  while (0)

/* Runs a case and tells how it went. */
void run(const char *name, test_case *test);

void ipc_cases(void);
void handler_cases(void);
void kernel_cases(void);
void service_cases(void);
void util_cases(void);
/* Where there is a C library. */
__attribute__((weak)) void libc_cases(void);

/* A thread of the program's own, which runs `entry` and must not return. 0, or an error code. */
long start_thread(l4_cap_idx_t *thread, void (*entry)(void));
/* A slot for a capability. */
l4_cap_idx_t slot(void);
/* Deletes an object and frees its slot. */
void drop(l4_cap_idx_t object);
