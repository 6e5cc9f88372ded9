#include <l4/sys/types.h>

/** The timeout of one phase of a system call. */
typedef struct l4_timeout_s
{
  /** Mantissa and exponent, or a buffer register's number. */
  l4_uint16_t t;
} __attribute__((packed)) l4_timeout_s;

/** The timeouts of both phases. */
typedef union l4_timeout_t
{
  /** Both in a word. */
  l4_uint32_t raw;
  /** One by one. */
  struct
  {
    /** Of receiving. */
    l4_timeout_s rcv;
    /** Of sending. */
    l4_timeout_s snd;
  } p;
} l4_timeout_t;

//@ all

//@ timeouts
