/* What uClibc-ng computes with too few digits, by musl's functions, whose names begin with
 * `__musl_` here:
 *
 * - `long double`, which uClibc-ng handles as `double`;
 * - the functions of `double` that are off by more than a unit of the last place there. Most are
 *   the ones of `long double`, rounded: so they are as exact as `double` can tell;
 * - numbers read from text.
 *
 * Each member of `libc.a` that defines one of these names is left out, so that this file is in its
 * place. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <wchar.h>

/* The library's own callers use names that begin so. */
#define INSIDE(name) \
  __asm__(".globl __GI_" #name "\n.hidden __GI_" #name "\n.set __GI_" #name ", " #name);

#define BY_MUSL1(result, name, a) \
  extern result __musl_##name(a); \
  result name(a x) \
  { \
    return __musl_##name(x); \
  } \
  INSIDE(name)

#define BY_MUSL2(result, name, a, b) \
  extern result __musl_##name(a, b); \
  result name(a x, b y) \
  { \
    return __musl_##name(x, y); \
  } \
  INSIDE(name)

#define BY_MUSL3(result, name, a, b, c) \
  extern result __musl_##name(a, b, c); \
  result name(a x, b y, c z) \
  { \
    return __musl_##name(x, y, z); \
  } \
  INSIDE(name)

typedef long double real;

/* Macros, in the header. */
#undef lgamma
#undef lgammaf
#undef lgammal

BY_MUSL1(real, acosl, real)
BY_MUSL1(real, asinhl, real)
BY_MUSL1(real, asinl, real)
BY_MUSL1(real, atanhl, real)
BY_MUSL1(real, atanl, real)
BY_MUSL1(real, cbrtl, real)
BY_MUSL1(real, ceill, real)
BY_MUSL1(real, coshl, real)
BY_MUSL1(real, cosl, real)
BY_MUSL1(real, erfcl, real)
BY_MUSL1(real, erfl, real)
BY_MUSL1(real, exp10l, real)
BY_MUSL1(real, exp2l, real)
BY_MUSL1(real, expl, real)
BY_MUSL1(real, expm1l, real)
BY_MUSL1(real, fabsl, real)
BY_MUSL1(real, floorl, real)
BY_MUSL1(real, log10l, real)
BY_MUSL1(real, log1pl, real)
BY_MUSL1(real, log2l, real)
BY_MUSL1(real, logbl, real)
BY_MUSL1(real, logl, real)
BY_MUSL1(real, nearbyintl, real)
BY_MUSL1(real, rintl, real)
BY_MUSL1(real, roundl, real)
BY_MUSL1(real, sinhl, real)
BY_MUSL1(real, sinl, real)
BY_MUSL1(real, sqrtl, real)
BY_MUSL1(real, tanhl, real)
BY_MUSL1(real, tanl, real)
BY_MUSL1(real, truncl, real)
BY_MUSL1(int, ilogbl, real)
BY_MUSL1(long, lrintl, real)
BY_MUSL1(long, lroundl, real)
BY_MUSL1(long long, llrintl, real)
BY_MUSL1(long long, llroundl, real)

BY_MUSL2(real, atan2l, real, real)
BY_MUSL2(real, copysignl, real, real)
BY_MUSL2(real, fdiml, real, real)
BY_MUSL2(real, fmaxl, real, real)
BY_MUSL2(real, fminl, real, real)
BY_MUSL2(real, fmodl, real, real)
BY_MUSL2(real, frexpl, real, int *)
BY_MUSL2(real, hypotl, real, real)
BY_MUSL2(real, ldexpl, real, int)
BY_MUSL2(real, lgammal_r, real, int *)
BY_MUSL2(real, modfl, real, real *)
BY_MUSL2(real, nextafterl, real, real)
BY_MUSL2(real, nexttowardl, real, real)
BY_MUSL2(real, powl, real, real)
BY_MUSL2(real, remainderl, real, real)
BY_MUSL2(real, scalblnl, real, long)
BY_MUSL2(real, scalbnl, real, int)

BY_MUSL3(real, fmal, real, real, real)
BY_MUSL3(real, remquol, real, real, int *)

/* Beyond the domain, musl's is no NaN for every number. */
extern real __musl_acoshl(real);
real
acoshl(real x)
{
  return x < 1 ? (x - x) / (x - x) : __musl_acoshl(x);
}
INSIDE(acoshl)

/* The sign of musl's is wrong for half of the negative numbers: it is the one of (-1)^floor(x). */
extern real __musl_tgammal(real);
real
tgammal(real x)
{
  real result = __musl_tgammal(x);
  if (x >= 0 || result != result)
    return result;
  return copysignl(result, fmodl(floorl(x), 2) == 0 ? 1 : -1);
}
INSIDE(tgammal)

real
pow10l(real x)
{
  return exp10l(x);
}
INSIDE(pow10l)

real
dreml(real x, real y)
{
  return remainderl(x, y);
}
INSIDE(dreml)

real
lgammal(real x)
{
  return lgammal_r(x, &signgam);
}
INSIDE(lgammal)

real
gammal(real x)
{
  return lgammal(x);
}
INSIDE(gammal)

real
scalbl(real x, real power)
{
  if (x != x || power != power)
    return x * power;
  if (power - power != 0)
    return power > 0 ? x * power : x / -power;
  if (rintl(power) != power)
    return (power - power) / (power - power);
  /* Beyond, the result is 0 or infinite already. */
  real most = 65000;
  return scalbnl(x, (int)fmaxl(fminl(power, most), -most));
}
INSIDE(scalbl)

real
significandl(real x)
{
  return x == 0 || x - x != 0 ? x : scalbnl(x, -ilogbl(x));
}
INSIDE(significandl)

real
cargl(_Complex long double z)
{
  return atan2l(__imag__ z, __real__ z);
}
INSIDE(cargl)

int
__finitel(real x)
{
  return __builtin_isfinite(x) != 0;
}
INSIDE(__finitel)

int
__fpclassifyl(real x)
{
  return __builtin_fpclassify(FP_NAN, FP_INFINITE, FP_NORMAL, FP_SUBNORMAL, FP_ZERO, x);
}
INSIDE(__fpclassifyl)

int
__isinfl(real x)
{
  return __builtin_isinf_sign(x);
}
INSIDE(__isinfl)

int
__isnanl(real x)
{
  return __builtin_isnan(x) != 0;
}
INSIDE(__isnanl)

int
__signbitl(real x)
{
  return __builtin_signbitl(x) != 0;
}
INSIDE(__signbitl)

/* `double` and `float`. */

BY_MUSL3(double, fma, double, double, double)
BY_MUSL3(float, fmaf, float, float, float)

#define ROUNDED(name, long_name) \
  double name(double x) \
  { \
    return (double)long_name(x); \
  }

ROUNDED(asinh, asinhl)
INSIDE(asinh)
ROUNDED(erf, erfl)
INSIDE(erf)
ROUNDED(erfc, erfcl)
INSIDE(erfc)
ROUNDED(tanh, tanhl)
INSIDE(tanh)

/* The library's own functions call these, as do those of `float`. */
ROUNDED(__ieee754_acosh, acoshl)
ROUNDED(__ieee754_atanh, atanhl)
ROUNDED(__ieee754_cosh, coshl)
ROUNDED(__ieee754_exp10, exp10l)
ROUNDED(__ieee754_log10, log10l)
ROUNDED(__ieee754_log2, log2l)
ROUNDED(__ieee754_sinh, sinhl)
ROUNDED(__ieee754_tgamma, tgammal)

double
__ieee754_atan2(double y, double x)
{
  return (double)atan2l(y, x);
}

double
__ieee754_lgamma_r(double x, int *sign)
{
  return (double)lgammal_r(x, sign);
}

/* Numbers as text. */

BY_MUSL2(float, strtof, const char *, char **)
BY_MUSL2(double, strtod, const char *, char **)
BY_MUSL2(real, strtold, const char *, char **)
BY_MUSL2(float, wcstof, const wchar_t *, wchar_t **)
BY_MUSL2(double, wcstod, const wchar_t *, wchar_t **)
BY_MUSL2(real, wcstold, const wchar_t *, wchar_t **)

/* Where musl's functions tell errors. */
int *__musl____errno_location(void);
int *
__musl____errno_location(void)
{
  return &errno;
}
