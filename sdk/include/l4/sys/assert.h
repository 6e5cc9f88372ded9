#include <l4/sys/compiler.h>
#include <l4/sys/kdebug.h>

/** Ends the program, with a text in the kernel's console, unless `expr` holds. */
#ifdef NDEBUG
# define l4_assert(expr) ((void)(expr))
# define l4_check(expr) ((void)(expr))
#else
# define l4_assert(expr) \
  l4_assert_fn((expr) != 0, __FILE__ ":" L4_stringify(__LINE__) ": `" #expr "' does not hold\n")
# define l4_check(expr) l4_assert(expr)
#endif

/** What a failed assertion does: writes the text, and stops for ever. */
L4_NORETURN L4_INLINE void l4_assert_abort(const char *text)
{
  l4_kd_outstring(text);
  __builtin_trap();
}

/** Writes the text and stops for ever unless `ok`. */
L4_INLINE void l4_assert_fn(unsigned ok, const char *text)
{
  if (L4_UNLIKELY(!ok))
    l4_assert_abort(text);
}
