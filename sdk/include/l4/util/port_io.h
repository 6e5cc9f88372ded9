#include <l4/sys/compiler.h>
#include <l4/sys/l4int.h>

/* These need the right to the ports; without it they are faults. */

/** Reads 8 bits from a port. */
L4_INLINE l4_uint8_t l4util_in8(l4_uint16_t port)
{
  l4_uint8_t value;
  __asm__ __volatile__("inb %w1, %b0" : "=a"(value) : "Nd"(port));
  return value;
}

/** Writes 8 bits to a port. */
L4_INLINE void l4util_out8(l4_uint8_t value, l4_uint16_t port)
{
  __asm__ __volatile__("outb %b0, %w1" : : "a"(value), "Nd"(port));
}

/** Reads 8 bits from a port, `count` times, to `addr` and behind. */
L4_INLINE void l4util_ins8(l4_uint16_t port, l4_umword_t addr, l4_umword_t count)
{
  __asm__ __volatile__("rep insb" : "+D"(addr), "+c"(count) : "d"(port) : "memory");
}

/** Writes 8 bits to a port, `count` times, from `addr` and behind. */
L4_INLINE void l4util_outs8(l4_uint16_t port, l4_umword_t addr, l4_umword_t count)
{
  __asm__ __volatile__("rep outsb" : "+S"(addr), "+c"(count) : "d"(port) : "memory");
}

/** Reads 16 bits from a port. */
L4_INLINE l4_uint16_t l4util_in16(l4_uint16_t port)
{
  l4_uint16_t value;
  __asm__ __volatile__("inw %w1, %w0" : "=a"(value) : "Nd"(port));
  return value;
}

/** Writes 16 bits to a port. */
L4_INLINE void l4util_out16(l4_uint16_t value, l4_uint16_t port)
{
  __asm__ __volatile__("outw %w0, %w1" : : "a"(value), "Nd"(port));
}

/** Reads 16 bits from a port, `count` times, to `addr` and behind. */
L4_INLINE void l4util_ins16(l4_uint16_t port, l4_umword_t addr, l4_umword_t count)
{
  __asm__ __volatile__("rep insw" : "+D"(addr), "+c"(count) : "d"(port) : "memory");
}

/** Writes 16 bits to a port, `count` times, from `addr` and behind. */
L4_INLINE void l4util_outs16(l4_uint16_t port, l4_umword_t addr, l4_umword_t count)
{
  __asm__ __volatile__("rep outsw" : "+S"(addr), "+c"(count) : "d"(port) : "memory");
}

/** Reads 32 bits from a port. */
L4_INLINE l4_uint32_t l4util_in32(l4_uint16_t port)
{
  l4_uint32_t value;
  __asm__ __volatile__("inl %w1, %k0" : "=a"(value) : "Nd"(port));
  return value;
}

/** Writes 32 bits to a port. */
L4_INLINE void l4util_out32(l4_uint32_t value, l4_uint16_t port)
{
  __asm__ __volatile__("outl %k0, %w1" : : "a"(value), "Nd"(port));
}

/** Reads 32 bits from a port, `count` times, to `addr` and behind. */
L4_INLINE void l4util_ins32(l4_uint16_t port, l4_umword_t addr, l4_umword_t count)
{
  __asm__ __volatile__("rep insl" : "+D"(addr), "+c"(count) : "d"(port) : "memory");
}

/** Writes 32 bits to a port, `count` times, from `addr` and behind. */
L4_INLINE void l4util_outs32(l4_uint16_t port, l4_umword_t addr, l4_umword_t count)
{
  __asm__ __volatile__("rep outsl" : "+S"(addr), "+c"(count) : "d"(port) : "memory");
}

/** Waits for about a microsecond, as old devices need it between accesses. */
L4_INLINE void l4util_iodelay(void)
{
  l4util_out8(0, 0x80);
}
