/* What the compiler is told, and nothing else. */

#if defined(__cplusplus)
# define L4_BEGIN_DECLS extern "C" {
# define L4_END_DECLS }
# define L4_NOTHROW noexcept
# define L4_INLINE inline
# define L4_DEFAULT_PARAM(x) = x
# define L4_CONSTEXPR constexpr
# define L4_EXPORT_TYPE L4_EXPORT
#else
# define L4_BEGIN_DECLS
# define L4_END_DECLS
# define L4_NOTHROW
# define L4_INLINE static __inline__
# define L4_DEFAULT_PARAM(x)
# define L4_CONSTEXPR
# define L4_EXPORT_TYPE
# if __STDC_VERSION__ < 202311L
#  define static_assert _Static_assert
# endif
#endif
#ifndef __BEGIN_DECLS
# define __BEGIN_DECLS L4_BEGIN_DECLS
# define __END_DECLS L4_END_DECLS
#endif

#define L4_INLINE_STATIC static __inline__
#define L4_ALWAYS_INLINE L4_INLINE __attribute__((__always_inline__))
#define L4_NORETURN __attribute__((noreturn))
#define L4_PURE __attribute__((pure))
#define L4_NOINSTRUMENT __attribute__((no_instrument_function))
#define L4_HIDDEN __attribute__((visibility("hidden")))
#define L4_EXPORT __attribute__((visibility("default")))
#define L4_STICKY(x) __attribute__((used)) x
/** Lets `func` run before `main`; the lower `prio`, the earlier. */
#define L4_DECLARE_CONSTRUCTOR(func, prio) \
  __attribute__((constructor(prio), used)) static void func##_ctor_func(void) \
  { \
    func(); \
  }
#define L4_DEPRECATED(s) __attribute__((deprecated(s)))
#ifdef __has_builtin
# define L4_HAS_BUILTIN(name) __has_builtin(name)
#else
# define L4_HAS_BUILTIN(name) 0
#endif
#define L4_LIKELY(x) __builtin_expect((x), 1)
#define L4_UNLIKELY(x) __builtin_expect((x), 0)
#define L4_stringify_helper(x) #x
#define L4_stringify(x) L4_stringify_helper(x)
#define L4_STRONG_ALIAS(name, other) \
  extern __typeof__(name) other __attribute__((alias(#name)));
#define L4_WEAK_ALIAS(name, other) \
  extern __typeof__(name) other __attribute__((weak, alias(#name)));

#include <l4/sys/linkage.h>

//@ macros L4_STACK_ALIGN
//@ constants

/** The compiler keeps reads and writes of memory on their side of this. */
L4_INLINE void l4_barrier(void)
{
  __asm__ __volatile__("" ::: "memory");
}

/** So does the processor. */
L4_INLINE void l4_mb(void)
{
  __asm__ __volatile__("mfence" ::: "memory");
}

/** So does the processor, for writes. */
L4_INLINE void l4_wmb(void)
{
  __asm__ __volatile__("sfence" ::: "memory");
}

/** Never ends. */
L4_NORETURN L4_INLINE void l4_infinite_loop(void)
{
  for (;;)
    l4_barrier();
}

/** The stack pointer with which a function can be jumped to, as if it had been called. */
L4_INLINE unsigned long
l4_align_stack_for_direct_fncall(unsigned long stack)
{
  return (stack & ~(L4_STACK_ALIGN - 1UL)) - sizeof(unsigned long);
}
