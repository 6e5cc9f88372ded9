/*
 * What NPTL wants of a C++ run-time library's unwinder when a thread ends early (pthread_exit,
 * pthread_cancel). C programs have no frames to unwind: their cleanup handlers stand in NPTL's
 * own list. So the end of the stack is told at once, upon which NPTL runs that list and
 * leaves. Weak: a program with an unwinder of its own has the real ones.
 */

#include <stdlib.h>

typedef int (*stop_function)(int version, int actions, unsigned long long class,
                             void *exception, void *context, void *parameter);

enum { FORCE_UNWIND = 8, CLEANUP_PHASE = 2, END_OF_STACK = 16, FATAL_PHASE2 = 2 };

__attribute__((weak)) int
_Unwind_ForcedUnwind(void *exception, stop_function stop, void *parameter)
{
    stop(1, FORCE_UNWIND | CLEANUP_PHASE | END_OF_STACK, 0, exception, 0, parameter);
    return FATAL_PHASE2;
}

__attribute__((weak)) unsigned long
_Unwind_GetCFA(void *context)
{
    (void) context;
    return ~0UL;
}

__attribute__((weak)) void
_Unwind_Resume(void *exception)
{
    (void) exception;
    abort();
}

__attribute__((weak)) int
__gcc_personality_v0(void)
{
    abort();
}
