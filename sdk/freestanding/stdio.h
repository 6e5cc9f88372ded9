/* The part of stdio.h that a program without a C library has: writing, to the program's log.
 * Formats know integers, characters, strings and pointers. */
#pragma once
#include <stdarg.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

int putchar(int c);
int puts(const char *text);
int vprintf(const char *format, va_list arguments);
int vsnprintf(char *to, size_t size, const char *format, va_list arguments);

__attribute__((format(printf, 1, 2))) static __inline__ int printf(const char *format, ...)
{
  va_list arguments;
  va_start(arguments, format);
  int size = vprintf(format, arguments);
  va_end(arguments);
  return size;
}

__attribute__((format(printf, 3, 4))) static __inline__ int
snprintf(char *to, size_t room, const char *format, ...)
{
  va_list arguments;
  va_start(arguments, format);
  int size = vsnprintf(to, room, format, arguments);
  va_end(arguments);
  return size;
}

#ifdef __cplusplus
}
#endif
