/* The futex operations by themselves, as far as the library does not show each. */

#define _GNU_SOURCE
#include "cases.h"

#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { WAIT = 0, WAKE = 1, REQUEUE = 3, CMP_REQUEUE = 4, WAKE_OP = 5, WAIT_BITSET = 9, WAKE_BITSET = 10 };

static long futex(int *word, int op, int value, uintptr_t time, int *other, int last)
{
    return syscall(SYS_futex, word, op, value, time, other, last);
}

static int a, b, awake;

static void *wait_a(void *arg)
{
    long result = futex(&a, WAIT, 0, 0, 0, 0);

    __atomic_add_fetch(&awake, 1, __ATOMIC_SEQ_CST);
    return result == 0 ? NULL : arg;
}

static void *wait_bits(void *arg)
{
    long result = futex(&a, WAIT_BITSET, 0, 0, 0, (int) (uintptr_t) arg);

    __atomic_add_fetch(&awake, 1, __ATOMIC_SEQ_CST);
    return result == 0 ? NULL : arg;
}

static int start(pthread_t *threads, int count)
{
    a = b = awake = 0;
    for (int i = 0; i < count; i++)
        CHECK(pthread_create(&threads[i], NULL, wait_a, &a) == 0);
    usleep(20000);
    return 0;
}

static int join(pthread_t *threads, int count)
{
    for (int i = 0; i < count; i++) {
        void *result;

        CHECK(pthread_join(threads[i], &result) == 0 && result == NULL);
    }
    return 0;
}

static int value_is_compared(void)
{
    a = 1;
    CHECK(futex(&a, WAIT, 0, 0, 0, 0) == -1 && errno == EAGAIN);
    CHECK(futex(&a, WAKE, 1, 0, 0, 0) == 0);
    CHECK(futex((int *) ((char *) &a + 1), WAIT, 0, 0, 0, 0) == -1 && errno == EINVAL);
    return 0;
}

static int wait_times_out(void)
{
    struct timespec time = {0, 30000000}, before, after;
    long ms;

    a = 0;
    clock_gettime(CLOCK_MONOTONIC, &before);
    CHECK(futex(&a, WAIT, 0, (uintptr_t) &time, 0, 0) == -1 && errno == ETIMEDOUT);
    clock_gettime(CLOCK_MONOTONIC, &after);
    ms = (after.tv_sec - before.tv_sec) * 1000 + (after.tv_nsec - before.tv_nsec) / 1000000;
    CHECK(ms >= 29 && ms < 10000);
    /* Absolute, and long over. */
    CHECK(futex(&a, WAIT_BITSET, 0, (uintptr_t) &time, 0, -1) == -1 && errno == ETIMEDOUT);
    return 0;
}

static int wake_counts(void)
{
    pthread_t threads[4];

    CHECK(start(threads, 4) == 0);
    CHECK(futex(&a, WAKE, 1, 0, 0, 0) == 1);
    CHECK(futex(&a, WAKE, 2, 0, 0, 0) == 2);
    CHECK(futex(&a, WAKE, 9, 0, 0, 0) == 1);
    CHECK(join(threads, 4) == 0 && awake == 4);
    return 0;
}

static int bits_choose(void)
{
    pthread_t threads[2];

    a = awake = 0;
    for (uintptr_t i = 0; i < 2; i++)
        CHECK(pthread_create(&threads[i], NULL, wait_bits, (void *) (1 + i)) == 0);
    usleep(20000);
    CHECK(futex(&a, WAKE_BITSET, 9, 0, 0, 4) == 0);
    CHECK(futex(&a, WAKE_BITSET, 9, 0, 0, 2) == 1);
    CHECK(futex(&a, WAKE_BITSET, 9, 0, 0, 1) == 1);
    CHECK(futex(&a, WAKE_BITSET, 9, 0, 0, 0) == -1 && errno == EINVAL);
    return join(threads, 2);
}

static int requeue_moves(void)
{
    pthread_t threads[4];

    CHECK(start(threads, 4) == 0);
    CHECK(futex(&a, CMP_REQUEUE, 1, 9, &b, 7) == -1 && errno == EAGAIN);
    CHECK(futex(&a, CMP_REQUEUE, 1, 2, &b, 0) == 3);
    CHECK(futex(&a, WAKE, 9, 0, 0, 0) == 1);
    CHECK(futex(&b, WAKE, 9, 0, 0, 0) == 2);
    CHECK(join(threads, 4) == 0 && awake == 4);
    return 0;
}

static int a_moved_waiter_times_out(void)
{
    struct timespec time = {0, 60000000};
    pthread_t thread;

    CHECK(start(&thread, 1) == 0);
    CHECK(futex(&a, REQUEUE, 0, 1, &b, 0) == 0);
    CHECK(futex(&a, WAIT, 0, (uintptr_t) &time, 0, 0) == -1 && errno == ETIMEDOUT);
    CHECK(futex(&b, WAKE, 1, 0, 0, 0) == 1);
    return join(&thread, 1);
}

static int wake_op_changes_and_compares(void)
{
    pthread_t threads[2];

    CHECK(start(threads, 2) == 0);
    b = 5;
    /* b += 3; wake one of a; and of b, if it was less than 5. */
    CHECK(futex(&a, WAKE_OP, 1, 9, &b, 1 << 28 | 2 << 24 | 3 << 12 | 5) == 1 && b == 8);
    /* b = -1; and wake at a, through the comparison, if it was 8. */
    CHECK(futex(&b, WAKE_OP, 9, 9, &b, 0 << 28 | 0 << 24 | 0xfff << 12 | 8) == 0 && b == -1);
    CHECK(futex(&b, WAKE_OP, 9, 9, &a, 1 << 28 | 0 << 24 | 1 << 12 | 0) == 1 && a == 1);
    return join(threads, 2);
}

static const struct test tests[] = {
    {"futex/the value is compared", value_is_compared},
    {"futex/a wait times out", wait_times_out},
    {"futex/a wake counts", wake_counts},
    {"futex/bits choose", bits_choose},
    {"futex/requeue moves", requeue_moves},
    {"futex/a moved waiter times out", a_moved_waiter_times_out},
    {"futex/wake_op changes and compares", wake_op_changes_and_compares},
    {0},
};

const struct group futex_group = {"futex.c", tests};
