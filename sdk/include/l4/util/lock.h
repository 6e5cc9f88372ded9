#include <l4/sys/thread.h>
#include <l4/util/atomic.h>

/** A lock whose waiters give their time to others. 0: free. */
typedef l4_uint32_t l4util_simple_lock_t;

/** Takes the lock if it is free: 1, or 0 if it is not. */
L4_INLINE int l4_simple_try_lock(l4util_simple_lock_t *lock)
{
  return l4util_xchg32(lock, 1) == 0;
}

/** Gives the lock back. */
L4_INLINE void l4_simple_unlock(l4util_simple_lock_t *lock)
{
  __atomic_store_n(lock, 0, __ATOMIC_RELEASE);
}

/** Whether somebody has the lock. */
L4_INLINE int l4_simple_lock_locked(l4util_simple_lock_t *lock)
{
  return __atomic_load_n(lock, __ATOMIC_RELAXED) != 0;
}

/** Takes the lock, and waits for it without letting others run. */
L4_INLINE void l4_simple_lock_solid(l4util_simple_lock_t *lock)
{
  while (!l4_simple_try_lock(lock))
    __builtin_ia32_pause();
}

/** Takes the lock, and lets others run while it waits for it. */
L4_INLINE void l4_simple_lock(l4util_simple_lock_t *lock)
{
  while (!l4_simple_try_lock(lock))
    l4_thread_yield();
}
