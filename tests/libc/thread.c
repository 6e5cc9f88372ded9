/* Threads and what they synchronise by. */

#define _GNU_SOURCE
#include "cases.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static void *twice(void *arg)
{
    return (void *) (2 * (uintptr_t) arg);
}

static int many_one_after_the_other(void)
{
    /* More than there are UTCBs in a page, and than stacks that are kept. */
    for (uintptr_t i = 0; i < 300; i++) {
        pthread_t thread;
        void *result;

        CHECK(pthread_create(&thread, NULL, twice, (void *) i) == 0);
        CHECK(pthread_join(thread, &result) == 0 && (uintptr_t) result == 2 * i);
    }
    return 0;
}

static int many_at_once(void)
{
    enum { COUNT = 32 };
    pthread_t threads[COUNT];

    for (int round = 0; round < 4; round++) {
        for (uintptr_t i = 0; i < COUNT; i++)
            CHECK(pthread_create(&threads[i], NULL, twice, (void *) i) == 0);
        for (uintptr_t i = 0; i < COUNT; i++) {
            void *result;

            CHECK(pthread_join(threads[i], &result) == 0 && (uintptr_t) result == 2 * i);
        }
    }
    return 0;
}

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t condition = PTHREAD_COND_INITIALIZER;
static long counter;

static void *count(void *arg)
{
    for (int i = 0; i < 20000; i++) {
        pthread_mutex_lock(&mutex);
        counter++;
        pthread_mutex_unlock(&mutex);
    }
    return arg;
}

static int mutex_excludes(void)
{
    pthread_t threads[4];

    counter = 0;
    for (int i = 0; i < 4; i++)
        CHECK(pthread_create(&threads[i], NULL, count, NULL) == 0);
    for (int i = 0; i < 4; i++)
        CHECK(pthread_join(threads[i], NULL) == 0);
    CHECK(counter == 80000);
    return 0;
}

static int kinds_of_mutex(void)
{
    pthread_mutexattr_t attr;
    pthread_mutex_t checked, nested;

    CHECK(pthread_mutexattr_init(&attr) == 0);
    CHECK(pthread_mutexattr_settype(&attr, PTHREAD_MUTEX_ERRORCHECK) == 0);
    CHECK(pthread_mutex_init(&checked, &attr) == 0);
    CHECK(pthread_mutex_lock(&checked) == 0 && pthread_mutex_lock(&checked) == EDEADLK);
    CHECK(pthread_mutex_unlock(&checked) == 0 && pthread_mutex_unlock(&checked) == EPERM);
    CHECK(pthread_mutexattr_settype(&attr, PTHREAD_MUTEX_RECURSIVE) == 0);
    CHECK(pthread_mutex_init(&nested, &attr) == 0);
    CHECK(pthread_mutex_lock(&nested) == 0 && pthread_mutex_lock(&nested) == 0);
    CHECK(pthread_mutex_unlock(&nested) == 0 && pthread_mutex_unlock(&nested) == 0);
    return 0;
}

static int turn;

static void *ping(void *arg)
{
    int own = (int) (uintptr_t) arg;

    for (int i = 0; i < 500; i++) {
        pthread_mutex_lock(&mutex);
        while (turn % 3 != own)
            pthread_cond_wait(&condition, &mutex);
        turn++;
        /* All wait for one condition: a broadcast moves them to the mutex. */
        pthread_cond_broadcast(&condition);
        pthread_mutex_unlock(&mutex);
    }
    return NULL;
}

static int condition_passes_turns(void)
{
    pthread_t threads[3];

    turn = 0;
    for (uintptr_t i = 0; i < 3; i++)
        CHECK(pthread_create(&threads[i], NULL, ping, (void *) i) == 0);
    for (int i = 0; i < 3; i++)
        CHECK(pthread_join(threads[i], NULL) == 0);
    CHECK(turn == 1500);
    return 0;
}

static struct timespec in_ms(clockid_t clock, long ms)
{
    struct timespec time;

    clock_gettime(clock, &time);
    time.tv_nsec += ms * 1000000;
    time.tv_sec += time.tv_nsec / 1000000000;
    time.tv_nsec %= 1000000000;
    return time;
}

static long ms_since(const struct timespec *start)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (now.tv_sec - start->tv_sec) * 1000 + (now.tv_nsec - start->tv_nsec) / 1000000;
}

