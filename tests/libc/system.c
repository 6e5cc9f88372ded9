/* Arithmetic of the library, signals to oneself, what a program asks about itself. */

#define _GNU_SOURCE
#include "cases.h"

#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <unistd.h>
#include <wchar.h>

static int printf_and_scanf(void)
{
    char text[100];
    double number;
    int whole;

    snprintf(text, sizeof text, "%5d|%-5s|%05.1f|%x|%e|%lld", 42, "ab", 2.5, 255, 1e100, 1LL << 40);
    CHECK(strcmp(text, "   42|ab   |002.5|ff|1.000000e+100|1099511627776") == 0);
    CHECK(sscanf("17 2.5e3", "%d %lf", &whole, &number) == 2 && whole == 17 && number == 2500);
    CHECK(strtod("0.1", NULL) == 0.1 && strtoul("0xffffffffffffffff", NULL, 16) == ~0UL);
    return 0;
}

static int mathematics(void)
{
    volatile double two = 2, x = 0.5;

    CHECK(sqrt(two) * sqrt(two) - 2 < 1e-15 && fabs(sin(x) * sin(x) + cos(x) * cos(x) - 1) < 1e-15);
    CHECK(pow(two, 10) == 1024 && floor(-x) == -1 && fmod(7, two) == 1 && isnan(sqrt(-two)));
    CHECK(fabsl(expl(1.0L) - 2.718281828459045235L) < 1e-17L);
    return 0;
}

static int signals;

static void handle(int signal)
{
    signals += signal;
}

static int signals_to_oneself(void)
{
    struct sigaction action = {.sa_handler = handle}, old;
    sigset_t set;

    CHECK(sigaction(SIGUSR1, &action, &old) == 0 && old.sa_handler == SIG_DFL);
    CHECK(raise(SIGUSR1) == 0 && signals == SIGUSR1);
    CHECK(sigaction(SIGUSR1, NULL, &old) == 0 && old.sa_handler == handle);
    signal(SIGUSR1, SIG_IGN);
    CHECK(raise(SIGUSR1) == 0 && signals == SIGUSR1);
    CHECK(sigemptyset(&set) == 0 && sigaddset(&set, SIGUSR2) == 0);
    CHECK(sigprocmask(SIG_BLOCK, &set, NULL) == 0 && sigprocmask(SIG_SETMASK, NULL, &set) == 0);
    CHECK(sigismember(&set, SIGUSR2) && !sigismember(&set, SIGUSR1));
    CHECK(sigaction(SIGKILL, &action, NULL) == -1 && errno == EINVAL);
    CHECK(kill(12345, SIGTERM) == -1 && errno == EPERM);
    return 0;
}

static jmp_buf place;

static int jumps(void)
{
    volatile int count = 0;

    if (setjmp(place) < 3) {
        count++;
        longjmp(place, count);
    }
    CHECK(count == 3);
    return 0;
}

static int oneself(void)
{
    struct rlimit limit;
    struct utsname name;
    cpu_set_t cpus;

    CHECK(uname(&name) == 0 && strcmp(name.sysname, "L4Re") == 0);
    CHECK(strcmp(name.machine, "x86_64") == 0);
    CHECK(getpid() > 0 && getpid() == getpid() && getuid() == 0);
    CHECK(sysconf(_SC_PAGESIZE) == 4096 && sysconf(_SC_NPROCESSORS_ONLN) >= 1);
    CHECK(sched_getaffinity(0, sizeof cpus, &cpus) == 0 && CPU_COUNT(&cpus) >= 1);
    CHECK(getrlimit(RLIMIT_STACK, &limit) == 0 && limit.rlim_cur >= 65536);
    CHECK(setenv("A_NAME", "a value", 1) == 0 && strcmp(getenv("A_NAME"), "a value") == 0);
    CHECK(wcslen(L"abc") == 3);
    return 0;
}

static const struct test tests[] = {
    {"system/printf and scanf", printf_and_scanf},
    {"system/mathematics", mathematics},
    {"system/signals to oneself", signals_to_oneself},
    {"system/jumps", jumps},
    {"system/oneself", oneself},
    {0},
};

const struct group system_group = {"system.c", tests};
