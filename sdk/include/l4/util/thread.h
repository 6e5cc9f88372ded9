#include <l4/sys/compiler.h>
#include <l4/sys/types.h>
#include <l4/sys/factory.h>
#include <l4/sys/scheduler.h>
#include <l4/sys/thread.h>

//@ all

/** The head of a function that a thread starts in: only the instruction and the stack pointer are
 * set then, so the function aligns its stack itself, and does not return. */
#define L4UTIL_THREAD_FUNC(name) \
  __attribute__((force_align_arg_pointer)) L4_NORETURN void name(void)
/** The same, seen in its own file alone. */
#define L4UTIL_THREAD_STATIC_FUNC(name) \
  __attribute__((force_align_arg_pointer)) static L4_NORETURN void name(void)