static int timed_waits_end_in_time(void)
{
    struct timespec start, end;
    pthread_condattr_t attr;
    pthread_cond_t monotonic;
    sem_t semaphore;

    clock_gettime(CLOCK_MONOTONIC, &start);
    pthread_mutex_lock(&mutex);
    end = in_ms(CLOCK_REALTIME, 50);
    CHECK(pthread_cond_timedwait(&condition, &mutex, &end) == ETIMEDOUT);
    CHECK(ms_since(&start) >= 49);
    pthread_condattr_init(&attr);
    CHECK(pthread_condattr_setclock(&attr, CLOCK_MONOTONIC) == 0);
    pthread_cond_init(&monotonic, &attr);
    end = in_ms(CLOCK_MONOTONIC, 50);
    CHECK(pthread_cond_timedwait(&monotonic, &mutex, &end) == ETIMEDOUT);
    CHECK(ms_since(&start) >= 98);
    pthread_mutex_unlock(&mutex);
    CHECK(sem_init(&semaphore, 0, 0) == 0);
    end = in_ms(CLOCK_REALTIME, 50);
    CHECK(sem_timedwait(&semaphore, &end) == -1 && errno == ETIMEDOUT);
    CHECK(ms_since(&start) >= 147 && ms_since(&start) < 20000);
    return 0;
}

static pthread_rwlock_t rwlock = PTHREAD_RWLOCK_INITIALIZER;
static int readers, most_readers;

static void *read_shared(void *arg)
{
    for (int i = 0; i < 50; i++) {
        int now;

        pthread_rwlock_rdlock(&rwlock);
        now = __atomic_add_fetch(&readers, 1, __ATOMIC_SEQ_CST);
        if (now > most_readers)
            most_readers = now;
        usleep(100);
        __atomic_sub_fetch(&readers, 1, __ATOMIC_SEQ_CST);
        pthread_rwlock_unlock(&rwlock);
    }
    return arg;
}

static int rwlock_shares_and_excludes(void)
{
    pthread_t threads[3];

    for (int i = 0; i < 3; i++)
        CHECK(pthread_create(&threads[i], NULL, read_shared, NULL) == 0);
    for (int i = 0; i < 20; i++) {
        CHECK(pthread_rwlock_wrlock(&rwlock) == 0);
        CHECK(__atomic_load_n(&readers, __ATOMIC_SEQ_CST) == 0);
        pthread_rwlock_unlock(&rwlock);
        usleep(500);
    }
    for (int i = 0; i < 3; i++)
        CHECK(pthread_join(threads[i], NULL) == 0);
    CHECK(most_readers > 1);
    return 0;
}

static pthread_barrier_t barrier;
static int serial;

static void *arrive(void *arg)
{
    for (int i = 0; i < 20; i++)
        if (pthread_barrier_wait(&barrier) == PTHREAD_BARRIER_SERIAL_THREAD)
            __atomic_add_fetch(&serial, 1, __ATOMIC_SEQ_CST);
    return arg;
}

static int barrier_lets_all_go(void)
{
    pthread_t threads[3];

    CHECK(pthread_barrier_init(&barrier, NULL, 4) == 0);
    for (int i = 0; i < 3; i++)
        CHECK(pthread_create(&threads[i], NULL, arrive, NULL) == 0);
    arrive(NULL);
    for (int i = 0; i < 3; i++)
        CHECK(pthread_join(threads[i], NULL) == 0);
    CHECK(serial == 20);
    return 0;
}

static __thread int own = 7;
static __thread char aligned[64] __attribute__((aligned(64)));
static pthread_key_t key;
static int destroyed;

static void destroy(void *value)
{
    destroyed += *(int *) value;
}

static void *use_own(void *arg)
{
    static int value = 5;

    if (own != 7 || (uintptr_t) aligned % 64 || aligned[0] || pthread_getspecific(key))
        return arg;
    own = aligned[0] = 8;
    pthread_setspecific(key, &value);
    errno = EDOM;
    return NULL;
}

static int each_has_its_own_data(void)
{
    pthread_t thread;
    void *result;

    CHECK((uintptr_t) aligned % 64 == 0);
    CHECK(pthread_key_create(&key, destroy) == 0);
    errno = 0;
    for (int i = 1; i <= 3; i++) {
        CHECK(pthread_create(&thread, NULL, use_own, &own) == 0);
        CHECK(pthread_join(thread, &result) == 0 && result == NULL);
        CHECK(destroyed == 5 * i);
    }
    CHECK(own == 7 && errno == 0);
    CHECK(pthread_key_delete(key) == 0);
    return 0;
}

static int cleaned;

static void clean(void *arg)
{
    cleaned += *(int *) arg;
}

static void *exit_early(void *arg)
{
    int three = 3;

    pthread_cleanup_push(clean, &three);
    pthread_exit(arg);
    pthread_cleanup_pop(0);
    return NULL;
}

static int exit_runs_handlers(void)
{
    pthread_t thread;
    void *result;

    CHECK(pthread_create(&thread, NULL, exit_early, &cleaned) == 0);
    CHECK(pthread_join(thread, &result) == 0 && result == &cleaned && cleaned == 3);
    return 0;
}

static sem_t done;

static void *post(void *arg)
{
    sem_post(&done);
    return arg;
}

