/* The C++ library's view of locales, above a C library that has the locale "C" alone: numbers
 * become text by `vsnprintf`. */
#ifndef L4RE_CXX_LOCALE_H
#define L4RE_CXX_LOCALE_H 1
#pragma GCC system_header

#include <clocale>
#include <cstdarg>
#include <cstdio>

#define _GLIBCXX_NUM_CATEGORIES 0

namespace std
{
typedef void *__c_locale;

inline int
__convert_from_v(const __c_locale &, char *out, const int size, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    const int length = vsnprintf(out, size, format, args);
    va_end(args);
    return length;
}
}

#endif
