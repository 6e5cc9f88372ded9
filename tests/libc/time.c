/* Clocks and sleeping. */

#define _GNU_SOURCE
#include "cases.h"

#include <errno.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static long long us(clockid_t clock)
{
    struct timespec time;

    if (clock_gettime(clock, &time) != 0)
        return -1;
    return time.tv_sec * 1000000LL + time.tv_nsec / 1000;
}

static int clocks_go_on(void)
{
    const clockid_t clocks[] = {CLOCK_REALTIME, CLOCK_MONOTONIC, CLOCK_PROCESS_CPUTIME_ID,
                                CLOCK_THREAD_CPUTIME_ID};
    struct timespec resolution;
    struct timeval day;

    for (int i = 0; i < 4; i++) {
        long long before = us(clocks[i]), now = before;

        CHECK(before >= 0);
        for (long n = 0; n < 20000000 && now == before; n++)
            now = us(clocks[i]);
        CHECK(now > before);
    }
    CHECK(clock_getres(CLOCK_MONOTONIC, &resolution) == 0 && resolution.tv_nsec <= 1000000);
    CHECK(us(77) == -1 && errno == EINVAL);
    CHECK(gettimeofday(&day, NULL) == 0 && day.tv_sec - time(NULL) <= 1);
    return 0;
}

static int sleeps_are_not_short(void)
{
    const long lengths[] = {1, 500, 3000, 40000, 120000};

    for (int i = 0; i < 5; i++) {
        struct timespec time = {0, lengths[i] * 1000};
        long long before = us(CLOCK_MONOTONIC);

        CHECK(nanosleep(&time, NULL) == 0);
        CHECK(us(CLOCK_MONOTONIC) - before >= lengths[i]);
        CHECK(us(CLOCK_MONOTONIC) - before < lengths[i] + 5000000);
    }
    return 0;
}

static int absolute_sleep(void)
{
    struct timespec time;
    long long end = us(CLOCK_MONOTONIC) + 30000;

    time.tv_sec = end / 1000000;
    time.tv_nsec = end % 1000000 * 1000;
    CHECK(clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &time, NULL) == 0);
    CHECK(us(CLOCK_MONOTONIC) >= end);
    time.tv_nsec = 1000000000;
    CHECK(nanosleep(&time, NULL) == -1 && errno == EINVAL);
    return 0;
}

static int years_out_of_range_are_errors(void)
{
    time_t start = 0, far = 1LL << 60;
    struct tm date = {0};

    CHECK(gmtime(&start)->tm_year == 70 && localtime(&start)->tm_year == 70);
    errno = 0;
    CHECK(gmtime(&far) == NULL && errno == EOVERFLOW);
    errno = 0;
    CHECK(localtime(&far) == NULL && errno == EOVERFLOW);
    CHECK(gmtime_r(&far, &date) == NULL && localtime_r(&far, &date) == NULL);
    return 0;
}

static int dates_that_are_read_are_complete(void)
{
    static const struct {
        const char *text, *format;
        int month, day, weekday, day_of_year;
    } rows[] = {
        {"2026-11-30", "%Y-%m-%d", 10, 30, 1, 333}, {"2000-02-29", "%F", 1, 29, 2, 59},
        {"1900-03-01", "%Y-%m-%d", 2, 1, 4, 59},    {"2024 366", "%Y %j", 11, 31, 2, 365},
        {"31/12/68", "%d/%m/%y", 11, 31, 1, 365},   {"1970 1", "%Y %j", 0, 1, 4, 0},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct tm date = {.tm_wday = -1, .tm_yday = -1};
        const char *end = strptime(rows[i].text, rows[i].format, &date);

        CHECK(end && *end == 0 && date.tm_mon == rows[i].month && date.tm_mday == rows[i].day);
        CHECK(date.tm_wday == rows[i].weekday && date.tm_yday == rows[i].day_of_year);
    }
    return 0;
}

static const struct test tests[] = {
    {"time/clocks go on", clocks_go_on},
    {"time/sleeps are not short", sleeps_are_not_short},
    {"time/absolute sleep", absolute_sleep},
    {"time/years out of range are errors", years_out_of_range_are_errors},
    {"time/dates that are read are complete", dates_that_are_read_are_complete},
    {0},
};

const struct group time_group = {"time.c", tests};
