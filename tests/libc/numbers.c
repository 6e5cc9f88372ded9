/* Numbers with fractions: read, written and computed as C says. */

#define _GNU_SOURCE
#include "cases.h"

#include <errno.h>
#include <float.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

/* How far a result is from the one that is due, in units of its last place. */
static double ulps(long double got, long double due, int digits, int least)
{
    int exponent;

    if (got == due || (got != got && due != due))
        return 0;
    frexpl(due, &exponent);
    if (exponent < least)
        exponent = least;
    return fabsl(ldexpl(got - due, digits - exponent));
}

/* `long double` may be off by a few units: the others are rounded from it. */
#define ROW(name, x, due)                                                                    \
    {                                                                                        \
        volatile long double argument = x;                                                   \
        double off[3] = {ulps(name##f((float)argument), (float)due, FLT_MANT_DIG, FLT_MIN_EXP), \
                         ulps(name((double)argument), (double)due, DBL_MANT_DIG, DBL_MIN_EXP), \
                         ulps(name##l(argument), due, LDBL_MANT_DIG, LDBL_MIN_EXP)};         \
        if (off[0] > 1 || off[1] > 1 || off[2] > 8) {                                        \
            printf("# " #name "(" #x ") is off by %g, %g, %g\n", off[0], off[1], off[2]);    \
            wrong++;                                                                         \
        }                                                                                    \
    }

static int functions_are_exact(void)
{
    int wrong = 0;

#include "numbers.table"
    CHECK(wrong == 0);
    CHECK(tgamma(5) == 24 && tgammaf(5) == 24 && tgammal(5) == 24);
    /* The sign turns at each negative integer. */
    CHECK(tgamma(-14.5) < 0 && tgammal(-14.5L) < 0 && tgamma(-15.5) > 0 && tgammal(-13.75L) > 0);
    CHECK(isnan(acosh(-5e5)) && isnan(acoshl(-5e5L)) && isnan(acosh(0.5)));
    return 0;
}

static int a_product_and_sum_round_once(void)
{
    volatile double tiny = 0x1p-53, one = 1;
    volatile float small = 0x1p-24f;
    volatile long double least = 0x1p-64L;

    CHECK(fma(one + 2 * tiny, one - tiny, -one) == tiny - 0x1p-105);
    CHECK(fma(tiny, tiny, one) == 1 && fma(0x1p-1022, 0.5, 0) == 0x1p-1023);
    CHECK(fma(0x1p1023, 2, -INFINITY) == -INFINITY && fma(0x1p1023, 2, -0x1p1023) == 0x1p1023);
    CHECK(fmaf(1 + 2 * small, 1 - small, -1) == small - 0x1p-47f);
    /* Rounded to double first, this would be a tie. */
    CHECK(fmaf(0x1.000002p0f, 0x1p-24f, 1) == 0x1.000002p0f);
    CHECK(fmal(1 + 2 * least, 1 - least, -1) == least - 0x1p-127L);
    return 0;
}

static int long_doubles_have_all_their_bits(void)
{
    volatile long double third = 1.0L / 3, large = 0x1p5000L, next;

    CHECK(fabsl(-third) == third && floorl(large + 0.5L) == large && sqrtl(large) == 0x1p2500L);
    CHECK(sinl(third) != (long double)sin(third) && expl(third) != (long double)exp(third));
    CHECK(fmodl(large, 3) == 2 - (5000 % 2 == 0) && ilogbl(large) == 5000);
    CHECK(!isinf(large) && isfinite(large) && fpclassify(large) == FP_NORMAL);
    CHECK(isinf(large * large * large * large) && fpclassify(0x1p-16400L) == FP_SUBNORMAL);
    next = nextafterl(third, 1);
    CHECK(next - third == 0x1p-65L && lrintl(0x1p62L + 1) == (1L << 62) + 1);
    CHECK(scalbl(third, 3) == 8 * third && significandl(6) == 1.5L);
    return 0;
}

static int written(const char *due, const char *format, double value)
{
    char text[1200];

    snprintf(text, sizeof text, format, value);
    if (strcmp(text, due) == 0)
        return 1;
    printf("# %s gives %.60s, not %.60s\n", format, text, due);
    return 0;
}

static int all_digits_are_written(void)
{
    char text[400], again[400];
    wchar_t wide[400];

    CHECK(written("0.1000000000000000055511151231257827021181583404541015625", "%.55f", 0.1));
    CHECK(written("1000000000000000000000", "%.0f", 1e21));
    CHECK(written("99999999999999991611392", "%.0f", 1e23));
    CHECK(written("4.940656458412465441765687928682213723651e-324", "%.39e", 0x1p-1074));
    CHECK(written("1.797693134862315708145274237317043567981e+308", "%.39e", DBL_MAX));
    /* Ties go to the even digit; what is beyond a tie does not. */
    CHECK(written("0", "%.0f", 0.5) && written("2", "%.0f", 1.5));
    CHECK(written("2", "%.0f", 2.5) && written("0.12", "%.2f", 0.125) && written("0.38", "%.2f", 0.375));
    CHECK(written("1e+01", "%.0e", 9.5) && written("8e+00", "%.0e", 8.5) && written("0.3", "%.1f", 0.25 + 0x1p-40));
    CHECK(written("1e+10", "%g", 1e10) && written("0.0001", "%g", 0.0001) && written("123456", "%g", 123456.5));
    CHECK(written("0x1.8p+1", "%a", 3) && written("0x1p-1074", "%a", 0x1p-1074));
    CHECK(written("-0X1.FP-4", "%A", -0x1.fp-4) && written("0x0p+0", "%a", 0));
    CHECK(written("0x2p+0", "%.0a", 1.5) && written("0x1.000p+0", "%.3a", 1) && written("inf", "%a", INFINITY));
    snprintf(text, sizeof text, "%.20Lg", 1e4000L);
    CHECK(strcmp(text, "1e+4000") == 0);
    /* As wide characters, more than fit into a piece. */
    CHECK(swprintf(wide, 400, L"%.300f", 0x1p-300) == 302);
    snprintf(text, sizeof text, "%.300f", 0x1p-300);
    wcstombs(again, wide, sizeof again);
    CHECK(strcmp(text, again) == 0);
    return 0;
}

static int numbers_are_read_exactly(void)
{
    char text[900], *end;
    double value, other;
    float single;
    long double extended;

    /* In the middle between two numbers, and a little above. */
    CHECK(strtod("9007199254740993", NULL) == 9007199254740992);
    CHECK(strtod("9007199254740993.00000000000000000000000000001", NULL) == 9007199254740994);
    CHECK(strtod("1.00000000000000011102230246251565404236316680908203125", NULL) == 1);
    CHECK(strtod("1.00000000000000011102230246251565404236316680908203126", NULL) == 1 + DBL_EPSILON);
    CHECK(strtof("1.000000059604644775390625", NULL) == 1);
    /* By way of double, this would be a tie. */
    CHECK(strtof("1.00000005960464477539062500000000000000000001", NULL) == 1 + FLT_EPSILON);
    CHECK(strtold("0x1.0000000000000003p0", NULL) == 1 + 2 * LDBL_EPSILON);
    CHECK(strtod("0x1.8p1", &end) == 3 && *end == 0 && strtod("-0x.4p-2xyz", &end) == -0.0625 && *end == 'x');
    CHECK(wcstod(L"0x1p-3", NULL) == 0.125 && wcstold(L" 1e-4000", NULL) == 1e-4000L);
    errno = 0;
    CHECK(strtod("1e-400", NULL) == 0 && errno == ERANGE);
    errno = 0;
    CHECK(strtod("1e400", NULL) == HUGE_VAL && errno == ERANGE);
    errno = 0;
    CHECK(strtof("1e-50", NULL) == 0 && errno == ERANGE);
    errno = 0;
    CHECK(strtod("0e-400", NULL) == 0 && strtod("0.5", NULL) == 0.5 && errno == 0);
    CHECK(sscanf("9007199254740993 1.000000059604644775390625", "%lf %f", &value, &single) == 2);
    CHECK(value == 9007199254740992 && single == 1);
    CHECK(sscanf("0x1.8p1 1e4000", "%lf%Lf", &value, &extended) == 2 && value == 3 && extended == 1e4000L);
    /* More digits than are kept. */
    memset(text, '1', sizeof text);
    strcpy(text + 850, "e-850");
    CHECK(sscanf(text, "%lf", &value) == 1 && value == strtod(text, NULL) && value > 0.11 && value < 0.12);
    text[850] = '.';
    CHECK(sscanf(text, "%lf", &other) == 1 && other == HUGE_VAL);
    return 0;
}

/* What is written with 17 digits is read as the same number. */
static int writing_and_reading_are_inverse(void)
{
    unsigned long long bits = 0x9e3779b97f4a7c15;

    for (int i = 0; i < 2000; i++) {
        char text[40];
        double value, again;

        bits ^= bits << 13;
        bits ^= bits >> 7;
        bits ^= bits << 17;
        memcpy(&value, &bits, sizeof value);
        if (!isfinite(value))
            continue;
        snprintf(text, sizeof text, i % 2 ? "%.17g" : "%a", value);
        again = strtod(text, NULL);
        CHECK(memcmp(&value, &again, sizeof value) == 0);
        CHECK(sscanf(text, "%lf", &again) == 1 && memcmp(&value, &again, sizeof value) == 0);
    }
    return 0;
}

static const struct test tests[] = {
    {"numbers/functions are exact", functions_are_exact},
    {"numbers/a product and sum round once", a_product_and_sum_round_once},
    {"numbers/long doubles have all their bits", long_doubles_have_all_their_bits},
    {"numbers/all digits are written", all_digits_are_written},
    {"numbers/numbers are read exactly", numbers_are_read_exactly},
    {"numbers/writing and reading are inverse", writing_and_reading_are_inverse},
    {0},
};

const struct group numbers_group = {"numbers.c", tests};
