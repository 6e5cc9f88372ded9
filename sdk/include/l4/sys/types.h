#include <l4/sys/l4int.h>
#include <l4/sys/compiler.h>
#include <l4/sys/consts.h>

/** A capability selector: the number of a slot, shifted left by `L4_CAP_SHIFT`. */
typedef unsigned long l4_cap_idx_t;
/** A result: negative error codes. */
typedef l4_int16_t l4_ret_t;
/** A protocol. */
typedef l4_int16_t l4_proto_t;
/** A thread's control block; its parts are reached by `l4_utcb_mr()` and its kind. */
typedef struct l4_utcb_t l4_utcb_t;

/** A message tag: label, words, items and flags in a word. */
typedef struct l4_msgtag_t
{
  /** The word. */
  l4_mword_t raw;
} l4_msgtag_t;

//@ all

/* These are inline for speed. */

/** A message tag: label, words, items and flags (`L4_MSGTAG_*`), each cut to its bits. */
L4_INLINE l4_msgtag_t l4_msgtag(long label, unsigned int words, unsigned int items,
                                unsigned int flags) L4_NOTHROW
{
  l4_msgtag_t tag;
  tag.raw = (l4_mword_t)((l4_umword_t)label << @LABEL_SHIFT@ | (words & @WORDS_MASK@)
                         | (items & @WORDS_MASK@) << @ITEMS_SHIFT@ | (flags & L4_MSGTAG_FLAGS));
  return tag;
}

/** The label: a protocol in a request, a result in a reply. */
L4_INLINE long l4_msgtag_label(l4_msgtag_t t) L4_NOTHROW
{
  return t.raw >> @LABEL_SHIFT@;
}

/** The number of untyped words. */
L4_INLINE unsigned int l4_msgtag_words(l4_msgtag_t t) L4_NOTHROW
{
  return t.raw & @WORDS_MASK@;
}

/** The number of items. */
L4_INLINE unsigned int l4_msgtag_items(l4_msgtag_t t) L4_NOTHROW
{
  return (t.raw >> @ITEMS_SHIFT@) & @WORDS_MASK@;
}

/** The flags. */
L4_INLINE unsigned int l4_msgtag_flags(l4_msgtag_t t) L4_NOTHROW
{
  return t.raw & L4_MSGTAG_FLAGS;
}

/** Not 0 if the system call failed; the UTCB tells why. */
L4_INLINE unsigned int l4_msgtag_has_error(l4_msgtag_t t) L4_NOTHROW
{
  return t.raw & L4_MSGTAG_ERROR;
}

/** Whether this is a page fault, sent to a pager. */
L4_INLINE unsigned int l4_msgtag_is_page_fault(l4_msgtag_t t) L4_NOTHROW
{
  return l4_msgtag_label(t) == L4_PROTO_PAGE_FAULT;
}

/** Whether this is an exception, sent to an exception handler. */
L4_INLINE unsigned int l4_msgtag_is_exception(l4_msgtag_t t) L4_NOTHROW
{
  return l4_msgtag_label(t) == L4_PROTO_EXCEPTION;
}

/** Whether this is a request of sigma0's protocol. */
L4_INLINE unsigned int l4_msgtag_is_sigma0(l4_msgtag_t t) L4_NOTHROW
{
  return l4_msgtag_label(t) == L4_PROTO_SIGMA0;
}

/** Whether this is a fault of access to a port, sent to a pager. */
L4_INLINE unsigned int l4_msgtag_is_io_page_fault(l4_msgtag_t t) L4_NOTHROW
{
  return l4_msgtag_label(t) == L4_PROTO_IO_PAGE_FAULT;
}

/** Not 0 if the selector names no slot. */
L4_INLINE unsigned int l4_is_invalid_cap(l4_cap_idx_t c) L4_NOTHROW
{
  return c & L4_INVALID_CAP_BIT;
}

/** Whether the selector names a slot (which may be empty). */
L4_INLINE unsigned int l4_is_valid_cap(l4_cap_idx_t c) L4_NOTHROW
{
  return !(c & L4_INVALID_CAP_BIT);
}

/** Whether two selectors name the same slot. */
L4_INLINE unsigned int l4_capability_equal(l4_cap_idx_t c1, l4_cap_idx_t c2) L4_NOTHROW
{
  return c1 >> L4_CAP_SHIFT == c2 >> L4_CAP_SHIFT;
}

/** The selector of the slot behind this one. */
L4_INLINE l4_cap_idx_t l4_capability_next(l4_cap_idx_t c) L4_NOTHROW
{
  return c + L4_CAP_OFFSET;
}

#include <l4/sys/__l4_fpage.h>
#include <l4/sys/__timeout.h>
