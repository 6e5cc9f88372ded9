/* pthread-l4.h: POSIX threads as L4's. */
#pragma once
#include <l4/sys/types.h>
#include <pthread.h>

#ifdef __cplusplus
extern "C" {
#endif

/** The capability of a thread; `L4_INVALID_CAP` if it is gone. */
l4_cap_idx_t pthread_l4_cap(pthread_t t);
/** Calls a function with each thread that has not ended, from the calling thread. */
void pthread_l4_for_each_thread(void (*fn)(pthread_t));

#ifdef __cplusplus
}
#endif
