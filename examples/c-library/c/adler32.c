#include "adler32.h"

/* The largest prime below 65536. */
enum { BASE = 65521 };

uint32_t
adler32(uint32_t so_far, const uint8_t *bytes, size_t size)
{
  uint32_t a = so_far & 0xffff, b = so_far >> 16;
  for (size_t i = 0; i < size; i++)
    {
      a = (a + bytes[i]) % BASE;
      b = (b + a) % BASE;
    }
  return b << 16 | a;
}