static int detached_threads(void)
{
    pthread_attr_t attr;

    CHECK(sem_init(&done, 0, 0) == 0);
    CHECK(pthread_attr_init(&attr) == 0);
    CHECK(pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED) == 0);
    CHECK(pthread_attr_setstacksize(&attr, 64 << 10) == 0);
    for (int i = 0; i < 50; i++) {
        pthread_t thread;

        CHECK(pthread_create(&thread, &attr, post, NULL) == 0);
        CHECK(sem_wait(&done) == 0);
    }
    return 0;
}

static void *allocate(void *arg)
{
    for (int i = 0; i < 300; i++) {
        size_t size = (size_t) i * 7 % 5000 + 1;
        char *block = malloc(size);

        if (!block)
            return arg;
        memset(block, i, size);
        if (i % 50 == 0)
            usleep(1);
        free(block);
    }
    return NULL;
}

static int heap_is_shared(void)
{
    pthread_t threads[4];

    for (int i = 0; i < 4; i++)
        CHECK(pthread_create(&threads[i], NULL, allocate, &own) == 0);
    for (int i = 0; i < 4; i++) {
        void *result;

        CHECK(pthread_join(threads[i], &result) == 0 && result == NULL);
    }
    return 0;
}

static pthread_mutex_t held = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t never = PTHREAD_COND_INITIALIZER;
static sem_t empty;
static volatile int tidied, waits;

static void tidy(void *arg)
{
    tidied += (int) (uintptr_t) arg;
}

static void unlock(void *lock)
{
    pthread_mutex_unlock(lock);
}

/* Waits without end, in one way or another. */
static void *wait_forever(void *how)
{
    struct timespec long_time = {1000, 0};

    pthread_cleanup_push(tidy, how);
    waits = 1;
    switch ((uintptr_t) how) {
    case 1:
        nanosleep(&long_time, NULL);
        break;
    case 2:
        sem_wait(&empty);
        break;
    default:
        pthread_mutex_lock(&held);
        pthread_cleanup_push(unlock, &held);
        for (;;)
            pthread_cond_wait(&never, &held);
        pthread_cleanup_pop(1);
    }
    pthread_cleanup_pop(0);
    return NULL;
}

static int waits_are_cancelled(void)
{
    CHECK(sem_init(&empty, 0, 0) == 0);
    for (uintptr_t how = 1; how <= 4; how *= 2) {
        pthread_t thread;
        void *result;

        tidied = waits = 0;
        CHECK(pthread_create(&thread, NULL, wait_forever, (void *) how) == 0);
        while (!waits)
            sched_yield();
        usleep(20000);
        CHECK(pthread_cancel(thread) == 0);
        CHECK(pthread_join(thread, &result) == 0 && result == PTHREAD_CANCELED);
        CHECK(tidied == (int) how);
    }
    /* The one with the condition gave its lock back. */
    CHECK(pthread_mutex_trylock(&held) == 0 && pthread_mutex_unlock(&held) == 0);
    return 0;
}

static pthread_t handled_by;
static volatile int handled;

static void note(int signal)
{
    handled_by = pthread_self();
    handled += signal;
}

static void *sleep_long(void *left)
{
    struct timespec time = {1000, 0};

    waits = 1;
    return (void *) (uintptr_t) (nanosleep(&time, left) == -1 && errno == EINTR);
}

static int signals_reach_another_thread(void)
{
    struct sigaction action = {.sa_handler = note};
    struct timespec left = {0, 0};
    pthread_t thread;
    void *result;

    CHECK(sigaction(SIGUSR2, &action, NULL) == 0);
    waits = handled = 0;
    CHECK(pthread_create(&thread, NULL, sleep_long, &left) == 0);
    while (!waits)
        sched_yield();
    usleep(20000);
    CHECK(pthread_kill(thread, 0) == 0 && pthread_kill(thread, SIGUSR2) == 0);
    CHECK(pthread_join(thread, &result) == 0 && result != NULL);
    CHECK(handled == SIGUSR2 && pthread_equal(handled_by, thread));
    CHECK(left.tv_sec >= 900 && left.tv_sec < 1000);
    signal(SIGUSR2, SIG_DFL);
    return 0;
}

static const struct test tests[] = {
    {"thread/many one after the other", many_one_after_the_other},
    {"thread/many at once", many_at_once},
    {"thread/mutex excludes", mutex_excludes},
    {"thread/kinds of mutex", kinds_of_mutex},
    {"thread/condition passes turns", condition_passes_turns},
    {"thread/timed waits end in time", timed_waits_end_in_time},
    {"thread/rwlock shares and excludes", rwlock_shares_and_excludes},
    {"thread/barrier lets all go", barrier_lets_all_go},
    {"thread/each has its own data", each_has_its_own_data},
    {"thread/exit runs handlers", exit_runs_handlers},
    {"thread/detached threads", detached_threads},
    {"thread/the heap is shared", heap_is_shared},
    {"thread/waits are cancelled", waits_are_cancelled},
    {"thread/signals reach another thread", signals_reach_another_thread},
    {0},
};

const struct group thread_group = {"thread.c", tests};
